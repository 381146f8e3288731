/**
 * Writes one log line into bytes, and decides what happens where it gets too long. Every piece knows one of two ways:
 * text is cut where the room ends; numbers, dates and quoted names are left out whole, and the line ends in front of
 * them. Which piece does what was observed on HAProxy 2.6. Nothing is allocated here.
 */

/** `%{+Q}`: between quotes. */
export const QUOTE = 1;
/** `%{+X}`: hexadecimal, where the variable has such a form. */
export const HEX = 2;
/** `%{+E}`: `"`, `\` and `]` behind a backslash, for RFC 5424 structured data. */
export const ESCAPE = 4;

const SPACE = 0x20;
const QUOTE_MARK = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5d;
const DASH = 0x2d;
const ZERO = 0x30;

/** Bytes that are written as `#` and two hexadecimal digits: manual, 8.6. */
function encodingMap(extra: string): Uint8Array {
  const map = new Uint8Array(256);
  map.fill(1, 0, 32);
  map.fill(1, 127);
  for (const character of `#"${extra}`) map[character.charCodeAt(0)] = 1;
  return map;
}
/** For request lines and their parts. */
export const URI_ENCODING = encodingMap('');
/** For captured headers, which stand between braces and bars. */
export const HEADER_ENCODING = encodingMap('{|}');

export class LineWriter {
  u8: Uint8Array = new Uint8Array(0);
  at = 0;
  limit = 0;
  /** No further space is written: one was just written, or the line begins. */
  private spaced = true;
  /** The line ends here, although there may be room. */
  stopped = false;

  /** Values that are not there are shown as a dash: in logs, not in what rules make. */
  private dashes = true;

  begin(u8: Uint8Array, offset: number, limit: number, dashes = true): void {
    this.dashes = dashes;
    this.u8 = u8;
    this.at = offset;
    this.limit = limit;
    this.spaced = true;
    this.stopped = false;
  }

  /** Said by a variable that stands at this place, even with nothing to show: the next space is not merged. */
  touch(): void {
    this.spaced = false;
  }

  separator(): void {
    if (this.spaced) return;
    this.byte(SPACE);
    this.spaced = true;
  }

  byte(value: number): void {
    this.spaced = false;
    if (this.at < this.limit) this.u8[this.at++] = value;
    else this.stopped = true;
  }

  /** Literal text, cut where the room ends. */
  text(bytes: Uint8Array): void {
    this.raw(bytes, 0, bytes.length);
  }

  private raw(from: Uint8Array, start: number, end: number): void {
    this.spaced = false;
    const to = this.u8;
    const room = this.limit - this.at;
    const stop = end - start > room ? start + room : end;
    let at = this.at;
    for (let i = start; i < stop; i++) to[at++] = from[i]!;
    this.at = at;
    if (stop < end) this.stopped = true;
  }

  /** A string as it is: `-` or `""` when empty. */
  value(from: Uint8Array, start: number, end: number, flags: number): void {
    this.spaced = false;
    if (flags & QUOTE) {
      const before = this.at;
      this.byte(QUOTE_MARK);
      if (flags & ESCAPE) this.escaped(from, start, end);
      else this.raw(from, start, end);
      if (!this.stopped) this.byte(QUOTE_MARK);
      if (this.stopped) this.at = before;
    } else if (start === end) {
      if (this.dashes) this.byte(DASH);
    } else if (flags & ESCAPE) this.escaped(from, start, end);
    else this.raw(from, start, end);
  }

