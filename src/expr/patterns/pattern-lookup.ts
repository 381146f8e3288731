/**
 * How a thread looks for a sample in a list that others may be changing. It takes no lock: it searches with what it knows
 * of the list, and then looks once whether the list is still the one that it knows. Only if not, it learns what is new
 * and searches again. What it reads in between may be anything, so every loop over shared words has an end of its own.
 * A value that was loaded at the start never changes and is not copied; one that came later is.
 */
import type { Sample } from '../sample.ts';
import { nextScratch } from '../scratch.ts';
import {
  ENTRY_SEQUENCE,
  ENTRY_VALUE,
  ENTRY_VALUE_LENGTH,
  IX_COUNT,
  IX_LENGTHS,
  IX_LENGTHS_COUNT,
  IX_LENGTHS_VERSION,
  IX_MASK,
  IX_SLOTS,
  REF_BASE_END,
  REF_BASE_START,
  REF_COUNT,
  REF_GENERATION,
  REF_VERSION,
} from './pattern-layout.ts';
import type { PatternReference } from './pattern-reference.ts';

/** Searches while others change the list, before this thread asks them to wait. */
const ATTEMPTS = 20;
/** How long a thread waits for a change to be done, before it looks again. */
const WAIT_MS = 1;

/** What a map has for a sample. */
export const NOT_FOUND = 0;
export const FOUND = 1;
/** There is an entry, but it has no value: it was added as an ACL's. */
export const WITHOUT_VALUE = 2;

export abstract class PatternLookup {
  readonly reference: PatternReference;
  /** Where the value of the last `value()` lies. */
  u8: Uint8Array;
  start = 0;
  end = 0;
  /** The entry of that value. */
  entry = 0;
  protected readonly words: Int32Array;
  protected readonly bytes: Uint8Array;
  protected readonly base: number;
  /** Index of the first word of its index. */
  protected readonly index: number;
  // What it knows of the list, as of `version`.
  protected slots = 0;
  protected mask = 0;
  /** Nodes: no chain is longer. */
  protected most = 0;
  protected generation = 0;
  /** There is no entry: nothing to look for. */
  private isEmpty = false;
  /** Lengths that keys have, ascending. */
  protected lengths: Int32Array = new Int32Array(4);
  protected lengthCount = 0;
  private lengthsVersion = -1;
  private version = -1;
  private readonly versionAt: number;
  private readonly baseStart: number;
  private readonly baseEnd: number;

  constructor(reference: PatternReference, kind: number) {
    this.reference = reference;
    const index = reference.index(kind);
    this.index = index.at;
    this.words = index.heap.words;
    this.bytes = index.heap.bytes;
    this.base = index.base;
    this.u8 = this.bytes;
    this.versionAt = reference.at + REF_VERSION;
    this.baseStart = this.words[reference.at + REF_BASE_START] as number;
    this.baseEnd = this.words[reference.at + REF_BASE_END] as number;
  }

  /** The entry that matches, or 0; anything, where the list is being changed. */
  protected abstract find(sample: Sample): number;

  /** Takes up what has changed in the list. What it reads may be changing. */
  protected refresh(): void {
    const { words, index } = this;
    this.isEmpty = words[this.reference.at + REF_COUNT] === 0 && !this.looksAtNothing;
    this.slots = words[index + IX_SLOTS] as number;
    this.mask = words[index + IX_MASK] as number;
    this.most = words[index + IX_COUNT] as number;
    this.generation = words[this.reference.at + REF_GENERATION] as number;
    const count = words[index + IX_LENGTHS_COUNT] as number;
    const version = words[index + IX_LENGTHS_VERSION] as number;
    if (version === this.lengthsVersion) return;
    this.lengthsVersion = version;
    this.lengthCount = 0;
    if (count > this.lengths.length) {
      // A count that is not one: the list is changing, and all of this is done again.
      if (count > words.length / 2) return;
      this.lengths = new Int32Array(count * 2);
    }
    const table = words[index + IX_LENGTHS] as number;
    for (let i = 0; i < count; i++) this.lengths[i] = words[table + i * 2] as number;
    this.lengthCount = count;
  }

