/**
 * Counts how long streams waited for what: means over the last 1024 of a thread, and the longest ever.
 * Specification: management manual 9.1, qtime to ttime_max.
 */
import { BACKEND_COUNTERS, counterOffsets } from '../state/shared-state.ts';

const BE = counterOffsets(BACKEND_COUNTERS);
const WINDOW = 1024;

/** `counters`: first counter of a backend or a server in the lane. Times are milliseconds. */
export function countTimes(
  lane: Float64Array,
  counters: number,
  queueMs: number,
  connectMs: number,
  responseMs: number,
  totalMs: number,
): void {
  const count = lane[counters + BE.timedStreams] as number;
  const full = count >= WINDOW;
  if (!full) lane[counters + BE.timedStreams] = count + 1;
  add(lane, counters + BE.queueTimeMs, counters + BE.queueTimeMaxMs, queueMs, full);
  add(lane, counters + BE.connectTimeMs, counters + BE.connectTimeMaxMs, connectMs, full);
  add(lane, counters + BE.responseTimeMs, counters + BE.responseTimeMaxMs, responseMs, full);
  add(lane, counters + BE.totalTimeMs, counters + BE.totalTimeMaxMs, totalMs, full);
}

function add(lane: Float64Array, sum: number, highest: number, valueMs: number, full: boolean): void {
  const before = lane[sum] as number;
  // A full window loses its mean for what comes in.
  lane[sum] = full ? before + valueMs - before / WINDOW : before + valueMs;
  if (valueMs > (lane[highest] as number)) lane[highest] = valueMs;
}
