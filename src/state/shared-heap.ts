/**
 * Memory that all threads share and that is given out in blocks: what pattern lists are made of. A block is named by the
 * index of its first word. It is written by whoever holds the lock of the list that it belongs to; readers without a lock
 * see from the list's version that it changed under them (expr/patterns/pattern-reference.ts).
 * Owns the blocks that are free, and the bound: the whole of it is reserved at the start, and the system gives pages of
 * it only as they are used. A request beyond it gets 0, and nothing has changed.
 */
import { lock, unlock } from './spin-lock.ts';

const HEAP_LOCK = 0;
/** First word that was never given out. */
const HEAP_TOP = 1;
/** Words that are given out, for whoever wants to know. */
const HEAP_USED = 2;
/** For the owner of the contents: eight words of its own. */
export const HEAP_ROOT = 4;
const FREE_LISTS = 16;
const SIZES = 64;
const FIRST_BLOCK = FREE_LISTS + SIZES;

/** Byte offsets into it must stay small integers. */
export const HEAP_MOST_BYTES = 2 ** 31 - 65_536;

/** Number of the smallest size that holds so many words. Sizes: 4, 6, 8, 12, 16, 24, 32, … */
function sizeNumber(words: number): number {
  if (words <= 4) return 0;
  const top = 31 - Math.clz32(words - 1);
  // 2^top < words <= 2^(top+1)
  const between = 3 << (top - 1);
  return (top - 2) * 2 + (words <= between ? 1 : 2);
}

function wordsOf(size: number): number {
  const power = 4 << (size >> 1);
  return (size & 1) === 0 ? power : power + (power >> 1);
}

export class SharedHeap {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly bytes: Uint8Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.words = new Int32Array(memory);
    this.bytes = new Uint8Array(memory);
  }

  /** `sizeBytes` is cut off at HEAP_MOST_BYTES. Throws RangeError where the system has no such room. */
  static create(sizeBytes: number): SharedHeap {
    const whole = Math.min(HEAP_MOST_BYTES, Math.max(sizeBytes, 65_536));
    const heap = new SharedHeap(new SharedArrayBuffer(whole - (whole % 4)));
    heap.words[HEAP_TOP] = FIRST_BLOCK;
    return heap;
  }

  /** What is given out now. */
  get usedBytes(): number {
    return Atomics.load(this.words, HEAP_USED) * 4;
  }

  get sizeBytes(): number {
    return this.memory.byteLength;
  }

  /** A block of at least so many words, of any content; 0 when there is none. */
  take(count: number): number {
    const { words } = this;
    const size = sizeNumber(count);
    if (size >= SIZES) return 0;
    const whole = wordsOf(size);
    lock(words, HEAP_LOCK);
    let block = words[FREE_LISTS + size] as number;
    if (block !== 0) words[FREE_LISTS + size] = words[block] as number;
    else {
      const top = words[HEAP_TOP] as number;
      if (top + whole <= words.length) {
        block = top;
        words[HEAP_TOP] = top + whole;
      }
    }
    if (block !== 0) words[HEAP_USED] = (words[HEAP_USED] as number) + whole;
    unlock(words, HEAP_LOCK);
    return block;
  }

  /** The same, all words 0. */
  takeClear(count: number): number {
    const block = this.take(count);
    if (block !== 0) this.words.fill(0, block, block + wordsOf(sizeNumber(count)));
    return block;
  }

  /** `count` as it was asked for. */
  give(block: number, count: number): void {
    const { words } = this;
    const size = sizeNumber(count);
    lock(words, HEAP_LOCK);
    words[block] = words[FREE_LISTS + size] as number;
    words[FREE_LISTS + size] = block;
    words[HEAP_USED] = (words[HEAP_USED] as number) - wordsOf(size);
    unlock(words, HEAP_LOCK);
  }

  /**
   * One block of exactly so many words, whose parts may later be given back one by one as if they had been taken one by
   * one. For what is loaded at once.
   */
  takeRun(count: number): number {
    const { words } = this;
    lock(words, HEAP_LOCK);
    const top = words[HEAP_TOP] as number;
    const fits = top + count <= words.length;
    if (fits) {
      words[HEAP_TOP] = top + count;
      words[HEAP_USED] = (words[HEAP_USED] as number) + count;
    }
    unlock(words, HEAP_LOCK);
    return fits ? top : 0;
  }
}
