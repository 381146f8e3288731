/**
 * The exchange of a TCP session: connect at once, then relay both ways, each direction until its source has finished.
 * Half-closed connections are kept, as HAProxy keeps them: the end of one direction is passed on and the other goes on.
 */

import type { Deferred } from '../loop/event-loop.ts';
import type { ByteWindow } from '../protocol/http1/body-scanner.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { STOP } from '../rules/verdict.ts';
import type { ShutdownCause } from '../state/messages.ts';
import type { Connection } from '../transport/connection.ts';
import { FAILED } from '../transport/connection.ts';
import type { Backend } from './backend.ts';
import { FE } from './frontend.ts';
import { AT_RESPONSE, AT_SESSION } from './frontend-log.ts';
import { LI } from './listener.ts';
import { ResponseInspection } from './response-inspection.ts';
import { BE, type Server } from './server.ts';
import type { ServerConnection } from './server-connection.ts';
import { PHASE_ENDED, PHASE_EXCHANGING, PHASE_REQUEST, Stream } from './stream.ts';
import { countTimes } from './stream-times.ts';
import type { TcpSession } from './tcp-session.ts';
import { TCP_READY, TCP_WAIT, TcpStages } from './tcp-stages.ts';
import { countInternalError, countTraffic } from './traffic-count.ts';
import { TUNNEL_AGAIN, TUNNEL_CLIENT_FAILED, TUNNEL_DONE, TUNNEL_SERVER_FAILED, Tunnel } from './tunnel.ts';

export class TcpStream extends Stream implements Deferred {
  private readonly tunnel = new Tunnel();
  /** Both sides are connected by the tunnel, or have been. */
  private relaying = false;
  private deferred = false;
  private readonly stages = new TcpStages();
  private readonly inspection = new ResponseInspection();
  /** It is known where the connection goes. */
  private decided = false;
  /** The client has finished sending. */
  private clientEnded = false;

  start(session: TcpSession): void {
    this.resetStream(session);
    this.relaying = false;
    this.decided = false;
    this.clientEnded = false;
    this.stages.begin();
    this.inspection.begin(null, 0, 0);
    this.requested = true;
    this.requestAt = this.plane.loop.now;
    this.plane.logger.identify(this);
    // What has come with the connection is there for its rules, and for the last packet of the server's handshake.
    this.readAhead(session.connection);
    this.decide();
  }

  /** Rules, the choice of a backend, and on to a server. */
  private decide(): void {
    if (this.phase === PHASE_ENDED) return;
    const verdict = this.stages.run(this, this.clientEnded || this.session.channel.room === 0);
    if (verdict === TCP_WAIT) this.startTimer(this.stages.leftMs(this.now));
    else if (verdict === TCP_READY) {
      this.decided = true;
      this.plane.loop.timers.disarm(this.timer);
      this.plane.logger.reached(this, this.backend, AT_SESSION);
      this.findServer();
    }
  }

  /** False: there is none, and the connection has been ended. */
  switchBackend(): boolean {
    const backend = this.chosenBackend();
    if (backend !== null) {
      this.assignBackend(backend);
      return true;
    }
    this.plane.logger.reached(this, null, AT_SESSION);
    this.setEnd('S', 'C');
    this.end(false);
    return false;
  }

  override get rawRequest(): ByteWindow {
    return this.session.channel;
  }

  /** Only while rules look at it. */
  override get rawResponse(): ByteWindow | null {
    return this.inspection.runs && this.serverConnection !== null ? this.serverConnection.channel : null;
  }

  override countDenied(asRequest = false): void {
    const { plane, session } = this;
    const { frontend, listener } = session;
    plane.count(frontend.counters + FE.deniedRequests);
    if (listener.statistics >= 0) plane.count(listener.statistics + LI.deniedRequests);
    if (asRequest) this.backend?.count(BE.deniedRequests);
  }

  override reject(): void {
    this.end(false);
  }

  override rejectResponse(): void {
    this.countDeniedResponse();
    this.setEnd('P', 'D');
    // A close resets the connection of a client whose bytes have not been read.
    if (this.session.channel.room > 0) this.session.channel.fill(this.session.connection);
    this.end(false);
  }

