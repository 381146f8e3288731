/**
 * A client connection in HTTP mode: requests one after the other, each a stream of its own; idle in between, when it
 * holds neither a buffer nor a stream.
 */

import type { Deferred } from '../../loop/event-loop.ts';
import { u8 } from '../../os/arena.ts';
import { handshakeErrorMessage } from '../../protocol/proxy-protocol/handshake-error.ts';
import type { ShutdownCause } from '../../state/messages.ts';
import { FAILED } from '../../transport/connection.ts';
import { FE } from '../frontend.ts';
import { LI } from '../listener.ts';
import type { Plane } from '../plane.ts';
import type { Server } from '../server.ts';
import type { ConnectionKeeper, ServerConnection } from '../server-connection.ts';
import { Session } from '../session.ts';
import { HttpStream } from './stream.ts';

export class HttpSession extends Session implements Deferred, ConnectionKeeper {
  stream: HttpStream | null = null;
  /** Requests begun on this connection. */
  requests = 0;
  /** Server connections that only this session may use (`http-reuse never`), waiting for the next request. */
  private readonly own: ServerConnection[] = [];
  /** Where the last request went, for `option prefer-last-server`. */
  lastServer: Server | null = null;
  /** When the connection became idle. */
  idleSince = 0;
  private deferred = false;

  constructor(plane: Plane) {
    super(plane, plane.headroom);
  }

  protected override onEstablished(): void {
    this.requests = 0;
    this.lastServer = null;
    this.idleSince = this.plane.loop.now;
    const { httpRequest, client } = this.frontend.timeouts;
    this.startTimer(httpRequest ?? client);
    this.onClientReady();
  }

  protected override onClientReady(): void {
    if (this.stream !== null) this.stream.onClientReady();
    else this.receive();
  }

  /** Between requests: the first byte of the next one makes a stream. */
  private receive(): void {
    const { channel, connection } = this;
    if (channel.length === 0) {
      if (!connection.readable) return;
      const count = channel.fill(connection);
      if (count <= 0) {
        channel.releaseIfEmpty();
        if (count === 0 || count === FAILED) this.onClosedBetween(count === FAILED);
        return;
      }
    }
    this.plane.loop.timers.disarm(this.timer);
    const stream = this.plane.httpStreams.take() ?? new HttpStream(this.plane);
    this.stream = stream;
    this.requests++;
    stream.begin(this);
  }

  /** The client went away without a request. */
  private onClosedBetween(failed: boolean): void {
    if (this.requests === 0) {
      this.plane.logger.logBadRequest(this, null, 'C', 'R', 400);
      if (!failed && !this.frontend.ignoreProbes) this.writeRaw(400);
    }
    this.finish(false);
  }

  protected override onSessionTimer(): void {
    if (this.stream !== null) return;
    // An idle connection ends without a word; one that never sent a request is told.
    if (this.requests === 0) {
      this.plane.logger.logBadRequest(this, null, 'c', 'R', 408);
      if (!this.frontend.ignoreProbes) this.writeRaw(408);
    }
    this.end();
  }

  /** Sends the reply to what could not be read as a request. The connection is closed next. */
  writeRaw(status: number): void {
    const { plane, frontend } = this;
    this.countFailedRequest();
    plane.count(frontend.counters + FE.requests);
    plane.count(frontend.counters + FE.status4xx);
    const reply = this.frontend.errors.raw(status);
    u8.set(reply, this.plane.scratch);
    if (reply.length > 0) this.connection.write(this.plane.scratch, reply.length);
  }

  countFailedRequest(): void {
    const { plane, frontend, listener } = this;
    plane.count(frontend.counters + FE.failedRequests);
    if (listener.statistics >= 0) plane.count(listener.statistics + LI.failedRequests);
  }

