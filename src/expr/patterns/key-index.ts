/**
 * An index of one list by one kind of keys, in shared memory: a hash table whose nodes name entries, the lengths that
 * occur, and a list of the keys that no hash finds. Everything here is done under the list's lock; what readers do without
 * it stands in pattern-lookup.ts. Nothing is changed where there is no room.
 */
import type { SharedHeap } from '../../state/shared-heap.ts';
import { hashByte, sameCase, spread } from './key-hash.ts';
import {
  type DerivedKey,
  type KeyKind,
  keyKind,
  SHAPE_BYTES,
  SHAPE_NONE,
  SHAPE_SPECIAL,
} from './key-kind.ts';
import {
  ENTRY_GENERATION,
  ENTRY_KEY,
  ENTRY_KEY_LENGTH,
  ENTRY_PREVIOUS,
  FILTER_BYTES,
  IX_COUNT,
  IX_FILTER,
  IX_FILTER_MASK,
  IX_FIRST_BYTES,
  IX_KIND,
  IX_LAST_BYTES,
  IX_LENGTHS,
  IX_LENGTHS_COUNT,
  IX_LENGTHS_ROOM,
  IX_LENGTHS_VERSION,
  IX_MASK,
  IX_NEXT,
  IX_SLOTS,
  IX_SPECIAL_COUNT,
  IX_SPECIAL_FIRST,
  IX_SPECIAL_LAST,
  IX_SPECIAL_VERSION,
  IX_WORDS,
  NODE_BYTES_WORDS,
  NODE_ENTRY,
  NODE_HASH,
  NODE_NEXT,
  NODE_NUMBER_WORDS,
  NODE_TRIM,
  NODE_W0,
  REF_COUNT,
  REF_INDEXES,
  REF_LAST,
  SPECIAL_PREVIOUS,
  SPECIAL_WORDS,
} from './pattern-layout.ts';

/** Nodes for each slot from which on the table grows, and by how much. */
const MOST_LOAD = 2;
const GROWTH = 8;
const LEAST_SLOTS = 4;
const LEAST_LENGTHS = 4;
const FILTER_BITS_A_KEY = 16;
const LEAST_FILTER_BITS = 128;

export interface IndexParts {
  readonly heap: SharedHeap;
  readonly base: number;
  readonly names: ReadonlyMap<string, string>;
  /** Small letters for capitals where the kind ignores case: the filter is about mapped bytes. */
  readonly mapOf: (kind: number) => Uint8Array;
}

function addByte(words: Int32Array, set: number, byte: number): void {
  words[set + (byte >>> 5)] = (words[set + (byte >>> 5)] as number) | (1 << (byte & 31));
}

function powerOfTwo(least: number, wanted: number): number {
  let size = least;
  while (size < wanted) size *= 2;
  return size;
}

export class KeyIndex {
  /** Index of its first word. */
  readonly at: number;
  readonly kind: KeyKind;
  readonly heap: SharedHeap;
  private readonly parts: IndexParts;
  private readonly words: Int32Array;
  private readonly nodeWords: number;

  constructor(at: number, parts: IndexParts) {
    this.at = at;
    this.parts = parts;
    this.heap = parts.heap;
    this.words = parts.heap.words;
    this.kind = keyKind(this.words[at + IX_KIND] as number);
    this.nodeWords = this.kind.shape === SHAPE_BYTES ? NODE_BYTES_WORDS : NODE_NUMBER_WORDS;
  }

  /** Of its hashes. */
  get base(): number {
    return this.parts.base;
  }

