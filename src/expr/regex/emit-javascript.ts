/**
 * Writes a pattern as the source of a JavaScript RegExp without flags, over text with one character a byte. What the two
 * engines treat differently is written so that they do not, or refused:
 * - groups that may keep a value of an earlier round of a repetition (PCRE) or lose it (JavaScript) are reported as
 *   `unsteady`; what uses their value must refuse them;
 * - references to groups that may not be set match nothing in PCRE and the empty text in JavaScript: refused;
 * - a round of a repetition that takes no byte ends it in PCRE and is tried otherwise in JavaScript: refused where that
 *   can be seen;
 * - atomic groups become a lookahead with a reference behind it, which are not tried twice either.
 */
import { complement } from './byte-classes.ts';
import { isNullable, type Pattern, prefersBytes } from './pattern.ts';

export interface EmittedPattern {
  readonly source: string;
  /** The JavaScript group of each group of the pattern; [0] is the whole match. */
  readonly groups: readonly number[];
  /** Groups whose value the engines do not agree on. */
  readonly unsteady: ReadonlySet<number>;
  /** It looks at something without taking it, or back: only the backtracking engine can do that. */
  readonly needsBacktracking: boolean;
}

/** What the text to be searched is known to be. */
export interface SubjectTraits {
  /** Its beginning is no beginning of a line: `^` does not match there. */
  readonly startsInside: boolean;
  readonly endsWithLineFeed: boolean;
}

export function emitPattern(
  pattern: Pattern,
  groups: number,
  traits: SubjectTraits,
): EmittedPattern | { readonly error: string } {
  const emitter = new Emitter(groups, traits);
  const source = emitter.emit(pattern, new Set());
  if (emitter.error !== undefined) return { error: emitter.error };
  return {
    source,
    groups: emitter.groups,
    unsteady: emitter.unsteady,
    needsBacktracking: emitter.needsBacktracking,
  };
}

class Emitter {
  readonly groups: number[];
  readonly unsteady = new Set<number>();
  needsBacktracking = false;
  error: string | undefined;
  private readonly traits: SubjectTraits;
  private count = 0;

  constructor(groups: number, traits: SubjectTraits) {
    this.groups = new Array<number>(groups + 1).fill(0);
    this.traits = traits;
  }

  /** `set`: the groups that have a value wherever this pattern is tried; those that it sets itself are added. */
  emit(pattern: Pattern, set: Set<number>): string {
    switch (pattern.kind) {
      case 'empty':
        return '(?:)';
      case 'set':
        return emitSet(pattern.set);
      case 'sequence':
        return pattern.items.map((item) => this.item(item, set)).join('');
      case 'choice': {
        const sets: Set<number>[] = [];
        const branches = pattern.branches.map((branch) => {
          const own = new Set(set);
          sets.push(own);
          return this.emit(branch, own);
        });
        for (const group of sets[0] ?? []) if (sets.every((own) => own.has(group))) set.add(group);
        return branches.join('|');
      }
      case 'group': {
        this.groups[pattern.capture] = ++this.count;
        const body = this.emit(pattern.body, set);
        set.add(pattern.capture);
        return `(${body})`;
      }
      case 'atomic': {
        this.needsBacktracking = true;
        const group = ++this.count;
        const body = this.emit(pattern.body, set);
        return `(?:(?=(${body}))\\${group})`;
      }
      case 'look': {
        this.needsBacktracking = true;
        const own = pattern.negative ? new Set(set) : set;
        const body = this.emit(pattern.body, own);
        return `(?${pattern.behind ? '<' : ''}${pattern.negative ? '!' : '='}${body})`;
      }
      case 'repeat':
        return this.repeat(pattern, set);
      case 'assertion':
        return this.assertion(pattern.what);
      case 'reference': {
        this.needsBacktracking = true;
        if (!set.has(pattern.group))
          this.error ??= `the group of reference ${pattern.group} may not be set there`;
        if (this.unsteady.has(pattern.group))
          this.error ??= `the group of reference ${pattern.group} is set in some rounds of a repetition only`;
        return `(?:\\${this.groups[pattern.group]})`;
      }
    }
  }

  /** As one item of a sequence. */
  private item(pattern: Pattern, set: Set<number>): string {
    const source = this.emit(pattern, set);
    return pattern.kind === 'choice' ? `(?:${source})` : source;
  }

  private repeat(pattern: Pattern & { readonly kind: 'repeat' }, set: Set<number>): string {
    const { body, min, max, lazy } = pattern;
    const nullable = isNullable(body);
    if (nullable && max > min && !prefersBytes(body))
      this.error ??= 'a repetition of what prefers to match nothing is not supported';
    const own = new Set(set);
    const source = this.emit(body, own);
    const always = capturesOf(body).filter((group) => own.has(group));
    if (max > 1) {
      for (const group of capturesOf(body)) if (nullable || !always.includes(group)) this.unsteady.add(group);
    }
    if (min > 0) for (const group of always) set.add(group);
    const count =
      max === 1 && min === 0
        ? '?'
        : max === Number.POSITIVE_INFINITY
          ? min === 0
            ? '*'
            : min === 1
              ? '+'
              : `{${min},}`
          : `{${min},${max}}`;
    const atom = body.kind === 'set' || body.kind === 'group' ? source : `(?:${source})`;
    return atom + count + (lazy ? '?' : '');
  }

  private assertion(what: (Pattern & { readonly kind: 'assertion' })['what']): string {
    const { startsInside, endsWithLineFeed } = this.traits;
    switch (what) {
      case 'line start':
        return startsInside ? '[]' : '^';
      case 'any line start':
        this.needsBacktracking = true;
        return startsInside ? '(?:(?<=\\n)(?!$))' : '(?:^|(?<=\\n)(?!$))';
      case 'line end':
        if (!endsWithLineFeed) return '$';
        this.needsBacktracking = true;
        return '(?=\\n?$)';
      case 'any line end':
        this.needsBacktracking = true;
        return '(?=\\n|$)';
      case 'start':
        return '^';
      case 'end':
        return '$';
      case 'word boundary':
        return '\\b';
      case 'no word boundary':
        return '\\B';
    }
  }
}

function capturesOf(pattern: Pattern): number[] {
  switch (pattern.kind) {
    case 'sequence':
      return pattern.items.flatMap(capturesOf);
    case 'choice':
      return pattern.branches.flatMap(capturesOf);
    case 'group':
      return [pattern.capture, ...capturesOf(pattern.body)];
    case 'atomic':
    case 'look':
    case 'repeat':
      return capturesOf(pattern.body);
    default:
      return [];
  }
}

function emitByte(c: number): string {
  const letter = String.fromCharCode(c);
  return /[A-Za-z0-9_]/.test(letter) ? letter : `\\x${c.toString(16).padStart(2, '0')}`;
}

function rangesOf(set: Uint8Array): string {
  let text = '';
  for (let c = 0; c < 256; c++) {
    if (set[c] !== 1) continue;
    const first = c;
    while (c < 255 && set[c + 1] === 1) c++;
    text += emitByte(first);
    if (c > first) text += `-${emitByte(c)}`;
  }
  return text;
}

function emitSet(set: Uint8Array): string {
  let members = 0;
  for (let c = 0; c < 256; c++) members += set[c] as number;
  if (members === 1) return emitByte(set.indexOf(1));
  if (members === 256) return '[^]';
  const plain = rangesOf(set);
  const negative = rangesOf(complement(set));
  return plain.length <= negative.length ? `[${plain}]` : `[^${negative}]`;
}
