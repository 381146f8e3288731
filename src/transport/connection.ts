/**
 * A connection: a stream socket on the loop with what is known of its readiness. Reads and writes go straight from and
 * to the arena. TLS is a subclass that replaces `read` and `write`; users never see which one they have.
 * Owns the descriptor. Does not know what the bytes mean.
 */
import { type EventLoop, FdHandler } from '../loop/event-loop.ts';
import { base, reserve, view } from '../os/arena.ts';
import {
  EPOLLERR,
  EPOLLET,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  EPOLLRDHUP,
  IPPROTO_TCP,
  MSG_MORE,
  MSG_NOSIGNAL,
  SHUT_WR,
  SO_ERROR,
  SO_LINGER,
  SOL_SOCKET,
  TCP_NODELAY,
} from '../os/constants.ts';
import { EAGAIN, EINTR, ENOTCONN } from '../os/errno.ts';
import { close, errno, getsockopt, recv, send, setsockopt, shutdown } from '../os/libc.ts';
import { setIntOption } from './socket-options.ts';

/** The peer has finished sending. */
export const END_OF_STREAM = 0;
export const WOULD_BLOCK = -1;
/** The connection is broken; `Connection.error` has the error number. */
export const FAILED = -2;

export interface ConnectionUser {
  /** Readiness changed: look at `readable`, `writable`, `hangup`. */
  onReady(connection: Connection): void;
  /** A bug was caught in `onReady`: end what this connection belongs to. */
  onConnectionBug(connection: Connection, error: unknown): void;
}

const READ_EVENTS = EPOLLIN | EPOLLRDHUP | EPOLLET;
const scratch = reserve(16, 16);

/** TCP_NODELAY is set, or there is no Nagle's algorithm. */
const NAGLE_OFF = 0;
/** It is not set, and nothing is on its way. */
const NAGLE_IDLE = 1;
/** It is not set, and something may be on its way. */
const NAGLE_BUSY = 2;
/** Fits one segment on every path that IPv6 allows (RFC 8200 section 5), less the headers with options. */
const ONE_SEGMENT_BYTES = 1280 - 40 - 60;

export class Connection extends FdHandler {
  readonly loop: EventLoop;
  readonly user: ConnectionUser;
  fd = -1;
  /** A read may give bytes or the end of stream. */
  readable = false;
  /** A write may take bytes. */
  writable = false;
  /** The kernel has told that the peer finished sending (or is gone): what is left to read is all there will be. */
  hangup = false;
  /** Reset, or closed in both directions: nothing can be written any more. */
  broken = false;
  /** Error number of the failed call. */
  error = 0;
  /** Bytes that have passed since somebody counted them; what went through a pipe does so apart. */
  received = 0;
  sent = 0;
  splicedIn = 0;
  splicedOut = 0;
  /** All there will ever be has been read. */
  private drained = false;
  private watched = 0;
  /** What has to happen about Nagle's algorithm before the next write. */
  private nagle = NAGLE_OFF;

  constructor(loop: EventLoop, user: ConnectionUser) {
    super();
    this.loop = loop;
    this.user = user;
  }

  /**
   * Takes over an open descriptor. The object may have served another one before. `nagle`: the kernel still holds back
   * small pieces of it (TCP_NODELAY is not set).
   */
  open(fd: number, nagle = false): void {
    this.fd = fd;
    this.nagle = nagle ? NAGLE_IDLE : NAGLE_OFF;
    this.readable = true;
    this.writable = true;
    this.hangup = false;
    this.broken = false;
    this.error = 0;
    this.received = 0;
    this.sent = 0;
    this.splicedIn = 0;
    this.splicedOut = 0;
    this.drained = false;
    this.watched = 0;
  }

  /** Starts watching an accepted connection. Called after the first read was tried, so that what it took is not told again. */
  watchAccepted(): boolean {
    if (this.watched !== 0) return true;
    // A write that had to wait before is told by OUT; otherwise not asking for it saves a wake-up.
    this.watched = this.writable ? READ_EVENTS : READ_EVENTS | EPOLLOUT;
    return this.loop.watch(this.fd, this, this.watched);
  }

  /** Starts watching a connection that is being established: nothing is ready before OUT says so. */
  watchConnecting(): boolean {
    this.readable = false;
    this.writable = false;
    this.watched = READ_EVENTS | EPOLLOUT;
    return this.loop.watch(this.fd, this, this.watched);
  }

  get closed(): boolean {
    return this.fd < 0;
  }