  /** Of everything that the list has; undefined without room for it. */
  static build(list: number, kind: number, parts: IndexParts, scratch: DerivedKey): KeyIndex | undefined {
    const { heap } = parts;
    const { words } = heap;
    const count = words[list + REF_COUNT] as number;
    const slots = powerOfTwo(LEAST_SLOTS, count * 2);
    const at = heap.takeClear(IX_WORDS);
    const table = at === 0 ? 0 : heap.takeClear(slots);
    const lengths = table === 0 ? 0 : heap.take(LEAST_LENGTHS * 2);
    if (lengths === 0) {
      if (table !== 0) heap.give(table, slots);
      if (at !== 0) heap.give(at, IX_WORDS);
      return undefined;
    }
    words[at + IX_KIND] = kind;
    words[at + IX_SLOTS] = table;
    words[at + IX_MASK] = slots - 1;
    words[at + IX_LENGTHS] = lengths;
    words[at + IX_LENGTHS_ROOM] = LEAST_LENGTHS;
    const index = new KeyIndex(at, parts);
    if (!index.fill(list, count, scratch)) {
      index.discard();
      return undefined;
    }
    words[at + IX_NEXT] = words[list + REF_INDEXES] as number;
    // Whoever reads the list of indexes without the lock finds this one whole.
    Atomics.store(words, list + REF_INDEXES, at);
    return index;
  }

  /** From the last entry to the first, each at the beginning of its chain: the first of equal ones is found first. */
  private fill(list: number, count: number, key: DerivedKey): boolean {
    const { words, heap, nodeWords } = this;
    const { bytes } = heap;
    const { base, names } = this.parts;
    const run = count === 0 ? 0 : heap.takeRun(count * nodeWords);
    if (count !== 0 && run === 0) return false;
    let node = run;
    const lengths = new Map<number, number>();
    const table = words[this.at + IX_SLOTS] as number;
    const mask = words[this.at + IX_MASK] as number;
    let complete = true;
    for (
      let entry = words[list + REF_LAST] as number;
      entry !== 0;
      entry = words[entry + ENTRY_PREVIOUS] as number
    ) {
      const start = words[entry + ENTRY_KEY] as number;
      const end = start + (words[entry + ENTRY_KEY_LENGTH] as number);
      const shape = complete ? this.kind.derive(bytes, start, end, base, names, key) : SHAPE_NONE;
      if (shape === SHAPE_NONE || shape === SHAPE_SPECIAL) {
        // The run has a node for each entry: this one is not needed.
        heap.give(node, nodeWords);
        if (shape === SHAPE_SPECIAL) complete = this.addSpecial(entry, true);
      } else {
        this.write(node, entry, key, shape);
        const slot = table + (spread(key.hash) & mask);
        words[node + NODE_NEXT] = words[slot] as number;
        words[slot] = node;
        words[this.at + IX_COUNT] = (words[this.at + IX_COUNT] as number) + 1;
        lengths.set(key.length, (lengths.get(key.length) ?? 0) + 1);
      }
      node += nodeWords;
    }
    return complete && this.writeLengths(lengths);
  }

  private writeLengths(lengths: ReadonlyMap<number, number>): boolean {
    const { words, at } = this;
    if (lengths.size > LEAST_LENGTHS && !this.growLengths(lengths.size)) return false;
    let pair = words[at + IX_LENGTHS] as number;
    for (const [length, count] of [...lengths].sort(([a], [b]) => a - b)) {
      words[pair++] = length;
      words[pair++] = count;
    }
    words[at + IX_LENGTHS_COUNT] = lengths.size;
    return true;
  }

  private growLengths(wanted: number): boolean {
    const { words, at, heap } = this;
    const before = words[at + IX_LENGTHS_ROOM] as number;
    const room = powerOfTwo(before, wanted);
    const table = heap.take(room * 2);
    if (table === 0) return false;
    const old = words[at + IX_LENGTHS] as number;
    words.copyWithin(table, old, old + (words[at + IX_LENGTHS_COUNT] as number) * 2);
    words[at + IX_LENGTHS] = table;
    words[at + IX_LENGTHS_ROOM] = room;
    heap.give(old, before * 2);
    return true;
  }

  private write(node: number, entry: number, key: DerivedKey, shape: number): void {
    const { words } = this;
    words[node + NODE_HASH] = key.hash;
    words[node + NODE_ENTRY] = entry;
    if (shape === SHAPE_BYTES) {
      words[node + NODE_TRIM] = key.trimStart | (key.trimEnd << 16);
      if (key.firstByte >= 0) {
        addByte(words, this.at + IX_FIRST_BYTES, key.firstByte);
        addByte(words, this.at + IX_LAST_BYTES, key.lastByte);
      }
      return;
    }
    words[node + NODE_TRIM] = key.length;
    words[node + NODE_W0] = key.w0;
    words[node + NODE_W0 + 1] = key.w1;
    words[node + NODE_W0 + 2] = key.w2;
    words[node + NODE_W0 + 3] = key.w3;
  }

