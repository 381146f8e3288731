/** Reads a rate over the last second (shared-state.ts); features/stats/rates.ts keeps the words that it follows from. */
import { PROCESS_RATES_SINCE, RATE_BASE, RATE_MAX, RATE_PREVIOUS, type SharedState } from './shared-state.ts';

const INTERVAL_MS = 1000;

/** What a reader finds: events in about the last second, and the most there ever were in one. */
export interface Rate {
  readonly now: number;
  readonly highest: number;
  /** Events since the current second began. */
  readonly current: number;
}

/** `rate`: the first of its words; `counter`: the lane offset of what it counts. */
export function readRate(shared: SharedState, rate: number, counter: number): Rate {
  const { words } = shared;
  const count = shared.sum(counter);
  const current = (count - Atomics.load(words, rate + RATE_BASE)) >>> 0;
  const previous = Atomics.load(words, rate + RATE_PREVIOUS);
  const sinceMs = (Date.now() - Atomics.load(words, PROCESS_RATES_SINCE)) | 0;
  // What is left of the second before, as if its events had come evenly.
  const left = Math.min(1, Math.max(0, 1 - sinceMs / INTERVAL_MS));
  return {
    now: current + Math.floor(previous * left),
    highest: Math.max(current, Atomics.load(words, rate + RATE_MAX)),
    current,
  };
}
