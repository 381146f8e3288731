/**
 * How a thread looks for a sample in a list that others may be changing. It takes no lock: it searches with what it knows
 * of the list, and then looks once whether the list is still the one that it knows. Only if not, it learns what is new
 * and searches again. A value that was loaded at the start never changes and is not copied; one that came later is.
 */
import type { Sample } from '../sample.ts';
import { nextScratch } from '../scratch.ts';
import type { IndexView } from './index-view.ts';
import {
  ENTRY_VALUE,
  ENTRY_VALUE_LENGTH,
  REF_BASE_END,
  REF_BASE_START,
  REF_VERSION,
} from './pattern-layout.ts';
import type { PatternReference } from './pattern-reference.ts';

/** One method's way of searching. */
export interface PatternFinder {
  /** The entry that matches, or 0; anything, where the list is being changed. The sample has the method's type. */
  find(sample: Sample): number;
}

/** Searches while others change the list, before this thread asks them to wait. */
const ATTEMPTS = 20;
/** How long a thread waits for a change to be done, before it looks again. */
const WAIT_MS = 1;

const REORDERS_LOADS = process.arch !== 'x64' && process.arch !== 'ia32';
/** This thread's own. */
const fence = new Int32Array(new SharedArrayBuffer(4));

/** What a map has for a sample. */
export const NOT_FOUND = 0;
export const FOUND = 1;
/** There is an entry, but it has no value: it was added as an ACL's. */
export const WITHOUT_VALUE = 2;

export class PatternLookup {
  readonly reference: PatternReference;
  /** Where the value of the last `value()` lies. */
  u8: Uint8Array;
  start = 0;
  end = 0;
  /** The entry of that value. */
  entry = 0;
  private readonly view: IndexView;
  private readonly finder: PatternFinder;
  private readonly words: Int32Array;
  private readonly versionAt: number;
  private readonly baseStart: number;
  private readonly baseEnd: number;
  /** Of the list, as `view` knows it. */
  private version = -1;
  /** No search is needed to know that nothing matches. */
  private hasNothing = false;
  private readonly needsPatterns: boolean;

  /** `needsPatterns`: without patterns nothing matches. */
  constructor(view: IndexView, finder: PatternFinder, needsPatterns = true) {
    const { reference, words } = view;
    this.reference = reference;
    this.view = view;
    this.finder = finder;
    this.words = words;
    this.u8 = view.bytes;
    this.versionAt = reference.at + REF_VERSION;
    this.baseStart = words[reference.at + REF_BASE_START] as number;
    this.baseEnd = words[reference.at + REF_BASE_END] as number;
    this.needsPatterns = needsPatterns;
  }

  /** Something in the list matches. The sample has the method's type. */
  matches(sample: Sample): boolean {
    const entry = this.hasNothing ? 0 : this.finder.find(sample);
    if (this.isUnchanged()) return entry !== 0;
    return this.findAgain(sample, false) !== 0;
  }

  /** The value of what matches is in `u8`, `start`, `end` then: NOT_FOUND, FOUND or WITHOUT_VALUE. */
  value(sample: Sample): number {
    const entry = this.hasNothing ? 0 : this.finder.find(sample);
    if (entry !== 0) this.takeValue(entry);
    if (!this.isUnchanged()) {
      if (this.findAgain(sample, true) === 0) return NOT_FOUND;
    } else if (entry === 0) return NOT_FOUND;
    return this.end < this.start ? WITHOUT_VALUE : FOUND;
  }

  /**
   * What was read since this thread last caught up is right. The one look at shared memory that a list costs for being
   * alive. A plain load does: Atomics.load is a call (12 ns against 2), and a load that stands behind others is carried
   * out behind them on x86-64. Elsewhere an atomic operation in front of it sees to that.
   */
  private isUnchanged(): boolean {
    if (REORDERS_LOADS) Atomics.add(fence, 0, 0);
    return this.words[this.versionAt] === this.version;
  }

  private takeValue(entry: number): void {
    const { words } = this;
    this.entry = entry;
    const at = words[entry + ENTRY_VALUE] as number;
    const length = words[entry + ENTRY_VALUE_LENGTH] as number;
    const { bytes } = this.view;
    if (length < 0 || (at >= this.baseStart && at < this.baseEnd)) {
      this.u8 = bytes;
      this.start = at;
      this.end = at + length;
      return;
    }
    const area = nextScratch();
    const fits = Math.min(length, area.length);
    for (let i = 0; i < fits; i++) area[i] = bytes[at + i] as number;
    this.u8 = area;
    this.start = 0;
    this.end = fits;
  }

  private findAgain(sample: Sample, withValue: boolean): number {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (!this.catchUp()) continue;
      const entry = this.finder.find(sample);
      if (withValue && entry !== 0) this.takeValue(entry);
      if (this.isUnchanged()) return entry;
    }
    return this.reference.frozen(() => {
      this.takeFrozen();
      const entry = this.finder.find(sample);
      if (withValue && entry !== 0) this.takeValue(entry);
      return entry;
    });
  }

  /** False: the list is being changed. */
  private catchUp(): boolean {
    const { words, versionAt, view } = this;
    const version = Atomics.load(words, versionAt);
    if ((version & 1) !== 0) {
      Atomics.wait(words, versionAt, version, WAIT_MS);
      return false;
    }
    this.version = version;
    view.refresh();
    this.hasNothing = view.isEmpty && this.needsPatterns;
    // What was taken up is right only if nothing has changed meanwhile.
    if (!this.isUnchanged()) {
      view.forget();
      return false;
    }
    if (view.needsFreeze()) this.reference.frozen(() => this.takeFrozen());
    return true;
  }

  private takeFrozen(): void {
    this.version = Atomics.load(this.words, this.versionAt);
    this.view.refreshFrozen();
    this.hasNothing = this.view.isEmpty && this.needsPatterns;
  }
}