  /** Reads the key of an entry: its shape. */
  derive(entry: number, key: DerivedKey): number {
    const start = this.words[entry + ENTRY_KEY] as number;
    const end = start + (this.words[entry + ENTRY_KEY_LENGTH] as number);
    return this.kind.derive(this.heap.bytes, start, end, this.parts.base, this.parts.names, key);
  }

  /** Adds an entry behind all equal ones. The list's version must be odd. False without room. */
  add(entry: number, key: DerivedKey): boolean {
    const { words, at, heap } = this;
    const shape = this.derive(entry, key);
    if (shape === SHAPE_SPECIAL) return this.addSpecial(entry, false);
    const node = heap.take(this.nodeWords);
    if (node === 0) return false;
    if (!this.countLength(key.length)) {
      heap.give(node, this.nodeWords);
      return false;
    }
    this.write(node, entry, key, shape);
    words[node + NODE_NEXT] = 0;
    if ((words[at + IX_COUNT] as number) >= ((words[at + IX_MASK] as number) + 1) * MOST_LOAD) this.grow();
    let link = (words[at + IX_SLOTS] as number) + (spread(key.hash) & (words[at + IX_MASK] as number));
    for (let next = words[link] as number; next !== 0; next = words[link] as number) link = next + NODE_NEXT;
    words[link] = node;
    words[at + IX_COUNT] = (words[at + IX_COUNT] as number) + 1;
    if (shape === SHAPE_BYTES) this.noteInFilter(entry, key);
    return true;
  }

  /** Takes an entry out. The list's version must be odd. */
  remove(entry: number, key: DerivedKey): void {
    const { words, at, heap } = this;
    if (this.derive(entry, key) === SHAPE_SPECIAL) {
      let node = words[at + IX_SPECIAL_FIRST] as number;
      while (node !== 0 && words[node + NODE_ENTRY] !== entry) node = words[node + NODE_NEXT] as number;
      if (node !== 0) this.removeSpecial(node);
      return;
    }
    let link = (words[at + IX_SLOTS] as number) + (spread(key.hash) & (words[at + IX_MASK] as number));
    for (let node = words[link] as number; node !== 0; node = words[link] as number) {
      if (words[node + NODE_ENTRY] === entry) {
        words[link] = words[node + NODE_NEXT] as number;
        heap.give(node, this.nodeWords);
        words[at + IX_COUNT] = (words[at + IX_COUNT] as number) - 1;
        this.uncountLength(key.length);
        return;
      }
      link = node + NODE_NEXT;
    }
  }

  /** Takes out, from `slot` on, what belongs to a generation that goes; returns the slot to go on from, or -1 at the end. */
  purge(isDead: (generation: number) => boolean, slot: number, most: number, key: DerivedKey): number {
    const { words, at, heap } = this;
    if (slot === 0) {
      for (let node = words[at + IX_SPECIAL_FIRST] as number; node !== 0; ) {
        const next = words[node + NODE_NEXT] as number;
        if (isDead(words[(words[node + NODE_ENTRY] as number) + ENTRY_GENERATION] as number))
          this.removeSpecial(node);
        node = next;
      }
    }
    const table = words[at + IX_SLOTS] as number;
    const slots = (words[at + IX_MASK] as number) + 1;
    const last = Math.min(slots, slot + most);
    for (let i = slot; i < last; i++) {
      let link = table + i;
      for (let node = words[link] as number; node !== 0; node = words[link] as number) {
        const entry = words[node + NODE_ENTRY] as number;
        if (!isDead(words[entry + ENTRY_GENERATION] as number)) {
          link = node + NODE_NEXT;
          continue;
        }
        if (this.derive(entry, key) !== SHAPE_NONE) this.uncountLength(key.length);
        words[link] = words[node + NODE_NEXT] as number;
        heap.give(node, this.nodeWords);
        words[at + IX_COUNT] = (words[at + IX_COUNT] as number) - 1;
      }
    }
    return last === slots ? -1 : last;
  }