  override closeServer(): number {
    const { request, response } = this.tunnel;
    request.abandon();
    response.ended = true;
    return STOP;
  }

  override get hasRequestBytes(): boolean {
    return this.session.channel.length > 0;
  }

  /** The client's connection has something to read, or is gone. */
  onClientReady(): void {
    if (this.phase === PHASE_EXCHANGING) {
      this.relay();
      return;
    }
    this.readAhead(this.session.connection);
    if (!this.decided) this.decide();
  }

  override onServerReady(): void {
    this.relay();
  }

  override onConnected(): void {
    this.becomeConnected();
    const session = this.session;
    const backend = this.backend as NonNullable<typeof this.backend>;
    const pipes = backend.splices ? this.plane.pipes : null;
    const server = this.serverConnection as ServerConnection;
    this.tunnel.begin(session, server, pipes, this.plane.loop.now, this);
    this.tunnels = true;
    this.relaying = true;
    if (backend.rules.responseContent !== null) {
      this.inspection.begin(backend.rules.responseContent, backend.responseDelayMs, this.plane.loop.now);
      this.tunnel.response.held = true;
      if (!this.inspect(false)) return;
    }
    this.plane.logger.reached(this, backend, AT_RESPONSE);
    this.relay();
  }

  protected override onUnreachable(): void {
    this.end(false);
  }

  protected override preferredServer(): Server | null {
    return this.chosenByRule ? null : (this.backend as Backend).persistence.serverOfRdp(this);
  }

  protected override intercept(): boolean {
    return false;
  }

  protected override idleConnection(): ServerConnection | null {
    return null;
  }

  override addressFromHeader(_name: string, _occurrence: number, _into: SocketAddress): boolean {
    return false;
  }

  runDeferred(): void {
    this.deferred = false;
    if (this.phase === PHASE_EXCHANGING) this.relay();
  }

  override onBug(error: unknown): void {
    this.plane.onBug(error);
    this.setEnd('I', 'D');
    this.end(true);
  }

  kill(): void {
    this.setEnd('K', this.phase === PHASE_EXCHANGING ? 'D' : 'C');
    this.end(false);
  }

  shutServer(serverWords: number, cause: ShutdownCause): void {
    if (!this.isServedBy(serverWords)) return;
    this.setEnd(cause, '-');
    this.end(false);
  }

  /** What the client sends early is kept, up to a buffer; a client that is gone does not need a server any more. */
  private readAhead(connection: Connection): void {
    const channel = this.session.channel;
    while (connection.readable && channel.room > 0) {
      const count = channel.fill(connection);
      if (count === FAILED) {
        this.abortBeforeServer(true);
        return;
      }
      if (count === 0) {
        const abort = this.backend?.abortOnClose === true || channel.length === 0;
        // The end of stream is found again when the relay begins.
        connection.readable = true;
        this.clientEnded = true;
        if (abort && this.backend?.abortOnClose === true) this.abortBeforeServer(false);
        return;
      }
      if (count < 0) break;
    }
    if (connection.broken) this.abortBeforeServer(true);
  }

  /** `reset`: not just closed. HAProxy tells one from the other only in a queue, and counts resets alone there. */
  private abortBeforeServer(reset: boolean): void {
    const { queued } = this;
    if (queued) this.setEnd('C', reset ? 'D' : 'Q');
    else this.setEnd('C', this.phase === PHASE_REQUEST ? 'R' : 'C');
    if (reset || !queued) this.backend?.count(BE.clientAborts);
    this.end(false);
  }

  /** Asks the rules of the response. False: one has ended the connection. */
  private inspect(complete: boolean): boolean {
    const { inspection, tunnel } = this;
    const { response } = tunnel;
    if (!inspection.run(this, complete || response.ended || response.channel.room === 0)) {
      return false;
    }
    if (!inspection.runs) response.held = false;
    return true;
  }

