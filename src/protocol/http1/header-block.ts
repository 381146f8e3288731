/**
 * The head of a message, in the form that every codec meets: lines as offsets into memory, at first into the bytes that
 * were received, plus edits. What is added or changed lies in a buffer of its own, so that whoever looks for a header
 * finds it wherever it came from. Lines that nobody touched go out as they came in, several in one copy. A block belongs
 * to one stream and is used again for the next; it never owns the bytes that were received.
 */
import { COLON, CR, LF, SP } from './characters.ts';
import { H_OTHER, identifyHeader, wordEquals } from './known-headers.ts';

/** Line flags: not to be forwarded. */
export const DELETED = 1;
/** Line flags: not in the form `name: value CR LF` where it lies, so it has to be written anew. */
export const UNTIDY = 2;
/** Beside DELETED: its bytes are counted as received. */
const COUNTED = 4;

export const NAME_START = 0;
export const NAME_END = 1;
export const VALUE_START = 2;
export const VALUE_END = 3;

const COUNTED_FIXED_BYTES = 21;
const NO_BUFFER = -1;

/** Where the buffers for edits come from. */
export interface EditBuffers {
  readonly sizeBytes: number;
  /** An offset, or -1 when there is none. */
  take(): number;
  give(offset: number): void;
}

/** For heads that nobody edits. */
export const noEdits: EditBuffers = { sizeBytes: 0, take: () => NO_BUFFER, give: () => {} };

export class HeaderBlock {
  /** Received header lines at most (tune.http.maxhdr); as many may be added. */
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
  /** How many lines were received: those behind them were added. Known once the head is complete. */
  received = 0;
  /** The start line is not in its plain form. */
  startUntidy = false;
  /** Something was added or deleted, or has to be written anew. */
  edited = false;
  private readonly buffers: EditBuffers;
  private buffer = NO_BUFFER;
  /** Next free byte of the edit buffer, and its end. */
  editAt = 0;
  editLimit = 0;

  constructor(capacity: number, buffers: EditBuffers) {
    this.capacity = capacity;
    this.buffers = buffers;
    this.spans = new Int32Array(capacity * 8);
    this.ids = new Uint8Array(capacity * 2);
    this.flags = new Uint8Array(capacity * 2);
  }

  reset(start: number): void {
    this.count = 0;
    this.received = 0;
    this.start = start;
    this.linesStart = start;
    this.linesEnd = start;
    this.end = start;
    this.startUntidy = false;
    this.edited = false;
    this.editAt = this.buffer;
  }

  /** Gives the edit buffer back. What was added or changed is gone. */
  release(): void {
    if (this.buffer === NO_BUFFER) return;
    this.buffers.give(this.buffer);
    this.buffer = NO_BUFFER;
    this.editLimit = 0;
  }

  /** Makes sure that there is room for so many bytes of edits at `editAt`. */
  room(bytes: number): boolean {
    if (this.buffer === NO_BUFFER) {
      this.buffer = this.buffers.take();
      if (this.buffer === NO_BUFFER) return false;
      this.editAt = this.buffer;
      this.editLimit = this.buffer + this.buffers.sizeBytes;
    }
    return this.editAt + bytes <= this.editLimit;
  }

  delete(line: number): void {
    this.flags[line] = (this.flags[line] as number) | DELETED;
    this.edited = true;
  }

  /** Deletes all lines of this lower-case name. */
  deleteName(u8: Uint8Array, name: Uint8Array): void {
    for (let line = this.findName(u8, name); line >= 0; line = this.findName(u8, name, line + 1))
      this.delete(line);
  }

  /** As `delete`, but the line counts as received all the same. */
  withhold(line: number): void {
    this.flags[line] = (this.flags[line] as number) | DELETED | COUNTED;
    this.edited = true;
  }

  /**
   * Size of the head as HAProxy counts it in logs and statistics: not the bytes on the wire but those of its own
   * representation, in which separators do not exist and the start line and the end of the head have a fixed cost.
   */
  countedBytes(startLineBytes: number): number {
    return COUNTED_FIXED_BYTES + startLineBytes + this.countedLineBytes();
  }

