/**
 * What a thread knows of one index of a list: where its table lies, which lengths occur, what was made of the keys that no
 * hash finds. It is as of the last `refresh`; who searches with it looks afterwards whether it still holds
 * (pattern-lookup.ts), so every loop over shared words has an end of its own.
 * One class for all kinds of keys: what runs with every lookup has fields at the same places whatever is looked for.
 */
import { sameCase, spread, TextHash } from './key-hash.ts';
import {
  BYTE_SET_WORDS,
  ENTRY_GENERATION,
  ENTRY_KEY,
  ENTRY_KEY_LENGTH,
  ENTRY_SEQUENCE,
  IX_COUNT,
  IX_FILTER,
  IX_FILTER_MASK,
  IX_FIRST_BYTES,
  IX_LAST_BYTES,
  IX_LENGTHS,
  IX_LENGTHS_COUNT,
  IX_LENGTHS_VERSION,
  IX_MASK,
  IX_SLOTS,
  IX_SPECIAL_COUNT,
  IX_SPECIAL_FIRST,
  IX_SPECIAL_VERSION,
  NODE_ENTRY,
  NODE_HASH,
  NODE_NEXT,
  NODE_TRIM,
  REF_COUNT,
  REF_GENERATION,
} from './pattern-layout.ts';
import type { PatternReference } from './pattern-reference.ts';
import { caseMap } from './text-kinds.ts';

export class IndexView {
  readonly reference: PatternReference;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly base: number;
  readonly hash: TextHash;
  /** By byte: as what it is compared. */
  readonly map: Uint8Array;
  readonly isPlain: boolean;
  slots = 0;
  mask = 0;
  /** Nodes: no chain is longer. */
  most = 0;
  generation = 0;
  /** There is no entry at all. */
  isEmpty = false;
  /** Lengths that keys have, ascending. */
  lengths: Int32Array = new Int32Array(4);
  lengthCount = 0;
  /** By byte, 1: some key begins, or ends, with it. Most texts are told by that to have no match. */
  readonly firstBytes = new Uint8Array(256);
  readonly lastBytes = new Uint8Array(256);
  filter = 0;
  filterMask = 0;
  /** There are keys that no hash finds. */
  hasSpecials = false;
  /** Makes of them what is searched. They are in the order of the list, which is frozen. */
  takeSpecials: (entries: readonly number[]) => void = () => {};
  private readonly index: number;
  private lengthsVersion = -1;
  private specialVersion = 0;
  private specialGeneration = 0;
  private readonly sets = new Int32Array(2 * BYTE_SET_WORDS);

  constructor(reference: PatternReference, kind: number) {
    this.reference = reference;
    const index = reference.index(kind);
    this.index = index.at;
    this.words = index.heap.words;
    this.bytes = index.heap.bytes;
    this.base = index.base;
    this.hash = new TextHash(index.base);
    this.map = caseMap(kind);
    this.isPlain = this.map === sameCase;
  }

  /** Takes up what has changed in the list. What it reads may be changing. */
  refresh(): void {
    const { words, index, reference } = this;
    this.isEmpty = words[reference.at + REF_COUNT] === 0;
    this.generation = words[reference.at + REF_GENERATION] as number;
    this.slots = words[index + IX_SLOTS] as number;
    this.mask = words[index + IX_MASK] as number;
    this.most = words[index + IX_COUNT] as number;
    this.filter = words[index + IX_FILTER] as number;
    this.filterMask = words[index + IX_FILTER_MASK] as number;
    this.takeBytes(index + IX_FIRST_BYTES, 0, this.firstBytes);
    this.takeBytes(index + IX_LAST_BYTES, BYTE_SET_WORDS, this.lastBytes);
    const version = words[index + IX_LENGTHS_VERSION] as number;
    if (version === this.lengthsVersion) return;
    this.lengthsVersion = version;
    this.lengthCount = 0;
    const count = words[index + IX_LENGTHS_COUNT] as number;
    if (count > this.lengths.length) {
      // A count that is not one: the list is changing, and all of this is done again.
      if (count > words.length / 2) return;
      this.lengths = new Int32Array(count * 2);
    }
    const table = words[index + IX_LENGTHS] as number;
    for (let i = 0; i < count; i++) this.lengths[i] = words[table + i * 2] as number;
    this.lengthCount = count;
  }

