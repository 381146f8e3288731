/**
 * The reader that keyword parsers get: walks over the words of a line, reports in HAProxy's wording.
 * An empty word ends the arguments, as it does for HAProxy (`""` or an undefined variable).
 */
import type { ArgumentReader, TimeUnit } from './argument-reader.ts';
import type { Diagnostics, Severity } from './diagnostics.ts';
import { millisecondsOf, parseSize, parseTime, wholeInteger } from './time-and-size.ts';
import type { Line, Word } from './words.ts';

export class LineArguments implements ArgumentReader {
  readonly line: Line;
  readonly keyword: string;
  private readonly diagnostics: Diagnostics;
  private readonly lead: string;
  private readonly trail: string;
  private index: number;
  private alerts = 0;

  /**
   * `consumed` words, the keyword's own, are already read. `lead` stands before the messages of `alert` and its
   * siblings and `trail` behind them, for lines whose options name the line they are on.
   */
  constructor(
    line: Line,
    keyword: string,
    consumed: number,
    diagnostics: Diagnostics,
    lead?: string,
    trail = '',
  ) {
    this.trail = trail;
    this.line = line;
    this.keyword = keyword;
    this.index = consumed;
    this.diagnostics = diagnostics;
    this.lead = lead ?? `parsing [${line.file}:${line.line}] : `;
  }

  get failed(): boolean {
    return this.alerts > 0;
  }

  option(keyword: string): LineArguments {
    return new LineArguments(this.line, keyword, this.index, this.diagnostics, this.lead, this.trail);
  }

  withLead(lead: string, trail = ''): LineArguments {
    return new LineArguments(this.line, this.keyword, this.index, this.diagnostics, lead, trail);
  }

  resumeBehind(other: ArgumentReader): void {
    this.index = other.position;
  }

  get place(): string {
    return `[${this.line.file}:${this.line.line}]`;
  }

  get done(): boolean {
    return this.peek() === undefined;
  }

  get position(): number {
    return this.index;
  }

  peek(offset = 0): string | undefined {
    const words = this.line.words;
    for (let i = this.index; i <= this.index + offset; i++) if (!words[i]?.text) return undefined;
    return words[this.index + offset]?.text;
  }

  next(): string | undefined {
    const text = this.peek();
    if (text !== undefined) this.index++;
    return text;
  }

  rest(): string[] {
    const out: string[] = [];
    for (let text = this.next(); text !== undefined; text = this.next()) out.push(text);
    return out;
  }

  take(...texts: readonly string[]): string | undefined {
    const text = this.peek();
    return text !== undefined && texts.includes(text) ? this.next() : undefined;
  }

  expectWord(what: string): string | undefined {
    const text = this.next();
    if (text === undefined) this.alert(`'${this.keyword}' expects ${what} as argument.`);
    return text;
  }

  expectTimeMs(what: string, unit: TimeUnit = 'ms'): number | undefined {
    const text = this.next();
    if (text === undefined) {
      this.alert(`'${this.keyword}' expects ${what} as argument.`);
      return undefined;
    }
    const time = parseTime(text, unit);
    if (time.ok) {
      const valueMs = time.value * millisecondsOf(unit);
      return valueMs;
    }
    switch (time.fault) {
      case 'overflow':
        this.alert(
          `timer overflow in argument '${text}' to '${this.keyword}' (maximum value is 2147483647 ms or ~24.8 days)`,
        );
        break;
      case 'underflow':
        this.alert(
          `timer underflow in argument '${text}' to '${this.keyword}' (minimum non-null value is 1 ms)`,
        );
        break;
      case 'character':
        this.alert(
          `unexpected character '${time.character}' in '${this.keyword}'`,
          'a time is a number with us, ms, s, m, h or d behind it',
        );
        break;
    }
    return undefined;
  }

  expectSizeBytes(what: string): number | undefined {
    const text = this.next();
    if (text === undefined) {
      this.alert(`'${this.keyword}' expects ${what} as argument.`);
      return undefined;
    }
    const size = parseSize(text);
    if (size.ok) return size.value;
    this.alert(
      `unexpected character '${size.character}' in argument to <${this.keyword}>.`,
      'a size is a number with k, m or g behind it',
    );
    return undefined;
  }

  expectInteger(
    what: string,
    min = Number.MIN_SAFE_INTEGER,
    max = Number.MAX_SAFE_INTEGER,
  ): number | undefined {
    const text = this.next();
    if (text === undefined) {
      this.alert(`'${this.keyword}' expects ${what} as argument.`);
      return undefined;
    }
    const value = wholeInteger(text);
    if (value === undefined || value < min || value > max) {
      this.alert(`'${this.keyword}' expects ${what} as argument (got '${text}').`);
      return undefined;
    }
    return value;
  }

  expectOneOf<T extends string>(what: string, choices: readonly T[]): T | undefined {
    const text = this.next();
    const choice = choices.find((c) => c === text);
    if (choice === undefined) {
      this.alert(
        `'${this.keyword}' expects ${what}: one of ${choices.map((c) => `'${c}'`).join(', ')}${
          text === undefined ? '.' : ` (got '${text}').`
        }`,
      );
    }
    return choice;
  }

  expectEnd(): boolean {
    return this.expectAtMost(0);
  }

  expectAtMost(count: number): boolean {
    const text = this.peek(count);
    if (text === undefined) return true;
    const word = this.line.words[this.index + count];
    this.rest();
    this.alert(`'${this.keyword}' cannot handle unexpected argument '${text}'.`, undefined, word);
    return false;
  }

  alert(message: string, hint?: string, word?: Word): void {
    this.say('alert', `${this.lead}${message}${this.trail}`, hint, word);
  }

  objection(message: string, hint?: string, word?: Word): void {
    this.say('objection', `${this.lead}${message}${this.trail}`, hint, word);
  }

  warning(message: string, hint?: string, word?: Word): void {
    this.say('warning', `${this.lead}${message}${this.trail}`, hint, word);
  }

  diag(message: string, hint?: string, word?: Word): void {
    this.say('diag', `${this.lead}${message}${this.trail}`, hint, word);
  }

  say(severity: Severity, message: string, hint?: string, word?: Word): void {
    if (severity === 'alert') this.alerts++;
    this.diagnostics.say(severity, message, this.line, word ?? this.lastRead(), hint);
  }

  private lastRead(): Word | undefined {
    return this.line.words[Math.max(0, Math.min(this.index, this.line.words.length) - 1)];
  }
}