  /** An entry's value has changed: who keeps something made of it makes it anew. */
  touchSpecials(): void {
    const { words, at } = this;
    if ((words[at + IX_SPECIAL_COUNT] as number) > 0)
      words[at + IX_SPECIAL_VERSION] = ((words[at + IX_SPECIAL_VERSION] as number) + 1) | 0;
  }

  private addSpecial(entry: number, first: boolean): boolean {
    const { words, at } = this;
    const node = this.heap.take(SPECIAL_WORDS);
    if (node === 0) return false;
    const neighbour = words[at + (first ? IX_SPECIAL_FIRST : IX_SPECIAL_LAST)] as number;
    words[node + NODE_NEXT] = first ? neighbour : 0;
    words[node + SPECIAL_PREVIOUS] = first ? 0 : neighbour;
    words[node + NODE_ENTRY] = entry;
    if (neighbour !== 0) words[neighbour + (first ? SPECIAL_PREVIOUS : NODE_NEXT)] = node;
    if (first || neighbour === 0) words[at + IX_SPECIAL_FIRST] = node;
    if (!first || neighbour === 0) words[at + IX_SPECIAL_LAST] = node;
    words[at + IX_SPECIAL_COUNT] = (words[at + IX_SPECIAL_COUNT] as number) + 1;
    words[at + IX_SPECIAL_VERSION] = ((words[at + IX_SPECIAL_VERSION] as number) + 1) | 0;
    return true;
  }

  private removeSpecial(node: number): void {
    const { words, at } = this;
    const next = words[node + NODE_NEXT] as number;
    const previous = words[node + SPECIAL_PREVIOUS] as number;
    if (previous === 0) words[at + IX_SPECIAL_FIRST] = next;
    else words[previous + NODE_NEXT] = next;
    if (next === 0) words[at + IX_SPECIAL_LAST] = previous;
    else words[next + SPECIAL_PREVIOUS] = previous;
    this.heap.give(node, SPECIAL_WORDS);
    words[at + IX_SPECIAL_COUNT] = (words[at + IX_SPECIAL_COUNT] as number) - 1;
    words[at + IX_SPECIAL_VERSION] = ((words[at + IX_SPECIAL_VERSION] as number) + 1) | 0;
  }

