/**
 * What a data thread has: its loop, its buffers, its part of the shared memory, and the proxies as they were linked for it.
 * Everything on the data plane reaches these through its plane; there are no other globals.
 */
import type { Configuration } from '../config/model.ts';
import type { Linker } from '../expr/linker.ts';
import type { PatternStore } from '../expr/patterns/pattern-store.ts';
import { sizeScratch } from '../expr/scratch.ts';
import type { EventLoop } from '../loop/event-loop.ts';
import { wakeThread } from '../loop/mailbox.ts';
import { reserve } from '../os/arena.ts';
import { BodyScanner } from '../protocol/http1/body-scanner.ts';
import type { ControlRequest, OpenListener, ProcessFacts, ShutdownCause } from '../state/messages.ts';
import type { ObservedErrors } from '../state/observed-errors.ts';
import type { QueueMemory } from '../state/queue-memory.ts';
import {
  PROCESS_CONNECTIONS,
  PROCESS_PAUSED,
  PROCESS_SERVER_CONNECTIONS,
  type SharedState,
} from '../state/shared-state.ts';
import { BufferPool } from '../transport/buffer-pool.ts';
import { Connection, type ConnectionUser } from '../transport/connection.ts';
import { Namespaces } from '../transport/namespaces.ts';
import type { PipePool } from '../transport/pipe.ts';
import type { Backend } from './backend.ts';
import type { Frontend } from './frontend.ts';
import type { HttpSession } from './http/session.ts';
import type { HttpStream } from './http/stream.ts';
import type { ServerConnection } from './server-connection.ts';
import { SparePool } from './spare-pool.ts';
import type { Stream } from './stream.ts';
import type { StreamLogger } from './stream-log.ts';
import type { TcpSession } from './tcp-session.ts';

export interface PlaneParts {
  readonly thread: number;
  readonly loop: EventLoop;
  readonly configuration: Configuration;
  readonly shared: SharedState;
  readonly queueMemory: QueueMemory;
  readonly patterns: PatternStore;
  readonly process: ProcessFacts;
  readonly wakeFds: readonly number[];
}

/** Something that must end when the thread stops, and is counted. */
export interface LiveSession {
  previousSession: LiveSession | null;
  nextSession: LiveSession | null;
  /** The process is stopping softly: an idle connection is closed, the others end after what they are doing. */
  onSoftStop(): void;
  /** End at once. */
  kill(): void;
  /** The server with these shared words has gone, or its clients are wanted elsewhere: end what it serves. */
  shutServer(serverWords: number, cause: ShutdownCause): void;
  /** With `option contstats`: tells the statistics what has passed so far. */
  countProgress(): void;
}

/** A listener that stopped accepting because some limit was reached. */
export interface PausedListener {
  /** Takes up accepting again. */
  resume(): void;
}

export class Plane implements Linker {
  readonly thread: number;
  readonly loop: EventLoop;
  readonly configuration: Configuration;
  readonly shared: SharedState;
  /** Shared gauges (Atomics only). */
  readonly words: Int32Array;
  /** This thread's lane of counters. */
  readonly lane: Float64Array;
  readonly process: ProcessFacts;
  readonly wakeFds: readonly number[];
  readonly queueMemory: QueueMemory;
  readonly patterns: PatternStore;
  pool!: BufferPool;
  readonly namespaces = new Namespaces();
  /** Offset with room for two buffers, where heads are put together. */
  readonly scratch: number;
  /** Room kept free in front of what is received (tune.maxrewrite). */
  readonly headroom: number;
  /** By index in configuration.proxies. */
  readonly frontends: (Frontend | undefined)[] = [];
  readonly backends: (Backend | undefined)[] = [];
  readonly backendsByName = new Map<string, Backend>();
  private readonly frontendIndexes = new Map<string, number>();
  private readonly backendIndexes = new Map<string, number>();
  /** Backends of this thread with streams in their queue. */
  readonly queuedBackends = new Set<Backend>();
  /** This thread's streams in queues, by the ordinal of their ticket (QueueMemory). */
  readonly queuedStreams: (Stream | null)[] = [];
  /** What brings the loop's clock to the one that all threads read alike. */
  private readonly clockShiftMs: number;
  /** All listeners of the process, this thread's and others'. */
  readonly listeners: OpenListener[] = [];
  /** Listeners of this thread that wait for a connection to end. */
  readonly pausedListeners: PausedListener[] = [];
  /**
   * Objects that have done their work and wait for the next: connections come and go by the ten thousand a second, and
   * what is not allocated need not be collected (measured: 4 % of the cost of a connection per request).
   */
  readonly httpStreams = new SparePool<HttpStream>();
  readonly httpSessions = new SparePool<HttpSession>();
  readonly tcpSessions = new SparePool<TcpSession>();
  readonly serverConnections = new SparePool<ServerConnection>();
  /** Some expression wants request lines, whatever the log wants. */
  keepsRequestLine = false;
  stopping = false;
  private stoppingSince = 0;
  sessions: LiveSession | null = null;
  sessionCount = 0;
  /** Set by the data thread once everything is linked. */
  logger!: StreamLogger;
  pipes!: PipePool;
  /** Called when the last session has ended. */
  onDrained: () => void = () => {};
  /** Posts a request to the main thread; set by the data thread. */
  postRequest: (id: number, request: ControlRequest) => void = () => {};
  private lastRequest = 0;
  private readonly replies = new Map<number, (reply: unknown) => void>();
  onBug: (error: unknown) => void = () => {};
  /** Posts a text for the operator to the main thread; set by the data thread. */
  warn: (text: string) => void = () => {};
  /** The traffic has shown that something is wrong with a server. */
  onServerErrors: (errors: ObservedErrors) => void = () => {};

