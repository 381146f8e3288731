/**
 * Streams that wait for a slot of a server: those that persistence or a hash has bound to one in its own line, all
 * others in the backend's. The lines lie in shared memory and are ordered over all threads; whoever gives up a slot, on
 * any thread, hands it to the stream whose turn it is, so that nobody overtakes and only the thread of that stream is
 * woken. A stream that was let in is started by its own thread at the end of the turn: the slot is its own already.
 *
 * No slot is lost: it is given back before the lines are looked at, and a stream that was refused joins a line before
 * it looks whether a slot has been given back since. As in HAProxy lines move when a slot is given back, and not
 * because the dynamic limit of a server has grown in the meantime.
 * Must not: decide what becomes of a stream that leaves (stream.ts does).
 * Specification: configuration manual 4.2 `timeout queue`, `fullconn`, 5.2 `maxconn`, `maxqueue`; which of two lines a
 * slot goes to was found by watching: to whoever has waited longer, as if they stood in one.
 */
import type { Deferred } from '../loop/event-loop.ts';
import { wakeThread } from '../loop/mailbox.ts';
import {
  GRANTS_FIRST,
  GRANTS_LAST,
  LINE_SERVED,
  QUEUE_ARRIVALS,
  QUEUE_CLOCK,
  QUEUE_FREED,
  QUEUE_LOCK,
  type QueueMemory,
  TICKET_ARRIVAL,
  TICKET_CLASS,
  TICKET_HEIGHT,
  TICKET_NEXT,
  TICKET_PLACE,
  TICKET_SERVER,
  TICKET_THREAD,
  TICKET_TIME,
} from '../state/queue-memory.ts';
import { slotLimit, takeSlot } from '../state/server-slots.ts';
import {
  BE_GENERATION,
  BE_QUEUED,
  BE_QUEUED_MAX,
  BE_SERVED,
  raiseGauge,
  SRV_MAXCONN,
  SRV_PENDING,
  SRV_QUEUED,
  SRV_QUEUED_MAX,
  SRV_SERVED,
} from '../state/shared-state.ts';
import { lock, unlock } from '../state/spin-lock.ts';
import { firstInLine, goesBefore, joinLine, leaveLine } from '../state/waiting-line.ts';
import type { Backend } from './backend.ts';
import type { Plane } from './plane.ts';
import type { Server } from './server.ts';
import type { Stream } from './stream.ts';

/** What `add` did: the stream waits (or has been let in), or the server's line has reached its maxqueue. */
export const WAITING = 0;
export const LINE_FULL = 1;
/** As many streams wait as the process may have in all. */
export const NO_TICKET = 2;

const UNKNOWN = 2;
/** No two threads' clocks are further apart. */
const LONGEST_TURN_MS = 60_000;

export class StreamQueue implements Deferred {
  private readonly plane: Plane;
  private readonly backend: Backend;
  private readonly memory: QueueMemory;
  /** The memory's words. */
  private readonly words: Int32Array;
  /** The shared gauges. */
  private readonly gauges: Int32Array;
  private readonly base: number;
  private readonly line: number;
  private readonly grants: number;
  /** Streams of this thread that wait. */
  private waiting = 0;
  /** Streams of this thread that were let in and have not been started; those before `started` have. */
  private readonly admitted: (Stream | null)[] = [];
  private started = 0;
  /** Threads to wake once the lock is given up. */
  private readonly wakes: number[] = [];
  /** By server: whether balanced requests go there (1), as of `generation`. */
  private readonly members: Uint8Array;
  private generation = 0;

  constructor(plane: Plane, backend: Backend) {
    this.plane = plane;
    this.backend = backend;
    this.memory = plane.queueMemory;
    this.words = this.memory.words;
    this.gauges = plane.words;
    this.base = this.memory.queue(backend.index);
    this.line = this.memory.backendLine(backend.index);
    this.grants = this.memory.grants(backend.index, plane.thread);
    this.members = new Uint8Array(backend.servers.length).fill(UNKNOWN);
  }

  /** To be read before a server is asked for a slot, and handed to `add` when it is refused. */
  get freed(): number {
    return Atomics.load(this.words, this.base + QUEUE_FREED);
  }

