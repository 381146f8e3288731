/**
 * One list of patterns or map entries, as HAProxy's pattern references: shared by all threads and by everything that
 * names the same file. It lies in shared memory. One writer at a time holds its lock; readers take none: its version,
 * which is odd while it is being changed, tells them that what they saw may not be so (pattern-lookup.ts).
 * Owns generations, edits and indexes: every index of the list follows each edit. The entries themselves are those of
 * pattern-entries.ts.
 * Specification: configuration manual 4.2 `http-request set-map` and its siblings; management manual 9.3 `add map` …
 */
import { lock, unlock } from '../../state/spin-lock.ts';
import { spread, TextHash } from './key-hash.ts';
import { type IndexParts, KeyIndex } from './key-index.ts';
import { DerivedKey, KIND_TEXT, SHAPE_NONE } from './key-kind.ts';
import { type EntryText, type PageCursor, PatternEntries } from './pattern-entries.ts';
import {
  ENTRY_GENERATION,
  ENTRY_KEY,
  ENTRY_KEY_LENGTH,
  ENTRY_NEXT,
  ENTRY_SEQUENCE,
  ENTRY_VALUE,
  ENTRY_VALUE_LENGTH,
  ENTRY_WORDS,
  IX_KIND,
  IX_MASK,
  IX_NEXT,
  IX_SLOTS,
  NODE_ENTRY,
  NODE_HASH,
  NODE_NEXT,
  REF_COUNT,
  REF_FIRST,
  REF_FLAGS,
  REF_GENERATION,
  REF_ID,
  REF_INDEXES,
  REF_IS_MAP,
  REF_LOCK,
  REF_NAME,
  REF_NAME_LENGTH,
  REF_NEXT_GENERATION,
  REF_REFUSED,
  REF_SEQUENCE,
  REF_VALUES_INT,
  REF_VALUES_IP,
  REF_VERSION,
} from './pattern-layout.ts';
import { isAddressText, isIntegerText } from './pattern-values.ts';

/** What an edit gives instead of the number of entries that it changed: `reason` says why. */
export const REFUSED = -1;
/** There is no room left for it. */
export const NO_ROOM = -2;

/** Slots, and entries, that are cleared while readers wait. */
const SWEEP = 2048;

export class PatternReference extends PatternEntries {
  /** Why the last edit of this thread was refused. */
  reason = '';
  private readonly key = new DerivedKey();
  private readonly indexes: KeyIndex[] = [];
  /** Its first index as this thread knows them. */
  private firstIndex = 0;
  private changing = false;
  private readonly hash: TextHash;

  constructor(at: number, parts: IndexParts) {
    super(at, parts);
    this.hash = new TextHash(parts.base);
  }

  get id(): number {
    return this.words[this.at + REF_ID] as number;
  }

  /** Of its file; empty for patterns that are written on a line. */
  get name(): string {
    const start = this.words[this.at + REF_NAME] as number;
    return this.text(start, this.words[this.at + REF_NAME_LENGTH] as number);
  }

  get isMap(): boolean {
    return this.hasFlag(REF_IS_MAP);
  }

  hasFlag(flag: number): boolean {
    return (Atomics.load(this.words, this.at + REF_FLAGS) & flag) !== 0;
  }

  setFlag(flag: number): void {
    Atomics.or(this.words, this.at + REF_FLAGS, flag);
  }

  /** Entries of all generations. */
  get count(): number {
    return Atomics.load(this.words, this.at + REF_COUNT);
  }

  /** `curr_ver` and `next_ver`. */
  get generation(): number {
    return Atomics.load(this.words, this.at + REF_GENERATION) >>> 0;
  }

  get nextGeneration(): number {
    return Atomics.load(this.words, this.at + REF_NEXT_GENERATION) >>> 0;
  }

  /** Edits that found no room, over all threads. */
  get refusedEdits(): number {
    return Atomics.load(this.words, this.at + REF_REFUSED);
  }

  // Locking and versions.

  private open(): void {
    lock(this.words, this.at + REF_LOCK);
  }

  /** From here on readers see that the list changes. */
  private touch(): void {
    if (this.changing) return;
    this.changing = true;
    Atomics.add(this.words, this.at + REF_VERSION, 1);
  }

  private settle(): void {
    if (!this.changing) return;
    this.changing = false;
    Atomics.add(this.words, this.at + REF_VERSION, 1);
  }

  private close(): void {
    this.settle();
    unlock(this.words, this.at + REF_LOCK);
  }

