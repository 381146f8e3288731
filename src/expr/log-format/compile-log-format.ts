/**
 * Compiles the text of `log-format` and its relatives (`log-format-sd`, `error-log-format`, `unique-id-format`, and the
 * arguments of rules that take a format). Reports every error of the text; the first is worded as HAProxy words it.
 * Specification: configuration manual, 8.2.6; details of the grammar were observed on HAProxy 2.6:
 * - runs of spaces become one, and none begins a line; other white space is text
 * - `%` in front of a character that can begin no variable is dropped, and the character is text
 * - flags stand behind `+` or `-`, separated by commas, spaces or the next sign; unknown ones are ignored
 */
import { nearestWord } from '../../config/suggest.ts';
import { ESCAPE, HEX, QUOTE } from './line-writer.ts';
import { LogFormat, type LogStep, SpaceStep, TextStep, ValueStep } from './log-format.ts';
import { type LogMoment, type LogValueWriter, logVariables } from './log-variable.ts';
import './connection-variables.ts';
import './http-variables.ts';
import './state-variables.ts';
import './time-variables.ts';

export interface LogFormatError {
  /** The text behind HAProxy's `failed to parse log-format : `. */
  readonly message: string;
  /** Where in the text, from 0. */
  readonly offset: number;
  readonly hint: string | undefined;
}

export type LogFormatResult =
  | { readonly ok: true; readonly format: LogFormat }
  | { readonly ok: false; readonly errors: readonly LogFormatError[] };

/** A compiled `%[…]`. */
export interface LogSample {
  readonly write: LogValueWriter;
  readonly needs: LogMoment;
}

/**
 * Compiles the sample expression that begins at `start` of `text`, behind `%[`. Only the expression's own grammar knows
 * where it ends, since its arguments may hold brackets: `end` is the place of the closing one.
 */
export type SampleCompiler = (
  text: string,
  start: number,
) => { readonly sample: LogSample; readonly end: number } | { readonly error: string };

export interface LogFormatOptions {
  /** The section's mode; in TCP some variables are refused. */
  readonly http: boolean;
  /** The text is no log line but something that a rule makes: values that are not there leave nothing. */
  readonly inRule?: boolean;
  /** Absent: `%[…]` is refused. */
  readonly samples?: SampleCompiler;
}

/** `text` has one character per byte. */
export function compileLogFormat(text: string, options: LogFormatOptions): LogFormatResult {
  const compiler = new Compiler(text, options);
  compiler.run();
  if (compiler.errors.length > 0) return { ok: false, errors: compiler.errors };
  return {
    ok: true,
    format: new LogFormat(compiler.steps, compiler.needs, compiler.usesRecord, options.inRule !== true),
  };
}

const flagNames: ReadonlyMap<string, number> = new Map([
  ['Q', QUOTE],
  ['X', HEX],
  ['E', ESCAPE],
]);

class Compiler {
  readonly steps: LogStep[] = [];
  readonly needs = new Set<LogMoment>();
  readonly errors: LogFormatError[] = [];
  usesRecord = false;
  private readonly text: string;
  private readonly options: LogFormatOptions;
  private at = 0;
  private literal = '';
  /** What `%o` has set for the variables behind it. */
  private defaultFlags = 0;

  constructor(text: string, options: LogFormatOptions) {
    this.text = text;
    this.options = options;
  }

  run(): void {
    while (this.at < this.text.length) {
      const c = this.text.charAt(this.at);
      if (c === '%') this.readPercent();
      else if (c === ' ') this.readSpaces();
      else {
        this.literal += c;
        this.at++;
      }
    }
    this.flushLiteral();
  }

  private readSpaces(): void {
    while (this.text.charAt(this.at) === ' ') this.at++;
    this.flushLiteral();
    this.steps.push(new SpaceStep());
  }

