/**
 * The loop of a data thread: edge-triggered epoll, timers, work put off to the end of the turn, and one clock read a turn.
 * A handler owns its descriptor: it registers it, closes it, and must tell the loop (`forget`) when it does.
 * Descriptors carry a generation in epoll's data word, so that an event for a closed descriptor never reaches the new
 * owner of its number.
 */

import { base, reserve, view } from '../os/arena.ts';
import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  EPOLL_CTL_MOD,
  EPOLL_DATA_OFFSET,
  EPOLL_EVENT_BYTES,
} from '../os/constants.ts';
import { EINTR, errnoText } from '../os/errno.ts';
import { epollCreate1, epollCtl, epollWait, errno } from '../os/libc.ts';
import { TimerWheel } from './timer-wheel.ts';

export abstract class FdHandler {
  /** `events` is epoll's bit set. */
  abstract onEvents(events: number): void;
  /** The handler threw: a bug. It must close what it owns; it is not called again. */
  abstract onBug(error: unknown): void;
}

/** Work that is done once, at the end of the current turn. */
export interface Deferred {
  runDeferred(): void;
  /** `runDeferred` threw: a bug. */
  onBug(error: unknown): void;
}

const EPOLL_CLOEXEC = 0x80000;
/** A turn never sleeps longer, so that signals of stopping are seen even when nothing else happens. */
const LONGEST_SLEEP_MS = 60_000;

export class EventLoop {
  /** Milliseconds that wrap around at 2^32, read once a turn. Compare by difference only. */
  now = 0;
  /** The same moment on performance.now()'s scale, for what needs fractions of a millisecond. */
  nowPrecise = 0;
  readonly timers: TimerWheel;
  private readonly epfd: number;
  private readonly events: number;
  private readonly scratch: number;
  private readonly maxEvents: number;
  private readonly handlers: (FdHandler | undefined)[] = [];
  private readonly generations: number[] = [];
  private deferred: Deferred[] = [];
  private deferredNext: Deferred[] = [];
  private stopped = false;
  turns = 0;

  constructor(maxEvents: number) {
    this.maxEvents = maxEvents;
    this.epfd = epollCreate1(EPOLL_CLOEXEC);
    if (this.epfd < 0) throw new Error(`epoll_create1: ${errnoText(errno())}`);
    this.events = reserve(maxEvents * EPOLL_EVENT_BYTES);
    this.scratch = reserve(16);
    this.readClock();
    this.timers = new TimerWheel(this.now);
  }

  /** Registers a descriptor. Returns false when the kernel refuses (out of memory or watches). */
  watch(fd: number, handler: FdHandler, events: number): boolean {
    const generation = ((this.generations[fd] ?? 0) + 1) | 0;
    this.generations[fd] = generation;
    this.handlers[fd] = handler;
    this.writeEvent(events, fd, generation);
    if (epollCtl(this.epfd, EPOLL_CTL_ADD, fd, base + this.scratch) === 0) return true;
    this.handlers[fd] = undefined;
    return false;
  }

  rewatch(fd: number, events: number): void {
    this.writeEvent(events, fd, this.generations[fd] ?? 0);
    epollCtl(this.epfd, EPOLL_CTL_MOD, fd, base + this.scratch);
  }

  /** The descriptor stays open but is not looked at any more. */
  unwatch(fd: number): void {
    this.handlers[fd] = undefined;
    epollCtl(this.epfd, EPOLL_CTL_DEL, fd, 0);
  }

  /** The descriptor is being closed, which takes it out of epoll by itself. */
  forget(fd: number): void {
    this.handlers[fd] = undefined;
  }

  /** Hands a watched descriptor to another handler, without a system call. */
  rehandle(fd: number, handler: FdHandler): void {
    this.handlers[fd] = handler;
  }

  defer(work: Deferred): void {
    this.deferred.push(work);
  }

  stop(): void {
    this.stopped = true;
  }

  run(): void {
    while (!this.stopped) this.turn();
  }

  private turn(): void {
    let timeoutMs = LONGEST_SLEEP_MS;
    if (this.deferred.length > 0) timeoutMs = 0;
    else {
      const delay = this.timers.delayMs(this.now);
      if (delay >= 0 && delay < timeoutMs) timeoutMs = delay;
    }
    const count = epollWait(this.epfd, base + this.events, this.maxEvents, timeoutMs);
    this.turns++;
    this.readClock();
    if (count < 0) {
      const error = errno();
      if (error !== EINTR) throw new Error(`epoll_wait: ${errnoText(error)}`);
    }
    let at = this.events;
    for (let i = 0; i < count; i++, at += EPOLL_EVENT_BYTES) {
      const fd = view.getInt32(at + EPOLL_DATA_OFFSET, true);
      const handler = this.handlers[fd];
      if (handler === undefined || view.getInt32(at + EPOLL_DATA_OFFSET + 4, true) !== this.generations[fd])
        continue;
      this.dispatch(handler, view.getInt32(at, true));
    }
    this.timers.advance(this.now);
    if (this.deferred.length > 0) this.runDeferred();
  }

  /** A bug in one stream ends that stream: what it throws stops here. */
  private dispatch(handler: FdHandler, events: number): void {
    try {
      handler.onEvents(events);
    } catch (error) {
      handler.onBug(error);
    }
  }

  private runDeferred(): void {
    const work = this.deferred;
    this.deferred = this.deferredNext;
    for (let i = 0; i < work.length; i++) this.runOne(work[i] as Deferred);
    work.length = 0;
    this.deferredNext = work;
  }

  private runOne(work: Deferred): void {
    try {
      work.runDeferred();
    } catch (error) {
      work.onBug(error);
    }
  }

  private readClock(): void {
    this.nowPrecise = performance.now();
    this.now = this.nowPrecise | 0;
  }

  private writeEvent(events: number, fd: number, generation: number): void {
    view.setInt32(this.scratch, events, true);
    view.setInt32(this.scratch + EPOLL_DATA_OFFSET, fd, true);
    view.setInt32(this.scratch + EPOLL_DATA_OFFSET + 4, generation, true);
  }
}
