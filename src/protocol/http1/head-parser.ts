/**
 * The header lines of an HTTP/1 message, request or response, parsed as they arrive: the parser stops anywhere and goes
 * on with the next byte, so a head that trickles in is read once. Names are lower-cased in place, and folded lines are
 * joined in place (each of CR and LF becomes a blank), as HAProxy forwards them.
 * Specification: RFC 9112 5; the tolerances are those of HAProxy 2.6 (line feed alone ends a line; values may hold any
 * byte but CR and LF).
 */
import { COLON, CR, LF, SP, TAB, tokenLower } from './characters.ts';
import { type HeaderBlock, UNTIDY } from './header-block.ts';
import { identifyHeader } from './known-headers.ts';
import { lineEndFrom } from './line-scan.ts';

export const NEED_MORE = 0;
export const COMPLETE = 1;
/** Not HTTP: 400 for a request, 502 for a response. `HeadParser.position` is the offending byte. */
export const MALFORMED = -1;

/** HAProxy keeps a name's length in one byte. */
const LONGEST_NAME = 255;

// States. The start line's own states (below LINE_START) belong to the subclasses.
export const LINE_START = 32;
const NAME = 33;
const BEFORE_VALUE = 34;
const VALUE = 35;
/** Behind a CR in a value: only LF may follow. */
const VALUE_CR = 36;
/** Behind the line feed of a header line: a blank here continues the value. */
const VALUE_LF = 37;
/** Behind the CR of the empty line. */
const LAST_CR = 38;
export const DONE = 39;

export abstract class HeadParser {
  readonly block: HeaderBlock;
  /** Next byte to look at; after MALFORMED the byte that is wrong. */
  position = 0;
  state = 0;
  /** Lines and names that HAProxy only takes with `option accept-invalid-http-*`. */
  relaxed = false;
  private nameStart = 0;
  private nameEnd = 0;
  private valueStart = 0;
  /** End of the line without its line end: the byte behind the last one of the value as received. */
  private lineEnd = 0;
  private untidy = false;

  constructor(block: HeaderBlock) {
    this.block = block;
  }

  /** Parses up to `end`. NEED_MORE, COMPLETE or MALFORMED. */
  abstract parse(u8: Uint8Array, end: number): number;

  /** The start line ends in front of `position`: the header lines follow. */
  protected toLines(u8: Uint8Array, position: number, end: number): number {
    this.block.linesStart = position;
    this.position = position;
    this.state = LINE_START;
    return this.parseLines(u8, end);
  }

  protected parseLines(u8: Uint8Array, end: number): number {
    let p = this.position;
    let state = this.state;
    const block = this.block;
    for (;;) {
      if (p >= end) break;
      let c = u8[p] as number;
      switch (state) {
        case LINE_START: {
          if (c === CR) {
            block.linesEnd = p;
            state = LAST_CR;
            p++;
            continue;
          }
          if (c === LF) {
            block.linesEnd = p;
            block.startUntidy = true;
            return this.complete(p + 1);
          }
          const next = this.parsePlainLines(u8, p, end);
          if (next !== p) {
            p = next;
            continue;
          }
          if (block.count >= block.capacity) return this.fail(p);
          this.nameStart = p;
          this.untidy = false;
          state = NAME;
          continue;
        }
        case NAME: {
          for (let lower = tokenLower[c] as number; lower !== 0; lower = tokenLower[c] as number) {
            if (lower !== c) u8[p] = lower;
            if (++p >= end) break;
            c = u8[p] as number;
          }
          if (p >= end) continue;
          if (c !== COLON) {
            if (!this.relaxed || c === LF) return this.fail(p);
            p++;
            continue;
          }
          const length = p - this.nameStart;
          if (length === 0 || length > LONGEST_NAME) return this.fail(p);
          this.nameEnd = p;
          p++;
          state = BEFORE_VALUE;
          continue;
        }
        case BEFORE_VALUE: {
          if (c === SP || c === TAB) {
            p++;
            continue;
          }
          this.valueStart = p;
          if (p !== this.nameEnd + 2 || u8[p - 1] !== SP) this.untidy = true;
          state = VALUE;
          continue;
        }
        case VALUE: {
          // The bulk of a head: nothing but the two line end bytes matters.
          p = lineEndFrom(u8, p, end);
          if (p >= end) continue;
          c = u8[p] as number;
          this.lineEnd = p;
          if (c === LF) {
            this.untidy = true;
            state = VALUE_LF;
          } else state = VALUE_CR;
          p++;
          continue;
        }
        case VALUE_CR: {
          if (c !== LF) return this.fail(p);
          p++;
          state = VALUE_LF;
          continue;
        }
        case VALUE_LF: {
          if (c === SP || c === TAB) {
            // Folded: the line end becomes blanks, and the value goes on.
            for (let i = this.lineEnd; i < p; i++) u8[i] = SP;
            if (this.valueStart === this.lineEnd) {
              state = BEFORE_VALUE;
              continue;
            }
            state = VALUE;
            continue;
          }
          this.endLine(u8);
          state = LINE_START;
          continue;
        }
        case LAST_CR:
          if (c !== LF) return this.fail(p);
          return this.complete(p + 1);
        default:
          throw new Error(`header parser in state ${state}`);
      }
    }
    this.position = p;
    this.state = state;
    return NEED_MORE;
  }