  constructor(parts: PlaneParts) {
    this.thread = parts.thread;
    this.loop = parts.loop;
    this.configuration = parts.configuration;
    this.shared = parts.shared;
    this.words = parts.shared.words;
    this.lane = parts.shared.lane(parts.thread);
    this.process = parts.process;
    this.wakeFds = parts.wakeFds;
    this.queueMemory = parts.queueMemory;
    this.patterns = parts.patterns;
    const [seconds, nanoseconds] = process.hrtime();
    this.clockShiftMs = (seconds * 1000 + nanoseconds / 1e6 - performance.now()) | 0;
    parts.configuration.proxies.forEach((proxy, index) => {
      if (proxy.kind !== 'backend') this.frontendIndexes.set(proxy.name, index);
      if (proxy.kind !== 'frontend') this.backendIndexes.set(proxy.name, index);
    });
    const tune = parts.configuration.global.tune;
    sizeScratch(tune.bufsize);
    this.headroom = tune.maxrewrite;
    this.scratch = reserve(tune.bufsize * 2 + 4096);
  }

  /** Has the main thread do something; `then` gets what it says to it. Whoever asks must expect to be gone by then. */
  request(request: ControlRequest, then: (reply: unknown) => void): void {
    const id = ++this.lastRequest;
    this.replies.set(id, then);
    this.postRequest(id, request);
  }

  onReply(id: number, reply: unknown): void {
    const then = this.replies.get(id);
    this.replies.delete(id);
    then?.(reply);
  }

  /** Called once everything fixed has been placed in the arena: the rest of it becomes buffers. */
  finishLayout(): void {
    this.pool = new BufferPool(this.configuration.global.tune.bufsize);
  }

  /** Connections to clients and to servers, over all threads. */
  get connections(): number {
    return (
      Atomics.load(this.words, PROCESS_CONNECTIONS) + Atomics.load(this.words, PROCESS_SERVER_CONNECTIONS)
    );
  }

  frontendIndex(name: string): number {
    return this.frontendIndexes.get(name) ?? -1;
  }

  backendIndex(name: string): number {
    return this.backendIndexes.get(name) ?? -1;
  }

  keepRequestLine(): void {
    this.keepsRequestLine = true;
  }

  newScanner(): BodyScanner {
    return new BodyScanner(this.configuration.global.tune.httpMaxHeaders - 1, this.scratch);
  }

  newConnection(user: ConnectionUser): Connection {
    return new Connection(this.loop, user);
  }

  count(offset: number, by = 1): void {
    this.lane[offset] = (this.lane[offset] as number) + by;
  }

  beginStopping(): void {
    this.stopping = true;
    this.stoppingSince = this.loop.now;
  }

  /**
   * Whether a connection that could carry another request is to end with this one, because the process is stopping. With
   * `close-spread-time` that gets more likely as the time passes.
   */
  get endsConnections(): boolean {
    if (!this.stopping) return false;
    const spreadMs = this.configuration.global.closeSpreadTimeMs ?? 0;
    return (
      this.closeSpreadLeftMs <= 0 || Math.random() * spreadMs < ((this.loop.now - this.stoppingSince) | 0)
    );
  }

  /** What is left of `close-spread-time`; infinite where connections end by themselves alone. */
  get closeSpreadLeftMs(): number {
    const spreadMs = this.configuration.global.closeSpreadTimeMs ?? 0;
    return Math.max(0, spreadMs - ((this.loop.now - this.stoppingSince) | 0));
  }

  addSession(session: LiveSession): void {
    session.previousSession = null;
    session.nextSession = this.sessions;
    if (this.sessions !== null) this.sessions.previousSession = session;
    this.sessions = session;
    this.sessionCount++;
  }

  removeSession(session: LiveSession): void {
    if (session.previousSession !== null) session.previousSession.nextSession = session.nextSession;
    else this.sessions = session.nextSession;
    if (session.nextSession !== null) session.nextSession.previousSession = session.previousSession;
    session.previousSession = null;
    session.nextSession = null;
    this.sessionCount--;
    if (this.stopping && this.sessionCount === 0) this.onDrained();
  }

  /** A listener has to wait for a connection to end, on this thread or another. */
  pauseListener(listener: PausedListener): void {
    if (this.pausedListeners.length === 0) Atomics.add(this.words, PROCESS_PAUSED, 1);
    this.pausedListeners.push(listener);
  }

  resumeListeners(): void {
    if (this.pausedListeners.length === 0) return;
    Atomics.sub(this.words, PROCESS_PAUSED, 1);
    const listeners = this.pausedListeners.splice(0);
    for (const listener of listeners) listener.resume();
  }

  /** A client connection has ended: whoever waits for a place may try again. */
  onPlaceFree(): void {
    if (Atomics.load(this.words, PROCESS_PAUSED) === 0) return;
    this.resumeListeners();
    if (Atomics.load(this.words, PROCESS_PAUSED) !== 0) this.wakeOthers();
  }

  /** Another thread woke this one: look at everything that may have been waited for. */
  onWake(): void {
    this.resumeListeners();
    for (const backend of this.queuedBackends) backend.queue.collect();
  }

  /** The loop's milliseconds on a scale that all threads have in common. */
  get sharedNow(): number {
    return (this.loop.now + this.clockShiftMs) | 0;
  }

  /** Servers have changed state: nobody waits for one that is gone, where another will do. */
  onServersChanged(): void {
    for (const backend of this.queuedBackends) backend.queue.onServersChanged();
  }

  /** Wakes all other data threads: something they may wait for (a slot, a connection) has become free. */
  wakeOthers(): void {
    for (let i = 0; i < this.wakeFds.length; i++) {
      if (i !== this.thread - 1) wakeThread(this.wakeFds[i] as number);
    }
  }
}
