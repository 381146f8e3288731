/**
 * The 64-bit hash that HAProxy makes dynamic cookies with, so that a farm of both gives the same cookie to a server, and
 * the converter `xxh64`. Written for clearness, with big integers. Specification: xxHash's, XXH64.
 */
const MASK = (1n << 64n) - 1n;
export const P1 = 11400714785074694791n;
export const P2 = 14029467366897019727n;
export const P3 = 1609587929392839161n;
const P4 = 9650029242287828579n;
const P5 = 2870177450012600261n;
const STRIPE_BYTES = 32;

const rotate = (x: bigint, bits: bigint): bigint => ((x << bits) | (x >> (64n - bits))) & MASK;
const round = (accumulator: bigint, lane: bigint): bigint =>
  (rotate((accumulator + lane * P2) & MASK, 31n) * P1) & MASK;

/** The final mix, which short inputs of XXH3 share. */
export function avalanche64(hash: bigint): bigint {
  let mixed = hash;
  mixed = ((mixed ^ (mixed >> 33n)) * P2) & MASK;
  mixed = ((mixed ^ (mixed >> 29n)) * P3) & MASK;
  return mixed ^ (mixed >> 32n);
}

/** `seed`: 64 bits without a sign, and so is the result. */
export function xxh64(u8: Uint8Array, start = 0, end: number = u8.length, seed = 0n): bigint {
  const view = new DataView(u8.buffer, u8.byteOffset + start, end - start);
  const length = end - start;
  let at = 0;
  let hash = (seed + P5) & MASK;
  if (length >= STRIPE_BYTES) {
    const lanes = [(seed + P1 + P2) & MASK, (seed + P2) & MASK, seed, (seed + MASK + 1n - P1) & MASK];
    for (; at + STRIPE_BYTES <= length; at += STRIPE_BYTES) {
      lanes.forEach((lane, i) => {
        lanes[i] = round(lane, view.getBigUint64(at + i * 8, true));
      });
    }
    hash = lanes.reduce((sum, lane, i) => (sum + rotate(lane, [1n, 7n, 12n, 18n][i]!)) & MASK, 0n);
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * P1 + P4) & MASK;
  }
  hash = (hash + BigInt(length)) & MASK;
  for (; at + 8 <= length; at += 8) {
    hash = (rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * P1 + P4) & MASK;
  }
  if (at + 4 <= length) {
    hash = (rotate(hash ^ ((BigInt(view.getUint32(at, true)) * P1) & MASK), 23n) * P2 + P3) & MASK;
    at += 4;
  }
  for (; at < length; at++)
    hash = (rotate(hash ^ ((BigInt(view.getUint8(at)) * P5) & MASK), 11n) * P1) & MASK;
  return avalanche64(hash);
}
