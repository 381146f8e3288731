/**
 * One exchange between a client and a server, as far as it is the same for TCP and HTTP: choosing a server, waiting for
 * a slot, connecting with retries and redispatch. What others see of it is in stream-view.ts.
 *
 * Phases: (request) → QUEUED → CONNECTING, with TURNAROUND between attempts → EXCHANGING → end. The subclass owns what
 * comes before and after.
 */

import type { LogRecord } from '../expr/log-format/log-record.ts';
import type { Timer, TimerOwner } from '../loop/timer-wheel.ts';
import { Timer as LoopTimer } from '../loop/timer-wheel.ts';
import { SocketAddress } from '../protocol/socket-address.ts';
import { PERSISTENCE_FORCED, PERSISTENCE_USUAL } from '../rules/persistence-rules.ts';
import { BE_SERVED, PROCESS_STREAMS, SRV_PENDING } from '../state/shared-state.ts';
import type { Backend } from './backend.ts';
import { ALL_FULL, type BalanceRequest, HASH_UNREAD, NO_SERVER } from './balancing.ts';
import { FE } from './frontend.ts';
import { LI } from './listener.ts';
import type { Plane } from './plane.ts';
import { WAITING } from './queue.ts';
import { RETRY_CONNECT } from './retry.ts';
import { BE, type Server } from './server.ts';
import { ServerConnection } from './server-connection.ts';
import type { Session } from './session.ts';
import { StreamView } from './stream-view.ts';

export const PHASE_REQUEST = 0;
export const PHASE_QUEUED = 1;
export const PHASE_TURNAROUND = 2;
export const PHASE_CONNECTING = 3;
export const PHASE_EXCHANGING = 4;
export const PHASE_ENDED = 5;

/** Values of `cookieRequestFlag`: `V` and `D`. */
const COOKIE_VALID = 86;
const COOKIE_DOWN = 68;
const LONGEST_TURNAROUND_MS = 1000;
/** How often a slot that another thread snatched away is tried for again before queueing. */
const SLOT_ATTEMPTS = 4;

const target = new SocketAddress();

export abstract class Stream extends StreamView implements TimerOwner, BalanceRequest {
  readonly timer: Timer;
  phase = PHASE_REQUEST;
  /** Holds a slot of `server`. */
  private holdsSlot = false;
  serverConnection: ServerConnection | null = null;
  connectErrno = 0;
  private retriesLeft = 0;
  /** The server that just failed, or -1. */
  private avoid = -1;
  balanceHash = HASH_UNREAD;
  /** Persistence has chosen the server. */
  private bound = false;
  /** What the backend's rules say of its persistence: PERSISTENCE_… */
  persistence = PERSISTENCE_USUAL;
  /** A `use-server` rule has chosen the server. */
  chosenByRule = false;
  /** The server that a redispatch leaves, until it is known where it leads. */
  private leaving: Server | null = null;
  private pending = false;
  /** The wait before the next attempt ends with a redispatch. */
  private redispatchesLater = false;

  // The queue's own fields (queue.ts).
  queued = false;
  /** Its ticket while it stands in a line; 0 once it has been let in, by `admittedTo`. */
  ticket = 0;
  queuedFor: Server | null = null;
  admittedTo: Server | null = null;

  constructor(plane: Plane) {
    super(plane);
    this.timer = new LoopTimer(this);
  }

  /** For a new exchange of the same or another session. */
  protected resetStream(session: Session): void {
    this.resetView(session);
    this.phase = PHASE_REQUEST;
    this.holdsSlot = false;
    this.serverConnection = null;
    this.connectErrno = 0;
    this.avoid = -1;
    this.bound = false;
    this.persistence = PERSISTENCE_USUAL;
    this.chosenByRule = false;
    this.leaving = null;
    this.pending = false;
    this.redispatchesLater = false;
    this.queued = false;
    this.ticket = 0;
    this.admittedTo = null;
    Atomics.add(this.plane.words, PROCESS_STREAMS, 1);
  }

  override uniqueId(): Uint8Array | null {
    if (this.uniqueIdBytes === undefined) this.plane.logger.identify(this);
    return this.uniqueIdBytes ?? null;
  }

  override logRecord(): LogRecord {
    return this.plane.logger.recordOf(this);
  }