  /** Runs with nobody changing the list: for what has to see more of it than one lookup does. */
  frozen<T>(look: () => T): T {
    this.open();
    try {
      return look();
    } finally {
      this.close();
    }
  }

  // Indexes.

  /** The index by that kind of keys, built by whoever needs it first. Throws where there is no room for it. */
  index(kind: number): KeyIndex {
    const index = this.frozen(() => this.indexLocked(kind));
    if (index === undefined) throw new Error('no room for an index of patterns');
    return index;
  }

  /** The index by that kind knows which four bytes keys begin with. */
  needFilter(kind: number): void {
    this.open();
    try {
      const index = this.indexLocked(kind);
      if (index === undefined || index.hasFilter) return;
      this.touch();
      if (!index.makeFilter()) throw new Error('no room for a filter of patterns');
    } finally {
      this.close();
    }
  }

  private indexLocked(kind: number): KeyIndex | undefined {
    this.knowIndexes();
    for (let i = 0; i < this.indexes.length; i++) {
      const each = this.indexes[i] as KeyIndex;
      if (each.kind.kind === kind) return each;
    }
    if (KeyIndex.build(this.at, kind, this.parts, this.key) === undefined) return undefined;
    this.knowIndexes();
    return this.indexes[0];
  }

  /** Other threads may have built some. */
  private knowIndexes(): void {
    const first = this.words[this.at + REF_INDEXES] as number;
    if (first === this.firstIndex) return;
    this.firstIndex = first;
    this.indexes.length = 0;
    for (let at = first; at !== 0; at = this.words[at + IX_NEXT] as number)
      this.indexes.push(new KeyIndex(at, this.parts));
  }

  // Edits. Each gives the number of entries that it changed or added, or REFUSED or NO_ROOM.

  /** Adds an entry, whether there is one of that key or not (`add map`, `add acl`). */
  add(key: Uint8Array, value: Uint8Array | undefined, generation = this.generation): number {
    const hasValue = value !== undefined;
    return this.edit(() =>
      this.addLocked(key, 0, key.length, value ?? key, 0, hasValue ? value.length : -1, generation),
    );
  }

  /** Changes the value of all entries of that key, and adds one where there is none (the action `set-map`). */
  put(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
  ): number {
    this.open();
    try {
      const result = this.setLocked(key, keyStart, keyEnd, value, start, end);
      if (result !== 0) return result;
      return this.addLocked(key, keyStart, keyEnd, value, start, end - start, this.currentGeneration());
    } finally {
      this.close();
    }
  }

  /** Adds an entry without a value unless there is one of that key (the action `add-acl`). */
  addMissing(key: Uint8Array, start: number, end: number): number {
    this.open();
    try {
      if (this.findEntry(key, start, end, 0) !== 0) return 0;
      return this.addLocked(key, start, end, key, 0, -1, this.currentGeneration());
    } finally {
      this.close();
    }
  }

  /** Takes out all entries of that key (`del map`, and the actions `del-map` and `del-acl`). */
  delete(key: Uint8Array, start: number, end: number): number {
    this.open();
    try {
      let deleted = 0;
      for (;;) {
        const entry = this.findEntry(key, start, end, 0);
        if (entry === 0) return deleted;
        this.deleteLocked(entry);
        deleted++;
      }
    } finally {
      this.close();
    }
  }

  /** Changes the value of all entries of that key (`set map`). */
  set(key: Uint8Array, value: Uint8Array): number {
    return this.edit(() => this.setLocked(key, 0, key.length, value, 0, value.length));
  }

  /** Changes the value of the entry with that id (`set map … #<ref>`). */
  setEntry(id: number, value: Uint8Array): number {
    return this.edit(() => {
      const entry = this.entryOf(id);
      if (entry === 0) return 0;
      return this.acceptsValue(value, 0, value.length) ? this.change(entry, value, 0, value.length) : REFUSED;
    });
  }

  /** Takes out the entry with that id (`del map … #<ref>`). */
  deleteEntry(id: number): number {
    return this.edit(() => {
      const entry = this.entryOf(id);
      if (entry === 0) return 0;
      this.deleteLocked(entry);
      return 1;
    });
  }

  /** Takes out everything of one generation (`clear map`). */
  clear(generation = this.generation): void {
    this.edit(() => this.sweep((each) => each >>> 0 === generation));
  }

  /** A new generation, which nothing matches before it is committed (`prepare map`). */
  prepare(): number {
    return (Atomics.add(this.words, this.at + REF_NEXT_GENERATION, 1) + 1) >>> 0;
  }

