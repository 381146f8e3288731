/**
 * Regular expressions of the configuration: PCRE's syntax and meaning, carried out by the JavaScript engine over text
 * with one character a byte. Used by `-m reg`, `map_reg*`, `regsub` and the replace actions.
 *
 * Runaway backtracking: the engine counts its steps back and changes over to its linear-time engine where the pattern
 * allows that (no lookaround, references or atomic groups); the subject is never longer than a buffer.
 * Specification: configuration manual 7.1.4; pcre2pattern(3).
 */
import { setFlagsFromString } from 'node:v8';
import { latin1Text } from '../sample.ts';
import { type EmittedPattern, emitPattern } from './emit-javascript.ts';
import { readPattern } from './parse-pattern.ts';
import type { Pattern } from './pattern.ts';

// For expressions that are compiled from now on.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
setFlagsFromString('--regexp-backtracks-before-fallback=20000');

const LINE_FEED = 10;

/** The expression, or why it is none, in the words that HAProxy puts behind the argument. */
export function compileRegex(text: string, ignoreCase: boolean): Regex | { readonly error: string } {
  const read = readPattern(text, ignoreCase);
  if ('error' in read)
    return { error: `regex '${text}' is invalid (error=${read.error}, erroffset=${read.offset})` };
  const plain = emitPattern(read.pattern, read.groups, { startsInside: false, endsWithLineFeed: false });
  if ('error' in plain) return { error: `regex '${text}' is not supported: ${plain.error}` };
  return new Regex(read.pattern, read.groups, plain);
}

export class Regex {
  private readonly pattern: Pattern;
  private readonly count: number;
  private readonly emitted: EmittedPattern;
  /** By traits of the subject: 1, it starts inside a line; 2, it ends with a line feed. Made when first needed. */
  private readonly variants: (RegExp | undefined)[] = [undefined, undefined, undefined, undefined];
  private match: RegExpExecArray | null = null;

  constructor(pattern: Pattern, count: number, emitted: EmittedPattern) {
    this.pattern = pattern;
    this.count = count;
    this.emitted = emitted;
    this.variants[0] = new RegExp(emitted.source);
  }

  /** Whether runaway backtracking is bounded: see above. */
  get isBounded(): boolean {
    return !this.emitted.needsBacktracking;
  }

  isUnsteady(group: number): boolean {
    return this.emitted.unsteady.has(group);
  }

  test(u8: Uint8Array, start: number, end: number): boolean {
    return this.variant(u8, start, end, false).test(latin1Text(u8, start, end));
  }

  /**
   * The first match; `matchStart`, `matchEnd` and `group` tell of it until the next call. `startsInside`: the subject is
   * the rest of a longer one, and its beginning no beginning of a line.
   */
  exec(u8: Uint8Array, start: number, end: number, startsInside = false): boolean {
    this.match = this.variant(u8, start, end, startsInside).exec(latin1Text(u8, start, end));
    return this.match !== null;
  }

  /** Relative to the start of the subject. */
  get matchStart(): number {
    return this.match?.index ?? 0;
  }

  get matchEnd(): number {
    return this.match === null ? 0 : this.match.index + this.match[0].length;
  }

  /** What a group matched; empty when it took no part, or does not exist. 0: the whole match. */
  group(number: number): string {
    if (this.match === null || number > this.count) return '';
    return this.match[this.emitted.groups[number] ?? 0] ?? '';
  }

  private variant(u8: Uint8Array, start: number, end: number, startsInside: boolean): RegExp {
    const endsWithLineFeed = end > start && u8[end - 1] === LINE_FEED;
    const index = (startsInside ? 1 : 0) + (endsWithLineFeed ? 2 : 0);
    return this.variants[index] ?? this.compile(index, { startsInside, endsWithLineFeed });
  }

  private compile(index: number, traits: { startsInside: boolean; endsWithLineFeed: boolean }): RegExp {
    const emitted = emitPattern(this.pattern, this.count, traits);
    if ('error' in emitted) throw new Error(`a pattern that was translated cannot be: ${emitted.error}`);
    const compiled = new RegExp(emitted.source);
    this.variants[index] = compiled;
    return compiled;
  }
}
