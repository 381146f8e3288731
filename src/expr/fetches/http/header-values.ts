/**
 * The values of header lines one after the other: cut at commas, or whole lines. Commas between double quotes do not cut.
 * Specification: configuration manual 7.3.6 `req.hdr`, `req.fhdr`; RFC 9110 5.6.
 */
import type { HeaderBlock } from '../../../protocol/http1/header-block.ts';

const SP = 32;
const TAB = 9;
const QUOTE = 34;
const COMMA = 44;
const BACKSLASH = 92;

export class HeaderValues {
  /** The current value, without the blanks around it. */
  start = 0;
  end = 0;
  /** The same with the blanks. */
  rawStart = 0;
  rawEnd = 0;
  private u8: Uint8Array = new Uint8Array(0);
  private block!: HeaderBlock;
  /** Lower case; null: every header. */
  private name: Uint8Array | null = null;
  private whole = false;
  private line = -1;
  private position = 0;
  private lineEnd = -1;

  open(u8: Uint8Array, block: HeaderBlock, name: Uint8Array | null, whole: boolean): void {
    this.u8 = u8;
    this.block = block;
    this.name = name;
    this.whole = whole;
    this.line = -1;
    this.lineEnd = -1;
  }

  /** The values of one line only. */
  openLine(u8: Uint8Array, block: HeaderBlock, line: number, whole: boolean): void {
    this.open(u8, block, null, whole);
    this.line = block.count;
    this.position = block.valueStart(line);
    this.lineEnd = block.valueEnd(line);
  }

  /** The line's value was moved: what is left of it begins here, with the comma that ended the last value. */
  resumeLine(block: HeaderBlock, line: number, from: number): void {
    if (this.lineEnd < 0) return;
    this.position = from + 1;
    this.lineEnd = block.valueEnd(line);
    if (this.position > this.lineEnd) this.lineEnd = -1;
  }

  next(): boolean {
    if (this.lineEnd < 0 && !this.nextLine()) return false;
    const { u8 } = this;
    const limit = this.lineEnd;
    let start = this.position;
    let end = limit;
    if (this.whole) this.lineEnd = -1;
    else {
      end = this.valueEnd(start);
      // The line is used up when no comma ended the value.
      if (end < limit) this.position = end + 1;
      else this.lineEnd = -1;
    }
    this.rawStart = start;
    this.rawEnd = end;
    while (start < end && (u8[start] === SP || u8[start] === TAB)) start++;
    while (end > start && (u8[end - 1] === SP || u8[end - 1] === TAB)) end--;
    this.start = start;
    this.end = end;
    return true;
  }

  private nextLine(): boolean {
    const { block, name } = this;
    let line = this.line + 1;
    if (name !== null) line = block.findName(this.u8, name, line);
    else {
      while (line < block.count && block.isDeleted(line)) line++;
      if (line >= block.count) line = -1;
    }
    if (line < 0) return false;
    this.line = line;
    this.position = block.valueStart(line);
    this.lineEnd = block.valueEnd(line);
    return true;
  }

  private valueEnd(from: number): number {
    const { u8 } = this;
    const limit = this.lineEnd;
    let quoted = false;
    for (let at = from; at < limit; at++) {
      const c = u8[at];
      if (c === COMMA && !quoted) return at;
      if (c === QUOTE) quoted = !quoted;
      else if (c === BACKSLASH && quoted) at++;
    }
    return limit;
  }

  /** Moves to the value with this number: from 1, or from the last one down when negative. */
  seek(occurrence: number): boolean {
    if (occurrence > 0) {
      for (let i = 0; i < occurrence; i++) if (!this.next()) return false;
      return true;
    }
    // The last ones are kept while the end is looked for.
    const back = occurrence === 0 ? 1 : -occurrence;
    if (back > MOST_BACK) return false;
    let count = 0;
    while (this.next()) {
      const slot = (count % back) * 2;
      spans[slot] = this.start;
      spans[slot + 1] = this.end;
      count++;
    }
    if (count < back) return false;
    const slot = (count % back) * 2;
    this.start = spans[slot] as number;
    this.end = spans[slot + 1] as number;
    return true;
  }
}

/** Occurrences from the end that can be asked for. */
export const MOST_BACK = 10;
const spans = new Int32Array(MOST_BACK * 2);