  /** That generation is the list from now on, at once; older ones are taken out. False where it was not prepared. */
  commit(generation: number): boolean {
    const { words, at } = this;
    return (
      this.edit(() => {
        const current = words[at + REF_GENERATION] as number;
        const next = words[at + REF_NEXT_GENERATION] as number;
        if (((generation - current) | 0) <= 0 || ((next - generation) | 0) < 0) return 0;
        this.touch();
        words[at + REF_GENERATION] = generation | 0;
        this.settle();
        this.sweep((each) => ((each - generation) | 0) < 0);
        return 1;
      }) === 1
    );
  }

  private edit(change: () => number): number {
    this.open();
    try {
      return change();
    } finally {
      this.close();
    }
  }

  private currentGeneration(): number {
    return this.words[this.at + REF_GENERATION] as number;
  }

  /** The first current entry with exactly this key, or 0. `behind`: the first behind that one. */
  private findEntry(key: Uint8Array, start: number, end: number, behind: number): number {
    const { words } = this;
    const index = this.indexLocked(KIND_TEXT)?.at;
    if (index === undefined) return this.search(key, start, end, behind);
    const hash = this.hash.of(key, start, end);
    const slot = (words[index + IX_SLOTS] as number) + (spread(hash) & (words[index + IX_MASK] as number));
    const generation = this.currentGeneration();
    let passed = behind === 0;
    for (let node = words[slot] as number; node !== 0; node = words[node + NODE_NEXT] as number) {
      const entry = words[node + NODE_ENTRY] as number;
      if (entry === behind) {
        passed = true;
        continue;
      }
      if (!passed || words[node + NODE_HASH] !== hash || words[entry + ENTRY_GENERATION] !== generation)
        continue;
      if (this.hasKey(entry, key, start, end)) return entry;
    }
    return 0;
  }

  /** Where there was no room for an index of the keys. */
  private search(key: Uint8Array, start: number, end: number, behind: number): number {
    const { words } = this;
    const generation = this.currentGeneration();
    let entry =
      behind === 0 ? (words[this.at + REF_FIRST] as number) : (words[behind + ENTRY_NEXT] as number);
    for (; entry !== 0; entry = words[entry + ENTRY_NEXT] as number) {
      if (words[entry + ENTRY_GENERATION] === generation && this.hasKey(entry, key, start, end)) return entry;
    }
    return 0;
  }

  private addLocked(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueLength: number,
    generation: number,
  ): number {
    if (valueLength >= 0 && !this.acceptsValue(value, valueStart, valueStart + valueLength)) return REFUSED;
    // Whoever edits by key will want it, and it is the cheaper the fewer entries there are.
    if (this.indexLocked(KIND_TEXT) === undefined) return this.noRoom();
    if (!this.acceptsKey(key, keyStart, keyEnd)) return REFUSED;
    const { words } = this;
    const { heap } = this.parts;
    this.touch();
    const entry = heap.take(ENTRY_WORDS);
    const keyAt = entry === 0 ? 0 : this.keep(key, keyStart, keyEnd);
    const valueAt =
      keyAt === 0 || valueLength < 0 ? keyAt : this.keep(value, valueStart, valueStart + valueLength);
    if (valueAt === 0) {
      if (keyAt !== 0) this.release(keyAt, keyEnd - keyStart);
      if (entry !== 0) heap.give(entry, ENTRY_WORDS);
      return this.noRoom();
    }
    words[entry + ENTRY_KEY] = keyAt;
    words[entry + ENTRY_KEY_LENGTH] = keyEnd - keyStart;
    words[entry + ENTRY_VALUE] = valueAt;
    words[entry + ENTRY_VALUE_LENGTH] = valueLength;
    words[entry + ENTRY_GENERATION] = generation | 0;
    for (let i = 0; i < this.indexes.length; i++) {
      if ((this.indexes[i] as KeyIndex).add(entry, this.key)) continue;
      while (--i >= 0) (this.indexes[i] as KeyIndex).remove(entry, this.key);
      this.releaseEntry(entry);
      return this.noRoom();
    }
    this.append(entry);
    return 1;
  }

  private noRoom(): number {
    Atomics.add(this.words, this.at + REF_REFUSED, 1);
    this.reason = 'there is no room left for patterns';
    return NO_ROOM;
  }

