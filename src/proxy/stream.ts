/**
 * One exchange between a client and a server, as far as it is the same for TCP and HTTP: choosing a server, waiting for
 * a slot, connecting with retries and redispatch, and what the log tells of it.
 *
 * Phases: (request) → QUEUED → CONNECTING, with TURNAROUND between attempts → EXCHANGING → end. The subclass owns what
 * comes before and after.
 */

import type { Origin } from '../config/words.ts';
import type { Captures } from '../expr/captures/captures.ts';
import type { LogRecord } from '../expr/log-format/log-record.ts';
import {
  type BodyScope,
  type ExchangeScope,
  NO_RESPONSE,
  type ResponseVersion,
  type Scope,
} from '../expr/scope.ts';
import { Variables } from '../expr/variables.ts';
import type { Timer, TimerOwner } from '../loop/timer-wheel.ts';
import { Timer as LoopTimer } from '../loop/timer-wheel.ts';
import type { ByteWindow } from '../protocol/http1/body-scanner.ts';
import type { RequestFacts } from '../protocol/http1/request-facts.ts';
import type { RequestParser } from '../protocol/http1/request-parser.ts';
import type { ResponseParser } from '../protocol/http1/response-parser.ts';
import { SocketAddress } from '../protocol/socket-address.ts';
import { PERSISTENCE_FORCED, PERSISTENCE_USUAL } from '../rules/persistence-rules.ts';
import type { HttpTarget, RuleTarget, StreamTarget } from '../rules/target.ts';
import { BE_SERVED, PROCESS_STREAMS, SRV_PENDING } from '../state/shared-state.ts';
import type { Backend } from './backend.ts';
import { ALL_FULL, type BalanceRequest, HASH_UNREAD, NO_SERVER } from './balancing.ts';
import type { Plane } from './plane.ts';
import { WAITING } from './queue.ts';
import { RETRY_CONNECT } from './retry.ts';
import { BE, type Server } from './server.ts';
import { ServerConnection } from './server-connection.ts';
import type { Session } from './session.ts';

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
const NO_LINE = new Uint8Array(0);

export abstract class Stream implements TimerOwner, BalanceRequest, RuleTarget, StreamTarget, ExchangeScope {
  readonly plane: Plane;
  readonly timer: Timer;
  session!: Session;
  phase = PHASE_REQUEST;
  backend: Backend | null = null;
  server: Server | null = null;
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
  /** Lower goes first (-2047 to 2047), and within a class who came first, so many milliseconds later or earlier. */
  priorityClass = 0;
  priorityOffsetMs = 0;

  /** What rules set in the place of the backend's timeouts (`set-timeout`); 0: nothing. */
  ruledServerMs = 0;
  ruledTunnelMs = 0;
  /** Bytes pass that nobody looks at: `timeout tunnel` counts. */
  protected tunnels = false;
  /** Failures of the exchange are not worth another attempt, whatever `retry-on` says (`disable-l7-retry`). */
  onlyOnce = false;

  // What the log tells. Times are the loop's milliseconds, valid when their flag in `reached` is set.
  retries = 0;
  redispatched = false;
  serverQueue = 0;
  backendQueue = 0;
  /** Termination state: who ended the session, and in which phase; 45 is `-`. */
  endCause = 45;
  endPhase = 45;
  /** What became of the persistence cookie, in the client's request and in the response; 45 is `-`. */
  cookieRequestFlag = 45;
  cookieResponseFlag = 45;
  requestAt = 0;
  assignedAt = 0;
  connectedAt = 0;
  responseAt = 0;
  requested = false;
  assigned = false;
  connected = false;
  responded = false;
  bytesIn = 0;
  bytesOut = 0;
  /** How much of them the statistics have (traffic-count.ts). */
  countedIn = 0;
  countedOut = 0;
  /** Our end of the server connection, where the log wants it. */
  readonly sourceAddress = new SocketAddress();
  /** Streams of the backend and of the server when this one's line was written. */
  backendConnections = 0;
  serverConnections = 0;
  uniqueIdBytes: Uint8Array | undefined = undefined;
  /** Of frontends that capture something; given back once the line has been written. */
  captures: Captures | null = null;
  responseVersion: ResponseVersion = NO_RESPONSE;
  /** Its log line has been written. */
  logged = false;

  constructor(plane: Plane) {
    this.plane = plane;
    this.timer = new LoopTimer(this);
  }