  private readPercent(): void {
    const start = this.at++;
    const c = this.text.charAt(this.at);
    if (c === '') {
      this.fail(start, "truncated line after '%'");
    } else if (c === '{') {
      this.readFlags(start);
    } else if (c === '[') {
      this.at++;
      this.readSample(start, this.defaultFlags);
    } else if (isLetter(c)) {
      this.readVariable(start, this.defaultFlags);
    } else if (isDigit(c) || isSpace(c)) {
      this.fail(
        start,
        `unexpected variable name near '${c}' at position ${this.at} line : '${this.text}'. Maybe you want to write a single '%', use the syntax '%%'`,
      );
    } else {
      this.literal += c;
      this.at++;
    }
  }

  /** `at` is on the brace. */
  private readFlags(start: number): void {
    const open = this.at;
    const close = this.text.indexOf('}', open);
    if (close < 0) {
      this.fail(start, `truncated line after '${this.text.slice(open + 1)}'`);
      this.at = this.text.length;
      return;
    }
    const flags = applyFlags(this.text.slice(open + 1, close), this.defaultFlags);
    this.at = close + 1;
    const c = this.text.charAt(this.at);
    if (c === '[') {
      this.at++;
      this.readSample(start, flags);
    } else if (isLetter(c) || isDigit(c)) {
      this.readVariable(start, flags);
    } else {
      this.fail(
        start,
        `parse argument modifier without variable name near '${this.text.slice(start, this.at)}'`,
      );
    }
  }

  private readVariable(start: number, flags: number): void {
    const nameAt = this.at;
    while (isLetter(this.text.charAt(this.at)) || isDigit(this.text.charAt(this.at))) this.at++;
    const name = this.text.slice(nameAt, this.at);
    if (name === 'o') {
      this.flushLiteral();
      this.defaultFlags = flags;
      return;
    }
    const variable = logVariables().get(name);
    if (variable === undefined) {
      const near = nearestWord(name, logVariables().keys());
      this.fail(
        start,
        `no such format variable '${name}'. If you wanted to emit the '%' character verbatim, you need to use '%%'`,
        near === undefined ? undefined : `did you mean '%${near}'?`,
      );
    } else if (variable.httpOnly && !this.options.http) {
      this.fail(start, `format variable '${name}' is reserved for HTTP mode`);
    } else {
      this.usesRecord = true;
      this.pushValue(variable.write, variable.needs, flags);
    }
  }

  /** `at` is behind the bracket. */
  private readSample(start: number, flags: number): void {
    const compile = this.options.samples;
    if (compile === undefined) {
      this.fail(start, "sample expressions ('%[...]') are not supported in log formats yet");
      // The rest is still looked at, as well as that can be without knowing the expression's grammar.
      const close = this.text.indexOf(']', this.at);
      this.at = close < 0 ? this.text.length : close + 1;
      return;
    }
    const result = compile(this.text, this.at);
    if ('error' in result) {
      this.fail(start, result.error);
      this.at = this.text.length;
      return;
    }
    this.at = result.end + 1;
    this.pushValue(result.sample.write, result.sample.needs, flags);
  }

  private pushValue(write: LogValueWriter, needs: LogMoment, flags: number): void {
    this.flushLiteral();
    this.needs.add(needs);
    this.steps.push(new ValueStep(write, flags));
  }

  private flushLiteral(): void {
    if (this.literal === '') return;
    this.steps.push(new TextStep(Buffer.from(this.literal, 'latin1')));
    this.literal = '';
  }

  private fail(offset: number, message: string, hint?: string): void {
    this.errors.push({ message: `${message}.`, offset, hint });
  }
}

function applyFlags(list: string, flags: number): number {
  let sign = '';
  let name = '';
  const apply = () => {
    const flag = flagNames.get(name) ?? 0;
    if (sign === '+') flags |= flag;
    else if (sign === '-') flags &= ~flag;
    name = '';
  };
  for (const c of list) {
    if (c === '+' || c === '-') {
      apply();
      sign = c;
    } else if (c === ',' || c === ' ') {
      apply();
      sign = '';
    } else name += c;
  }
  apply();
  return flags;
}

function isLetter(c: string): boolean {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

function isDigit(c: string): boolean {
  return c >= '0' && c <= '9';
}

function isSpace(c: string): boolean {
  return c === ' ' || c === '\t' || c === '\n' || c === '\v' || c === '\f' || c === '\r';
}
