/**
 * When checks run: the first ones spread out, later ones at the interval that the server's state asks for. Pure.
 * Specification: configuration manual 5.2 `inter`, 3.2 `spread-checks`, `max-spread-checks`; the spread of the first
 * checks as HAProxy 2.6 is seen to do it.
 */

/** Intervals below this one do not shorten the time over which the first checks of all servers spread. */
const SHORT_INTERVAL_MS = 1000;

/**
 * How long after the start each server's first check comes: the servers stand in a row, and each waits its fraction
 * of the shortest common interval, or of its own one where that is longer.
 */
export function firstDelaysMs(intervalsMs: readonly number[], maxSpreadMs: number | undefined): number[] {
  const shortest = intervalsMs.reduce(
    (least, own) => (own >= SHORT_INTERVAL_MS && (least === 0 || own < least) ? own : least),
    0,
  );
  return intervalsMs.map((own, position) => {
    const span = Math.min(Math.max(shortest, own), maxSpreadMs ?? Number.POSITIVE_INFINITY);
    return (span * position) / intervalsMs.length;
  });
}

/** An interval with its random deviation of at most so many percent; `random` is between 0 and 1. */
export function spreadIntervalMs(intervalMs: number, percent: number, random: number): number {
  return intervalMs + ((2 * random - 1) * intervalMs * percent) / 100;
}