  /** Something is waiting to be sent to the server: its first bytes may share a packet with what precedes them. */
  abstract get hasRequestBytes(): boolean;
  /** The server connection is there (new or reused): send the request. */
  abstract onConnected(): void;
  /** The server connection has something to read, or takes bytes again, or is gone. */
  abstract onServerReady(): void;
  /** No server could be reached; `endCause` and `endPhase` are set. The slot has been given back. */
  protected abstract onUnreachable(): void;
  /** A bug was caught while serving this stream: end everything. */
  abstract onBug(error: unknown): void;
  /** The timer of a phase that the subclass owns. */
  protected abstract onExchangeTimer(): void;
  /** A server that this exchange should go to (persistence), or null. */
  protected abstract preferredServer(): Server | null;
  /** The exchange ends here, before any connection to this server: it has been answered. */
  protected abstract intercept(server: Server): boolean;
  /** An established connection to this server that may be used, or null. */
  protected abstract idleConnection(server: Server): ServerConnection | null;
  /** Reads an address out of a request header (`usesrc hdr_ip`). */
  abstract addressFromHeader(name: string, occurrence: number, into: SocketAddress): boolean;

  protected countDeniedResponse(): void {
    const { plane, session, backend } = this;
    plane.count(session.frontend.counters + FE.deniedResponses);
    if (session.listener.statistics >= 0) plane.count(session.listener.statistics + LI.deniedResponses);
    backend?.count(BE.deniedResponses);
    this.server?.count(BE.deniedResponses);
  }

  protected startTimer(delayMs: number | undefined): void {
    const timers = this.plane.loop.timers;
    if (delayMs === undefined || delayMs === 0) timers.disarm(this.timer);
    else timers.arm(this.timer, (this.plane.loop.now + delayMs) | 0);
  }

  onTimer(): void {
    switch (this.phase) {
      case PHASE_QUEUED:
        this.onQueueTimeout();
        return;
      case PHASE_TURNAROUND:
        if (this.redispatchesLater) this.redispatchNow();
        else this.connect();
        return;
      case PHASE_CONNECTING: {
        const connection = this.serverConnection;
        if (connection !== null) connection.close();
        this.connectFailed(true);
        return;
      }
      default:
        this.onExchangeTimer();
    }
  }

  /** What `use_backend` and `default_backend` say. */
  protected chosenBackend(): Backend | null {
    const { defaultBackend, switching } = this.session.frontend;
    const index = switching === null ? -1 : switching.choose(this);
    return index >= 0 ? (this.plane.backends[index] ?? null) : defaultBackend;
  }

  /** The request goes to this backend. */
  protected assignBackend(backend: Backend): void {
    this.backend = backend;
    this.balanceHash = HASH_UNREAD;
    this.retriesLeft = backend.retries;
    backend.enter();
    backend.count(BE.connections);
    this.persistence = backend.persistence.judge(this);
  }

  /** Looks for a server of the backend, and goes there or waits. */
  protected findServer(): void {
    const backend = this.backend as Backend;
    this.server = null;
    const direct = backend.direct;
    if (direct !== null) {
      direct.enter();
      this.startOn(direct);
      return;
    }
    const { queue } = backend;
    const freed = queue.freed;
    const preferred = this.avoid < 0 ? this.boundServer(backend) : null;
    this.bound = preferred !== null;
    if (preferred !== null) {
      if (preferred.enter()) this.startOn(preferred);
      else this.enqueue(preferred, freed);
      return;
    }
    // Where a request waits for any server, all are full.
    if (backend.queuesInTurn && queue.holdsBack) {
      this.enqueue(null, freed);
      return;
    }
    let wanted: Server | null = null;
    for (let attempt = 0; attempt < SLOT_ATTEMPTS; attempt++) {
      const position = backend.balancer.pick(this, this.avoid);
      if (position === NO_SERVER) {
        this.noteRedispatch(null);
        backend.count(BE.failedConnections);
        this.setEnd('S', 'C');
        this.onUnreachable();
        return;
      }
      if (position === ALL_FULL) {
        wanted = null;
        break;
      }
      const server = backend.servers[position] as Server;
      if (server.enter()) {
        this.countSelection(server);
        this.startOn(server);
        return;
      }
      // An algorithm that insists (a hash) wants the request to wait for this server.
      if (server === wanted) break;
      wanted = server;
    }
    if (wanted !== null) this.countSelection(wanted);
    this.enqueue(wanted, freed);
  }

  /** The server that rules or persistence have for it, or null. */
  private boundServer(backend: Backend): Server | null {
    const ruled = backend.persistence.serverByRule(this);
    this.chosenByRule = ruled !== null;
    // Cookies are read nevertheless: they may have to be hidden.
    const preferred = this.preferredServer();
    return ruled ?? preferred;
  }

  /** Whether it may be sent to another server than the one that it was sent to. */
  get redispatches(): boolean {
    return (this.backend as Backend).redispatches && this.persistence !== PERSISTENCE_FORCED;
  }

