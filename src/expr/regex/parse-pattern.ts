/**
 * Reads a pattern in PCRE's syntax. What is wrong is refused in PCRE2's words with its offset; what is right there but
 * cannot be carried out here is refused too, in words of our own. Specification: pcre2pattern(3), pcre2syntax(3).
 */
import {
  ANY,
  bothCases,
  complement,
  LINE_ENDS,
  NO_LINE_FEED,
  posixClasses,
  single,
  types,
} from './byte-classes.ts';
import { choice, EMPTY, lengthOf, type Pattern, sequence } from './pattern.ts';

export interface ReadPattern {
  readonly pattern: Pattern;
  /** Capturing groups. */
  readonly groups: number;
  readonly names: ReadonlyMap<string, number>;
}

export interface PatternError {
  readonly error: string;
  readonly offset: number;
}

export function readPattern(text: string, ignoreCase: boolean): ReadPattern | PatternError {
  try {
    return new Parser(text, ignoreCase).read();
  } catch (error) {
    if (error instanceof Refusal) return { error: error.message, offset: error.offset };
    throw error;
  }
}

/** Leaves the parser; never leaves this file. */
class Refusal extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  /** Quantifiers are lazy, and greedy with a question mark. */
  readonly U: boolean;
  /** Plain parentheses do not capture. */
  readonly n: boolean;
}

const NOTHING_TO_REPEAT = 'quantifier does not follow a repeatable item';
const CASE_ESCAPES = 'PCRE2 does not support \\F, \\L, \\l, \\N{name}, \\U, or \\u';
const MAX_COUNT = 65535;
const MAX_DEPTH = 250;
const UNLIMITED = Number.POSITIVE_INFINITY;
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['a', 7],
  ['e', 27],
  ['f', 12],
  ['n', 10],
  ['r', 13],
  ['t', 9],
]);

class Parser {
  private readonly text: string;
  private at = 0;
  private flags: Flags;
  private groups = 0;
  private depth = 0;
  private readonly names = new Map<string, number>();
  private readonly references: { readonly name: string | number; readonly offset: number }[] = [];

  constructor(text: string, ignoreCase: boolean) {
    this.text = text;
    this.flags = { i: ignoreCase, m: false, s: false, x: false, U: false, n: false };
  }

  read(): ReadPattern {
    if (this.text.startsWith('(*'))
      this.refuse('a verb or option in front of the pattern is not supported', 0);
    const pattern = this.branches();
    if (this.at < this.text.length) this.refuse('unmatched closing parenthesis');
    for (const { name, offset } of this.references) {
      const known = typeof name === 'number' ? name <= this.groups : this.names.has(name);
      if (!known) this.refuse('reference to non-existent subpattern', offset);
    }
    return { pattern: this.resolved(pattern), groups: this.groups, names: this.names };
  }

  private refuse(message: string, offset = this.at): never {
    throw new Refusal(message, offset);
  }

  private peek(length = 1): string {
    return this.text.slice(this.at, this.at + length);
  }

  private take(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false;
    this.at += expected.length;
    return true;
  }

  /** Names are known only at the end: references to them are numbered then. */
  private readonly named = new Map<Pattern, string>();
  private resolved(pattern: Pattern): Pattern {
    switch (pattern.kind) {
      case 'sequence':
        return { ...pattern, items: pattern.items.map((item) => this.resolved(item)) };
      case 'choice':
        return { ...pattern, branches: pattern.branches.map((branch) => this.resolved(branch)) };
      case 'group':
      case 'atomic':
      case 'look':
      case 'repeat':
        return { ...pattern, body: this.resolved(pattern.body) };
      case 'reference': {
        const name = this.named.get(pattern);
        return name === undefined ? pattern : { kind: 'reference', group: this.names.get(name) ?? 0 };
      }
      default:
        return pattern;
    }
  }

  /** Alternatives, up to a closing parenthesis or the end. Options that are set inside end with it. */
  private branches(): Pattern {
    const { flags } = this;
    if (++this.depth > MAX_DEPTH) this.refuse('parentheses are too deeply nested');
    const found = [this.branch()];
    while (this.take('|')) found.push(this.branch());
    this.flags = flags;
    this.depth--;
    return choice(found);
  }

