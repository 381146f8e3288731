/**
 * The weight of a server as balancing sees it. Configured and set weights are whole numbers up to 256; in balancing each
 * counts as 16 units, so that a slow start has finer steps. Whoever changes a weight does it here.
 * Specification: configuration manual 5.2 `weight`, `slowstart`; steps as HAProxy 2.6 takes them.
 */
import { SRV_WEIGHT, SRV_WEIGHT_UNITS } from './shared-state.ts';

/** Units that a weight of 1 counts for outside a slow start. */
export const WEIGHT_UNITS = 16;

/** `server`: its first word. `sixteenths`: what a slow start grants of the weight, 1 to 16. */
export function storeWeight(
  words: Int32Array,
  server: number,
  weight: number,
  sixteenths = WEIGHT_UNITS,
): void {
  Atomics.store(words, server + SRV_WEIGHT, weight);
  Atomics.store(words, server + SRV_WEIGHT_UNITS, weight * sixteenths);
}

/** The weight that statistics show: that of the units, rounded up. */
export function effectiveWeight(words: Int32Array, server: number): number {
  return Math.ceil(Atomics.load(words, server + SRV_WEIGHT_UNITS) / WEIGHT_UNITS);
}

/** Percent of its weight that a server in slow start has, as the statistics show it. */
export function throttlePercent(words: Int32Array, server: number): number {
  const weight = Atomics.load(words, server + SRV_WEIGHT);
  if (weight === 0) return 0;
  const hundredths = Math.ceil((100 * Atomics.load(words, server + SRV_WEIGHT_UNITS)) / WEIGHT_UNITS);
  return Math.floor(hundredths / weight);
}