  private escaped(from: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end && !this.stopped; i++) {
      const c = from[i]!;
      if (c === QUOTE_MARK || c === BACKSLASH || c === BRACKET) {
        // A pair is not torn apart, and never takes the last place of the line.
        if (this.at + 2 >= this.limit) {
          this.stopped = true;
          return;
        }
        this.u8[this.at++] = BACKSLASH;
      }
      this.byte(c);
    }
  }

  /** Received bytes in encoded form, cut between characters where the room ends; what follows may still fit. */
  encoded(from: Uint8Array, start: number, end: number, map: Uint8Array, flags: number): void {
    this.spaced = false;
    const to = this.u8;
    const limit = this.limit;
    let at = this.at;
    for (let i = start; i < end; i++) {
      const c = from[i]!;
      if (map[c] === 1) {
        if (at + 3 >= limit) break;
        to[at++] = 0x23;
        to[at++] = hexDigit(c >> 4);
        to[at++] = hexDigit(c & 0xf);
      } else if (flags & ESCAPE && (c === BACKSLASH || c === BRACKET)) {
        if (at + 2 >= limit) break;
        to[at++] = BACKSLASH;
        to[at++] = c;
      } else {
        if (at >= limit) break;
        to[at++] = c;
      }
    }
    this.at = at;
  }

  /** The quote around an encoded string: unlike those of `value` it may stand alone at the line's end. */
  quoteMark(flags: number): void {
    if (flags & QUOTE) this.byte(QUOTE_MARK);
  }

  /** An integer; not at all where it does not fit. */
  decimal(value: number): void {
    this.spaced = false;
    if (value < 0) {
      // Only -1 and small differences come here.
      if (this.at + 1 + digitCount(-value) > this.limit) {
        this.stopped = true;
        return;
      }
      this.u8[this.at++] = DASH;
      value = -value;
    }
    const count = digitCount(value);
    let at = this.at + count;
    if (at > this.limit) {
      this.stopped = true;
      return;
    }
    this.at = at;
    const u8 = this.u8;
    while (value > 0x7fffffff) {
      const rest = Math.floor(value / 10);
      u8[--at] = ZERO + (value - rest * 10);
      value = rest;
    }
    for (let i = at - (this.at - count); i > 0; i--) {
      const rest = (value / 10) | 0;
      u8[--at] = ZERO + (value - rest * 10);
      value = rest;
    }
  }

  /** A number of milliseconds within its second, three digits. */
  milliseconds(value: number): void {
    this.spaced = false;
    const at = this.at;
    if (at + 3 > this.limit) {
      this.stopped = true;
      return;
    }
    writeThreeDigits(this.u8, at, value);
    this.at = at + 3;
  }

  /** Upper-case hexadecimal with at least `width` digits, of a number or (see `hexBytes`) of bytes. */
  hex(value: number, width: number): void {
    let digits = 1;
    for (let rest = Math.floor(value / 16); rest > 0; rest = Math.floor(rest / 16)) digits++;
    if (digits < width) digits = width;
    if (!this.hasHexRoom(digits)) return;
    for (let i = digits - 1; i >= 0; i--) {
      const rest = Math.floor(value / 16);
      if (this.at + i < this.limit) this.u8[this.at + i] = hexDigit(value - rest * 16);
      value = rest;
    }
    this.at = Math.min(this.at + digits, this.limit);
  }

  hexBytes(bytes: Uint8Array, count: number): void {
    if (!this.hasHexRoom(count * 2)) return;
    for (let i = 0; i < count * 2 && this.at < this.limit; i++) {
      const value = bytes[i >> 1]!;
      this.u8[this.at++] = hexDigit(i & 1 ? value & 0xf : value >> 4);
    }
  }

  /** HAProxy prints these with a terminating NUL, for which it gives up the last digit. */
  private hasHexRoom(digits: number): boolean {
    this.spaced = false;
    if (this.at + digits <= this.limit + 1) return true;
    this.stopped = true;
    return false;
  }

  /** Text that is written whole or not at all; false (and the line ends) when it does not fit. */
  whole(from: Uint8Array, count: number): boolean {
    this.spaced = false;
    if (!this.fits(count)) return false;
    const at = this.at;
    const to = this.u8;
    for (let i = 0; i < count; i++) to[at + i] = from[i]!;
    this.at = at + count;
    return true;
  }

  /** Whether so many bytes fit; the line ends where they do not. */
  fits(count: number): boolean {
    if (this.at + count <= this.limit) return true;
    this.stopped = true;
    return false;
  }
}

export function writeThreeDigits(u8: Uint8Array, at: number, value: number): void {
  u8[at] = ZERO + ((value / 100) | 0);
  u8[at + 1] = ZERO + (((value / 10) | 0) % 10);
  u8[at + 2] = ZERO + (value % 10);
}

function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  let count = 4;
  for (let bound = 10000; value >= bound; bound *= 10) count++;
  return count;
}

function hexDigit(value: number): number {
  return value < 10 ? ZERO + value : 0x37 + value;
}