  /** The stream is over and the connection may carry another request. */
  nextRequest(): void {
    this.recycle();
    this.idleSince = this.plane.loop.now;
    if (this.plane.stopping && this.channel.length === 0 && this.plane.closeSpreadLeftMs <= 0) {
      this.end();
      return;
    }
    if (this.channel.length > 0 || this.connection.readable) {
      // Requests that are already here are taken up at the end of the turn: others come first, and the stack stays flat.
      this.deferred = true;
      this.plane.loop.defer(this);
      return;
    }
    this.channel.release();
    this.startIdleTimer();
  }

  private startIdleTimer(): void {
    const { httpKeepAlive, httpRequest, client } = this.frontend.timeouts;
    const idleMs = httpKeepAlive ?? httpRequest ?? client;
    this.startTimer(this.plane.stopping ? this.shortened(idleMs) : idleMs);
  }

  /** The process is stopping: a moment of what is left of `close-spread-time`, unless the connection's own time is up before. */
  private shortened(idleMs: number | undefined): number | undefined {
    const leftMs = this.plane.closeSpreadLeftMs;
    if (leftMs === Number.POSITIVE_INFINITY) return idleMs;
    const momentMs = Math.max(1, Math.ceil(Math.random() * leftMs));
    return idleMs === undefined || idleMs === 0 ? momentMs : Math.min(momentMs, idleMs);
  }

  runDeferred(): void {
    if (!this.deferred) return;
    this.deferred = false;
    if (this.connection.closed || this.stream !== null) return;
    this.startIdleTimer();
    this.receive();
  }

  /** The stream is over, and so is the connection. */
  end(reset = false): void {
    if (this.stream !== null) this.recycle();
    // Unread input would turn the close into a reset, which may take the last reply away from the client.
    if (!reset) this.swallow();
    this.finish(reset);
  }

  /** Keeps a server connection for this session alone. False when it has enough of them: the caller closes it. */
  keep(connection: ServerConnection): boolean {
    if (this.own.length >= this.frontend.maxSessionConnections) return false;
    this.own.push(connection);
    connection.keeper = this;
    return true;
  }

  onKeptConnectionClosed(connection: ServerConnection): void {
    const at = this.own.indexOf(connection);
    if (at >= 0) this.own.splice(at, 1);
  }

  /** The session's own connection to this server, if it is still there. */
  takeOwn(server: Server): ServerConnection | null {
    for (let at = this.own.length - 1; at >= 0; at--) {
      const connection = this.own[at] as ServerConnection;
      if (connection.server !== server) continue;
      this.own.splice(at, 1);
      connection.keeper = null;
      return connection;
    }
    return null;
  }

  private recycle(): void {
    const stream = this.stream;
    this.stream = null;
    if (stream === null) return;
    this.restoreAddresses();
    this.countWire();
    this.plane.count(this.frontend.counters + FE.endedStreams);
    this.plane.httpStreams.give(stream);
  }

  private swallow(): void {
    const { connection, plane } = this;
    for (let i = 0; i < 4 && connection.readable && !connection.closed; i++) {
      if (connection.read(plane.scratch, plane.pool.sizeBytes) <= 0) return;
    }
  }

  protected override logGreetingFailure(error: number): void {
    this.plane.logger.logGreetingFailure(this, handshakeErrorMessage(error) ?? '');
  }

  protected override spare(): void {
    this.deferred = false;
    // Never to be left for the next client that this object serves.
    while (this.own.length > 0) (this.own[this.own.length - 1] as ServerConnection).close();
    this.plane.httpSessions.give(this);
  }

  override onSoftStop(): void {
    // With `option idle-close-on-response` the client learns of it with its next response.
    const told = this.frontend.config.options.get('idle-close-on-response') === true;
    if (this.stream !== null || this.requests === 0 || told) return;
    if (this.plane.closeSpreadLeftMs <= 0) this.end();
    else this.startIdleTimer();
  }

  override shutServer(serverWords: number, cause: ShutdownCause): void {
    this.stream?.shutServer(serverWords, cause);
  }

  override countProgress(): void {
    if (this.frontend.continuousCounts) this.stream?.countProgress();
  }

  override kill(): void {
    if (this.stream !== null) this.stream.kill();
    else this.end();
  }
}
