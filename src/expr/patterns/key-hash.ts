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
  return (Math.imul(hash, base) + byte) | 0;
}

/** Mixes so that the lower bits, which choose the place in a table, depend on all others. */
export function spread(hash: number): number {
  const once = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return once ^ (once >>> 12);
}

/** Hashes whole texts, four bytes at a time: multiplications that do not wait for each other. */
export class TextHash {
  readonly base: number;
  private readonly base2: number;
  private readonly base3: number;
  private readonly base4: number;

  constructor(base: number) {
    this.base = base;
    this.base2 = Math.imul(base, base);
    this.base3 = Math.imul(this.base2, base);
    this.base4 = Math.imul(this.base3, base);
  }

  of(u8: Uint8Array, start: number, end: number): number {
    const { base, base2, base3, base4 } = this;
    let hash = HASH_START;
    let i = start;
    for (; i + 4 <= end; i += 4) {
      hash =
        (Math.imul(hash, base4) +
          Math.imul(u8[i] as number, base3) +
          Math.imul(u8[i + 1] as number, base2) +
          Math.imul(u8[i + 2] as number, base) +
          (u8[i + 3] as number)) |
        0;
    }
    for (; i < end; i++) hash = hashByte(hash, u8[i] as number, base);
    return hash;
  }

  /** Of what the bytes are by the table. */
  ofMapped(u8: Uint8Array, start: number, end: number, map: Uint8Array): number {
    const { base } = this;
    let hash = HASH_START;
    for (let i = start; i < end; i++) hash = hashByte(hash, map[u8[i] as number] as number, base);
    return hash;
  }
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
  const hash = Math.imul(w0 ^ (extra << 24) ^ extra, base);
  // Small numbers and IPv4 addresses have one word.
  if ((w1 | w2 | w3) === 0) return hash;
  let more = Math.imul(w1 ^ (hash >>> 15), 0x85ebca6b);
  more = Math.imul(w2 ^ more ^ (more >>> 13), 0xc2b2ae35);
  return Math.imul(w3 ^ more ^ (more >>> 15), 0x27d4eb2f) ^ hash;
}
