/**
 * Bytes on their way from one connection to another: a window into one buffer of the pool, which is only owned while
 * there are bytes. `head`…`ready` may go out as they are, `ready`…`tail` have been received but not been looked at.
 * A fresh window starts behind some free room, so that a rewritten head, which grows at its front, stays in one piece
 * with what follows it.
 */
import { u8 } from '../os/arena.ts';
import { type BufferPool, NO_BUFFER } from './buffer-pool.ts';
import { type Connection, FAILED, WOULD_BLOCK } from './connection.ts';

/** A chunk line grows by two bytes at most; once it is out, the bytes behind it have its room. */
const LINE_ROOM_BYTES = 64;

export class Channel {
  private readonly pool: BufferPool;
  /** Room kept free in front (tune.maxrewrite); 0 for channels that nothing rewrites. */
  private readonly headroom: number;
  buffer = NO_BUFFER;
  head = 0;
  ready = 0;
  tail = 0;
  /** What lies below is not to be overwritten: a head that has not been put together yet. */
  floor = 0;

  constructor(pool: BufferPool, headroom: number) {
    this.pool = pool;
    this.headroom = headroom;
  }

  get length(): number {
    return this.tail - this.head;
  }

  /** Where the buffer ends. */
  get limit(): number {
    return this.buffer + this.pool.sizeBytes;
  }

  /** Room behind the last byte. */
  get room(): number {
    return this.buffer === NO_BUFFER ? this.pool.sizeBytes - this.headroom : this.limit - this.tail;
  }

  /** Makes sure that there is a buffer. False when the pool is exhausted. */
  open(): boolean {
    if (this.buffer !== NO_BUFFER) return true;
    const buffer = this.pool.take();
    if (buffer === NO_BUFFER) return false;
    this.buffer = buffer;
    this.floor = buffer;
    this.head = buffer + this.headroom;
    this.ready = this.head;
    this.tail = this.head;
    return true;
  }

  /** Gives the buffer back. Whatever was in it is dropped. */
  release(): void {
    if (this.buffer === NO_BUFFER) return;
    this.pool.give(this.buffer);
    this.buffer = NO_BUFFER;
    this.head = 0;
    this.ready = 0;
    this.tail = 0;
  }

  /** Gives the buffer back when nothing is in it. */
  releaseIfEmpty(): void {
    if (this.buffer !== NO_BUFFER && this.head === this.tail) this.release();
  }

  /**
   * Starts again with the buffer empty. No head follows, so only a little room is kept in front, for chunk lines that grow
   * when they are rewritten.
   */
  clear(): void {
    const start = this.buffer + Math.min(this.headroom, LINE_ROOM_BYTES);
    this.head = start;
    this.ready = start;
    this.tail = start;
  }

  /** Moves the bytes to the front of the buffer, to make room behind them. Offsets into the channel become stale. */
  compact(): void {
    const start = this.buffer + this.headroom;
    if (this.head <= start || this.floor > start) return;
    const shift = this.head - start;
    u8.copyWithin(start, this.head, this.tail);
    this.head -= shift;
    this.ready -= shift;
    this.tail -= shift;
  }

  /** One read into the room behind the tail, which must exist. Result as Connection.read; WOULD_BLOCK also without a buffer. */
  fill(from: Connection): number {
    if (!this.open()) return WOULD_BLOCK;
    const count = from.read(this.tail, this.limit - this.tail);
    if (count > 0) this.tail += count;
    return count;
  }

  /** Writes what is ready. `more`: further bytes, or the close, follow at once. Result: bytes written in all, or FAILED. */
  drain(to: Connection, more = false): number {
    let total = 0;
    while (this.head < this.ready && to.writable) {
      const count = to.write(this.head, this.ready - this.head, more);
      if (count === FAILED) return FAILED;
      if (count === WOULD_BLOCK) break;
      this.head += count;
      total += count;
    }
    return total;
  }
}
