/**
 * One direction of a byte stream between two connections: TCP sessions, and HTTP connections that changed their protocol.
 * What cannot be written yet is held back by not reading more than one buffer. Long transfers go through a pipe inside
 * the kernel instead of a buffer, as soon as full buffers arrive one after the other.
 */
import type { Channel } from '../transport/channel.ts';
import { type Connection, END_OF_STREAM, FAILED, WOULD_BLOCK } from '../transport/connection.ts';
import type { Pipe, PipePool } from '../transport/pipe.ts';

export const RELAY_OK = 0;
/** The reading side is broken. */
export const RELAY_SOURCE_FAILED = -1;
/** The writing side is broken. */
export const RELAY_SINK_FAILED = -2;
/** There is more to do, but others want their turn. */
export const RELAY_AGAIN = 1;

/** Full buffers in a row that make a transfer a long one. */
const FULL_READS_TO_SPLICE = 2;
/** Small pieces in a row that make it an ordinary one again. */
const SMALL_PIECES_TO_STOP = 4;
const SMALL_BYTES = 4096;
/** Rounds in one go. */
const LONGEST_TURN = 32;

export class Relay {
  private from!: Connection;
  private to!: Connection;
  channel!: Channel;
  private pipes: PipePool | null = null;
  private pipe: Pipe | null = null;
  private fullReads = 0;
  private smallPieces = 0;
  /** The source has finished, or is treated as if it had. */
  ended = false;
  /** The sink has been told. */
  finished = false;
  /** Bytes that the sink has taken. */
  bytes = 0;
  /** Nothing is passed on yet: what comes waits in the buffer. */
  held = false;

  /** Relays are used again. `pipes` is null where splicing is not wanted. */
  begin(from: Connection, to: Connection, channel: Channel, pipes: PipePool | null): void {
    this.from = from;
    this.to = to;
    this.channel = channel;
    this.pipes = pipes;
    this.fullReads = 0;
    this.smallPieces = 0;
    this.ended = false;
    this.finished = false;
    this.bytes = 0;
    this.held = false;
  }

  /** Bytes that have come, as far as they have gone on or are held. */
  get seen(): number {
    return this.held ? this.bytes + this.channel.length : this.bytes;
  }

  /** Bytes wait for the sink. */
  get blocked(): boolean {
    return (this.channel.length > 0 || (this.pipe !== null && this.pipe.pending > 0)) && !this.to.writable;
  }

  /** `last`: both connections are closed as soon as this direction is finished, so that its end needs no word of its own. */
  run(last = false): number {
    if (this.held) return this.gather();
    for (let round = 0; round < LONGEST_TURN; round++) {
      const flushed = this.flush();
      if (flushed === FAILED) return RELAY_SINK_FAILED;
      if (this.ended) {
        if (flushed === 0) this.finish(last);
        return RELAY_OK;
      }
      if (!this.from.readable) return RELAY_OK;
      const verdict =
        this.pipe !== null || this.fullReads >= FULL_READS_TO_SPLICE ? this.fillPipe() : this.fillBuffer();
      if (verdict === FAILED) return RELAY_SOURCE_FAILED;
      if (verdict === END_OF_STREAM) this.ended = true;
      else if (verdict === WOULD_BLOCK) return RELAY_OK;
    }
    return RELAY_AGAIN;
  }

  /** The sink is given up: nothing more goes there. */
  abandon(): void {
    this.release();
    this.ended = true;
    this.finished = true;
  }

  release(): void {
    if (this.pipe !== null) {
      this.pipes?.give(this.pipe);
      this.pipe = null;
    }
    this.channel.release();
  }

  /** Reads what fits the buffer. */
  private gather(): number {
    while (!this.ended && this.from.readable && this.channel.room > 0) {
      const count = this.channel.fill(this.from);
      if (count === FAILED) return RELAY_SOURCE_FAILED;
      if (count === END_OF_STREAM) this.ended = true;
      else if (count === WOULD_BLOCK) break;
    }
    return RELAY_OK;
  }

  /** Bytes that are still here, or FAILED. */
  private flush(): number {
    const pipe = this.pipe;
    const channel = this.channel;
    // The buffer's bytes are older than the pipe's.
    if (channel.length > 0) {
      channel.ready = channel.tail;
      // The end goes with the last bytes, in one packet.
      const count = channel.drain(this.to, this.from.exhausted);
      if (count === FAILED) return FAILED;
      this.bytes += count;
      channel.releaseIfEmpty();
      if (channel.length > 0) return channel.length;
    }
    if (pipe === null || pipe.pending === 0) return 0;
    while (pipe.pending > 0 && this.to.writable) {
      const count = pipe.drain(this.to, false);
      if (count === FAILED) return FAILED;
      if (count === WOULD_BLOCK) break;
      this.bytes += count;
    }
    return pipe.pending;
  }

  private finish(last: boolean): void {
    if (this.finished) return;
    this.finished = true;
    this.release();
    if (!last) this.to.shutdownWrite();
  }

  private fillBuffer(): number {
    const channel = this.channel;
    if (channel.length > 0 && channel.room === 0) {
      channel.compact();
      if (channel.room === 0) return WOULD_BLOCK;
    }
    const room = channel.room;
    const count = channel.fill(this.from);
    if (count <= 0) {
      channel.releaseIfEmpty();
      return count;
    }
    this.fullReads = count === room && this.pipes !== null ? this.fullReads + 1 : 0;
    return count;
  }

  private fillPipe(): number {
    if (this.pipe === null) {
      this.pipe = (this.pipes as PipePool).take();
      if (this.pipe === null) {
        this.fullReads = -FULL_READS_TO_SPLICE * 16;
        return this.fillBuffer();
      }
      this.smallPieces = 0;
    }
    const pipe = this.pipe;
    if (pipe.pending === 0 && this.smallPieces >= SMALL_PIECES_TO_STOP) {
      this.pipes?.give(pipe);
      this.pipe = null;
      this.fullReads = 0;
      return this.fillBuffer();
    }
    // The buffer goes first, and a pipe that took less than offered waits for room.
    if (this.channel.length > 0 || pipe.full) return WOULD_BLOCK;
    const count = pipe.fill(this.from, Number.MAX_SAFE_INTEGER);
    if (count > 0) this.smallPieces = count < SMALL_BYTES ? this.smallPieces + 1 : 0;
    return count;
  }
}
