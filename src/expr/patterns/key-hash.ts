/**
 * The hash of byte strings in pattern lists: a polynomial over the bytes, because that of any part of a text then follows
 * from those of its beginnings, and one index serves equal, beginning, ending and inner strings. The base is drawn by
 * each process, so that nobody can prepare keys that meet in one place.
 */
import { randomInt } from 'node:crypto';

/** Small letters for capitals, everything else as it is. */
export const lowerCase = Uint8Array.from({ length: 256 }, (_, c) => (c >= 65 && c <= 90 ? c + 32 : c));
export const sameCase = Uint8Array.from({ length: 256 }, (_, c) => c);

/** Of nothing. */
export const HASH_START = 0;

export function newHashBase(): number {
  return (randomInt(0x10000, 0x7fffffff) * 8 + 5) | 0;
}

/** The hash of what was hashed to `hash` with one more byte behind it. */
export function hashByte(hash: number, byte: number, base: number): number {
  return (Math.imul(hash, base) + byte + 1) | 0;
}

/** Mixes so that the lower bits, which choose the place in a table, depend on all others. */
export function spread(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return once ^ (once >>> 12);
}

export function hashBytes(u8: Uint8Array, start: number, end: number, map: Uint8Array, base: number): number {
  let hash = HASH_START;
  for (let i = start; i < end; i++) hash = hashByte(hash, map[u8[i] as number] as number, base);
  return hash;
}

/** Of a number or an address: its 32-bit words, with what else tells it from others. */
export function hashWords(
  w0: number,
  w1: number,
  w2: number,
  w3: number,
  extra: number,
  base: number,
): number {
  let hash = Math.imul(extra + 1, base);
  hash = Math.imul(hash ^ w0, 0x9e3779b1) ^ (hash >>> 13);
  hash = Math.imul(hash ^ w1, 0x85ebca6b) ^ (hash >>> 13);
  hash = Math.imul(hash ^ w2, 0xc2b2ae35) ^ (hash >>> 13);
  hash = Math.imul(hash ^ w3, 0x27d4eb2f) ^ (hash >>> 13);
  return hash | 0;
}