  /**
   * Whether requests wait for any server, so that a newcomer has to wait behind them. When no request is being served
   * nobody will ever give up a slot: then a newcomer goes first.
   */
  get holdsBack(): boolean {
    const { gauges } = this;
    const { words } = this.backend;
    return (gauges[words + BE_QUEUED] as number) > 0 && (gauges[words + BE_SERVED] as number) > 0;
  }

  /** Appends a stream; `server` is the only one that it may go to, or null. `freed` was read before it was refused. */
  add(stream: Stream, server: Server | null, freed: number): number {
    const ticket = this.memory.take();
    if (ticket === 0) return NO_TICKET;
    const { words, gauges, base } = this;
    const line = server === null ? this.line : server.line;
    lock(words, base + QUEUE_LOCK);
    if (server !== null && server.maxQueue > 0 && server.queued >= server.maxQueue) {
      unlock(words, base + QUEUE_LOCK);
      this.memory.give(ticket);
      return LINE_FULL;
    }
    const arrival = ((words[base + QUEUE_ARRIVALS] as number) + 1) | 0;
    words[base + QUEUE_ARRIVALS] = arrival;
    // The threads' clocks are read once a turn: without this a later arrival could bear an earlier time.
    let now = this.plane.sharedNow;
    const clock = words[base + QUEUE_CLOCK] as number;
    const behindMs = (clock - now) | 0;
    if (behindMs > 0 && behindMs < LONGEST_TURN_MS) now = clock;
    else words[base + QUEUE_CLOCK] = now;
    words[ticket + TICKET_CLASS] = stream.priorityClass;
    words[ticket + TICKET_TIME] = (now + stream.priorityOffsetMs) | 0;
    words[ticket + TICKET_ARRIVAL] = arrival;
    words[ticket + TICKET_THREAD] = this.plane.thread;
    words[ticket + TICKET_PLACE] = words[line + LINE_SERVED] as number;
    joinLine(words, line, ticket);
    if (server === null) {
      raiseGauge(gauges, this.backend.words + BE_QUEUED, this.backend.words + BE_QUEUED_MAX);
    } else raiseGauge(gauges, server.words + SRV_QUEUED, server.words + SRV_QUEUED_MAX);
    this.register(stream, server, ticket);
    const missed = Atomics.load(words, base + QUEUE_FREED) !== freed;
    if (server !== null) {
      if (missed || Atomics.load(gauges, server.words + SRV_SERVED) === 0) this.admit(server);
    } else if (missed || Atomics.load(gauges, this.backend.words + BE_SERVED) === 0) this.admitAll();
    unlock(words, base + QUEUE_LOCK);
    this.wake();
    return WAITING;
  }

  /** The stream does not wait any longer; a slot that it was given already goes to the next. */
  remove(stream: Stream): void {
    if (!stream.queued) return;
    const { words, base } = this;
    const { ticket, queuedFor } = stream;
    stream.assigned = true;
    stream.assignedAt = this.plane.loop.now;
    if (ticket === 0) {
      // Let in, but not started.
      this.admitted[this.admitted.indexOf(stream, this.started)] = null;
      stream.queued = false;
      (stream.admittedTo as Server).pending--;
      this.giveBack(stream.admittedTo as Server);
      return;
    }
    let server: Server | null = null;
    lock(words, base + QUEUE_LOCK);
    if ((words[ticket + TICKET_HEIGHT] as number) > 0) {
      const line = queuedFor === null ? this.line : queuedFor.line;
      leaveLine(words, line, ticket);
      this.lowerGauge(queuedFor);
      words[ticket + TICKET_PLACE] =
        ((words[line + LINE_SERVED] as number) - (words[ticket + TICKET_PLACE] as number) + 1) | 0;
    } else {
      server = this.backend.servers[words[ticket + TICKET_SERVER] as number] as Server;
      this.withdrawGrant(ticket);
      Atomics.sub(this.gauges, server.words + SRV_PENDING, 1);
    }
    unlock(words, base + QUEUE_LOCK);
    this.unregister(stream);
    stream.queued = false;
    if (server !== null) this.giveBack(server);
    if (queuedFor !== null) this.backend.balancer.gaveUp(queuedFor.position);
  }