  /** For a new exchange of the same or another session. */
  protected resetStream(session: Session): void {
    this.session = session;
    this.phase = PHASE_REQUEST;
    this.backend = null;
    this.server = null;
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
    this.priorityClass = 0;
    this.priorityOffsetMs = 0;
    this.ruledServerMs = 0;
    this.ruledTunnelMs = 0;
    this.tunnels = false;
    this.onlyOnce = false;
    this.retries = 0;
    this.redispatched = false;
    this.serverQueue = 0;
    this.backendQueue = 0;
    this.endCause = 45;
    this.endPhase = 45;
    this.cookieRequestFlag = 45;
    this.cookieResponseFlag = 45;
    this.requested = false;
    this.assigned = false;
    this.connected = false;
    this.responded = false;
    this.bytesIn = 0;
    this.bytesOut = 0;
    this.countedIn = 0;
    this.countedOut = 0;
    this.backendConnections = 0;
    this.serverConnections = 0;
    this.sourceAddress.clear();
    this.uniqueIdBytes = undefined;
    this.captures = session.frontend.captures?.take() ?? null;
    this.responseVersion = NO_RESPONSE;
    this.logged = false;
    this.variables.clear();
    this.requestVariables.clear();
    this.responseVariables.clear();
    this.lastRule = null;
    this.logLevel = undefined;
    Atomics.add(this.plane.words, PROCESS_STREAMS, 1);
  }

  // ---- what rules and expressions see ---------------------------------------------------------------------------

  get now(): number {
    return this.plane.loop.now;
  }

  get sessionScope(): Session {
    return this.session;
  }

  get exchange(): ExchangeScope {
    return this;
  }

  get backendIndex(): number {
    return this.backend === null ? -1 : this.backend.index;
  }

  get serverPosition(): number {
    return this.server === null || this.server === this.backend?.direct ? -1 : this.server.position;
  }

  /** How long the server may be silent, milliseconds; 0: for ever. */
  get serverTimeoutMs(): number {
    return this.ruledServerMs || (this.backend?.timeouts.server ?? 0);
  }

  /** What counts now: the backend's timeouts only from the moment there is a server. */
  get currentServerTimeoutMs(): number {
    if (this.tunnels && this.currentTunnelTimeoutMs > 0) return this.currentTunnelTimeoutMs;
    return this.ruledServerMs || this.knownMs('server');
  }

  get currentTunnelTimeoutMs(): number {
    return this.ruledTunnelMs || this.knownMs('tunnel');
  }

  private knownMs(which: 'server' | 'tunnel'): number {
    return (this.connected ? this.server?.backend.timeouts[which] : undefined) ?? 0;
  }

  uniqueId(): Uint8Array | null {
    if (this.uniqueIdBytes === undefined) this.plane.logger.identify(this);
    return this.uniqueIdBytes ?? null;
  }

  get requestLine(): Uint8Array {
    return NO_LINE;
  }

  get requestLineLength(): number {
    return 0;
  }

  get clientTarget(): Session {
    return this.session;
  }

  get streamTarget(): Stream {
    return this;
  }

  get httpTarget(): HttpTarget | null {
    return null;
  }

  get rawRequest(): ByteWindow | null {
    return null;
  }

  get rawResponse(): ByteWindow | null {
    return null;
  }

  get requestHead(): RequestParser | null {
    return null;
  }

  get requestFacts(): RequestFacts | null {
    return null;
  }

  get scope(): Scope {
    return this;
  }

  get received(): ByteWindow {
    return this.session.channel;
  }

  keptMethod(): Uint8Array | null {
    return null;
  }

  get usesProxyHeaders(): boolean {
    return false;
  }

  get isFirstRequest(): boolean {
    return true;
  }

  get responseHead(): ResponseParser | null {
    return null;
  }

  get requestBody(): BodyScope | null {
    return null;
  }

  get responseBody(): BodyScope | null {
    return null;
  }

  get responseStatus(): number {
    return 0;
  }

  /** Variables of scope `txn`, and those of the request and the response. */
  readonly variables = new Variables();
  readonly requestVariables = new Variables();
  readonly responseVariables = new Variables();
  lastRule: Origin | null = null;
  logLevel: number | undefined = undefined;

  logRecord(): LogRecord {
    return this.plane.logger.recordOf(this);
  }

  get clientAddress(): SocketAddress {
    return this.session.clientAddress;
  }

  get destinationAddress(): SocketAddress {
    return this.session.destinationAddress();
  }

  abstract countDenied(): void;
  abstract reject(): void;
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

  setEnd(cause: string, phase: string): void {
    // The first cause is the one that counts; what follows from it must not hide it.
    if (this.endCause !== 45) return;
    this.endCause = cause.charCodeAt(0);
    this.endPhase = phase.charCodeAt(0);
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
