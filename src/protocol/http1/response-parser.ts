/**
 * The status line of HTTP/1, and the head behind it. Specification: RFC 9112 4; tolerances as HAProxy 2.6.
 */
import { CR, classes, LF, SP, TAB, VERSION as VERSION_BYTE } from './characters.ts';
import { HeadParser, LINE_START, NEED_MORE } from './head-parser.ts';

const BEFORE = 0;
/** Behind the CR of an empty line before the response. */
const BEFORE_CR = 6;
const VERSION = 7;
const AFTER_VERSION = 1;
const STATUS = 2;
const AFTER_STATUS = 3;
const REASON = 4;
const LINE_CR = 5;

/** `HTTP/1.1`: 0 where a digit stands. */
const VERSION_FORM = Uint8Array.from([72, 84, 84, 80, 47, 0, 46, 0]);
const RTSP_FORM = Uint8Array.from([82, 84, 83, 80, 47, 0, 46, 0]);
/** Any number of digits is taken, as HAProxy does, as long as the number stays small. */
const LARGEST_STATUS = 99_999;

export class ResponseParser extends HeadParser {
  /** 10 × major + minor as received. */
  version = 0;
  versionEnd = 0;
  statusStart = 0;
  statusEnd = 0;
  status = 0;
  reasonStart = 0;
  reasonEnd = 0;

  begin(start: number): void {
    this.block.reset(start);
    this.position = start;
    this.state = BEFORE;
    this.version = 0;
    this.status = 0;
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
            state = VERSION;
            continue;
          }
          p++;
          continue;
        case BEFORE_CR:
          if (c !== LF) return this.fail(p);
          state = BEFORE;
          p++;
          continue;
        case VERSION:
          while ((classes[c] as number) & VERSION_BYTE) {
            if (++p >= end) break;
            c = u8[p] as number;
          }
          if (p >= end) continue;
          if ((c !== SP && c !== TAB) || !this.readVersion(u8, p)) return this.fail(p);
          this.versionEnd = p;
          state = AFTER_VERSION;
          continue;
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
            this.status = this.status * 10 + c - 48;
            if (this.status > LARGEST_STATUS) return this.fail(p);
            p++;
            continue;
          }
          if (this.status < 100) return this.fail(p);
          if (c !== SP && c !== TAB && c !== CR && c !== LF) return this.fail(p);
          this.statusEnd = p;
          state = AFTER_STATUS;
          continue;
        case AFTER_STATUS:
          if (c === SP || c === TAB) {
            p++;
            continue;
          }
          this.reasonStart = p;
          if (p !== this.statusEnd + 1 || u8[p - 1] !== SP) block.startUntidy = true;
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

  /** RTSP passes for HTTP/1.0, and with the relaxed parser whatever looks like a version does. */
  private readVersion(u8: Uint8Array, end: number): boolean {
    const start = this.block.start;
    if (end - start === VERSION_FORM.length && isVersion(u8, start, VERSION_FORM)) {
      this.version = ((u8[start + 5] as number) - 48) * 10 + (u8[start + 7] as number) - 48;
      return true;
    }
    this.version = 10;
    if (end - start === RTSP_FORM.length && isVersion(u8, start, RTSP_FORM)) return true;
    return this.relaxed && end > start;
  }
}

function isVersion(u8: Uint8Array, start: number, form: Uint8Array): boolean {
  for (let i = 0; i < form.length; i++) {
    const c = u8[start + i] as number;
    if (form[i] === 0 ? c < 48 || c > 57 : c !== form[i]) return false;
  }
  return true;
}