  /** The balance algorithm has chosen. */
  private countSelection(server: Server): void {
    server.backend.count(BE.selected);
    server.count(BE.selected);
  }

  /** `freed` was read before a slot was refused. */
  private enqueue(server: Server | null, freed: number): void {
    const backend = this.backend as Backend;
    this.server = server;
    this.noteRedispatch(server);
    this.phase = PHASE_QUEUED;
    this.startTimer(backend.timeouts.queue ?? backend.timeouts.connect);
    const verdict = backend.queue.add(this, server, freed);
    if (verdict !== WAITING) this.onQueueFull(server);
  }

  /** Too many wait: one that is only bound by persistence may go elsewhere, others are refused. */
  private onQueueFull(server: Server | null): void {
    const backend = this.backend as Backend;
    this.plane.loop.timers.disarm(this.timer);
    if (server !== null && this.bound && this.redispatches) {
      this.redispatchFrom(server);
      return;
    }
    backend.count(BE.failedConnections);
    server?.count(BE.failedConnections);
    this.setEnd('S', 'Q');
    this.onUnreachable();
  }

  /** Called by the queue: the server that it waits for is gone. */
  leaveForAnother(): void {
    const backend = this.backend as Backend;
    const server = this.queuedFor as Server;
    backend.queue.remove(this);
    // The time is counted until a server is found.
    this.assigned = false;
    this.plane.loop.timers.disarm(this.timer);
    this.redispatchFrom(server);
  }

  private onQueueTimeout(): void {
    const backend = this.backend as Backend;
    // Another thread may have let it in just now.
    backend.queue.collect();
    if (this.ticket === 0) return;
    backend.queue.remove(this);
    backend.count(BE.failedConnections);
    this.server?.count(BE.failedConnections);
    this.setEnd('s', 'Q');
    this.onUnreachable();
  }

  /** A slot of this server is ours. Called by the queue too. */
  startOn(server: Server): void {
    this.plane.loop.timers.disarm(this.timer);
    this.takeSlot(server);
    this.noteRedispatch(server);
    this.connect();
  }

  private takeSlot(server: Server): void {
    this.server = server;
    this.holdsSlot = true;
    const backend = server.backend;
    Atomics.add(this.plane.words, backend.words + BE_SERVED, 1);
    if (backend.direct === null) backend.balancer.served(server.position);
    this.assigned = true;
    this.assignedAt = this.plane.loop.now;
  }

  protected releaseSlot(): void {
    if (!this.holdsSlot) return;
    this.holdsSlot = false;
    const server = this.server as Server;
    const backend = server.backend;
    this.setPending(server, false);
    server.leave();
    Atomics.sub(this.plane.words, backend.words + BE_SERVED, 1);
    if (backend.direct === null) {
      backend.balancer.served(server.position);
      backend.queue.onSlotFree(server);
    }
  }

  /** Whether the slot is held without a connection, between two attempts. */
  private setPending(server: Server, pending: boolean): void {
    if (this.pending === pending) return;
    this.pending = pending;
    Atomics.add(this.plane.words, server.words + SRV_PENDING, pending ? 1 : -1);
  }

  private connect(): void {
    const server = this.server as Server;
    this.setPending(server, false);
    if (this.intercept(server)) return;
    server.count(BE.sessions);
    const idle = this.idleConnection(server);
    if (idle !== null) {
      this.serverConnection = idle;
      idle.attach(this);
      idle.requests++;
      server.count(BE.reused);
      server.backend.count(BE.reused);
      this.onConnected();
      return;
    }
    const connection = ServerConnection.open(this, server);
    if (connection === null) {
      this.connectFailed(false);
      return;
    }
    connection.requests = 1;
    this.serverConnection = connection;
    this.phase = PHASE_CONNECTING;
    this.startTimer(server.backend.timeouts.connect);
  }

  protected becomeConnected(): void {
    this.phase = PHASE_EXCHANGING;
    this.connected = true;
    this.connectedAt = this.plane.loop.now;
    this.server?.observer?.connected();
  }

  onConnectFailed(error: number): void {
    this.connectErrno = error;
    this.connectFailed(false);
  }

  private connectFailed(timedOut: boolean): void {
    const server = this.server as Server;
    const backend = server.backend;
    this.serverConnection = null;
    server.observer?.notConnected();
    if ((backend.retryOn & RETRY_CONNECT) === 0 || this.retriesLeft <= 0) {
      backend.count(BE.failedConnections);
      server.count(BE.failedConnections);
      this.setEnd(timedOut ? 's' : 'S', 'C');
      this.releaseSlot();
      this.onUnreachable();
      return;
    }
    this.redispatchesLater = this.countRetry();
    if (this.redispatchesLater && backend.activeServers > 1) {
      this.redispatchNow();
      return;
    }
    this.phase = PHASE_TURNAROUND;
    this.setPending(server, true);
    // A server that refuses is given a moment; one that did not answer in time has had it.
    const connectMs = backend.timeouts.connect ?? LONGEST_TURNAROUND_MS;
    this.startTimer(timedOut ? 1 : Math.min(connectMs, LONGEST_TURNAROUND_MS));
  }

