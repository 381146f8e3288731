/**
 * The 64-bit hash that HAProxy makes dynamic cookies with, so that a farm of both gives the same cookie to a server.
 * For a few dozen bytes at start: written for clearness, with big integers. Specification: xxHash's, XXH64, seed 0.
 */
const MASK = (1n << 64n) - 1n;
const P1 = 11400714785074694791n;
const P2 = 14029467366897019727n;
const P3 = 1609587929392839161n;
const P4 = 9650029242287828579n;
const P5 = 2870177450012600261n;
const STRIPE_BYTES = 32;

const rotate = (x: bigint, bits: bigint): bigint => ((x << bits) | (x >> (64n - bits))) & MASK;
const round = (accumulator: bigint, lane: bigint): bigint =>
  (rotate((accumulator + lane * P2) & MASK, 31n) * P1) & MASK;

export function xxh64(data: Buffer): bigint {
  let at = 0;
  let hash = P5;
  if (data.length >= STRIPE_BYTES) {
    const lanes = [(P1 + P2) & MASK, P2, 0n, MASK + 1n - P1];
    for (; at + STRIPE_BYTES <= data.length; at += STRIPE_BYTES) {
      lanes.forEach((lane, i) => {
        lanes[i] = round(lane, data.readBigUInt64LE(at + i * 8));
      });
    }
    hash = lanes.reduce((sum, lane, i) => (sum + rotate(lane, [1n, 7n, 12n, 18n][i]!)) & MASK, 0n);
    for (const lane of lanes) hash = ((hash ^ round(0n, lane)) * P1 + P4) & MASK;
  }
  hash = (hash + BigInt(data.length)) & MASK;
  for (; at + 8 <= data.length; at += 8) {
    hash = (rotate(hash ^ round(0n, data.readBigUInt64LE(at)), 27n) * P1 + P4) & MASK;
  }
  if (at + 4 <= data.length) {
    hash = (rotate(hash ^ ((BigInt(data.readUInt32LE(at)) * P1) & MASK), 23n) * P2 + P3) & MASK;
    at += 4;
  }
  for (; at < data.length; at++) hash = (rotate(hash ^ ((BigInt(data[at]!) * P5) & MASK), 11n) * P1) & MASK;
  hash = ((hash ^ (hash >> 33n)) * P2) & MASK;
  hash = ((hash ^ (hash >> 29n)) * P3) & MASK;
  return hash ^ (hash >> 32n);
}
