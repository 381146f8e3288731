/**
 * Moving bytes from socket to socket inside the kernel (splice(2)): for long bodies and tunnels whose bytes nobody looks
 * at. Pipes are kept for reuse and counted against the process's limit (maxpipes).
 */

import { base, reserve, view } from '../os/arena.ts';
import {
  F_SETPIPE_SZ,
  O_CLOEXEC,
  O_NONBLOCK,
  SPLICE_F_MORE,
  SPLICE_F_MOVE,
  SPLICE_F_NONBLOCK,
} from '../os/constants.ts';
import { EAGAIN, EINTR, EINVAL } from '../os/errno.ts';
import { close, errno, fcntl, pipe2, splice } from '../os/libc.ts';
import { type Connection, END_OF_STREAM, FAILED, WOULD_BLOCK } from './connection.ts';

const scratch = reserve(8, 8);
/** Idle pipes kept per thread. */
const KEPT = 32;
/** One call never moves more: other connections want their turn. */
const LONGEST_BYTES = 1 << 20;

export class Pipe {
  readonly readFd: number;
  readonly writeFd: number;
  /** Bytes inside. */
  pending = 0;
  /** It took less than it was given: no room until something is taken out. */
  full = false;

  constructor(readFd: number, writeFd: number) {
    this.readFd = readFd;
    this.writeFd = writeFd;
  }

  /** Takes up to `limit` bytes from the connection. Result as Connection.read. */
  fill(from: Connection, limit: number): number {
    const wanted = Math.min(limit, LONGEST_BYTES);
    const count = splice(from.fd, 0, this.writeFd, 0, wanted, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
    if (count > 0) {
      this.pending += count;
      from.splicedIn += count;
      return count;
    }
    if (count === 0) return END_OF_STREAM;
    const error = errno();
    if (error === EINTR) return WOULD_BLOCK;
    if (error === EAGAIN) {
      // Either side may be the one that would block; with something in the pipe it may be the pipe that is full.
      if (this.pending > 0) this.full = true;
      else from.readable = false;
      return WOULD_BLOCK;
    }
    from.error = error;
    if (error !== EINVAL) from.broken = true;
    return FAILED;
  }

  /** Gives what is inside to the connection. Result: bytes, WOULD_BLOCK or FAILED. */
  drain(to: Connection, more: boolean): number {
    to.beforeWrite(this.pending, more);
    const flags = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | (more ? SPLICE_F_MORE : 0);
    const count = splice(this.readFd, 0, to.fd, 0, this.pending, flags);
    if (count > 0) {
      this.pending -= count;
      to.splicedOut += count;
      this.full = false;
      if (this.pending > 0) to.waitWritable();
      return count;
    }
    const error = count === 0 ? EAGAIN : errno();
    if (error === EAGAIN) {
      to.waitWritable();
      return WOULD_BLOCK;
    }
    if (error === EINTR) return WOULD_BLOCK;
    to.error = error;
    to.broken = true;
    return FAILED;
  }
}

export class PipePool {
  private readonly idle: Pipe[] = [];
  /** Fewest idle pipes since the last trim. */
  private unneeded = 0;
  private readonly words: Int32Array;
  private readonly gauge: number;
  private readonly limit: number;
  private readonly sizeBytes: number | undefined;

  /** `gauge` is the shared word that counts pipes over all threads, `limit` their number. */
  constructor(words: Int32Array, gauge: number, limit: number, sizeBytes: number | undefined) {
    this.words = words;
    this.gauge = gauge;
    this.limit = limit;
    this.sizeBytes = sizeBytes;
  }

  /** An empty pipe, or null when there are too many or no descriptors are left. */
  take(): Pipe | null {
    const kept = this.idle.pop();
    if (kept !== undefined) {
      if (this.idle.length < this.unneeded) this.unneeded = this.idle.length;
      return kept;
    }
    if (Atomics.add(this.words, this.gauge, 1) >= this.limit) {
      Atomics.sub(this.words, this.gauge, 1);
      return null;
    }
    if (pipe2(base + scratch, O_NONBLOCK | O_CLOEXEC) < 0) {
      Atomics.sub(this.words, this.gauge, 1);
      return null;
    }
    const pipe = new Pipe(view.getInt32(scratch, true), view.getInt32(scratch + 4, true));
    if (this.sizeBytes !== undefined) fcntl(pipe.writeFd, F_SETPIPE_SZ, this.sizeBytes);
    return pipe;
  }

  /** Closes the pipes that were not needed since the last call. */
  trim(): void {
    while (this.unneeded > 0 && this.idle.length > 0) {
      this.close(this.idle.shift() as Pipe);
      this.unneeded--;
    }
    this.unneeded = this.idle.length;
  }

  /** A pipe that still holds bytes is closed: its content belongs to nobody. */
  give(pipe: Pipe): void {
    pipe.full = false;
    if (pipe.pending === 0 && this.idle.length < KEPT) {
      this.idle.push(pipe);
      return;
    }
    this.close(pipe);
  }

  private close(pipe: Pipe): void {
    close(pipe.readFd);
    close(pipe.writeFd);
    Atomics.sub(this.words, this.gauge, 1);
  }
}