  /** Index of the first pair whose length is not below. */
  private pairOf(length: number): number {
    const { words, at } = this;
    const table = words[at + IX_LENGTHS] as number;
    let from = 0;
    let to = words[at + IX_LENGTHS_COUNT] as number;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((words[table + middle * 2] as number) < length) from = middle + 1;
      else to = middle;
    }
    return table + from * 2;
  }

  private countLength(length: number): boolean {
    const { words, at } = this;
    let pair = this.pairOf(length);
    const count = words[at + IX_LENGTHS_COUNT] as number;
    const end = (): number => (words[at + IX_LENGTHS] as number) + count * 2;
    if (pair === end() || words[pair] !== length) {
      if (count === words[at + IX_LENGTHS_ROOM]) {
        if (!this.growLengths(count + 1)) return false;
        pair = this.pairOf(length);
      }
      words.copyWithin(pair + 2, pair, end());
      words[pair] = length;
      words[pair + 1] = 0;
      words[at + IX_LENGTHS_COUNT] = count + 1;
      words[at + IX_LENGTHS_VERSION] = ((words[at + IX_LENGTHS_VERSION] as number) + 1) | 0;
    }
    words[pair + 1] = (words[pair + 1] as number) + 1;
    return true;
  }

  private uncountLength(length: number): void {
    const { words, at } = this;
    const pair = this.pairOf(length);
    const left = (words[pair + 1] as number) - 1;
    words[pair + 1] = left;
    if (left > 0) return;
    const count = words[at + IX_LENGTHS_COUNT] as number;
    words.copyWithin(pair, pair + 2, (words[at + IX_LENGTHS] as number) + count * 2);
    words[at + IX_LENGTHS_COUNT] = count - 1;
    words[at + IX_LENGTHS_VERSION] = ((words[at + IX_LENGTHS_VERSION] as number) + 1) | 0;
  }

  /** Without room for a larger table the chains get longer, and all is found as before. */
  private grow(): void {
    const { words, at, heap } = this;
    const old = words[at + IX_SLOTS] as number;
    const before = (words[at + IX_MASK] as number) + 1;
    const slots = before * GROWTH;
    const table = heap.takeClear(slots);
    if (table === 0) return;
    for (let i = 0; i < before; i++) {
      for (let node = words[old + i] as number; node !== 0; ) {
        const next = words[node + NODE_NEXT] as number;
        // Chains stay in their order: what lay before another lies before it still.
        let link = table + (spread(words[node + NODE_HASH] as number) & (slots - 1));
        for (let each = words[link] as number; each !== 0; each = words[link] as number)
          link = each + NODE_NEXT;
        words[node + NODE_NEXT] = 0;
        words[link] = node;
        node = next;
      }
    }
    words[at + IX_SLOTS] = table;
    words[at + IX_MASK] = slots - 1;
    heap.give(old, before);
    if ((words[at + IX_FILTER] as number) !== 0) this.makeFilter();
  }

  get hasFilter(): boolean {
    return (this.words[this.at + IX_FILTER] as number) !== 0;
  }

  /** For searches of keys anywhere in a text: which first four bytes may lead to one. False without room. */
  makeFilter(): boolean {
    const { words, at, heap } = this;
    const bits = powerOfTwo(
      LEAST_FILTER_BITS,
      Math.max(words[at + IX_COUNT] as number, (words[at + IX_MASK] as number) + 1) * FILTER_BITS_A_KEY,
    );
    const filter = heap.takeClear(bits / 32);
    const old = words[at + IX_FILTER] as number;
    if (filter === 0) return old !== 0;
    const oldBits = (words[at + IX_FILTER_MASK] as number) + 1;
    words[at + IX_FILTER] = filter;
    words[at + IX_FILTER_MASK] = bits - 1;
    if (old !== 0) heap.give(old, oldBits / 32);
    const table = words[at + IX_SLOTS] as number;
    const slots = (words[at + IX_MASK] as number) + 1;
    for (let i = 0; i < slots; i++) {
      for (let node = words[table + i] as number; node !== 0; node = words[node + NODE_NEXT] as number) {
        this.setFilter(words[node + NODE_ENTRY] as number, words[node + NODE_TRIM] as number);
      }
    }
    return true;
  }

  private noteInFilter(entry: number, key: DerivedKey): void {
    if ((this.words[this.at + IX_FILTER] as number) !== 0)
      this.setFilter(entry, key.trimStart | (key.trimEnd << 16));
  }

  private setFilter(entry: number, trim: number): void {
    const { words, at } = this;
    const { base, mapOf } = this.parts;
    const { bytes } = this.heap;
    const start = (words[entry + ENTRY_KEY] as number) + (trim & 0xffff);
    const length = (words[entry + ENTRY_KEY_LENGTH] as number) - (trim & 0xffff) - (trim >>> 16);
    if (length < FILTER_BYTES) return;
    const map = mapOf(this.kind.kind) ?? sameCase;
    let hash = 0;
    for (let i = 0; i < FILTER_BYTES; i++)
      hash = hashByte(hash, map[bytes[start + i] as number] as number, base);
    const bit = spread(hash) & (words[at + IX_FILTER_MASK] as number);
    const word = (words[at + IX_FILTER] as number) + (bit >>> 5);
    words[word] = (words[word] as number) | (1 << (bit & 31));
  }

  /** Gives everything back: of an index that could not be built. */
  private discard(): void {
    const { words, at, heap } = this;
    const table = words[at + IX_SLOTS] as number;
    const slots = (words[at + IX_MASK] as number) + 1;
    for (let i = 0; i < slots; i++) {
      for (let node = words[table + i] as number; node !== 0; ) {
        const next = words[node + NODE_NEXT] as number;
        heap.give(node, this.nodeWords);
        node = next;
      }
    }
    for (let node = words[at + IX_SPECIAL_FIRST] as number; node !== 0; ) {
      const next = words[node + NODE_NEXT] as number;
      heap.give(node, SPECIAL_WORDS);
      node = next;
    }
    heap.give(table, slots);
    heap.give(words[at + IX_LENGTHS] as number, (words[at + IX_LENGTHS_ROOM] as number) * 2);
    heap.give(at, IX_WORDS);
  }
}
