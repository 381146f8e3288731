/**
 * The conditions of `.if`, `.elif` and `-cc`: a small parser that reads the whole expression first and only then
 * computes it, so that a mistake behind `||` is found whatever the left side says.
 * Specification: configuration manual, 2.4; wording of errors as HAProxy 2.6 gives them.
 */
import { capabilities, languageVersion, tlsLibrary } from './capabilities.ts';
import type { Environment } from './environment.ts';
import { lexLine } from './lexer.ts';

export type ConditionResult =
  | { readonly ok: true; readonly value: boolean }
  /** `offset`: 0-based place in the expression. */
  | { readonly ok: false; readonly message: string; readonly offset: number };

/** The text of `-cc`: quotes and variables are resolved as on a line, then the condition is computed. */
export function evaluateCondition(text: string, environment: Environment): ConditionResult {
  const { words, fault } = lexLine(text, environment);
  if (fault !== undefined) return { ok: false, message: fault.message, offset: fault.offset };
  return evaluateExpression(words.map((w) => w.text).join(' '), environment);
}

/** A condition whose quotes and variables are already resolved. */
export function evaluateExpression(expression: string, environment: Environment): ConditionResult {
  if (expression === '') return { ok: true, value: false };
  const parser = new ConditionParser(expression, environment);
  try {
    const node = parser.parseAll();
    return { ok: true, value: node() };
  } catch (error) {
    if (error instanceof ConditionFault) return { ok: false, message: error.message, offset: error.offset };
    throw error;
  }
}

class ConditionFault extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

type Node = () => boolean;

interface Predicate {
  readonly arity: number;
  readonly test: (args: readonly string[], environment: Environment) => boolean;
}

const predicates: Readonly<Record<string, Predicate>> = {
  defined: { arity: 1, test: ([name = ''], environment) => environment.get(name) !== undefined },
  feature: { arity: 1, test: ([name = '']) => name === '' || capabilities[name] === true },
  streq: { arity: 2, test: ([a, b]) => a === b },
  strneq: { arity: 2, test: ([a, b]) => a !== b },
  version_atleast: { arity: 1, test: ([v = '']) => compareVersions(languageVersion, v) >= 0 },
  version_before: { arity: 1, test: ([v = '']) => compareVersions(languageVersion, v) < 0 },
  openssl_version_atleast: {
    arity: 1,
    test: ([v = '']) => compareTlsVersions(tlsLibrary.version, v) >= 0,
  },
  openssl_version_before: {
    arity: 1,
    test: ([v = '']) => compareTlsVersions(tlsLibrary.version, v) < 0,
  },
  ssllib_name_startswith: { arity: 1, test: ([name = '']) => tlsLibrary.name.startsWith(name) },
};

class ConditionParser {
  private readonly text: string;
  private readonly environment: Environment;
  private at = 0;

  constructor(text: string, environment: Environment) {
    this.text = text;
    this.environment = environment;
  }

  parseAll(): Node {
    const node = this.parseOr();
    this.skipBlanks();
    if (this.at < this.text.length) {
      const c = this.text.charAt(this.at);
      throw new ConditionFault(
        `unexpected character '${c}' at the end of conditional expression '${this.text}'`,
        this.at,
      );
    }
    return node;
  }

  private parseOr(): Node {
    let left = this.parseAnd();
    while (this.takeOperator('||')) {
      const [first, second] = [left, this.parseAnd()];
      left = () => first() || second();
    }
    return left;
  }

  private parseAnd(): Node {
    let left = this.parseTerm();
    while (this.takeOperator('&&')) {
      const [first, second] = [left, this.parseTerm()];
      left = () => first() && second();
    }
    return left;
  }

  private takeOperator(operator: string): boolean {
    const before = this.at;
    this.skipBlanks();
    if (!this.text.startsWith(operator, this.at)) {
      this.at = before;
      return false;
    }
    const operatorAt = this.at;
    this.at += operator.length;
    this.skipBlanks();
    // An operator with nothing behind it is what cannot be read, rather than the nothing.
    if (this.at >= this.text.length) this.unreadable(operatorAt);
    return true;
  }

