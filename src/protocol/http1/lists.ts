/**
 * Comma-separated header values, read where they lie (RFC 9110 5.6.1).
 */
import { SP, TAB } from './characters.ts';

export const COMMA = 44;

/** One element after the other; `start`…`end` is the current one without the blanks around it. */
export class ListReader {
  start = 0;
  end = 0;
  private u8: Uint8Array = new Uint8Array(0);
  private position = 0;
  private limit = 0;
  private more = false;

  open(u8: Uint8Array, start: number, end: number): void {
    this.u8 = u8;
    this.position = start;
    this.limit = end;
    this.more = true;
  }

  /** False when there is no further element. An empty value has one empty element. */
  next(): boolean {
    if (!this.more) return false;
    const { u8, limit } = this;
    let p = this.position;
    while (p < limit && (u8[p] === SP || u8[p] === TAB)) p++;
    this.start = p;
    while (p < limit && u8[p] !== COMMA) p++;
    let end = p;
    while (end > this.start && (u8[end - 1] === SP || u8[end - 1] === TAB)) end--;
    this.end = end;
    this.more = p < limit;
    this.position = p + 1;
    return true;
  }

  get empty(): boolean {
    return this.start === this.end;
  }
}

/**
 * Cuts the elements for which `remove` holds out of the value, in place. The other elements keep the blanks that they
 * came with. Result: the new end of the value, or `start` when nothing but blanks and commas is left.
 */
export function cutElements(
  u8: Uint8Array,
  start: number,
  end: number,
  remove: (u8: Uint8Array, start: number, end: number) => boolean,
): number {
  let out = start;
  let kept = 0;
  let meaningful = false;
  for (let p = start; p <= end; ) {
    let comma = p;
    while (comma < end && u8[comma] !== COMMA) comma++;
    let from = p;
    let to = comma;
    while (from < to && (u8[from] === SP || u8[from] === TAB)) from++;
    while (to > from && (u8[to - 1] === SP || u8[to - 1] === TAB)) to--;
    if (!remove(u8, from, to)) {
      if (to > from) meaningful = true;
      if (kept > 0) u8[out++] = COMMA;
      // The first element that is kept starts the value: no blanks in front of it.
      const source = kept === 0 ? from : p;
      u8.copyWithin(out, source, comma);
      out += comma - source;
      kept++;
    }
    p = comma + 1;
  }
  return meaningful ? out : start;
}
