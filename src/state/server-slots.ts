/**
 * How many requests a server may have at once, now: its maxconn, or with a minconn a limit that grows with the load of
 * its backend, and less of either during a slow start. Computed from the shared words whenever it is asked for: the
 * load changes with every request, and nothing needs to be told.
 * Specification: configuration manual 4.2 `fullconn`, 5.2 `maxconn`, `minconn`, `slowstart`. That the quotient is rounded
 * down, and what counts as load, was found by stepping the load of the real program.
 */
import {
  BE_CONNECTIONS,
  BE_FULLCONN,
  raiseGauge,
  raiseHighest,
  SRV_MAXCONN,
  SRV_MINCONN,
  SRV_SERVED,
  SRV_SERVED_MAX,
  SRV_WITHHELD_PERCENT,
} from './shared-state.ts';

const WHOLE_PERCENT = 100;

/** Indices of the server's and of its backend's first word. 0: as many as come. */
export function slotLimit(words: Int32Array, server: number, backend: number): number {
  // What is set once in a while is read without a barrier: a moment later does as well, and this is asked for often.
  let limit = words[server + SRV_MAXCONN] as number;
  if (limit <= 0) return 0;
  const least = words[server + SRV_MINCONN] as number;
  if (least > 0 && least < limit) {
    const load = Atomics.load(words, backend + BE_CONNECTIONS);
    const full = words[backend + BE_FULLCONN] as number;
    if (load < full) limit = Math.max(least, Math.floor((load * limit) / full));
  }
  const withheld = words[server + SRV_WITHHELD_PERCENT] as number;
  if (withheld > 0) limit = Math.max(1, Math.floor((limit * (WHOLE_PERCENT - withheld)) / WHOLE_PERCENT));
  return limit;
}

/** Takes a slot where the limit is as given; false when the server has as many requests as it may have. */
export function takeSlot(words: Int32Array, server: number, limit: number): boolean {
  const gauge = server + SRV_SERVED;
  if (limit === 0) {
    raiseGauge(words, gauge, server + SRV_SERVED_MAX);
    return true;
  }
  // Never above the limit, not even for a moment: balancers look at this word too.
  // A stale count costs one more attempt.
  for (let count = words[gauge] as number; count < limit; ) {
    const found = Atomics.compareExchange(words, gauge, count, count + 1);
    if (found === count) {
      raiseHighest(words, server + SRV_SERVED_MAX, count + 1);
      return true;
    }
    count = found;
  }
  return false;
}
