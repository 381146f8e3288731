/**
 * The buffers of a data thread: fixed-size pieces of the arena, handed out last-in first-out so that the one that is
 * warm in the processor's cache is used again first. A buffer has one owner, who gives it back; an idle connection owns
 * none. Offsets are the currency; the pool never allocates JavaScript memory after its construction.
 */

import { base, reserveRest } from '../os/arena.ts';
import { MADV_DONTNEED } from '../os/constants.ts';
import { madvise } from '../os/libc.ts';

export const NO_BUFFER = -1;
const PAGE_BYTES = 4096;

export class BufferPool {
  /** Bytes of one buffer (tune.bufsize). */
  readonly sizeBytes: number;
  readonly capacity: number;
  private readonly stride: number;
  private readonly first: number;
  private readonly free: Int32Array;
  private freeCount = 0;
  /** Buffers that were ever handed out; those behind have never been touched. */
  private touched = 0;
  /** Lowest number of free buffers since the last trim: these were not needed. */
  private unneeded = 0;
  private readonly taken: Uint8Array;

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
    this.stride = Math.ceil(sizeBytes / PAGE_BYTES) * PAGE_BYTES;
    const rest = reserveRest(PAGE_BYTES);
    this.first = rest.offset;
    this.capacity = Math.floor(rest.sizeBytes / this.stride);
    this.free = new Int32Array(this.capacity);
    this.taken = new Uint8Array(this.capacity);
  }

  /** Buffers in use. */
  get used(): number {
    return this.touched - this.freeCount;
  }

  /** Offset of a buffer, or NO_BUFFER when all are in use: the caller must then wait or give up. */
  take(): number {
    let index: number;
    if (this.freeCount > 0) {
      index = this.free[--this.freeCount] as number;
      if (this.freeCount < this.unneeded) this.unneeded = this.freeCount;
    } else if (this.touched < this.capacity) index = this.touched++;
    else return NO_BUFFER;
    this.taken[index] = 1;
    return this.first + index * this.stride;
  }

  give(offset: number): void {
    const index = (offset - this.first) / this.stride;
    if (this.taken[index] !== 1) throw new Error(`buffer ${offset} given back twice`);
    this.taken[index] = 0;
    this.free[this.freeCount++] = index;
  }

  /** Returns the pages of buffers that were not needed since the last call to the system. Called every few seconds. */
  trim(): void {
    // The bottom of the stack holds those that have waited longest.
    for (let i = 0; i < this.unneeded; i++) {
      madvise(base + this.first + (this.free[i] as number) * this.stride, this.stride, MADV_DONTNEED);
    }
    this.unneeded = this.freeCount;
  }
}