  /** Takes up what is not read without the lock: called with the list frozen, when `needsFreeze` says so. */
  protected refreshFrozen(): void {}

  /** It needs no pattern to say yes. */
  protected get looksAtNothing(): boolean {
    return false;
  }

  protected needsFreeze(): boolean {
    return false;
  }

  /** Something in the list matches. The sample has the method's type. */
  matches(sample: Sample): boolean {
    const entry = this.isEmpty ? 0 : this.find(sample);
    // The one look at shared memory that a list costs for being alive.
    if (Atomics.load(this.words, this.versionAt) === this.version) return entry !== 0;
    return this.findAgain(sample, false) !== 0;
  }

  /** The value of what matches is in `u8`, `start`, `end` then: NOT_FOUND, FOUND or WITHOUT_VALUE. */
  value(sample: Sample): number {
    const entry = this.isEmpty ? 0 : this.find(sample);
    if (entry !== 0) this.takeValue(entry);
    if (Atomics.load(this.words, this.versionAt) !== this.version) {
      if (this.findAgain(sample, true) === 0) return NOT_FOUND;
    } else if (entry === 0) return NOT_FOUND;
    return this.end < this.start ? WITHOUT_VALUE : FOUND;
  }

  private takeValue(entry: number): void {
    const { words } = this;
    this.entry = entry;
    const at = words[entry + ENTRY_VALUE] as number;
    const length = words[entry + ENTRY_VALUE_LENGTH] as number;
    if (length < 0 || (at >= this.baseStart && at < this.baseEnd)) {
      this.u8 = this.bytes;
      this.start = at;
      this.end = at + length;
      return;
    }
    const area = nextScratch();
    const fits = Math.min(length, area.length);
    for (let i = 0; i < fits; i++) area[i] = this.bytes[at + i] as number;
    this.u8 = area;
    this.start = 0;
    this.end = fits;
  }

  private findAgain(sample: Sample, withValue: boolean): number {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const version = this.catchUp();
      if (version < 0) continue;
      const entry = this.find(sample);
      if (withValue && entry !== 0) this.takeValue(entry);
      if (Atomics.load(this.words, this.versionAt) === version) return entry;
    }
    return this.reference.frozen(() => {
      this.version = Atomics.load(this.words, this.versionAt);
      this.lengthsVersion = -1;
      this.refresh();
      if (this.needsFreeze()) this.refreshFrozen();
      const entry = this.find(sample);
      if (withValue && entry !== 0) this.takeValue(entry);
      return entry;
    });
  }

  /** The version that it knows now; -1: the list is being changed. */
  private catchUp(): number {
    const { words, versionAt } = this;
    const version = Atomics.load(words, versionAt);
    if ((version & 1) !== 0) {
      Atomics.wait(words, versionAt, version, WAIT_MS);
      return -1;
    }
    this.refresh();
    // What was read is right only if nothing has changed meanwhile: otherwise it must be read again.
    if (Atomics.load(words, versionAt) !== version) {
      this.lengthsVersion = -1;
      return -1;
    }
    if (this.needsFreeze()) {
      return this.reference.frozen(() => {
        this.version = Atomics.load(words, versionAt);
        this.lengthsVersion = -1;
        this.refresh();
        this.refreshFrozen();
        return this.version;
      });
    }
    this.version = version;
    return version;
  }

  /** Which of two entries stands first in the list; 0 is none. */
  protected first(a: number, b: number): number {
    if (a === 0 || b === 0) return a + b;
    return (this.words[a + ENTRY_SEQUENCE] as number) <= (this.words[b + ENTRY_SEQUENCE] as number) ? a : b;
  }
}

/** For methods that look at no pattern: whatever they say holds for the list. */
export class ConstantLookup extends PatternLookup {
  private readonly holds: (sample: Sample) => boolean;

  constructor(reference: PatternReference, kind: number, holds: (sample: Sample) => boolean) {
    super(reference, kind);
    this.holds = holds;
  }

  protected override get looksAtNothing(): boolean {
    return true;
  }

  protected find(sample: Sample): number {
    return this.holds(sample) ? 1 : 0;
  }
}