  private setLocked(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    value: Uint8Array,
    start: number,
    end: number,
  ): number {
    let changed = 0;
    let entry = this.findEntry(key, keyStart, keyEnd, 0);
    if (entry !== 0 && !this.acceptsValue(value, start, end)) return REFUSED;
    for (; entry !== 0; entry = this.findEntry(key, keyStart, keyEnd, entry)) {
      const result = this.change(entry, value, start, end);
      if (result < 0) return result;
      changed++;
    }
    return changed;
  }

  /** An entry that was added without a value has no place for one (observed on HAProxy 2.6). */
  private change(entry: number, value: Uint8Array, start: number, end: number): number {
    const { words, bytes } = this;
    const before = words[entry + ENTRY_VALUE] as number;
    const length = words[entry + ENTRY_VALUE_LENGTH] as number;
    if (length < 0) return 1;
    if (length === end - start) {
      let i = 0;
      while (i < length && bytes[before + i] === value[start + i]) i++;
      if (i === length) return 1;
    }
    this.touch();
    const kept = this.keep(value, start, end);
    if (kept === 0) return this.noRoom();
    words[entry + ENTRY_VALUE] = kept;
    words[entry + ENTRY_VALUE_LENGTH] = end - start;
    this.release(before, length);
    this.knowIndexes();
    for (const index of this.indexes) index.touchSpecials();
    return 1;
  }

  private deleteLocked(entry: number): void {
    this.touch();
    this.knowIndexes();
    for (const index of this.indexes) index.remove(entry, this.key);
    this.takeOut(entry);
  }

  /** The lock is held throughout, so that the lists stay what they are; readers get their turn in between. */
  private sweep(isDead: (generation: number) => boolean): number {
    const { words, at } = this;
    this.knowIndexes();
    for (const index of this.indexes) {
      for (let slot = 0; slot >= 0; this.settle()) {
        this.touch();
        slot = index.purge(isDead, slot, SWEEP, this.key);
      }
    }
    let swept = 0;
    let seen = 0;
    for (let entry = words[at + REF_FIRST] as number; entry !== 0; ) {
      const next = words[entry + ENTRY_NEXT] as number;
      if (isDead(words[entry + ENTRY_GENERATION] as number)) {
        this.touch();
        this.takeOut(entry);
        swept++;
      }
      if (++seen % SWEEP === 0) this.settle();
      entry = next;
    }
    return swept;
  }

  private acceptsKey(key: Uint8Array, start: number, end: number): boolean {
    const { base, names } = this.parts;
    this.knowIndexes();
    for (const { kind } of this.indexes) {
      if (kind.derive(key, start, end, base, names, this.key) !== SHAPE_NONE) continue;
      this.reason = kind.refusal(Buffer.from(key.subarray(start, end)).toString('latin1')) ?? '';
      return false;
    }
    return true;
  }

  private acceptsValue(value: Uint8Array, start: number, end: number): boolean {
    const wrong =
      (this.hasFlag(REF_VALUES_INT) && !isIntegerText(value, start, end)) ||
      (this.hasFlag(REF_VALUES_IP) && !isAddressText(value, start, end));
    if (wrong)
      this.reason = `unable to parse '${Buffer.from(value.subarray(start, end)).toString('latin1')}'`;
    return !wrong;
  }

  /** What the entry with that id is; undefined where there is none any more. */
  entry(id: number): EntryText | undefined {
    return this.frozen(() => {
      const entry = this.entryOf(id);
      return entry === 0 ? undefined : this.entryText(entry);
    });
  }

  static cursor(): PageCursor {
    return { entry: 0, sequence: -1 };
  }

  /** The next entries of a generation, at most so many; none: that was all. The cursor moves behind them. */
  page(cursor: PageCursor, most: number, generation = this.generation): EntryText[] {
    const { words, at } = this;
    return this.frozen(() => {
      const page: EntryText[] = [];
      let entry = this.behind(cursor);
      for (; entry !== 0 && page.length < most; entry = words[entry + ENTRY_NEXT] as number) {
        cursor.entry = entry;
        cursor.sequence = words[entry + ENTRY_SEQUENCE] as number;
        if ((words[entry + ENTRY_GENERATION] as number) >>> 0 === generation)
          page.push(this.entryText(entry));
      }
      if (entry === 0) cursor.sequence = words[at + REF_SEQUENCE] as number;
      return page;
    });
  }

  /** Kinds of keys that something matches the list by. */
  kinds(): number[] {
    return this.frozen(() => {
      this.knowIndexes();
      return this.indexes.map(({ at }) => this.words[at + IX_KIND] as number);
    });
  }
}
