/**
 * Matches of integers and lengths: values, ranges `low:high`, and operators (`ge 10`). Single values are found by hash,
 * ranges by bisection where they do not overlap. Specification: configuration manual 7.1.2.
 */
import { type Int64, normal } from '../int64.ts';
import { type Sample, T_INT, T_STR } from '../sample.ts';
import { type PatternIndex, registerMatchMethods } from './match-method.ts';

interface Range {
  readonly low: Int64 | null;
  readonly high: Int64 | null;
}

const NUMBER = /^\d+$/;
/** A dash separates as a colon does, so only the upper end can be negative (observed on HAProxy 2.6). */
const RANGE = /^(\d*)[:-](-?\d*)$/;
const OPERATOR = /^(eq|ge|gt|le|lt) (.*)$/;

function integer(text: string): Int64 {
  return normal(BigInt(text));
}

/** The range, or why it is none. */
function readRange(pattern: string): Range | string {
  const [, operator = 'eq', text = ''] = OPERATOR.exec(pattern) ?? [undefined, 'eq', pattern];
  // Only single numbers take an operator; ranges are what they say.
  if (NUMBER.test(text)) return bounded(operator, BigInt(text));
  const [, low = '', high = ''] = RANGE.exec(text) ?? [];
  if (low === '' && (high === '' || high === '-')) {
    return /[:-]/.test(text) ? `'${text}' is not a valid number range` : `'${text}' is not a number`;
  }
  if (high === '-') return `'${text}' is not a valid number range`;
  if (low !== '' && high !== '' && integer(low) > integer(high))
    return `'${text}' is not a valid number range`;
  return { low: low === '' ? null : integer(low), high: high === '' ? null : integer(high) };
}

function bounded(operator: string, value: bigint): Range {
  switch (operator) {
    case 'ge':
      return { low: normal(value), high: null };
    case 'gt':
      return { low: normal(value + 1n), high: null };
    case 'le':
      return { low: null, high: normal(value) };
    case 'lt':
      return { low: null, high: normal(value - 1n) };
    default:
      return { low: normal(value), high: normal(value) };
  }
}

class Ranges {
  private readonly exact = new Map<Int64, number>();
  private readonly lows: (Int64 | null)[] = [];
  private readonly highs: (Int64 | null)[] = [];
  private readonly positions: number[] = [];
  /** The ranges are in ascending order and apart from each other. */
  private readonly sorted: boolean;

  constructor(patterns: readonly string[]) {
    const ranges: { range: Range; position: number }[] = [];
    for (const [position, pattern] of patterns.entries()) {
      const range = readRange(pattern);
      if (typeof range === 'string') throw new Error(range);
      const { low, high } = range;
      if (low !== null && low === high) {
        if (!this.exact.has(low)) this.exact.set(low, position);
      } else ranges.push({ range, position });
    }
    const ordered = [...ranges].sort((a, b) => compare(a.range.low, b.range.low));
    this.sorted = ordered.every(({ range }, i) => {
      const before = ordered[i - 1]?.range;
      if (before === undefined) return true;
      return before.high !== null && range.low !== null && before.high < range.low;
    });
    for (const { range, position } of this.sorted ? ordered : ranges) {
      this.lows.push(range.low);
      this.highs.push(range.high);
      this.positions.push(position);
    }
  }

  find(value: Int64): number {
    const exact = this.exact.get(value) ?? -1;
    const range = this.sorted ? this.bisect(value) : this.walk(value);
    if (exact < 0 || range < 0) return Math.max(exact, range);
    return Math.min(exact, range);
  }

  private holds(i: number, value: Int64): boolean {
    const low = this.lows[i] as Int64 | null;
    const high = this.highs[i] as Int64 | null;
    return (low === null || value >= low) && (high === null || value <= high);
  }

  private walk(value: Int64): number {
    for (let i = 0; i < this.positions.length; i++)
      if (this.holds(i, value)) return this.positions[i] as number;
    return -1;
  }

  private bisect(value: Int64): number {
    let from = 0;
    let to = this.positions.length - 1;
    while (from <= to) {
      const middle = (from + to) >> 1;
      if (this.holds(middle, value)) return this.positions[middle] as number;
      const low = this.lows[middle] as Int64 | null;
      if (low !== null && value < low) to = middle - 1;
      else from = middle + 1;
    }
    return -1;
  }
}

function compare(a: Int64 | null, b: Int64 | null): number {
  if (a === b) return 0;
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}

function check(text: string): string | undefined {
  const range = readRange(text);
  return typeof range === 'string' ? range : undefined;
}

function index(patterns: readonly string[], value: (sample: Sample) => Int64): PatternIndex {
  const ranges = new Ranges(patterns);
  return { find: (sample) => ranges.find(value(sample)) };
}

registerMatchMethods(
  {
    name: 'int',
    doc: 'The integer is one of these, or in one of these ranges.',
    manual: '7.1.2',
    input: T_INT,
    check,
    build: (patterns) => index(patterns, (sample) => sample.integer),
  },
  {
    name: 'len',
    doc: 'The length is one of these, or in one of these ranges.',
    manual: '7.1.2',
    input: T_STR,
    check,
    build: (patterns) => index(patterns, (sample) => sample.length),
  },
);