  /**
   * Takes lines that are all there and in the plain form `name: value CR LF`, which most are, without going from state to
   * state. Result: where the first other line begins.
   */
  private parsePlainLines(u8: Uint8Array, from: number, end: number): number {
    const { spans, ids, flags, capacity } = this.block;
    let line = this.block.count;
    let start = from;
    // The byte behind a line is looked at too: a blank there would continue the value.
    const limit = end - 2;
    while (line < capacity) {
      let p = start;
      while (p < limit) {
        const c = u8[p] as number;
        const lower = tokenLower[c] as number;
        if (lower === 0) break;
        if (lower !== c) u8[p] = lower;
        p++;
      }
      const nameEnd = p;
      const length = p - start;
      if (p >= limit || u8[p] !== COLON || u8[p + 1] !== SP || length === 0 || length > LONGEST_NAME) break;
      const valueStart = p + 2;
      p = lineEndFrom(u8, valueStart, end);
      if (p >= limit || p === valueStart || u8[p] !== CR || u8[p + 1] !== LF) break;
      if (isBlank(u8[valueStart]) || isBlank(u8[p - 1]) || isBlank(u8[p + 2])) break;
      const at = line * 4;
      spans[at] = start;
      spans[at + 1] = nameEnd;
      spans[at + 2] = valueStart;
      spans[at + 3] = p;
      ids[line] = identifyHeader(u8, start, nameEnd);
      flags[line] = 0;
      line++;
      start = p + 2;
    }
    this.block.count = line;
    return start;
  }

  private endLine(u8: Uint8Array): void {
    const block = this.block;
    const line = block.count++;
    let valueEnd = this.lineEnd;
    const valueStart = this.valueStart;
    while (valueEnd > valueStart && (u8[valueEnd - 1] === SP || u8[valueEnd - 1] === TAB)) {
      valueEnd--;
      this.untidy = true;
    }
    const at = line * 4;
    block.spans[at] = this.nameStart;
    block.spans[at + 1] = this.nameEnd;
    block.spans[at + 2] = valueStart;
    block.spans[at + 3] = valueEnd;
    block.ids[line] = identifyHeader(u8, this.nameStart, this.nameEnd);
    if (this.untidy || valueEnd === valueStart) {
      block.flags[line] = UNTIDY;
      block.edited = true;
    } else block.flags[line] = 0;
  }

  protected complete(position: number): number {
    this.position = position;
    this.state = DONE;
    this.block.end = position;
    this.block.received = this.block.count;
    return COMPLETE;
  }

  protected fail(position: number): number {
    this.position = position;
    return MALFORMED;
  }
}

function isBlank(byte: number | undefined): boolean {
  return byte === SP || byte === TAB;
}