  /** A stream has given up its slot of this server. */
  onSlotFree(server: Server): void {
    const { gauges } = this;
    const queued = Atomics.load(gauges, this.backend.words + BE_QUEUED);
    // Whoever has no limit never refuses.
    if (queued === 0 && (gauges[server.words + SRV_MAXCONN] as number) <= 0) return;
    Atomics.add(this.words, this.base + QUEUE_FREED, 1);
    if (queued === 0 && server.queued === 0 && Atomics.load(gauges, this.backend.words + BE_QUEUED) === 0) {
      return;
    }
    lock(this.words, this.base + QUEUE_LOCK);
    this.admit(server);
    unlock(this.words, this.base + QUEUE_LOCK);
    this.wake();
  }

  /** Other threads have let streams of this one in. */
  collect(): void {
    const { words, base, grants } = this;
    if (Atomics.load(words, grants + GRANTS_FIRST) === 0) return;
    lock(words, base + QUEUE_LOCK);
    let ticket = words[grants + GRANTS_FIRST] as number;
    words[grants + GRANTS_FIRST] = 0;
    words[grants + GRANTS_LAST] = 0;
    unlock(words, base + QUEUE_LOCK);
    while (ticket !== 0) {
      const next = words[ticket + TICKET_NEXT] as number;
      const server = this.backend.servers[words[ticket + TICKET_SERVER] as number] as Server;
      Atomics.sub(this.gauges, server.words + SRV_PENDING, 1);
      this.letStart(ticket);
      ticket = next;
    }
  }

  /** Servers have come, gone or changed: lets in whom they take, and sends on those that wait for one that is gone. */
  onServersChanged(): void {
    lock(this.words, this.base + QUEUE_LOCK);
    this.admitAll();
    unlock(this.words, this.base + QUEUE_LOCK);
    this.wake();
    if (!this.backend.requeues) return;
    // Who leaves may let others in, which changes the list: it is read first.
    const leaving: Stream[] = [];
    for (const stream of this.plane.queuedStreams) {
      if (stream?.backend === this.backend && stream.queuedFor?.usable === false && stream.redispatches)
        leaving.push(stream);
    }
    for (const stream of leaving) if (stream.queued && stream.ticket !== 0) stream.leaveForAnother();
  }

  runDeferred(): void {
    while (this.started < this.admitted.length) {
      const stream = this.admitted[this.started++];
      // It may have left in the meantime.
      if (!stream) continue;
      const server = stream.admittedTo as Server;
      stream.queued = false;
      server.pending--;
      stream.startOn(server);
    }
    this.admitted.length = 0;
    this.started = 0;
  }

  onBug(error: unknown): void {
    const stream = this.admitted[this.started - 1];
    if (this.started < this.admitted.length) this.plane.loop.defer(this);
    else {
      this.admitted.length = 0;
      this.started = 0;
    }
    if (stream) stream.onBug(error);
    else this.plane.onBug(error);
  }

  /** Hands free slots of the server to whoever comes next in its line and the backend's. The lock is held. */
  private admit(server: Server): void {
    const { words, gauges } = this;
    const own = server.line;
    // Nothing lets more than a few in at once: the limit and the membership hold for as long as that takes.
    const any = firstInLine(words, this.line) !== 0 && this.takes(server) ? this.line : 0;
    const limit = slotLimit(gauges, server.words, this.backend.words);
    for (;;) {
      let line = own;
      let ticket = firstInLine(words, own);
      const other = any === 0 ? 0 : firstInLine(words, any);
      if (other !== 0 && (ticket === 0 || goesBefore(words, other, ticket))) {
        line = any;
        ticket = other;
      }
      if (ticket === 0 || !takeSlot(gauges, server.words, limit)) return;
      this.letIn(ticket, line, server);
    }
  }

  private admitAll(): void {
    for (const server of this.backend.servers) if (server.usable) this.admit(server);
  }

  /** Whether the server gets balanced requests: a draining one, or a backup that is not needed, only serves its own. */
  private takes(server: Server): boolean {
    const generation = this.gauges[this.backend.words + BE_GENERATION] as number;
    if (generation !== this.generation) {
      this.generation = generation;
      this.members.fill(UNKNOWN);
    }
    const { position } = server;
    if (this.members[position] === UNKNOWN)
      this.members[position] = this.backend.balancer.uses(position) ? 1 : 0;
    return this.members[position] === 1;
  }