  private branch(): Pattern {
    const items: Pattern[] = [];
    for (;;) {
      this.skipExtended();
      const c = this.peek();
      if (c === '' || c === '|' || c === ')') return sequence(items);
      if (this.take('\\Q')) {
        const end = this.text.indexOf('\\E', this.at);
        const literal = this.text.slice(this.at, end < 0 ? undefined : end);
        this.at = end < 0 ? this.text.length : end + 2;
        for (const letter of literal) items.push(this.literal(letter.charCodeAt(0)));
        const last = items.pop();
        if (last !== undefined) items.push(literal === '' ? last : this.quantified(last, true));
        continue;
      }
      if (this.take('\\E')) continue;
      const atom = this.atom();
      if (atom === undefined) continue;
      items.push(this.quantified(atom, atom.kind !== 'assertion'));
    }
  }

  private skipExtended(): void {
    if (!this.flags.x) {
      while (this.peek(3) === '(?#') this.comment();
      return;
    }
    for (;;) {
      if (/^[\t\n\v\f\r ]/.test(this.peek())) this.at++;
      else if (this.peek() === '#') {
        const end = this.text.indexOf('\n', this.at);
        this.at = end < 0 ? this.text.length : end + 1;
      } else if (this.peek(3) === '(?#') this.comment();
      else return;
    }
  }

  private comment(): void {
    const end = this.text.indexOf(')', this.at);
    if (end < 0) this.refuse('missing ) after (?# comment', this.text.length);
    this.at = end + 1;
  }

  private literal(c: number): Pattern {
    return { kind: 'set', set: this.cased(single(c)) };
  }

  private cased(set: Uint8Array): Uint8Array {
    return this.flags.i ? bothCases(set) : set;
  }

  private quantified(atom: Pattern, repeatable: boolean): Pattern {
    let pattern = atom;
    this.skipExtended();
    const counts = this.counts();
    if (counts === undefined) return pattern;
    if (!repeatable) this.refuse(NOTHING_TO_REPEAT, this.at - 1);
    const [min, max] = counts;
    const possessive = this.take('+');
    const lazy = !possessive && this.take('?') !== this.flags.U;
    // Looking twice sees nothing new.
    if (pattern.kind === 'look') return min === 0 ? EMPTY : pattern;
    pattern = { kind: 'repeat', body: pattern, min, max, lazy };
    if (possessive) pattern = { kind: 'atomic', body: pattern };
    this.skipExtended();
    if (this.counts() !== undefined) this.refuse(NOTHING_TO_REPEAT, this.at - 1);
    return pattern;
  }

  private counts(): readonly [number, number] | undefined {
    if (this.take('*')) return [0, UNLIMITED];
    if (this.take('+')) return [1, UNLIMITED];
    if (this.take('?')) return [0, 1];
    const found = /^\{(\d+)(,(\d*))?\}/.exec(this.text.slice(this.at, this.at + 32));
    if (found === null) return undefined;
    const start = this.at;
    this.at += found[0].length;
    const min = Number(found[1]);
    const max = found[2] === undefined ? min : found[3] === '' ? UNLIMITED : Number(found[3]);
    if (min > MAX_COUNT || (max !== UNLIMITED && max > MAX_COUNT))
      this.refuse('number too big in {} quantifier', start + found[0].length - 1);
    if (min > max) this.refuse('numbers out of order in {} quantifier', this.at - 1);
    return [min, max];
  }

  /** Undefined for what only changes how the rest is read. */
  private atom(): Pattern | undefined {
    const c = this.peek();
    const start = this.at;
    switch (c) {
      case '^':
        this.at++;
        return { kind: 'assertion', what: this.flags.m ? 'any line start' : 'line start' };
      case '$':
        this.at++;
        return { kind: 'assertion', what: this.flags.m ? 'any line end' : 'line end' };
      case '.':
        this.at++;
        return { kind: 'set', set: this.flags.s ? ANY : NO_LINE_FEED };
      case '[':
        return { kind: 'set', set: this.characterClass() };
      case '(':
        return this.group();
      case '\\':
        return this.escape();
      case '*':
      case '+':
      case '?':
        return this.refuse(NOTHING_TO_REPEAT, start);
      default:
        if (c === '{' && this.counts() !== undefined) this.refuse(NOTHING_TO_REPEAT, this.at - 1);
        this.at++;
        return this.literal(c.charCodeAt(0));
    }
  }

