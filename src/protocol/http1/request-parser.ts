/**
 * The request line of HTTP/1, and the head behind it. Specification: RFC 9112 3; tolerances as HAProxy 2.6: empty lines
 * before it are skipped, several blanks may stand between its words, a line feed alone ends it.
 */
import {
  CR,
  classes,
  LF,
  SP,
  TAB,
  TARGET,
  TARGET_RELAXED,
  TOKEN,
  VERSION as VERSION_BYTE,
} from './characters.ts';
import { HeadParser, LINE_START, NEED_MORE } from './head-parser.ts';
import type { HeaderBlock } from './header-block.ts';

const BEFORE = 0;
/** Behind the CR of an empty line before the request. */
const BEFORE_CR = 1;
const METHOD = 2;
const AFTER_METHOD = 3;
const TARGET_STATE = 4;
const AFTER_TARGET = 5;
const VERSION = 6;
const VERSION_CR = 7;
/** At the end of a request line of HTTP/0.9. */
const NO_VERSION = 8;

/** `HTTP/1.1` without its digits: the fixed bytes of a version, 0 where a digit stands. */
const VERSION_FORM = Uint8Array.from([72, 84, 84, 80, 47, 0, 46, 0]);

const QUESTION_MARK = 63;

export class RequestParser extends HeadParser {
  methodStart = 0;
  methodEnd = 0;
  targetStart = 0;
  targetEnd = 0;
  versionStart = 0;
  versionEnd = 0;
  /** 10 × major + minor as received: 11 for HTTP/1.1; 9 for the request without a version. */
  version = 0;
  // The last search for the query: whatever changes the target moves it or its end.
  private searchedFrom = -1;
  private searchedEnd = -1;
  private foundQuery = -1;

  constructor(block: HeaderBlock) {
    super(block);
  }

  /** Begins with a new request at `start`. */
  begin(start: number): void {
    this.block.reset(start);
    this.position = start;
    this.state = BEFORE;
    this.version = 0;
    this.methodStart = start;
    this.methodEnd = start;
    this.targetStart = start;
    this.targetEnd = start;
    this.searchedFrom = -1;
  }

  /** The question mark of the target at or behind `from`, or the target's end. */
  queryMark(u8: Uint8Array, from: number): number {
    const { targetEnd } = this;
    if (from !== this.searchedFrom || targetEnd !== this.searchedEnd) {
      this.searchedFrom = from;
      this.searchedEnd = targetEnd;
      let at = from;
      while (at < targetEnd && u8[at] !== QUESTION_MARK) at++;
      this.foundQuery = at;
    }
    return this.foundQuery;
  }

  /** Whether at least one byte of a request line has arrived (empty lines do not count). */
  get started(): boolean {
    return this.state > BEFORE_CR;
  }

  override parse(u8: Uint8Array, end: number): number {
    if (this.state >= LINE_START) return this.parseLines(u8, end);
    let p = this.position;
    let state = this.state;
    const block = this.block;
    while (p < end) {
      let c = u8[p] as number;
      switch (state) {
        case BEFORE:
          if (c === CR) state = BEFORE_CR;
          else if (c !== LF) {
            block.start = p;
            this.methodStart = p;
            state = METHOD;
            continue;
          }
          p++;
          continue;
        case BEFORE_CR:
          if (c !== LF) return this.fail(p);
          state = BEFORE;
          p++;
          continue;
        case METHOD:
          while ((classes[c] as number) & TOKEN) {
            if (++p >= end) break;
            c = u8[p] as number;
          }
          if (p >= end) continue;
          if ((c !== SP && c !== TAB) || p === block.start) return this.fail(p);
          this.methodEnd = p;
          state = AFTER_METHOD;
          continue;
        case AFTER_METHOD:
          if (c === SP || c === TAB) {
            p++;
            continue;
          }
          if (p !== this.methodEnd + 1 || u8[p - 1] !== SP) block.startUntidy = true;
          this.targetStart = p;
          state = TARGET_STATE;
          continue;
        case TARGET_STATE: {
          const allowed = this.relaxed ? TARGET_RELAXED : TARGET;
          while ((classes[c] as number) & allowed) {
            if (++p >= end) break;
            c = u8[p] as number;
          }
          if (p >= end) continue;
          if (p === this.targetStart) return this.fail(p);
          this.targetEnd = p;
          if (c === SP || c === TAB) {
            state = AFTER_TARGET;
            continue;
          }
          if (!this.mayLackVersion(u8, c)) return this.fail(p);
          this.versionStart = p;
          state = NO_VERSION;
          continue;
        }
        case AFTER_TARGET:
          if (c === SP || c === TAB) {
            p++;
            continue;
          }
          if (this.mayLackVersion(u8, c)) {
            this.versionStart = p;
            state = NO_VERSION;
            continue;
          }
          if (p !== this.targetEnd + 1 || u8[p - 1] !== SP) block.startUntidy = true;
          this.versionStart = p;
          state = VERSION;
          continue;
        case VERSION: {
          while (c !== CR && c !== LF) {
            if (!this.versionByte(c, p - this.versionStart)) return this.fail(p);
            if (++p >= end) break;
            c = u8[p] as number;
          }
          if (p >= end) continue;
          this.versionEnd = p;
          if (!this.readVersion(u8)) return this.fail(p);
          if (c === CR) {
            state = VERSION_CR;
            p++;
            continue;
          }
          block.startUntidy = true;
          this.position = p;
          return this.toLines(u8, p + 1, end);
        }
        case NO_VERSION:
          // Nothing follows such a request line, no headers either.
          if (c === CR && p === this.versionStart) {
            p++;
            continue;
          }
          if (c !== LF) return this.fail(p);
          this.versionEnd = this.versionStart;
          this.version = 9;
          block.startUntidy = true;
          block.linesStart = p + 1;
          block.linesEnd = p + 1;
          return this.complete(p + 1);
        case VERSION_CR:
          if (c !== LF) return this.fail(p);
          return this.toLines(u8, p + 1, end);
        default:
          throw new Error(`request parser in state ${state}`);
      }
    }
    this.position = p;
    this.state = state;
    return NEED_MORE;
  }

  /** HTTP/0.9, which only the relaxed parser knows, and only for GET. */
  private mayLackVersion(u8: Uint8Array, c: number): boolean {
    return (c === CR || c === LF) && this.relaxed && isGet(u8, this.block.start, this.methodEnd);
  }

  private versionByte(c: number, index: number): boolean {
    if (this.relaxed) {
      return ((classes[c] as number) & VERSION_BYTE) !== 0;
    }
    if (index >= 8) return false;
    const form = VERSION_FORM[index] as number;
    return form === 0 ? c >= 48 && c <= 57 : c === form;
  }

  private readVersion(u8: Uint8Array): boolean {
    const start = this.versionStart;
    const length = this.versionEnd - start;
    let plain = length === 8;
    for (let i = 0; plain && i < 8; i++) {
      const form = VERSION_FORM[i] as number;
      const c = u8[start + i] as number;
      if (form === 0 ? c < 48 || c > 57 : c !== form) plain = false;
    }
    if (plain) {
      this.version = ((u8[start + 5] as number) - 48) * 10 + (u8[start + 7] as number) - 48;
      return true;
    }
    if (!this.relaxed) return false;
    this.version = 10;
    return length > 0;
  }
}

function isGet(u8: Uint8Array, start: number, end: number): boolean {
  return end - start === 3 && u8[start] === 71 && u8[start + 1] === 69 && u8[start + 2] === 84;
}
