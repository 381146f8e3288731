/**
 * Matches of integers and lengths: values, ranges `low:high`, and operators (`ge 10`). Single values are found by hash,
 * ranges by bisection. The first in the list counts. Specification: configuration manual 7.1.2.
 */
import { type Int64, normal } from '../int64.ts';
import { latin1Text, type Sample, T_INT, T_STR } from '../sample.ts';
import { IndexView } from './index-view.ts';
import { hashWords, spread } from './key-hash.ts';
import {
  type DerivedKey,
  KIND_INT,
  registerKeyKinds,
  SHAPE_NONE,
  SHAPE_NUMBER,
  SHAPE_SPECIAL,
} from './key-kind.ts';
import { registerMatchMethods } from './match-method.ts';
import { ENTRY_GENERATION, NODE_ENTRY, NODE_HASH, NODE_NEXT, NODE_W0 } from './pattern-layout.ts';
import { type PatternFinder, PatternLookup } from './pattern-lookup.ts';
import type { PatternReference } from './pattern-reference.ts';
import { type Range, RangeMap } from './range-map.ts';

const NUMBER = /^\d+$/;
/** A dash separates as a colon does, so only the upper end can be negative (observed on HAProxy 2.6). */
const RANGE = /^(\d*)[:-](-?\d*)$/;
/** Digits that a number holds exactly. */
const EXACT_DIGITS = 15;

function integer(text: string): Int64 {
  return normal(BigInt(text));
}

/** The range, or why it is none. */
function readRange(text: string): Range | string {
  if (NUMBER.test(text)) return { low: integer(text), high: integer(text) };
  const [, low = '', high = ''] = RANGE.exec(text) ?? [];
  if (low === '' && (high === '' || high === '-')) {
    return /[:-]/.test(text) ? `'${text}' is not a valid number range` : `'${text}' is not a number`;
  }
  if (high === '-') return `'${text}' is not a valid number range`;
  if (low !== '' && high !== '' && integer(low) > integer(high))
    return `'${text}' is not a valid number range`;
  return { low: low === '' ? null : integer(low), high: high === '' ? null : integer(high) };
}

/** What an operator in front of a pattern makes of it. Only single numbers take one; ranges are what they say. */
export function rangeWithOperator(operator: string, text: string): string {
  if (!NUMBER.test(text)) return text;
  const value = BigInt(text);
  switch (operator) {
    case 'ge':
      return `${value}:`;
    case 'gt':
      return `${value + 1n}:`;
    case 'le':
      return `:${value}`;
    case 'lt':
      return `:${value - 1n}`;
    default:
      return text;
  }
}

function isPlain(u8: Uint8Array, start: number, end: number): boolean {
  if (end === start) return false;
  for (let i = start; i < end; i++) if ((u8[i] as number) < 0x30 || (u8[i] as number) > 0x39) return false;
  return true;
}

function lowWord(value: Int64): number {
  return typeof value === 'number' ? value | 0 : Number(BigInt.asIntN(32, value));
}

function highWord(value: Int64): number {
  // Most are small, and a division is dear.
  if (value === lowWord(value)) return (value as number) >> 31;
  return typeof value === 'number'
    ? Math.floor(value / 0x100000000) | 0
    : Number(BigInt.asIntN(32, value >> 32n));
}

function derive(u8: Uint8Array, start: number, end: number, base: number, out: DerivedKey): number {
  let value: Int64 = 0;
  let i = start;
  if (end - start <= EXACT_DIGITS) {
    for (; i < end; i++) {
      const digit = (u8[i] as number) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
  }
  // Most lists are of plain numbers: those are read without making a text.
  if (i !== end || start === end) {
    const range = readRange(latin1Text(u8, start, end));
    if (typeof range === 'string') return SHAPE_NONE;
    if (range.low === null || range.low !== range.high) return SHAPE_SPECIAL;
    value = range.low;
  }
  out.length = 0;
  out.w0 = lowWord(value);
  out.w1 = highWord(value);
  out.w2 = 0;
  out.w3 = 0;
  out.hash = hashWords(out.w0, out.w1, 0, 0, 0, base);
  return SHAPE_NUMBER;
}

function check(text: string): string | undefined {
  const range = readRange(text);
  return typeof range === 'string' ? range : undefined;
}

registerKeyKinds({
  kind: KIND_INT,
  shape: SHAPE_NUMBER,
  derive: (u8, start, end, base, _names, out) => derive(u8, start, end, base, out),
  refusal: check,
});

class Integers implements PatternFinder {
  private readonly view: IndexView;
  private readonly ofLength: boolean;
  private ranges = new RangeMap([], []);

  constructor(view: IndexView, ofLength: boolean) {
    this.view = view;
    view.takeSpecials = (entries) => this.takeRanges(entries);
    this.ofLength = ofLength;
  }

  private takeRanges(entries: readonly number[]): void {
    const ranges: Range[] = [];
    const owners: number[] = [];
    for (const entry of entries) {
      const range = readRange(this.view.keyText(entry));
      if (typeof range === 'string') continue;
      ranges.push(range);
      owners.push(entry);
    }
    this.ranges = new RangeMap(ranges, owners);
  }

  find(sample: Sample): number {
    const value = this.ofLength ? sample.length : sample.integer;
    const exact = this.exact(value);
    const { view } = this;
    return view.hasSpecials ? view.first(exact, this.ranges.find(value)) : exact;
  }

  private exact(value: Int64): number {
    const { view } = this;
    const { words } = view;
    if (view.most === 0) return 0;
    const w0 = lowWord(value);
    const w1 = highWord(value);
    const hash = hashWords(w0, w1, 0, 0, 0, view.base);
    let left = view.most;
    let node = words[view.slots + (spread(hash) & view.mask)] as number;
    for (; node > 0 && left >= 0; left--, node = words[node + NODE_NEXT] as number) {
      if (words[node + NODE_HASH] !== hash) continue;
      if (words[node + NODE_W0] !== w0 || words[node + NODE_W0 + 1] !== w1) continue;
      const entry = words[node + NODE_ENTRY] as number;
      if (words[entry + ENTRY_GENERATION] === view.generation) return entry;
    }
    return 0;
  }
}

function integers(reference: PatternReference, ofLength: boolean): PatternLookup {
  const view = new IndexView(reference, KIND_INT);
  return new PatternLookup(view, new Integers(view, ofLength));
}

registerMatchMethods(
  {
    name: 'int',
    doc: 'The integer is one of these, or in one of these ranges.',
    manual: '7.1.2',
    input: T_INT,
    check,
    isPlain,
    lookup: (reference) => integers(reference, false),
  },
  {
    name: 'len',
    doc: 'The length is one of these, or in one of these ranges.',
    manual: '7.1.2',
    input: T_STR,
    check,
    isPlain,
    lookup: (reference) => integers(reference, true),
  },
);