  /** The part of the lines. */
  countedLineBytes(): number {
    let bytes = 0;
    const spans = this.spans;
    for (let i = 0; i < this.count; i++) {
      if (((this.flags[i] as number) & (DELETED | COUNTED)) === DELETED) continue;
      const at = i * 4;
      bytes += (spans[at + NAME_END] as number) - (spans[at + NAME_START] as number);
      bytes += (spans[at + VALUE_END] as number) - (spans[at + VALUE_START] as number);
    }
    return bytes;
  }

  /** The line's value is now what lies at `start`…`end`, in the edit buffer or within the old value. */
  setValue(line: number, start: number, end: number): void {
    const at = line * 4;
    this.spans[at + VALUE_START] = start;
    this.spans[at + VALUE_END] = end;
    this.flags[line] = (this.flags[line] as number) | UNTIDY;
    this.edited = true;
  }

  /** Puts other bytes in the place of `start`…`end`, which lies within the line's value. False without room. */
  replace(u8: Uint8Array, line: number, start: number, end: number, bytes: Uint8Array): boolean {
    const valueStart = this.valueStart(line);
    const valueEnd = this.valueEnd(line);
    const before = start - valueStart;
    const length = before + bytes.length + valueEnd - end;
    if (!this.room(length)) return false;
    const at = this.editAt;
    u8.copyWithin(at, valueStart, start);
    u8.set(bytes, at + before);
    u8.copyWithin(at + before + bytes.length, end, valueEnd);
    this.editAt = at + length;
    this.setValue(line, at, at + length);
    return true;
  }

  isDeleted(line: number): boolean {
    return ((this.flags[line] as number) & DELETED) !== 0;
  }

  nameStart(line: number): number {
    return this.spans[line * 4 + NAME_START] as number;
  }

  nameEnd(line: number): number {
    return this.spans[line * 4 + NAME_END] as number;
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

  /**
   * Adds a line at the end: `line` is `name: value CR LF` in lower case, prepared before. False when there is no room left
   * (a rewrite failure).
   */
  add(u8: Uint8Array, line: Uint8Array, length = line.length): boolean {
    if (!this.room(length)) return false;
    const at = this.editAt;
    let colon = at;
    for (let i = 0; i < length; i++) u8[at + i] = line[i] as number;
    while (u8[colon] !== COLON) colon++;
    this.editAt = at + length;
    return this.register(u8, at, colon, colon + 2, at + length - 2);
  }

  /**
   * Begins a line of this lower-case name at the end: the value is to be written at the result, up to `valueLimit`. -1
   * when there is no room. Nothing is added before `endLine`.
   */
  beginLine(u8: Uint8Array, name: Uint8Array): number {
    if (!this.room(name.length + 4)) return -1;
    const at = this.editAt;
    for (let i = 0; i < name.length; i++) u8[at + i] = name[i] as number;
    u8[at + name.length] = COLON;
    u8[at + name.length + 1] = SP;
    return at + name.length + 2;
  }

  /** Where a value that was begun has to end at the latest. */
  get valueLimit(): number {
    return this.editLimit - 2;
  }

  /** The value that was begun at `valueStart` ends here. False when no more lines can be added. */
  endLine(u8: Uint8Array, valueStart: number, valueEnd: number): boolean {
    const at = this.editAt;
    u8[valueEnd] = CR;
    u8[valueEnd + 1] = LF;
    this.editAt = valueEnd + 2;
    return this.register(u8, at, valueStart - 2, valueStart, valueEnd);
  }

  private register(
    u8: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ): boolean {
    const line = this.count;
    if (line >= this.flags.length) return false;
    this.count = line + 1;
    const at = line * 4;
    this.spans[at + NAME_START] = nameStart;
    this.spans[at + NAME_END] = nameEnd;
    this.spans[at + VALUE_START] = valueStart;
    this.spans[at + VALUE_END] = valueEnd;
    this.ids[line] = identifyHeader(u8, nameStart, nameEnd);
    this.flags[line] = 0;
    this.edited = true;
    return true;
  }
}
