/**
 * The parts of a regular expression, as PCRE means them. Sets are over bytes: the patterns of configurations are not
 * Unicode. Upper and lower case, dots and blanks of the extended form are resolved when a pattern is read.
 */

export type Pattern =
  | { readonly kind: 'empty' }
  /** One byte of a set: 256 flags. */
  | { readonly kind: 'set'; readonly set: Uint8Array }
  | { readonly kind: 'sequence'; readonly items: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly branches: readonly Pattern[] }
  /** `capture` from 1. */
  | { readonly kind: 'group'; readonly body: Pattern; readonly capture: number }
  /** What it matched first is not tried otherwise. */
  | { readonly kind: 'atomic'; readonly body: Pattern }
  | { readonly kind: 'look'; readonly body: Pattern; readonly behind: boolean; readonly negative: boolean }
  | {
      readonly kind: 'repeat';
      readonly body: Pattern;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    }
  | { readonly kind: 'assertion'; readonly what: Assertion }
  | { readonly kind: 'reference'; readonly group: number };

export type Assertion =
  /** `^`: not where the caller says that the subject begins within a line. */
  | 'line start'
  | 'any line start'
  /** `$`: at the end, or before a line feed that ends the subject. */
  | 'line end'
  | 'any line end'
  | 'start'
  | 'end'
  | 'word boundary'
  | 'no word boundary';

export const EMPTY: Pattern = { kind: 'empty' };

export function sequence(items: readonly Pattern[]): Pattern {
  if (items.length === 0) return EMPTY;
  return items.length === 1 ? (items[0] as Pattern) : { kind: 'sequence', items };
}

export function choice(branches: readonly Pattern[]): Pattern {
  return branches.length === 1 ? (branches[0] as Pattern) : { kind: 'choice', branches };
}

/** Whether it can match without taking a byte. References count as if they could. */
export function isNullable(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'empty':
    case 'look':
    case 'assertion':
    case 'reference':
      return true;
    case 'set':
      return false;
    case 'sequence':
      return pattern.items.every(isNullable);
    case 'choice':
      return pattern.branches.some(isNullable);
    case 'group':
    case 'atomic':
      return isNullable(pattern.body);
    case 'repeat':
      return pattern.min === 0 || isNullable(pattern.body);
  }
}

/** Whether every way to match without a byte is tried behind all ways that take some. */
export function prefersBytes(pattern: Pattern): boolean {
  switch (pattern.kind) {
    case 'set':
    case 'empty':
    case 'look':
    case 'assertion':
      return true;
    case 'reference':
      return false;
    case 'sequence':
      return !isNullable(pattern) || pattern.items.every(prefersBytes);
    case 'choice':
      return pattern.branches.every(
        (branch, at) =>
          prefersBytes(branch) &&
          (!isNullable(branch) || pattern.branches.slice(at + 1).every((later) => isAlwaysEmpty(later))),
      );
    case 'group':
      return prefersBytes(pattern.body);
    case 'atomic':
      return !isNullable(pattern.body) || prefersBytes(pattern.body);
    case 'repeat':
      return !isNullable(pattern) || (!pattern.lazy && prefersBytes(pattern.body));
  }
}

function isAlwaysEmpty(pattern: Pattern): boolean {
  return lengthOf(pattern) === 0;
}

/** How many bytes it takes, or -1 when that is not always the same. */
export function lengthOf(pattern: Pattern): number {
  switch (pattern.kind) {
    case 'empty':
    case 'look':
    case 'assertion':
      return 0;
    case 'set':
      return 1;
    case 'reference':
      return -1;
    case 'sequence': {
      let sum = 0;
      for (const item of pattern.items) {
        const length = lengthOf(item);
        if (length < 0) return -1;
        sum += length;
      }
      return sum;
    }
    case 'choice': {
      const [first, ...others] = pattern.branches.map(lengthOf);
      return others.every((length) => length === first) ? (first as number) : -1;
    }
    case 'group':
    case 'atomic':
      return lengthOf(pattern.body);
    case 'repeat': {
      const length = lengthOf(pattern.body);
      return pattern.min === pattern.max && length >= 0 ? length * pattern.min : -1;
    }
  }
}