  /** Counts an attempt. True: the configuration wants this one to be a redispatch, which is counted when it is done. */
  private countRetry(): boolean {
    const server = this.server as Server;
    const backend = server.backend;
    this.retriesLeft--;
    this.retries++;
    if (backend.direct === null && this.redispatches && (this.redispatchDue(backend) || !server.usable)) {
      return true;
    }
    backend.count(BE.retries);
    server.count(BE.retries);
    return false;
  }

  /** Whether the server with these shared words is the one that serves it. */
  protected isServedBy(serverWords: number): boolean {
    return this.holdsSlot && (this.server as Server).words === serverWords;
  }

  private redispatchNow(): void {
    const server = this.server as Server;
    this.redispatchesLater = false;
    this.releaseSlot();
    this.redispatchFrom(server);
  }

  /**
   * Whether this retry is one for another server. `option redispatch` counts those of requests that are bound to their
   * server; one that was merely balanced there goes elsewhere at once, if there is an elsewhere (as observed).
   */
  private redispatchDue(backend: Backend): boolean {
    if (!this.bound && !backend.deterministic && backend.activeServers > 1) return true;
    const attempt = backend.retries - this.retriesLeft;
    const { redispatch } = backend;
    if (redispatch > 0) return attempt % redispatch === 0;
    // Counted from the last one; where that lies before the first, every one is.
    const from = backend.retries + 1 + redispatch;
    return from === 0 || attempt % from === 0;
  }

  private redispatchFrom(server: Server): void {
    this.leaving = server;
    this.avoid = server.position;
    this.findServer();
  }

  /** A redispatch has led to this server, or a queue or nowhere (null). To the same one again it is a mere retry. */
  private noteRedispatch(server: Server | null): void {
    const { leaving } = this;
    if (leaving === null) return;
    this.leaving = null;
    const again = server === leaving;
    leaving.backend.count(again ? BE.retries : BE.redispatches);
    leaving.count(again ? BE.retries : BE.redispatches);
    if (again) return;
    this.redispatched = true;
    // To the log a server that does not take its client is down.
    if (this.cookieRequestFlag === COOKIE_VALID) this.cookieRequestFlag = COOKIE_DOWN;
  }

  protected get mayRetry(): boolean {
    return this.retriesLeft > 0;
  }

  /** Tries the exchange again, on the same server or another. */
  protected retryExchange(): void {
    this.connected = false;
    this.serverConnection = null;
    if (this.countRetry()) this.redispatchNow();
    else this.connect();
  }

  /** Nothing asks for what was captured any more. */
  protected releaseCaptures(): void {
    const { captures } = this;
    if (captures === null) return;
    this.captures = null;
    this.session.frontend.captures?.give(captures);
  }

  /** Gives back everything that the exchange holds on the server's side. */
  protected leaveBackend(): void {
    this.plane.loop.timers.disarm(this.timer);
    const backend = this.backend;
    if (backend === null) return;
    this.noteLoad(backend);
    if (this.queued) backend.queue.remove(this);
    const connection = this.serverConnection;
    if (connection !== null) {
      this.serverConnection = null;
      connection.detach();
      connection.close();
    }
    const { server } = this;
    this.releaseSlot();
    backend.leave();
    this.backend = null;
    // The log tells how busy they are without this stream.
    this.backendConnections = backend.connections;
    if (server !== null) this.serverConnections = server.sessions;
  }

  /** What the log tells of the server's side, read while this stream is still there. */
  noteLoad(backend: Backend): void {
    this.backendConnections = backend.connections;
    this.serverConnections = this.server?.sessions ?? 0;
    const connection = this.serverConnection;
    if (connection !== null && this.session.frontend.log.wantsSource)
      connection.readSource(this.sourceAddress);
  }

  /** Where to connect when the configuration leaves the port, or the address too, to the client's choice. */
  targetAddress(server: Server): SocketAddress {
    if (server.backend.transparent) {
      target.copyFrom(this.destinationAddress);
      return target;
    }
    target.copyFrom(server.address);
    if (server.mapsPort) target.port = (this.destinationAddress.port + server.portOffset) & 0xffff;
    return target;
  }
}
