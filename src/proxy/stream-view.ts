/**
 * What rules, expressions and the log see of a stream: whose it is, where it goes, what was set for it, and what has become
 * of it so far. Carries nothing out. What only HTTP has is null here.
 */
import type { Origin } from '../config/words.ts';
import type { Captures } from '../expr/captures/captures.ts';
import type { LogRecord } from '../expr/log-format/log-record.ts';
import { NoMessages } from '../expr/no-messages.ts';
import { type ExchangeScope, NO_RESPONSE, type ResponseVersion, type Scope } from '../expr/scope.ts';
import { Variables } from '../expr/variables.ts';
import type { ByteWindow } from '../protocol/http1/body-scanner.ts';
import { SocketAddress } from '../protocol/socket-address.ts';
import type { HttpTarget, RuleTarget, StreamTarget } from '../rules/target.ts';
import type { Backend } from './backend.ts';
import type { Plane } from './plane.ts';
import type { Server } from './server.ts';
import type { Session } from './session.ts';

const NO_LINE = new Uint8Array(0);

export abstract class StreamView extends NoMessages implements RuleTarget, StreamTarget, ExchangeScope {
  readonly plane: Plane;
  session!: Session;
  backend: Backend | null = null;
  server: Server | null = null;
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
    super();
    this.plane = plane;
  }

  protected resetView(session: Session): void {
    this.session = session;
    this.backend = null;
    this.server = null;
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

  abstract uniqueId(): Uint8Array | null;
  abstract logRecord(): LogRecord;

  get requestLine(): Uint8Array {
    return NO_LINE;
  }

  get requestLineLength(): number {
    return 0;
  }

  get clientTarget(): Session {
    return this.session;
  }

  get streamTarget(): StreamTarget {
    return this;
  }

  get httpTarget(): HttpTarget | null {
    return null;
  }

  get scope(): Scope {
    return this;
  }

  get received(): ByteWindow {
    return this.session.channel;
  }

  /** Variables of scope `txn`, and those of the request and the response. */
  readonly variables = new Variables();
  readonly requestVariables = new Variables();
  readonly responseVariables = new Variables();
  lastRule: Origin | null = null;
  logLevel: number | undefined = undefined;

  get clientAddress(): SocketAddress {
    return this.session.clientAddress;
  }

  get destinationAddress(): SocketAddress {
    return this.session.destinationAddress();
  }

  abstract countDenied(asRequest?: boolean): void;
  abstract reject(): void;
  abstract rejectResponse(): void;
  abstract closeServer(): number;

  setEnd(cause: string, phase: string): void {
    // The first cause is the one that counts; what follows from it must not hide it.
    if (this.endCause !== 45) return;
    this.endCause = cause.charCodeAt(0);
    this.endPhase = phase.charCodeAt(0);
  }
}
