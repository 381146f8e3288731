/**
 * One line of text to words: quotes, backslash escapes, comments and variables. Stage one to two.
 * Text is one character per byte (byte-text.ts). Knows nothing of keywords or conditions.
 * Specification: configuration manual, 2.2 and 2.3; where it is silent, what HAProxy 2.6 was seen to do.
 */
import type { Environment } from './environment.ts';
import type { Word } from './words.ts';

/** As many words as HAProxy accepts on a line. */
export const maxWords = 64;

export interface LexerFault {
  /** Without the place; as HAProxy words it. */
  readonly message: string;
  /** 0-based offset in the line of what is wrong. */
  readonly offset: number;
  /** Whether HAProxy shows the line below the message. */
  readonly excerpt: boolean;
}

export interface LexedLine {
  readonly words: Word[];
  readonly fault: LexerFault | undefined;
}

const isBlank = (c: string) => c === ' ' || (c >= '\t' && c <= '\r');
const isNameStart = (c: string) => (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c === '_';
const isNamePart = (c: string) => isNameStart(c) || (c >= '0' && c <= '9');

/** The words of `raw`, a line without its line feed. */
export function lexLine(raw: string, environment: Environment): LexedLine {
  return new Lexer(raw, environment).run();
}

class Lexer {
  private readonly raw: string;
  private readonly environment: Environment;
  private readonly words: Word[] = [];
  private at = 0;
  private text = '';
  /** Offset of the current word, or -1 between words. */
  private start = -1;
  private fault: LexerFault | undefined;

  constructor(raw: string, environment: Environment) {
    this.raw = raw;
    this.environment = environment;
  }

  run(): LexedLine {
    const raw = this.raw;
    let quote = '';
    let quoteAt = 0;
    while (this.at < raw.length && this.fault === undefined) {
      const c = raw.charAt(this.at);
      if (c === "'" && quote !== '"') {
        this.open();
        if (quote === '') quoteAt = this.at;
        quote = quote === '' ? "'" : '';
        this.at++;
      } else if (quote === "'") {
        this.text += c;
        this.at++;
      } else if (c === '"') {
        this.open();
        if (quote === '') quoteAt = this.at;
        quote = quote === '' ? '"' : '';
        this.at++;
      } else if (c === '\\') {
        this.open();
        this.escape(quote === '"');
      } else if (quote === '"') {
        if (c === '$') this.variable();
        else {
          this.text += c;
          this.at++;
        }
      } else if (c === '#' || c === '\r') {
        // A carriage return ends the line like a comment does: files with CRLF read as files with LF.
        break;
      } else if (isBlank(c)) {
        this.close();
        this.at++;
      } else {
        this.open();
        this.text += c;
        this.at++;
      }
    }
    if (this.fault === undefined && quote !== '') this.fail('unmatched quote', quoteAt);
    if (this.fault === undefined) this.close();
    if (this.fault === undefined && this.words.length > maxWords) this.tooManyWords();
    return { words: this.words, fault: this.fault };
  }

  private open(): void {
    if (this.start < 0) this.start = this.at;
  }

  private close(): void {
    if (this.start < 0) return;
    this.words.push({ text: this.text, column: this.start + 1, endColumn: this.at + 1 });
    this.text = '';
    this.start = -1;
  }

  private fail(what: string, offset: number): void {
    this.fault = { message: `${what} at position ${offset + 1}:`, offset, excerpt: true };
  }

  private escape(weak: boolean): void {
    const c = this.raw.charAt(this.at + 1);
    switch (c) {
      case 'n':
        this.text += '\n';
        break;
      case 'r':
        this.text += '\r';
        break;
      case 't':
        this.text += '\t';
        break;
      case 'x': {
        const digits = this.raw.slice(this.at + 2, this.at + 4);
        if (!/^[0-9a-fA-F]{2}$/.test(digits)) {
          this.fail('truncated or invalid hexadecimal sequence', this.at);
          return;
        }
        this.text += String.fromCharCode(Number.parseInt(digits, 16));
        this.at += 4;
        return;
      }
      case '\\':
      case '"':
      case "'":
      case ' ':
      case '#':
        this.text += c;
        break;
      case '\t':
        this.text += c;
        break;
      case '$':
        // Only where a dollar would mean something does the backslash vanish.
        this.text += weak ? '$' : '\\$';
        break;
      default:
        // Any other sequence is meant for a later reader (a regular expression, say) and stays as it is.
        this.text += '\\';
        this.at += 1;
        return;
    }
    this.at += 2;
  }

  /** `$NAME`, `${NAME}`, `${NAME-default}`, `${NAME[*]}` inside weak quotes. */
  private variable(): void {
    const raw = this.raw;
    const dollar = this.at;
    let i = dollar + 1;
    const braced = raw.charAt(i) === '{';
    if (braced) i++;
    const nameAt = i;
    if (raw.charAt(i) === '.') i++;
    if (!isNameStart(raw.charAt(i))) {
      this.fail('forbidden first char in environment variable name', nameAt);
      return;
    }
    while (i < raw.length && isNamePart(raw.charAt(i))) i++;
    const name = raw.slice(nameAt, i);
    let value = this.environment.get(name);
    if (name.startsWith('.') && value === undefined) {
      this.fail('forbidden first char in environment variable name', nameAt);
      return;
    }
    let several = false;
    if (braced) {
      if (raw.charAt(i) === '[') {
        if (raw.slice(i, i + 3) !== '[*]') {
          this.fail('truncated or invalid word expansion sequence', i);
          return;
        }
        several = true;
        i += 3;
      }
      let closing = i;
      if (raw.charAt(i) === '-') closing = raw.indexOf('}', i);
      if (closing < 0 || raw.charAt(closing) !== '}') {
        this.fail('unmatched brace in environment variable name', nameAt - 1);
        return;
      }
      if (closing > i) value ??= raw.slice(i + 1, closing);
      i = closing + 1;
    }
    this.at = i;
    if (several) this.appendWords(value ?? '', dollar);
    else this.text += value ?? '';
  }

  /** Each run of spaces in the value ends a word; what precedes and follows the variable joins the outer ones. */
  private appendWords(value: string, dollar: number): void {
    const pieces = value.split(/[ \t\n\v\f\r]+/);
    this.text += pieces[0] ?? '';
    for (const piece of pieces.slice(1)) {
      this.close();
      this.start = dollar;
      this.text = piece;
    }
  }

  private tooManyWords(): void {
    const extra = this.words[maxWords]!;
    let offset = 1;
    for (let i = 0; i < maxWords; i++) offset += this.words[i]!.text.length + 1;
    // HAProxy names the last word that it kept, at its place in the words' own text.
    const last = this.words[maxWords - 1]!;
    offset -= last.text.length + 1;
    this.fault = {
      message: `too many words, truncating after word ${maxWords}, position ${offset}: <${last.text}>.`,
      offset: extra.column - 1,
      excerpt: false,
    };
  }
}