  override onEvents(events: number): void {
    if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) !== 0) {
      this.readable = true;
      if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) !== 0) {
        this.hangup = true;
        if ((events & (EPOLLHUP | EPOLLERR)) !== 0) this.broken = true;
      }
    }
    if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) !== 0) this.writable = true;
    this.user.onReady(this);
  }

  override onBug(error: unknown): void {
    this.user.onConnectionBug(this, error);
  }

  /** All that the peer has sent has been read: it has ended its direction. */
  get exhausted(): boolean {
    return this.drained;
  }

  /** Reads into the arena. Result: bytes, END_OF_STREAM, WOULD_BLOCK or FAILED. */
  read(offset: number, lengthBytes: number): number {
    if (this.drained) return END_OF_STREAM;
    const count = recv(this.fd, base + offset, lengthBytes, 0);
    if (count > 0) {
      this.received += count;
      // A short read has emptied the socket (epoll(7)). After a hang-up the end of stream is all that can follow, so it
      // need not be asked for (a system call saved per connection); after a reset there is an error to be read.
      if (count < lengthBytes) {
        if (!this.hangup) this.readable = false;
        else if (!this.broken) this.drained = true;
      }
      return count;
    }
    if (count === 0) return END_OF_STREAM;
    return this.failed(true);
  }

  /** Writes from the arena. Result: bytes (maybe fewer than given), WOULD_BLOCK or FAILED. `more`: further bytes follow at once. */
  write(offset: number, lengthBytes: number, more = false): number {
    if (this.nagle !== NAGLE_OFF) this.beforeWrite(lengthBytes, more);
    const count = send(this.fd, base + offset, lengthBytes, more ? MSG_NOSIGNAL | MSG_MORE : MSG_NOSIGNAL);
    if (count >= 0) {
      this.sent += count;
      if (count < lengthBytes) this.waitWritable();
      return count;
    }
    return this.failed(false);
  }

  /**
   * Nothing may wait for the acknowledgement of what went before. The first piece has nothing before it, so a connection
   * that carries one small request and closes is spared the system call.
   */
  beforeWrite(lengthBytes: number, more: boolean): void {
    if (this.nagle === NAGLE_OFF) return;
    if (this.nagle === NAGLE_IDLE && lengthBytes <= ONE_SEGMENT_BYTES) {
      // What waits for more is not on its way yet.
      if (!more) this.nagle = NAGLE_BUSY;
      return;
    }
    this.nagle = NAGLE_OFF;
    setIntOption(this.fd, IPPROTO_TCP, TCP_NODELAY, 1);
  }

  /** After a write that had to wait (also by splice): be told when there is room again. */
  waitWritable(): void {
    this.writable = false;
    if (this.watched !== 0 && (this.watched & EPOLLOUT) === 0) {
      this.watched |= EPOLLOUT;
      this.loop.rewatch(this.fd, this.watched);
    }
  }

  /** Looks whether a connection attempt succeeded: 0, or the error number. */
  connectError(): number {
    view.setInt32(scratch, 0, true);
    view.setInt32(scratch + 4, 4, true);
    if (getsockopt(this.fd, SOL_SOCKET, SO_ERROR, base + scratch, base + scratch + 4) < 0) return errno();
    return view.getInt32(scratch, true);
  }

  shutdownWrite(): void {
    if (this.fd >= 0) shutdown(this.fd, SHUT_WR);
  }

  /** Closes at once; what was sent is still delivered unless unread input makes the kernel reset the connection. */
  close(): void {
    if (this.fd < 0) return;
    if (this.watched !== 0) this.loop.forget(this.fd);
    close(this.fd);
    this.fd = -1;
    this.readable = false;
    this.writable = false;
  }

  /** Closes with a reset and no lingering in TIME_WAIT. */
  reset(): void {
    if (this.fd < 0) return;
    view.setInt32(scratch, 1, true);
    view.setInt32(scratch + 4, 0, true);
    setsockopt(this.fd, SOL_SOCKET, SO_LINGER, base + scratch, 8);
    this.close();
  }

  private failed(reading: boolean): number {
    const error = errno();
    if (error === EAGAIN || error === EINTR) {
      if (error === EAGAIN) {
        if (reading) this.readable = false;
        else this.waitWritable();
      }
      return WOULD_BLOCK;
    }
    // A send on a socket that is still connecting, or whose connection was torn down in between.
    if (error === ENOTCONN && !reading && !this.hangup) {
      this.waitWritable();
      return WOULD_BLOCK;
    }
    this.error = error;
    this.readable = false;
    this.writable = false;
    return FAILED;
  }
}