  private relay(): void {
    const { tunnel, inspection } = this;
    const { now } = this.plane.loop;
    let verdict = tunnel.run(now);
    if (inspection.runs && verdict !== TUNNEL_CLIENT_FAILED) {
      const broken = verdict === TUNNEL_SERVER_FAILED;
      if (!this.inspect(broken)) return;
      if (!inspection.runs) {
        const passed = tunnel.run(now);
        // What had come before the server broke still goes on.
        if (!broken || passed === TUNNEL_CLIENT_FAILED) verdict = passed;
      }
    }
    switch (verdict) {
      case TUNNEL_CLIENT_FAILED:
      case TUNNEL_SERVER_FAILED: {
        const client = verdict === TUNNEL_CLIENT_FAILED;
        this.setEnd(client ? 'C' : 'S', 'D');
        this.countAbort(client ? BE.clientAborts : BE.serverAborts);
        if (!client) this.countAbort(BE.failedResponses);
        this.end(true);
        return;
      }
      case TUNNEL_DONE:
        this.end(false);
        return;
      case TUNNEL_AGAIN:
        if (!this.deferred) {
          this.deferred = true;
          this.plane.loop.defer(this);
        }
        break;
      default:
    }
    const delay = tunnel.delayMs(now);
    if (!inspection.runs) this.startTimer(delay);
    else this.startTimer(Math.max(1, Math.min(inspection.leftMs(now), delay ?? Number.MAX_SAFE_INTEGER)));
  }

  protected override onExchangeTimer(): void {
    const { tunnel } = this;
    if (!this.relaying) {
      this.stages.expired = true;
      this.decide();
      return;
    }
    const { request, response } = tunnel;
    const { now } = this.plane.loop;
    const clientDue = tunnel.clientDue(now);
    const serverDue = tunnel.serverDue(now);
    const { inspection } = this;
    if (inspection.runs && (clientDue || serverDue || inspection.leftMs(now) === 0)) {
      inspection.expired = true;
      if (!this.inspect(true)) return;
    }
    // A side that was silent for too long counts as finished; the other one may still have something to say.
    if (clientDue) {
      this.setEnd('c', 'D');
      if (!request.ended) this.countAbort(BE.clientAborts);
      request.ended = true;
      if (response.blocked || response.finished) {
        this.end(false);
        return;
      }
    }
    if (serverDue) {
      this.setEnd('s', 'D');
      if (!response.ended) this.countAbort(BE.serverAborts);
      response.ended = true;
      if (request.blocked || request.finished) {
        this.end(false);
        return;
      }
    }
    if (clientDue && serverDue) {
      this.end(false);
      return;
    }
    this.relay();
  }

  private countAbort(counter: number): void {
    this.backend?.count(counter);
    this.server?.count(counter);
  }

  private countTimes(backend: Backend, server: Server): void {
    const { lane, loop } = this.plane;
    const queueMs = (this.assignedAt - this.session.acceptedAt) | 0;
    const connectMs = (this.connectedAt - this.assignedAt) | 0;
    const totalMs = (loop.now - this.session.acceptedAt) | 0;
    countTimes(lane, backend.counters, queueMs, connectMs, 0, totalMs);
    countTimes(lane, server.counters, queueMs, connectMs, 0, totalMs);
  }

  /** The statistics get what has passed so far: at the end, and with `option contstats` meanwhile too. */
  countProgress(): void {
    this.bytesIn = this.relaying ? this.tunnel.request.bytes : 0;
    this.bytesOut = this.relaying ? this.tunnel.response.seen : 0;
    countTraffic(this, this.backend);
  }

  /** Ends the stream and its session, and logs. */
  private end(reset: boolean): void {
    if (this.phase === PHASE_ENDED) return;
    const session = this.session as TcpSession;
    const backend = this.backend;
    this.countProgress();
    countInternalError(this, backend);
    if (backend !== null && this.server !== null && this.connected) this.countTimes(backend, this.server);
    this.phase = PHASE_ENDED;
    if (this.relaying) this.tunnel.release();
    this.leaveBackend();
    // Last, so that whoever reads the line finds what it tells of done.
    this.plane.logger.logStream(this, backend);
    this.releaseCaptures();
    this.plane.loop.timers.release(this.timer);
    session.end(reset && this.endCause === 83);
  }
}
