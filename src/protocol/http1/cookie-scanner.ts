/**
 * Walks over the cookies of a Cookie or Set-Cookie value where it lies: `name=value` pieces between delimiters, quotes
 * respected. As HAProxy does, it closes up blanks around `=` on its way, so a value may get shorter.
 * Specification: RFC 6265 4 with the older RFC 2965's forms; tolerances observed on HAProxy 2.6.
 */
import { SP, TAB } from './characters.ts';

const SEMICOLON = 59;
const COMMA = 44;
const EQUALS = 61;
const QUOTE = 34;
const BACKSLASH = 92;
const DOLLAR = 36;

const isBlank = (c: number | undefined): boolean => c === SP || c === TAB;

export class CookieScanner {
  /** The delimiter in front of the current cookie, or the start of the value. */
  before = 0;
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;
  /** The delimiter behind the current cookie, or the end of the value. */
  after = 0;
  /** The current cookie has an equals sign. */
  hasValue = false;
  /** End of the whole value: moves to the front when bytes are cut out. */
  end = 0;
  /** Something was cut out. */
  shortened = false;
  private u8: Uint8Array = new Uint8Array(0);
  private start = 0;
  private commas = false;
  private more = false;

  /** `commas`: they also end names, as in requests and Set-Cookie2. They end values everywhere. */
  open(u8: Uint8Array, start: number, end: number, commas: boolean): void {
    this.u8 = u8;
    this.start = start;
    this.end = end;
    this.commas = commas;
    this.after = start;
    this.more = start < end;
    this.shortened = false;
  }

  next(): boolean {
    if (!this.more) return false;
    const u8 = this.u8;
    this.before = this.after;
    let p = this.isDelimiter(this.after) ? this.after + 1 : this.after;
    while (p < this.end && isBlank(u8[p])) p++;
    this.nameStart = p;
    while (p < this.end && u8[p] !== EQUALS && !this.isDelimiter(p)) p++;
    let nameEnd = p;
    while (nameEnd > this.nameStart && isBlank(u8[nameEnd - 1])) nameEnd--;
    this.nameEnd = nameEnd;
    this.hasValue = p < this.end && u8[p] === EQUALS;
    if (this.hasValue) this.readValue(p);
    else {
      this.valueStart = p;
      this.valueEnd = p;
      this.after = p;
    }
    this.more = this.after < this.end;
    return true;
  }

  private readValue(equals: number): void {
    const u8 = this.u8;
    if (equals > this.nameEnd) this.cut(this.nameEnd, equals);
    let p = this.nameEnd + 1;
    let value = p;
    while (value < this.end && isBlank(u8[value])) value++;
    if (value > p) this.cut(p, value);
    this.valueStart = p;
    let quoted = false;
    for (; p < this.end; p++) {
      const c = u8[p];
      if (c === QUOTE) quoted = !quoted;
      else if (quoted && c === BACKSLASH) p++;
      else if (!quoted && (c === SEMICOLON || c === COMMA)) break;
    }
    if (p > this.end) p = this.end;
    this.after = p;
    while (p > this.valueStart && isBlank(u8[p - 1])) p--;
    this.valueEnd = p;
  }

  /** `$Path` and the like belong to the cookie before them. */
  get isAttribute(): boolean {
    return this.nameEnd > this.nameStart && this.u8[this.nameStart] === DOLLAR;
  }

  get isEmpty(): boolean {
    return this.nameEnd === this.nameStart && !this.hasValue;
  }

  /** Cuts bytes out; what lies behind them moves up. Offsets of the current cookie behind the cut are the caller's. */
  cut(from: number, to: number): void {
    this.u8.copyWithin(from, to, this.end);
    this.end -= to - from;
    this.shortened = true;
  }

  /** Cuts the front of the current cookie's value off. */
  cutValueFront(to: number): void {
    const count = to - this.valueStart;
    this.cut(this.valueStart, to);
    this.valueEnd -= count;
    this.after -= count;
  }

  /**
   * Cuts everything from the delimiter `from` to the current cookie out, so that the current one follows what was in
   * front of it.
   */
  cutBefore(from: number): void {
    const u8 = this.u8;
    let count: number;
    if (from === this.start) {
      count = this.nameStart - from;
      this.cut(from, this.nameStart);
    } else {
      const delimiter = u8[this.before] as number;
      from = this.trimmedFrom(from);
      u8[from] = delimiter;
      // The delimiter and a blank stay: what is cut out has at least a delimiter and one byte more.
      u8[from + 1] = SP;
      count = this.nameStart - (from + 2);
      if (count > 0) this.cut(from + 2, this.nameStart);
      else count = 0;
      this.before = from;
    }
    this.nameStart -= count;
    this.nameEnd -= count;
    this.valueStart -= count;
    this.valueEnd -= count;
    this.after -= count;
  }

  /** Cuts everything from the delimiter `from` to the end. */
  cutTail(from: number): void {
    this.end = this.trimmedFrom(from);
    this.shortened = true;
    this.more = false;
  }

  private trimmedFrom(from: number): number {
    while (from > this.start && isBlank(this.u8[from - 1])) from--;
    return from;
  }

  private isDelimiter(at: number): boolean {
    const c = this.u8[at];
    return c === SEMICOLON || (this.commas && c === COMMA);
  }
}