  private parseTerm(): Node {
    const termAt = this.at;
    this.skipBlanks();
    if (this.text.charAt(this.at) === '!') {
      this.at++;
      this.skipBlanks();
      if (this.at >= this.text.length) this.unreadable(termAt);
      const inner = this.parseTerm();
      return () => !inner();
    }
    if (this.text.charAt(this.at) === '(') {
      const openAt = this.at;
      this.at++;
      const inner = this.parseOr();
      this.skipBlanks();
      if (this.text.charAt(this.at) !== ')') {
        throw new ConditionFault(
          `expected ')' after conditional expression '${this.text.slice(openAt)}'`,
          openAt,
        );
      }
      this.at++;
      return inner;
    }
    const number = /^[+-]?(?:0[xX][0-9a-fA-F]+|[0-9]+)/.exec(this.text.slice(this.at));
    if (number !== null) {
      this.at += number[0].length;
      const value = Number.parseInt(number[0], /^[+-]?0[xX]/.test(number[0]) ? 16 : 10) !== 0;
      return () => value;
    }
    const name = /^[a-z_]+/.exec(this.text.slice(this.at))?.[0];
    const predicate = name === undefined ? undefined : predicates[name];
    if (name === undefined || predicate === undefined) this.unreadable(this.at);
    this.at += name.length;
    const args = this.parseArguments(name, predicate.arity);
    return () => predicate.test(args, this.environment);
  }

  private parseArguments(name: string, arity: number): string[] {
    const where = `in argument 1 of predicate '${name}' used in conditional expression`;
    const args = [''];
    if (this.text.charAt(this.at) === '(') {
      this.at++;
      let quote = '';
      for (; this.at < this.text.length; this.at++) {
        const c = this.text.charAt(this.at);
        if (quote === '' && c === ')') break;
        if (quote === '' && c === ',') {
          if (args.length === arity) {
            throw new ConditionFault(`expected ')' before '${this.text.slice(this.at)}' ${where}`, this.at);
          }
          args.push('');
          continue;
        }
        if (c === quote) quote = '';
        else if (quote === '' && (c === '"' || c === "'")) quote = c;
        else if (c === '\\' && quote !== "'" && /["'\\ ]/.test(this.text.charAt(this.at + 1))) {
          this.at++;
          args[args.length - 1] += this.text.charAt(this.at);
        } else args[args.length - 1] += c;
      }
      if (this.at >= this.text.length) throw new ConditionFault(`expected ')' ${where}`, this.at);
    }
    if (args.length < arity) {
      throw new ConditionFault(
        `missing arguments (got ${args.length}/${arity}), type 'string' expected ${where}`,
        this.at,
      );
    }
    if (this.text.charAt(this.at) === ')') this.at++;
    return args;
  }

  private skipBlanks(): void {
    while (this.text.charAt(this.at) === ' ' || this.text.charAt(this.at) === '\t') this.at++;
  }

  private unreadable(at: number): never {
    throw new ConditionFault(`unparsable conditional expression '${this.text.slice(at)}'`, at);
  }
}

/** `2.6-dev3` comes before `2.6.0`; what is missing counts as zero; a number behind a dash counts commits. */
function compareVersions(a: string, b: string): number {
  const [x, y] = [versionParts(a), versionParts(b)];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return 0;
}

function versionParts(text: string): number[] {
  const match = /^([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+)|-dev([0-9]+))?(?:-([0-9]+))?/.exec(text);
  if (match === null) return [0, 0, 0, 0, 0];
  const [, major, minor, patch, dev, commits] = match;
  const released = dev === undefined ? 1 : 0;
  return [Number(major), Number(minor ?? 0), released, Number(patch ?? dev ?? 0), Number(commits ?? 0)];
}

/** `1.1.1w`: three numbers and, up to OpenSSL 1, a letter. */
function compareTlsVersions(a: string, b: string): number {
  const parts = (text: string) => {
    const match = /^([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?([a-z]?)/.exec(text);
    if (match === null) return [0, 0, 0, 0];
    const letter = match[4] === undefined || match[4] === '' ? 0 : match[4].charCodeAt(0) - 96;
    return [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0), letter];
  };
  const [x, y] = [parts(a), parts(b)];
  for (let i = 0; i < x.length; i++) if (x[i] !== y[i]) return x[i]! - y[i]!;
  return 0;
}
