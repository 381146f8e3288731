/**
 * Which of many ranges, that may overlap, is the first in the list to hold a value: the line of numbers is cut wherever a
 * range begins or ends, and each piece knows its range. Found by bisection.
 */
import { type Int64, normal } from '../int64.ts';

export interface Range {
  /** Null: without an end. */
  readonly low: Int64 | null;
  readonly high: Int64 | null;
}

export class RangeMap {
  /** Where pieces begin, ascending. */
  private readonly starts: Int64[] = [];
  private readonly owners: number[] = [];

  /** `owners`: what is found for each range; 0 stands for nothing. */
  constructor(ranges: readonly Range[], owners: readonly number[]) {
    const order = ranges
      .map((_, i) => i)
      .sort((a, b) => compare(lowOf(ranges[a]), lowOf(ranges[b])) || a - b);
    const cuts: Int64[] = [];
    for (const { low, high } of ranges) {
      cuts.push(low ?? LEAST);
      if (high !== null) cuts.push(next(high));
    }
    cuts.sort(compare);
    const open = new Lowest();
    let begun = 0;
    for (let i = 0; i < cuts.length; i++) {
      const cut = cuts[i] as Int64;
      if (i > 0 && cut === cuts[i - 1]) continue;
      for (; begun < order.length && compare(lowOf(ranges[order[begun] as number]), cut) <= 0; begun++)
        open.push(order[begun] as number);
      // Those that have ended matter only when they would be the answer.
      while (open.size > 0 && ended(ranges[open.lowest] as Range, cut)) open.pop();
      this.starts.push(cut);
      this.owners.push(open.size === 0 ? 0 : (owners[open.lowest] as number));
    }
  }

  find(value: Int64): number {
    const { starts } = this;
    let from = 0;
    let to = starts.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((starts[middle] as Int64) <= value) from = middle + 1;
      else to = middle;
    }
    return from === 0 ? 0 : (this.owners[from - 1] as number);
  }
}

/** A number, so that most lists hold nothing else. */
const LEAST = Number.NEGATIVE_INFINITY;

function lowOf(range: Range | undefined): Int64 {
  return range?.low ?? LEAST;
}

function next(value: Int64): Int64 {
  return typeof value === 'number' && value < Number.MAX_SAFE_INTEGER
    ? value + 1
    : normal(BigInt(value) + 1n);
}

function ended({ high }: Range, at: Int64): boolean {
  return high !== null && high < at;
}

function compare(a: Int64, b: Int64): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A heap of numbers. */
class Lowest {
  private readonly heap: number[] = [];

  get size(): number {
    return this.heap.length;
  }

  get lowest(): number {
    return this.heap[0] as number;
  }

  push(value: number): void {
    const { heap } = this;
    let at = heap.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((heap[parent] as number) <= value) break;
      heap[at] = heap[parent] as number;
      at = parent;
    }
    heap[at] = value;
  }

  pop(): void {
    const { heap } = this;
    const last = heap.pop() as number;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && (heap[child + 1] as number) < (heap[child] as number)) child++;
      if ((heap[child] as number) >= last) break;
      heap[at] = heap[child] as number;
      at = child;
    }
    heap[at] = last;
  }
}
