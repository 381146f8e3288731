/**
 * Byte strings by their hash: found in a time that does not grow with their number, without making a string of what is
 * looked for. The first of equal strings counts.
 */
const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

export const HASH_START = FNV_OFFSET;

/** The hash of what was hashed to `hash` with one more byte. */
export function hashByte(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, FNV_PRIME);
}

/** Small letters for capitals, everything else as it is. */
export const lowerCase = Uint8Array.from({ length: 256 }, (_, c) => (c >= 65 && c <= 90 ? c + 32 : c));
export const sameCase = Uint8Array.from({ length: 256 }, (_, c) => c);

export class ByteTable {
  /** Lengths of the strings that it holds, ascending. */
  readonly lengths: readonly number[];
  private readonly bytes: Uint8Array;
  private readonly offsets: Int32Array;
  private readonly positions: Int32Array;
  /** Entry number + 1 by slot; 0: free. */
  private readonly slots: Int32Array;
  private readonly mask: number;

  /** `backwards`: hashed from the last byte to the first, for suffixes. `map` is applied to every byte. */
  constructor(strings: readonly Uint8Array[], map: Uint8Array, backwards = false) {
    let total = 0;
    for (const each of strings) total += each.length;
    this.bytes = new Uint8Array(total);
    this.offsets = new Int32Array(strings.length + 1);
    this.positions = new Int32Array(strings.length);
    let size = 16;
    while (size < strings.length * 2) size *= 2;
    this.slots = new Int32Array(size);
    this.mask = size - 1;
    const lengths = new Set<number>();
    let at = 0;
    let entry = 0;
    for (const [position, each] of strings.entries()) {
      const start = at;
      let hash = HASH_START;
      for (let i = 0; i < each.length; i++) {
        const c = map[each[backwards ? each.length - 1 - i : i] as number] as number;
        this.bytes[at++] = c;
        hash = hashByte(hash, c);
      }
      let slot = this.slotOf(hash);
      let known = false;
      while (this.slots[slot] !== 0) {
        if (this.equals((this.slots[slot] as number) - 1, this.bytes, start, at, sameCase)) {
          known = true;
          break;
        }
        slot = (slot + 1) & this.mask;
      }
      if (known) {
        at = start;
        continue;
      }
      this.offsets[entry] = start;
      this.offsets[entry + 1] = at;
      this.positions[entry] = position;
      this.slots[slot] = ++entry;
      lengths.add(each.length);
    }
    this.lengths = [...lengths].sort((a, b) => a - b);
  }

  /** Position of the string that equals `start`…`end` (mapped), or -1. `hash` is that of the mapped bytes. */
  find(u8: Uint8Array, start: number, end: number, map: Uint8Array, hash: number, backwards = false): number {
    let slot = this.slotOf(hash);
    for (;;) {
      const entry = (this.slots[slot] as number) - 1;
      if (entry < 0) return -1;
      const equal = backwards
        ? this.equalsBackwards(entry, u8, start, end, map)
        : this.equals(entry, u8, start, end, map);
      if (equal) return this.positions[entry] as number;
      slot = (slot + 1) & this.mask;
    }
  }

  /** Hashes by itself. */
  findWhole(u8: Uint8Array, start: number, end: number, map: Uint8Array): number {
    let hash = HASH_START;
    for (let i = start; i < end; i++) hash = hashByte(hash, map[u8[i] as number] as number);
    return this.find(u8, start, end, map, hash);
  }

  private slotOf(hash: number): number {
    return (hash ^ (hash >>> 15)) & this.mask;
  }

  private equals(entry: number, u8: Uint8Array, start: number, end: number, map: Uint8Array): boolean {
    const from = this.offsets[entry] as number;
    const length = (this.offsets[entry + 1] as number) - from;
    if (end - start !== length) return false;
    for (let i = 0; i < length; i++) {
      if (this.bytes[from + i] !== map[u8[start + i] as number]) return false;
    }
    return true;
  }

  private equalsBackwards(
    entry: number,
    u8: Uint8Array,
    start: number,
    end: number,
    map: Uint8Array,
  ): boolean {
    const from = this.offsets[entry] as number;
    const length = (this.offsets[entry + 1] as number) - from;
    if (end - start !== length) return false;
    for (let i = 0; i < length; i++) {
      if (this.bytes[from + i] !== map[u8[end - 1 - i] as number]) return false;
    }
    return true;
  }
}
