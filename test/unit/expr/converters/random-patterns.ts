// Regular expressions made at random, all of them valid in PCRE, over few letters, so that they often match.

import { Source } from './inputs.ts';

const ATOMS = [
  'a',
  'b',
  'c',
  'ab',
  '.',
  '[ab]',
  '[^a]',
  '\\w',
  '\\d',
  '\\b',
  '^',
  '$',
  '\\s',
  'A',
  '[[:upper:]]',
  '\\n',
];
const QUANTIFIERS = [
  '',
  '',
  '',
  '*',
  '+',
  '?',
  '{2}',
  '{1,2}',
  '{0,2}',
  '{2,}',
  '*?',
  '+?',
  '??',
  '*+',
  '++',
  '?+',
];

class Grower {
  private readonly source: Source;
  groups = 0;

  constructor(source: Source) {
    this.source = source;
  }

  grow(depth: number): string {
    const branches = this.source.below(4) === 0 ? 2 : 1;
    return Array.from({ length: branches }, () => this.sequence(depth)).join('|');
  }

  private sequence(depth: number): string {
    return Array.from({ length: 1 + this.source.below(3) }, () => this.piece(depth)).join('');
  }

  private piece(depth: number): string {
    const { source } = this;
    if (depth === 0 || source.below(3) > 0) {
      const atom = source.of(ATOMS);
      // Assertions take no quantifier here; PCRE's treatment of them has its own cases.
      return /^(\^|\$|\\b)$/.test(atom) ? atom : atom + source.of(QUANTIFIERS);
    }
    switch (source.below(9)) {
      case 0:
        return `(?=${this.grow(depth - 1)})`;
      case 1:
        return `(?!${this.grow(depth - 1)})`;
      case 2:
        return `(?<=${source.of(['a', 'b', 'ab', '[ab]', '^'])})`;
      case 3:
        return `(?>${this.grow(depth - 1)})${source.of(QUANTIFIERS)}`;
      case 4:
        return `(?:${this.grow(depth - 1)})${source.of(QUANTIFIERS)}`;
      case 5:
        if (this.groups > 0) return `\\${1 + source.below(Math.min(this.groups, 9))}`;
        return `(?i:${this.grow(depth - 1)})`;
      default: {
        this.groups++;
        return `(${this.grow(depth - 1)})${source.of(QUANTIFIERS)}`;
      }
    }
  }
}

export function randomPatterns(count: number, seed: number): string[] {
  const source = new Source(seed);
  return Array.from({ length: count }, () => new Grower(source).grow(3));
}
