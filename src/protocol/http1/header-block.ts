/**
 * The head of a message, in the form that every codec meets: offsets into the bytes that were received, plus edits.
 * Lines that nobody touched go out as they came in, several in one copy. A block belongs to one stream and is used again
 * for the next; it never owns the bytes.
 */
import { H_OTHER, identifyHeader, wordEquals } from './known-headers.ts';

/** Line flags: not to be forwarded. */
export const DELETED = 1;
/** Line flags: not in the form `name: value CR LF`, so it has to be written anew. */
export const UNTIDY = 2;
/** Line flags: a piece of the value is replaced by other bytes. */
export const REPLACED = 4;

export const NAME_START = 0;
export const NAME_END = 1;
export const VALUE_START = 2;
export const VALUE_END = 3;

const COUNTED_FIXED_BYTES = 21;
/** `: ` and CR LF. */
const LINE_SEPARATOR_BYTES = 4;

const NO_REPLACEMENTS: Uint8Array[] = [];
const NO_PIECES = new Int32Array(0);

export class HeaderBlock {
  /** Header lines at most (tune.http.maxhdr). */
  readonly capacity: number;
  count = 0;
  /** Four offsets per line: name start and end, value start and end (trimmed). */
  readonly spans: Int32Array;
  readonly ids: Uint8Array;
  readonly flags: Uint8Array;
  /** First byte of the start line, and of the first header line. */
  start = 0;
  linesStart = 0;
  /** First byte of the empty line, and the byte behind it: where the body begins. */
  linesEnd = 0;
  end = 0;
  /** The start line is not in its plain form. */
  startUntidy = false;
  /** Something was deleted, or has to be written anew. */
  edited = false;
  /** Complete lines to be added at the end, latin1, each with its CR LF. */
  readonly additions: Uint8Array;
  additionsLength = 0;
  /** By line: what stands in the place of a piece of its value, and the piece. Made on first use. */
  replacements: Uint8Array[] = NO_REPLACEMENTS;
  private pieces = NO_PIECES;
  private additionLines = 0;

  constructor(capacity: number, additionsBytes: number) {
    this.capacity = capacity;
    this.spans = new Int32Array(capacity * 4);
    this.ids = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.additions = new Uint8Array(additionsBytes);
  }

  reset(start: number): void {
    this.count = 0;
    this.start = start;
    this.linesStart = start;
    this.linesEnd = start;
    this.end = start;
    this.startUntidy = false;
    this.edited = false;
    this.additionsLength = 0;
    this.additionLines = 0;
  }

  delete(line: number): void {
    this.flags[line] = (this.flags[line] as number) | DELETED;
    this.edited = true;
  }

  /**
   * Size of the head as HAProxy counts it in logs and statistics: not the bytes on the wire but those of its own
   * representation, in which separators do not exist and the start line and the end of the head have a fixed cost.
   */
  countedBytes(startLineBytes: number): number {
    let bytes =
      COUNTED_FIXED_BYTES + startLineBytes + this.additionsLength - this.additionLines * LINE_SEPARATOR_BYTES;
    const spans = this.spans;
    for (let i = 0; i < this.count; i++) {
      if (((this.flags[i] as number) & DELETED) !== 0) continue;
      const at = i * 4;
      bytes += (spans[at + NAME_END] as number) - (spans[at + NAME_START] as number);
      bytes += (spans[at + VALUE_END] as number) - (spans[at + VALUE_START] as number);
    }
    return bytes;
  }

  /**
   * Puts other bytes in the place of `start`…`end`, which lies within the line's value. One piece per line; whoever
   * reads the value later still finds what was received.
   */
  replace(line: number, start: number, end: number, bytes: Uint8Array): void {
    if (this.replacements === NO_REPLACEMENTS) {
      this.replacements = new Array<Uint8Array>(this.capacity).fill(bytes);
      this.pieces = new Int32Array(this.capacity * 2);
    }
    this.replacements[line] = bytes;
    this.pieces[line * 2] = start;
    this.pieces[line * 2 + 1] = end;
    this.flags[line] = (this.flags[line] as number) | REPLACED;
    this.edited = true;
  }

  pieceStart(line: number): number {
    return this.pieces[line * 2] as number;
  }

  pieceEnd(line: number): number {
    return this.pieces[line * 2 + 1] as number;
  }

  isDeleted(line: number): boolean {
    return ((this.flags[line] as number) & DELETED) !== 0;
  }

  valueStart(line: number): number {
    return this.spans[line * 4 + VALUE_START] as number;
  }

  valueEnd(line: number): number {
    return this.spans[line * 4 + VALUE_END] as number;
  }

  /** Next line from `from` on with this number that is not deleted, or -1. */
  find(id: number, from = 0): number {
    const ids = this.ids;
    for (let i = from; i < this.count; i++) {
      if (ids[i] === id && ((this.flags[i] as number) & DELETED) === 0) return i;
    }
    return -1;
  }

  /** Next line from `from` on with this lower-case name, whatever its number, or -1. */
  findName(u8: Uint8Array, name: Uint8Array, from = 0): number {
    const id = identifyHeader(name, 0, name.length);
    if (id !== H_OTHER) return this.find(id, from);
    for (let i = from; i < this.count; i++) {
      if (this.ids[i] !== H_OTHER || ((this.flags[i] as number) & DELETED) !== 0) continue;
      const at = i * 4;
      if (wordEquals(u8, this.spans[at + NAME_START] as number, this.spans[at + NAME_END] as number, name))
        return i;
    }
    return -1;
  }

  /** Adds the bytes of one complete line at the end. False when there is no room left (a rewrite failure). */
  add(lines: Uint8Array, length = lines.length): boolean {
    if (this.additionsLength + length > this.additions.length) return false;
    this.additions.set(length === lines.length ? lines : lines.subarray(0, length), this.additionsLength);
    this.additionsLength += length;
    this.additionLines++;
    this.edited = true;
    return true;
  }

  /** Adds one line from text. For edits that are rare or configured; the hot path prepares bytes. */
  addText(name: string, value: string): boolean {
    return this.add(Buffer.from(`${name}: ${value}\r\n`, 'latin1'));
  }
}
