/**
 * How many streams a server may hold now: its maxconn, or what a slow start grants of it. 0: no limit.
 * Specification: configuration manual 5.2 `maxconn`, `slowstart`.
 */
import { SRV_MAXCONN, SRV_WITHHELD_PERCENT } from './shared-state.ts';

/** `server`: its first word. */
export function serverLimit(words: Int32Array, server: number): number {
  const limit = Atomics.load(words, server + SRV_MAXCONN);
  if (limit <= 0) return 0;
  const withheld = Atomics.load(words, server + SRV_WITHHELD_PERCENT);
  if (withheld === 0) return limit;
  const granted = Math.floor((limit * (100 - withheld)) / 100);
  return granted > 0 ? granted : 1;
}