  private takeBytes(set: number, known: number, to: Uint8Array): void {
    const { words, sets } = this;
    for (let i = 0; i < BYTE_SET_WORDS; i++) {
      const word = words[set + i] as number;
      if (word === sets[known + i]) continue;
      sets[known + i] = word;
      for (let bit = 0; bit < 32; bit++) to[i * 32 + bit] = (word >>> bit) & 1;
    }
  }

  /** What was taken up may not be right: next time nothing of it is trusted. */
  forget(): void {
    this.lengthsVersion = -1;
  }

  /** Keys that no hash finds have changed: they are read with the list frozen. */
  needsFreeze(): boolean {
    const { words, index } = this;
    return (
      words[index + IX_SPECIAL_VERSION] !== this.specialVersion ||
      // A generation that is committed makes others of them count.
      (this.generation !== this.specialGeneration &&
        (this.hasSpecials || (words[index + IX_SPECIAL_COUNT] as number) > 0))
    );
  }

  refreshFrozen(): void {
    this.forget();
    this.refresh();
    const { words, index } = this;
    this.specialVersion = words[index + IX_SPECIAL_VERSION] as number;
    this.specialGeneration = this.generation;
    const entries: number[] = [];
    for (
      let node = words[index + IX_SPECIAL_FIRST] as number;
      node !== 0;
      node = words[node + NODE_NEXT] as number
    ) {
      const entry = words[node + NODE_ENTRY] as number;
      if (words[entry + ENTRY_GENERATION] === this.generation) entries.push(entry);
    }
    this.hasSpecials = entries.length > 0;
    this.takeSpecials(entries);
  }

  /** Which of two entries stands first in the list; 0 is none. */
  first(a: number, b: number): number {
    if (a === 0 || b === 0) return a + b;
    return (this.words[a + ENTRY_SEQUENCE] as number) <= (this.words[b + ENTRY_SEQUENCE] as number) ? a : b;
  }

  keyText(entry: number): string {
    return this.textAt(
      this.words[entry + ENTRY_KEY] as number,
      this.words[entry + ENTRY_KEY_LENGTH] as number,
    );
  }

  textAt(start: number, length: number): string {
    return Buffer.from(this.bytes.slice(start, start + length)).toString('latin1');
  }

  // Of keys that are bytes.

  /** The hash of a text as it is compared. */
  hashOf(u8: Uint8Array, start: number, end: number): number {
    return this.isPlain ? this.hash.of(u8, start, end) : this.hash.ofMapped(u8, start, end, this.map);
  }

  /** The first entry whose key, as its kind trims it, equals the bytes, of which `hash` is the hash; or 0. */
  findBytes(u8: Uint8Array, start: number, end: number, hash: number): number {
    const { words } = this;
    const length = end - start;
    let left = this.most;
    let node = words[this.slots + (spread(hash) & this.mask)] as number;
    for (; node > 0 && left >= 0; left--) {
      if (words[node + NODE_HASH] === hash) {
        const entry = words[node + NODE_ENTRY] as number;
        const trim = words[node + NODE_TRIM] as number;
        if (
          (words[entry + ENTRY_KEY_LENGTH] as number) - (trim & 0xffff) - (trim >>> 16) === length &&
          words[entry + ENTRY_GENERATION] === this.generation &&
          this.equals((words[entry + ENTRY_KEY] as number) + (trim & 0xffff), u8, start, length)
        )
          return entry;
      }
      node = words[node + NODE_NEXT] as number;
    }
    return 0;
  }

  private equals(from: number, u8: Uint8Array, start: number, length: number): boolean {
    const { bytes, map } = this;
    if (this.isPlain) {
      for (let i = 0; i < length; i++) if (bytes[from + i] !== u8[start + i]) return false;
      return true;
    }
    for (let i = 0; i < length; i++)
      if (map[bytes[from + i] as number] !== map[u8[start + i] as number]) return false;
    return true;
  }

  /** There is the empty key, or one that begins with the text's first byte. */
  mayBegin(u8: Uint8Array, start: number, end: number): boolean {
    if (start < end && this.firstBytes[this.map[u8[start] as number] as number] === 1) return true;
    return this.hasEmpty;
  }

  mayEnd(u8: Uint8Array, start: number, end: number): boolean {
    if (start < end && this.lastBytes[this.map[u8[end - 1] as number] as number] === 1) return true;
    return this.hasEmpty;
  }

  get hasEmpty(): boolean {
    return this.lengthCount > 0 && this.lengths[0] === 0;
  }
}
