/**
 * The status line of HTTP/1, and the head behind it. Specification: RFC 9112 4; tolerances as HAProxy 2.6.
 */
import { CR, LF, SP, TAB } from './characters.ts';
import { HeadParser, LINE_START, NEED_MORE } from './head-parser.ts';

const VERSION = 0;
const AFTER_VERSION = 1;
const STATUS = 2;
const AFTER_STATUS = 3;
const REASON = 4;
const LINE_CR = 5;

const VERSION_FORM = Uint8Array.from([72, 84, 84, 80, 47, 0, 46, 0]);

export class ResponseParser extends HeadParser {
  /** 10 × major + minor as received. */
  version = 0;
  versionEnd = 0;
  statusStart = 0;
  status = 0;
  reasonStart = 0;
  reasonEnd = 0;

  begin(start: number): void {
    this.block.reset(start);
    this.position = start;
    this.state = VERSION;
    this.version = 0;
    this.status = 0;
  }

  override parse(u8: Uint8Array, end: number): number {
    if (this.state >= LINE_START) return this.parseLines(u8, end);
    let p = this.position;
    let state = this.state;
    const block = this.block;
    while (p < end) {
      const c = u8[p] as number;
      switch (state) {
        case VERSION: {
          const index = p - block.start;
          if (index < 8) {
            const form = VERSION_FORM[index] as number;
            if (form === 0 ? c < 48 || c > 57 : c !== form) return this.fail(p);
            if (form === 0) this.version = this.version * 10 + c - 48;
            p++;
            continue;
          }
          if (c !== SP && c !== TAB) return this.fail(p);
          this.versionEnd = p;
          state = AFTER_VERSION;
          continue;
        }
        case AFTER_VERSION:
          if (c === SP || c === TAB) {
            p++;
            continue;
          }
          if (p !== this.versionEnd + 1 || u8[p - 1] !== SP) block.startUntidy = true;
          this.statusStart = p;
          state = STATUS;
          continue;
        case STATUS:
          if (c >= 48 && c <= 57) {
            if (p - this.statusStart >= 3) return this.fail(p);
            this.status = this.status * 10 + c - 48;
            p++;
            continue;
          }
          if (p - this.statusStart !== 3 || this.status < 100) return this.fail(p);
          if (c !== SP && c !== TAB && c !== CR && c !== LF) return this.fail(p);
          state = AFTER_STATUS;
          continue;
        case AFTER_STATUS:
          if (c === SP || c === TAB) {
            p++;
            continue;
          }
          this.reasonStart = p;
          if (p !== this.statusStart + 4 || u8[p - 1] !== SP) block.startUntidy = true;
          state = REASON;
          continue;
        case REASON:
          if (c !== CR && c !== LF) {
            p++;
            continue;
          }
          this.reasonEnd = p;
          if (c === LF) {
            block.startUntidy = true;
            return this.toLines(u8, p + 1, end);
          }
          state = LINE_CR;
          p++;
          continue;
        case LINE_CR:
          if (c !== LF) return this.fail(p);
          return this.toLines(u8, p + 1, end);
        default:
          throw new Error(`response parser in state ${state}`);
      }
    }
    this.position = p;
    this.state = state;
    return NEED_MORE;
  }

  private toLines(u8: Uint8Array, position: number, end: number): number {
    this.block.linesStart = position;
    this.position = position;
    this.state = LINE_START;
    return this.parseLines(u8, end);
  }
}