  private close(pattern: Pattern): Pattern {
    if (!this.take(')')) this.refuse('missing closing parenthesis', this.text.length);
    return pattern;
  }

  private group(): Pattern | undefined {
    const start = this.at;
    this.at++;
    if (this.peek() === '*') this.refuse('verbs such as (*PRUNE) are not supported', start);
    if (!this.take('?')) {
      if (this.flags.n) return this.close(this.branches());
      return this.capturing();
    }
    if (this.take(':')) return this.close(this.branches());
    if (this.take('>')) return this.close({ kind: 'atomic', body: this.branches() });
    if (this.take('=')) return this.look(false, false, start);
    if (this.take('!')) return this.look(false, true, start);
    if (this.take('<=')) return this.look(true, false, start);
    if (this.take('<!')) return this.look(true, true, start);
    if (this.take('P=')) return this.namedReference(')');
    for (const [opening, closing] of [
      ['P<', '>'],
      ['<', '>'],
      ["'", "'"],
    ] as const) {
      if (this.take(opening)) {
        const name = this.name(closing);
        if (this.names.has(name))
          this.refuse('two named subpatterns have the same name (PCRE2_DUPNAMES not set)', this.at);
        this.names.set(name, this.groups + 1);
        return this.capturing();
      }
    }
    if (/^(R|\d|[+-]\d|&|P>|\(|\||C)/.test(this.peek(2)))
      this.refuse('recursion, conditions, branch resets and callouts are not supported', start);
    return this.options();
  }

  private capturing(): Pattern {
    const capture = ++this.groups;
    return this.close({ kind: 'group', body: this.branches(), capture });
  }

  private look(behind: boolean, negative: boolean, start: number): Pattern {
    const body = this.branches();
    this.close(body);
    if (behind) {
      // Each alternative of its own, but within one they may not differ.
      const parts = body.kind === 'choice' ? body.branches : [body];
      if (parts.some((part) => lengthOf(part) < 0))
        this.refuse('lookbehind assertion is not fixed length', start);
    }
    return { kind: 'look', body, behind, negative };
  }

  private name(closing: string): string {
    const found = /^[A-Za-z_]\w*/.exec(this.text.slice(this.at));
    if (found === null) {
      if (/^\d/.test(this.peek())) this.refuse('subpattern name must start with a non-digit', this.at);
      this.refuse('subpattern name expected', this.at);
    }
    this.at += found[0].length;
    if (!this.take(closing)) this.refuse('syntax error in subpattern name (missing terminator?)');
    if (found[0].length > 32) this.refuse('subpattern name is too long (maximum 32 code units)');
    return found[0];
  }

  private options(): Pattern | undefined {
    const flags = { ...this.flags };
    let on = true;
    for (; ; this.at++) {
      const c = this.peek();
      if (c === '-' && on) on = false;
      else if (c === 'i' || c === 'm' || c === 's' || c === 'x' || c === 'U' || c === 'n') flags[c] = on;
      else if (c === ')' || c === ':') break;
      else if (c !== 'J')
        this.refuse(
          c === '' ? 'missing closing parenthesis' : 'unrecognized character after (? or (?-',
          this.at,
        );
    }
    const isGroup = this.peek() === ':';
    this.at++;
    if (!isGroup) {
      this.flags = flags;
      return undefined;
    }
    const outer = this.flags;
    this.flags = flags;
    const body = this.branches();
    this.flags = outer;
    return this.close(body);
  }

  private namedReference(closing: string): Pattern {
    const offset = this.at;
    const name = this.name(closing);
    return this.reference(name, offset);
  }

  private reference(name: string | number, offset: number): Pattern {
    if (this.flags.i) this.refuse('references are not supported where case is ignored', offset);
    this.references.push({ name, offset });
    if (typeof name === 'number') return { kind: 'reference', group: name };
    const pattern: Pattern = { kind: 'reference', group: 0 };
    this.named.set(pattern, name);
    return pattern;
  }

  private escape(): Pattern {
    const start = this.at;
    this.at++;
    const c = this.peek();
    if (c === '') this.refuse('\\ at end of pattern', this.at);
    const type = types.get(c);
    if (type !== undefined) {
      this.at++;
      return { kind: 'set', set: type };
    }
    switch (c) {
      case 'b':
        this.at++;
        return { kind: 'assertion', what: 'word boundary' };
      case 'B':
        this.at++;
        return { kind: 'assertion', what: 'no word boundary' };
      case 'A':
      case 'G':
        this.at++;
        return { kind: 'assertion', what: 'start' };
      case 'Z':
        this.at++;
        return { kind: 'assertion', what: 'line end' };
      case 'z':
        this.at++;
        return { kind: 'assertion', what: 'end' };
      case 'N':
        if (this.peek(4) === 'N{U+')
          this.refuse('\\N{U+dddd} is supported only in Unicode (UTF) mode', this.at + 1);
        if (this.peek(2) === 'N{') this.refuse(CASE_ESCAPES, this.at + 1);
        this.at++;
        return { kind: 'set', set: NO_LINE_FEED };
      case 'C':
        this.at++;
        return { kind: 'set', set: ANY };
      case 'R': {
        this.at++;
        const pair = sequence([13, 10].map((code) => ({ kind: 'set', set: single(code) })));
        return { kind: 'atomic', body: choice([pair, { kind: 'set', set: LINE_ENDS }]) };
      }
      case 'g':
        return this.numberedReference();
      case 'k':
        for (const [opening, closing] of [
          ['{', '}'],
          ['<', '>'],
          ["'", "'"],
        ] as const) {
          if (this.peek(2) === `k${opening}`) {
            this.at += 2;
            return this.namedReference(closing);
          }
        }
        return this.refuse('\\k is not followed by a braced, angle-bracketed, or quoted name', this.at + 1);
      case 'F':
      case 'L':
      case 'l':
      case 'U':
      case 'u':
        return this.refuse(CASE_ESCAPES, this.at + 1);
      case 'K':
      case 'X':
      case 'p':
      case 'P':
        return this.refuse(`\\${c} is not supported`, start);
    }
    if (/[1-9]/.test(c)) {
      const digits = /^\d+/.exec(this.text.slice(this.at))?.[0] ?? '';
      const number = Number(digits);
      // One digit, or no more than there are groups so far: a reference; else an octal number.
      if (number < 10 || c >= '8' || number <= this.groups) {
        this.at += digits.length;
        return this.reference(number, start + 1);
      }
    }
    return this.literal(this.character());
  }

  /** `\g1`, `\g{1}`, `\g{-1}`, `\g{name}`. */
  private numberedReference(): Pattern {
    const found = /^g(?:\{([+-]?\d+|\w+)\}|([+-]?\d+))/.exec(this.text.slice(this.at));
    if (found === null)
      this.refuse(
        /^g[<']/.test(this.peek(2))
          ? 'recursion is not supported'
          : '\\g is not followed by a braced, angle-bracketed, or quoted name/number or by a plain number',
        this.at + 1,
      );
    this.at += found[0].length;
    const word = found[1] ?? found[2] ?? '';
    if (!/^[+-]?\d/.test(word)) return this.reference(word, this.at - 1);
    const number = Number(word);
    const group = word.startsWith('-')
      ? this.groups + 1 + number
      : word.startsWith('+')
        ? this.groups + number
        : number;
    if (group < 1) this.refuse('reference to non-existent subpattern', this.at - 1);
    return this.reference(group, this.at - 1);
  }

  /** The byte that an escape stands for; `at` is behind the backslash. */
  private character(): number {
    const c = this.peek();
    const control = CONTROLS.get(c);
    if (control !== undefined) {
      this.at++;
      return control;
    }
    const rest = this.text.slice(this.at, this.at + 16);
    if (c === 'x') {
      const braced = /^x\{([0-9a-fA-F]+)\}/.exec(rest);
      const plain = /^x([0-9a-fA-F]{0,2})/.exec(rest);
      if (braced !== null) return this.coded(Number.parseInt(braced[1] as string, 16), braced[0].length);
      return this.coded(Number.parseInt(`0${plain?.[1]}`, 16), plain?.[0].length ?? 1);
    }
    if (c === 'o') {
      const found = /^o\{([0-7]+)\}/.exec(rest);
      if (found === null) this.refuse('missing opening brace after \\o', this.at);
      return this.coded(Number.parseInt(found[1] as string, 8), found[0].length);
    }
    if (c === 'c') {
      const letter = rest.charAt(1);
      if (letter === '') this.refuse('\\c at end of pattern', this.at + 1);
      const code = letter.toUpperCase().charCodeAt(0);
      if (code < 32 || code > 126)
        this.refuse('\\c must be followed by a printable ASCII character', this.at + 2);
      this.at += 2;
      return code ^ 64;
    }
    const octal = /^[0-7]{1,3}/.exec(rest);
    if (octal !== null) return this.coded(Number.parseInt(octal[0], 8), octal[0].length);
    if (/[A-Za-z0-9]/.test(c)) this.refuse('unrecognized character follows \\', this.at);
    this.at++;
    return c.charCodeAt(0);
  }

  private coded(code: number, length: number): number {
    this.at += length;
    if (code > 255) this.refuse('character code point value in \\x{} or \\o{} is too large', this.at - 1);
    return code;
  }

  private characterClass(): Uint8Array {
    const set = new Uint8Array(256);
    this.at++;
    if (/^:[a-z^]+:\]/.test(this.text.slice(this.at, this.at + 16)))
      this.refuse('POSIX named classes are supported only within a class', this.at - 1);
    const negative = this.take('^');
    let quoted = false;
    for (let first = true; ; first = false) {
      const c = this.peek();
      if (c === '') this.refuse('missing terminating ] for character class', this.text.length);
      if (quoted && this.take('\\E')) {
        quoted = false;
        continue;
      }
      if (!quoted && c === ']' && !first) break;
      if (!quoted && this.take('\\Q')) {
        quoted = true;
        continue;
      }
      if (!quoted && this.take('\\E')) continue;
      const low = this.classItem(quoted);
      const isRange =
        !quoted && this.peek() === '-' && this.peek(2) !== '-]' && this.at + 1 < this.text.length;
      if (!isRange) {
        add(set, low);
        continue;
      }
      if (typeof low !== 'number') {
        // A hyphen behind a whole class is refused unless it ends the set.
        this.refuse('invalid range in character class', this.at);
      }
      this.at++;
      const from = this.at;
      const high = this.classItem(false);
      if (typeof high !== 'number')
        this.refuse('invalid range in character class', this.text[from] === '[' ? from + 1 : this.at);
      if (high < low) this.refuse('range out of order in character class', this.at - 1);
      for (let code = low; code <= high; code++) set[code] = 1;
    }
    this.at++;
    const cased = this.cased(set);
    return negative ? complement(cased) : cased;
  }

  /** One byte, or the set that a class within the class names. */
  private classItem(quoted: boolean): number | Uint8Array {
    const c = this.peek();
    if (!quoted && c === '[') {
      const found = /^\[:(\^?)([A-Za-z<>]*):\]/.exec(this.text.slice(this.at, this.at + 24));
      if (found !== null) {
        const named = posixClasses.get(found[2] as string);
        if (named === undefined) this.refuse('unknown POSIX class name', this.at + 2);
        this.at += found[0].length;
        return found[1] === '^' ? complement(this.cased(named)) : named;
      }
      if (/^\[([.=])[^\]]*\1\]/.test(this.text.slice(this.at)))
        this.refuse('POSIX collating elements are not supported', this.at);
    }
    if (quoted || c !== '\\') {
      this.at++;
      return c.charCodeAt(0);
    }
    this.at++;
    const letter = this.peek();
    if (letter === '') this.refuse('\\ at end of pattern', this.at);
    const type = types.get(letter);
    if (type !== undefined) {
      this.at++;
      return type;
    }
    if (letter === 'b') {
      this.at++;
      return 8;
    }
    if (letter === 'N') this.refuse('\\N is not supported in a class', this.at + 1);
    if (letter === 'p' || letter === 'P') this.refuse(`\\${letter} is not supported`, this.at - 1);
    if (letter === 'B' || letter === 'R' || letter === 'X')
      this.refuse('escape sequence is invalid in character class', this.at);
    return this.character();
  }
}

function add(set: Uint8Array, item: number | Uint8Array): void {
  if (typeof item === 'number') set[item] = 1;
  else for (let c = 0; c < 256; c++) if (item[c] === 1) set[c] = 1;
}