  /** A slot has been taken for the ticket. */
  private letIn(ticket: number, line: number, server: Server): void {
    const { words } = this;
    leaveLine(words, line, ticket);
    this.lowerGauge(line === this.line ? null : server);
    const served = ((words[line + LINE_SERVED] as number) + 1) | 0;
    words[line + LINE_SERVED] = served;
    words[ticket + TICKET_PLACE] = (served - (words[ticket + TICKET_PLACE] as number)) | 0;
    words[ticket + TICKET_SERVER] = server.position;
    const thread = words[ticket + TICKET_THREAD] as number;
    if (thread === this.plane.thread) {
      this.letStart(ticket);
      return;
    }
    Atomics.add(this.gauges, server.words + SRV_PENDING, 1);
    const grants = this.memory.grants(this.backend.index, thread);
    const last = words[grants + GRANTS_LAST] as number;
    words[ticket + TICKET_NEXT] = 0;
    words[grants + GRANTS_LAST] = ticket;
    if (last !== 0) words[last + TICKET_NEXT] = ticket;
    else {
      Atomics.store(words, grants + GRANTS_FIRST, ticket);
      // One that has grants has been woken for them.
      this.wakes.push(thread);
    }
  }

  /** A stream of this thread has a slot: it starts at the end of the turn. */
  private letStart(ticket: number): void {
    const stream = this.plane.queuedStreams[this.memory.ordinal(ticket)] as Stream;
    const server = this.backend.servers[this.words[ticket + TICKET_SERVER] as number] as Server;
    server.pending++;
    stream.admittedTo = server;
    this.unregister(stream);
    if (this.admitted.length === 0) this.plane.loop.defer(this);
    this.admitted.push(stream);
  }

  private withdrawGrant(ticket: number): void {
    const { words, grants } = this;
    let previous = 0;
    for (let at = words[grants + GRANTS_FIRST] as number; at !== ticket; ) {
      previous = at;
      at = words[at + TICKET_NEXT] as number;
    }
    const next = words[ticket + TICKET_NEXT] as number;
    if (previous === 0) Atomics.store(words, grants + GRANTS_FIRST, next);
    else words[previous + TICKET_NEXT] = next;
    if (next === 0) words[grants + GRANTS_LAST] = previous;
  }

  /** A slot that was given to a stream which does not want it any more. */
  private giveBack(server: Server): void {
    server.leave();
    this.backend.balancer.served(server.position);
    this.onSlotFree(server);
  }

  /** The lock is held, and nobody changes these gauges without it. */
  private lowerGauge(server: Server | null): void {
    const gauge = server === null ? this.backend.words + BE_QUEUED : server.words + SRV_QUEUED;
    this.gauges[gauge] = (this.gauges[gauge] as number) - 1;
  }

  private wake(): void {
    for (let at = this.wakes.length; at > 0; at--) {
      wakeThread(this.plane.wakeFds[(this.wakes.pop() as number) - 1] as number);
    }
  }

  private register(stream: Stream, server: Server | null, ticket: number): void {
    stream.queued = true;
    stream.queuedFor = server;
    stream.admittedTo = null;
    stream.ticket = ticket;
    if (this.waiting++ === 0) this.plane.queuedBackends.add(this.backend);
    const { queuedStreams } = this.plane;
    const ordinal = this.memory.ordinal(ticket);
    while (queuedStreams.length <= ordinal) queuedStreams.push(null);
    queuedStreams[ordinal] = stream;
  }

  /** Takes the stream out of this thread's books, notes its place for the log, and gives back its ticket. */
  private unregister(stream: Stream): void {
    const { ticket, queuedFor } = stream;
    const place = this.words[ticket + TICKET_PLACE] as number;
    if (queuedFor === null) stream.backendQueue += place;
    else stream.serverQueue += place;
    if (--this.waiting === 0) this.plane.queuedBackends.delete(this.backend);
    stream.ticket = 0;
    this.plane.queuedStreams[this.memory.ordinal(ticket)] = null;
    this.memory.give(ticket);
  }
}
