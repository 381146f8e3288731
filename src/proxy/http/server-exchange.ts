/**
 * An exchange with a server: the request goes to it, its response comes back, or a tunnel opens, and whatever can go
 * wrong on the way. In order: onConnected → sendRequest → forwardRequest, and back: onServerReady → receiveResponse →
 * understandResponse → forwardResponse. The choice of a server and the connecting are in ../stream.ts.
 */

import { latin1, u8 } from '../../os/arena.ts';
import { BODY_CHUNKED, BODY_UNTIL_CLOSE } from '../../protocol/http1/framing.ts';
import { COMPLETE, MALFORMED } from '../../protocol/http1/head-parser.ts';
import { M_GET, M_HEAD } from '../../protocol/http1/request-facts.ts';
import type { SocketAddress } from '../../protocol/socket-address.ts';
import {
  SEEN_BAD_RESPONSE,
  SEEN_CLOSE,
  SEEN_READ_ERROR,
  SEEN_READ_TIMEOUT,
} from '../../state/observed-errors.ts';
import { FAILED } from '../../transport/connection.ts';
import type { Backend } from '../backend.ts';
import { AT_RESPONSE } from '../frontend-log.ts';
import {
  RETRY_EMPTY_RESPONSE,
  RETRY_JUNK_RESPONSE,
  RETRY_RESPONSE_TIMEOUT,
  retriesExchange,
  statusBit,
} from '../retry.ts';
import { BE, type Server } from '../server.ts';
import type { ServerConnection } from '../server-connection.ts';
import { PHASE_EXCHANGING } from '../stream.ts';
import { TUNNEL_AGAIN, TUNNEL_CLIENT_FAILED, TUNNEL_DONE, TUNNEL_SERVER_FAILED, Tunnel } from '../tunnel.ts';
import { countAnswer, countFailedResponse } from './accounting.ts';
import {
  type BodyForwarder,
  FORWARD_AGAIN,
  FORWARD_DONE,
  FORWARD_MALFORMED,
  FORWARD_SINK_FAILED,
  FORWARD_SOURCE_ENDED,
  FORWARD_SOURCE_FAILED,
} from './body-forwarder.ts';
import { CONNECTION_CLOSE, CONNECTION_KEEP_ALIVE, strictestMode } from './connection-mode.ts';
import {
  NO_BODY,
  STEP_RESPONSE_BODY,
  STEP_RESPONSE_HEAD,
  STEP_RESPONSE_RULES,
  STEP_SERVER,
  STEP_TUNNEL,
} from './exchange.ts';
import { readHeaderAddress } from './header-address.ts';
import { RuledResponse } from './ruled-response.ts';

const NEVER = Number.MAX_SAFE_INTEGER;

export abstract class ServerExchange extends RuledResponse {
  // ---- to the server ------------------------------------------------------------------------------------------

  override get hasRequestBytes(): boolean {
    return true;
  }

  protected override preferredServer(): Server | null {
    const backend = this.backend as Backend;
    for (const extension of backend.extensions) {
      const server = extension.chooseServer?.(this);
      if (server) return server;
    }
    if (this.chosenByRule) return null;
    // Only a connection that is the session's own is worth staying for.
    if (backend.preferLastServer && backend.reuse === 'never') {
      const last = this.http.lastServer;
      if (last !== null && backend.keepsClientOn(last)) return last;
    }
    return null;
  }

  /** `server … redir`: the client is sent to the server instead of its request. */
  protected override intercept(server: Server): boolean {
    const prefix = server.config.redir;
    if (prefix === undefined || (this.request.method !== M_GET && this.request.method !== M_HEAD))
      return false;
    const { targetStart, targetEnd } = this.requestParser;
    const location = prefix + latin1(targetStart, targetEnd);
    this.setEnd('L', 'C');
    const head = `HTTP/1.1 302 Found\r\ncache-control: no-cache\r\ncontent-length: 0\r\nlocation: ${location}\r\n`;
    this.replyWith(302, Buffer.from(head, 'latin1'), NO_BODY, true);
    return true;
  }

  protected override idleConnection(server: Server): ServerConnection | null {
    const backend = server.backend;
    const session = this.http;
    const own = session.takeOwn(server);
    if (own !== null || server.private) return own;
    const first = session.requests === 1;
    return server.idle.take(backend.reuse, first, !this.onlyOnce && retriesExchange(backend.retryOn));
  }

  override addressFromHeader(name: string, occurrence: number, into: SocketAddress): boolean {
    return readHeaderAddress(u8, this.requestParser.block, name, occurrence, into);
  }

  override onConnected(): void {
    this.becomeConnected();
    this.http.lastServer = this.server;
    this.sendRequest();
  }

  protected sendRequest(): void {
    const server = this.serverConnection as ServerConnection;
    const { requestSide } = this;
    const { channel } = this.session;
    this.step = STEP_RESPONSE_HEAD;
    this.activeAt = this.plane.loop.now;
    this.responseParser.relaxed = server.server.backend.relaxedResponses;
    if (requestSide.hasReplay) {
      if (server.server.isTold) requestSide.readdressReplay(server.server.nameBytes);
      if (!requestSide.restoreReplay(channel)) {
        this.setEnd('I', 'H');
        this.reply(500);
        return;
      }
    } else if (!this.assembleRequest()) return;
    if (!this.onlyOnce && retriesExchange(server.server.backend.retryOn))
      requestSide.keepReplay(channel, server.server.nameBytes.length);
    this.forwardRequest();
    if (this.phase !== PHASE_EXCHANGING || !this.inspectConnection()) return;
    // A server may speak first, and the event that told of the connection has told of that too.
    if (this.phase === PHASE_EXCHANGING && server.connection.readable) this.receiveResponse();
    if (this.phase === PHASE_EXCHANGING) this.armTimer();
  }

  /** Edits the head for the server and puts it in front of what follows in the buffer. */
  protected assembleRequest(): boolean {
    const session = this.session;
    const { frontend } = session;
    const backend = this.backend as Backend;
    const { block } = this.requestParser;
    const facts = this.request;
    let fits = true;
    if (this.uniqueIdBytes !== undefined) {
      const line = frontend.uniqueId?.line(this.uniqueIdBytes);
      if (line) fits = block.add(u8, line) && fits;
    }
    const forwardFor = backend.forwardFor ?? frontend.forwardFor;
    if (forwardFor !== undefined) fits = forwardFor.apply(u8, block, session.clientAddress) && fits;
    const originalTo = backend.originalTo ?? frontend.originalTo;
    if (originalTo !== undefined) fits = originalTo.apply(u8, block, session.destinationAddress()) && fits;
    for (const extension of backend.extensions) extension.onAssigned?.(this);

    const mode = strictestMode(frontend.mode, backend.mode);
    this.clientKeep = facts.keepAlive && frontend.mode !== 'close';
    this.serverKeep = mode === 'keep-alive' || mode === 'tunnel';
    if (!this.serverKeep && !facts.old && !facts.connectionUpgrade && !backend.pretendKeepAlive) {
      fits = block.add(u8, CONNECTION_CLOSE) && fits;
    } else if (this.serverKeep && facts.old && !facts.oldChunked && !facts.connectionUpgrade) {
      fits = block.add(u8, CONNECTION_KEEP_ALIVE) && fits;
    }
    const server = this.server as Server;
    if (server.isTold) fits = backend.serverNameHeader?.apply(block, server.nameBytes) !== false && fits;
    if (fits && this.requestSide.place(session.channel, backend.headerCase)) return true;
    this.setEnd('P', 'R');
    this.dropServer();
    this.reply(500);
    return false;
  }

  /** Moves the request on, as far as both sides let it. */
  protected forwardRequest(): void {
    const { channel, connection: client } = this.session;
    const server = (this.serverConnection as ServerConnection).connection;
    const { body } = this.requestSide;
    const verdict = body.run(channel, client, server);
    this.noteProgress(body);
    switch (verdict) {
      case FORWARD_DONE:
        this.requestSide.done = true;
        channel.releaseIfEmpty();
        return;
      case FORWARD_AGAIN:
        this.continueLater();
        return;
      case FORWARD_SINK_FAILED:
        this.onRequestRefused();
        return;
      case FORWARD_MALFORMED:
        this.onMalformedRequest();
        return;
      case FORWARD_SOURCE_ENDED:
      case FORWARD_SOURCE_FAILED:
        this.onClientLeftAmidBody();
        return;
      default:
    }
  }

  /** Anything that passes, either way, counts as activity of both sides. */
  protected noteProgress(body: BodyForwarder): void {
    if (!body.moved) return;
    body.moved = false;
    this.activeAt = this.plane.loop.now;
  }

  /** The server does not take the request any more: it may have answered all the same. */
  protected onRequestRefused(): void {
    this.requestSide.refused = true;
    const server = (this.serverConnection as ServerConnection).connection;
    server.readable = true;
    if (this.step === STEP_RESPONSE_HEAD) this.receiveResponse();
  }

  protected onClientLeftAmidBody(): void {
    if (this.responseSide.sent) {
      this.complete();
      return;
    }
    this.setEnd('C', 'D');
    this.backend?.count(BE.clientAborts);
    this.server?.count(BE.clientAborts);
    this.abort(true);
  }

  // ---- the response -------------------------------------------------------------------------------------------

  override onServerReady(): void {
    if (this.step === STEP_TUNNEL) {
      this.relayTunnel();
      return;
    }
    if (!this.requestSide.done && !this.requestSide.refused) {
      const server = (this.serverConnection as ServerConnection).connection;
      if (server.writable) this.forwardRequest();
      if (this.phase !== PHASE_EXCHANGING) return;
    }
    if (this.step === STEP_RESPONSE_HEAD) this.receiveResponse();
    else if (this.step === STEP_RESPONSE_BODY) this.forwardResponse();
    else if (this.step === STEP_RESPONSE_RULES) this.onMoreOfResponse();
    if (this.phase === PHASE_EXCHANGING) this.armTimer();
  }

  protected receiveResponse(): void {
    const { channel, connection } = this.serverConnection as ServerConnection;
    const { responseSide } = this;
    const parser = this.responseParser;
    while (connection.readable) {
      const fresh = channel.buffer < 0;
      const count = channel.fill(connection);
      if (count <= 0) {
        channel.releaseIfEmpty();
        if (count === 0 || count === FAILED) this.onNoResponse(count === FAILED);
        return;
      }
      this.activeAt = this.plane.loop.now;
      if (!responseSide.started || fresh) parser.begin(channel.head);
      responseSide.started = true;
      if (this.parseResponse()) return;
      if (channel.room === 0) {
        if (channel.head === channel.buffer + this.plane.headroom) {
          this.onBadResponse();
          return;
        }
        channel.compact();
        parser.begin(channel.head);
      }
    }
  }

  /** Parses what is there. True when nothing more is to be read for the head now: it is complete, or has failed. */
  protected parseResponse(): boolean {
    const { channel } = this.serverConnection as ServerConnection;
    const parser = this.responseParser;
    for (;;) {
      const verdict = parser.parse(u8, channel.tail);
      if (verdict === MALFORMED) {
        this.onBadResponse();
        return true;
      }
      if (verdict !== COMPLETE) return false;
      if (!this.response.analyse(u8, parser, this.request)) {
        this.onBadResponse();
        return true;
      }
      if (!this.response.interim) {
        this.understandResponse();
        return true;
      }
      if (this.response.old) this.serverKeep = false;
      this.responseSide.countHead();
      countAnswer(this.server as Server, parser.status);
      // 1xx goes to the client as it comes; another head follows.
      channel.head = parser.block.end;
      channel.ready = parser.block.end;
      if (!this.placeResponseHead()) return true;
      // So little always fits the client's socket, where nothing else waits before a response.
      if (channel.drain(this.session.connection) === FAILED || channel.head !== channel.ready) {
        this.onClientBroken();
        return true;
      }
      if (channel.head === channel.tail) channel.release();
      if (channel.buffer < 0) return false;
      parser.begin(channel.ready);
    }
  }

  protected understandResponse(): void {
    const backend = this.backend as Backend;
    if (
      this.requestSide.hasReplay &&
      (backend.retryOn & statusBit(this.responseParser.status)) !== 0 &&
      this.mayRetry
    ) {
      this.retry();
      return;
    }
    this.beginResponse();
  }

  protected override passResponse(): void {
    const { connection } = this.serverConnection as ServerConnection;
    const { responseSide } = this;
    const facts = this.response;
    const { block } = this.responseParser;
    this.step = STEP_RESPONSE_BODY;
    // What the log tells of the response's beginning.
    this.bytesOut = responseSide.headBytes;
    this.plane.logger.reached(this, this.backend, AT_RESPONSE);
    if (facts.tunnel) {
      if (this.placeResponseHead()) this.openTunnel();
      return;
    }
    if (facts.body === BODY_UNTIL_CLOSE || (facts.old && facts.body === BODY_CHUNKED))
      this.clientKeep = false;
    if (this.plane.endsConnections) this.clientKeep = false;
    if (facts.old) {
      if (this.clientKeep) block.add(u8, CONNECTION_KEEP_ALIVE);
    } else if (!this.clientKeep) block.add(u8, CONNECTION_CLOSE);
    else if (this.request.old) block.add(u8, CONNECTION_KEEP_ALIVE);
    responseSide.body.closes = this.closesBehindResponse;
    if (!facts.keepAlive) this.serverKeep = false;
    if (!this.placeResponseHead()) return;
    if (connection.closed) return;
    this.forwardResponse();
  }

  /** Nothing keeps the client's connection from being closed as soon as the response has been written. */
  private get closesBehindResponse(): boolean {
    return !this.clientKeep && this.requestSide.done && !this.session.frontend.noLinger;
  }

  protected placeResponseHead(): boolean {
    const { channel } = this.serverConnection as ServerConnection;
    if (this.responseSide.place(channel, this.session.frontend.headerCase)) return true;
    this.setEnd('P', 'H');
    this.dropServer();
    this.reply(502);
    return false;
  }

  /** Moves the response on, as far as both sides let it. */
  protected forwardResponse(): void {
    const { channel, connection: server } = this.serverConnection as ServerConnection;
    const { body } = this.responseSide;
    const verdict = body.run(channel, server, this.session.connection);
    this.noteProgress(body);
    switch (verdict) {
      case FORWARD_DONE:
        this.onResponseSent();
        return;
      case FORWARD_AGAIN:
        this.continueLater();
        return;
      case FORWARD_SINK_FAILED:
        this.onClientBroken();
        return;
      case FORWARD_MALFORMED:
        this.setEnd('S', 'D');
        this.abort();
        return;
      case FORWARD_SOURCE_ENDED:
      case FORWARD_SOURCE_FAILED:
        this.onServerLeftAmidBody();
        return;
      default:
    }
  }

  protected onResponseSent(): void {
    this.responseSide.sent = true;
    if (this.requestSide.done) this.complete();
    else if (this.requestSide.refused) {
      this.setEnd('S', 'D');
      this.abort();
    } else if (this.response.body === BODY_UNTIL_CLOSE) {
      // The server has gone without waiting for the rest of the request.
      this.setEnd('C', 'D');
      this.abort();
    }
  }

  // ---- what goes wrong ----------------------------------------------------------------------------------------

  /** The server ended the connection before a complete head. */
  protected onNoResponse(failed: boolean): void {
    const connection = this.serverConnection as ServerConnection;
    if (!this.responseSide.started) {
      if (this.retryFor(RETRY_EMPTY_RESPONSE)) return;
      if (this.http.requests > 1 && connection.requests > 1) {
        // The idle connection was closed just when it was used: the client knows this case and sends again.
        this.unlogged = true;
        this.abort();
        return;
      }
    } else if (this.retryFor(RETRY_JUNK_RESPONSE)) return;
    this.server?.observer?.noResponse(failed ? SEEN_READ_ERROR : SEEN_CLOSE, true);
    countFailedResponse(this);
    // A broken connection counts beside the answer that it leaves out, as it does in HAProxy.
    if (failed) countFailedResponse(this);
    if (failed && this.requestSide.refused && !this.requestSide.done) {
      this.setEnd('S', 'D');
      this.abort();
      return;
    }
    this.setEnd('S', 'H');
    this.dropServer();
    this.reply(502);
  }

  protected override onBadResponse(): void {
    if (this.retryFor(RETRY_JUNK_RESPONSE)) return;
    this.server?.observer?.noResponse(SEEN_BAD_RESPONSE, false);
    countFailedResponse(this);
    this.setEnd('P', 'H');
    this.dropServer();
    this.reply(502);
  }

  /** The rest of a request that is already on its way cannot be understood. */
  protected onMalformedRequest(): void {
    if (this.step === STEP_RESPONSE_BODY || this.status > 0) {
      this.setEnd('P', 'D');
      this.abort();
    } else {
      this.setEnd('P', 'H');
      this.dropServer();
      this.reply(400);
    }
  }

  protected onServerLeftAmidBody(): void {
    this.setEnd('S', 'D');
    // One that was given up has not failed to answer.
    if (!this.responseSide.body.cut) countFailedResponse(this);
    this.backend?.count(BE.serverAborts);
    this.server?.count(BE.serverAborts);
    this.abort();
  }

  protected onClientBroken(): void {
    this.setEnd('C', 'D');
    this.backend?.count(BE.clientAborts);
    this.server?.count(BE.clientAborts);
    this.abort(true);
  }

  /** Tries again when the configuration wants it for this failure. */
  protected retryFor(condition: number): boolean {
    const backend = this.backend as Backend;
    if (!this.requestSide.hasReplay || (backend.retryOn & condition) === 0 || !this.mayRetry) return false;
    this.retry();
    return true;
  }

  protected retry(): void {
    this.dropServer();
    this.responseSide.started = false;
    this.requestSide.refused = false;
    this.step = STEP_SERVER;
    // HAProxy counts such an attempt when it gives up the answer, and again when it connects.
    this.backend?.count(BE.retries);
    this.server?.count(BE.retries);
    this.retryExchange();
  }

  protected override onUnreachable(): void {
    this.reply(503);
  }

  /** Nothing has moved for some time while the server has the request. */
  protected onIdle(): void {
    if (this.onResponseWaitOver()) return;
    const idleMs = (this.plane.loop.now - this.activeAt) | 0;
    const clientMs = this.session.frontend.timeouts.client ?? 0;
    const serverMs = this.serverTimeoutMs;
    if (this.waitsForClient() && clientMs > 0 && idleMs >= clientMs) {
      this.setEnd('c', 'D');
      this.abort();
      return;
    }
    if (this.waitsForServer() && serverMs > 0 && idleMs >= serverMs) {
      this.onServerSilent();
      return;
    }
    this.armTimer();
  }

  protected onServerSilent(): void {
    countFailedResponse(this);
    if (this.step !== STEP_RESPONSE_HEAD) {
      this.setEnd('s', 'D');
      this.abort();
      return;
    }
    if (this.retryFor(RETRY_RESPONSE_TIMEOUT)) return;
    this.server?.observer?.noResponse(SEEN_READ_TIMEOUT, true);
    this.setEnd('s', 'H');
    this.dropServer();
    this.reply(504);
  }

  /** The rest of a request is only waited for once it has been answered; before, the server's time counts for both. */
  protected waitsForClient(): boolean {
    return (this.responded && !this.requestSide.body.received) || this.responseBlocked();
  }

  protected waitsForServer(): boolean {
    if (this.serverConnection === null) return false;
    if (!this.responded) return true;
    return !this.responseSide.sent && !this.responseBlocked();
  }

  protected responseBlocked(): boolean {
    return this.step === STEP_RESPONSE_BODY && !this.session.connection.writable;
  }

  protected override armTimer(): void {
    // A tunnel has its own times, and a reply of our own only waits for the client.
    if (
      this.step !== STEP_RESPONSE_HEAD &&
      this.step !== STEP_RESPONSE_BODY &&
      this.step !== STEP_RESPONSE_RULES
    )
      return;
    const now = this.plane.loop.now;
    const idleMs = (now - this.activeAt) | 0;
    let delay = 0;
    if (this.waitsForServer()) delay = this.serverTimeoutMs;
    if (this.waitsForClient()) {
      const clientMs = this.session.frontend.timeouts.client ?? 0;
      if (delay === 0 || (clientMs > 0 && clientMs < delay)) delay = clientMs;
    }
    let left = delay === 0 ? NEVER : delay - idleMs;
    if (this.responseStages.waiting) left = Math.min(left, this.responseStages.leftMs(now));
    if (left === NEVER) this.startTimer(undefined);
    else this.startTimer(Math.max(1, left));
  }

  // ---- tunnels ------------------------------------------------------------------------------------------------

  protected openTunnel(): void {
    const pipes = this.pipesOf(this.backend);
    this.step = STEP_TUNNEL;
    this.clientKeep = false;
    this.serverKeep = false;
    const server = this.serverConnection as ServerConnection;
    const tunnel = new Tunnel();
    tunnel.begin(this.session, server, pipes, this.plane.loop.now, this);
    this.tunnels = true;
    this.tunnel = tunnel;
    this.relayTunnel();
  }

  protected relayTunnel(): void {
    const tunnel = this.tunnel as Tunnel;
    const { now } = this.plane.loop;
    const verdict = tunnel.run(now);
    switch (verdict) {
      case TUNNEL_CLIENT_FAILED:
      case TUNNEL_SERVER_FAILED:
        this.setEnd(verdict === TUNNEL_CLIENT_FAILED ? 'C' : 'S', 'D');
        this.abort();
        return;
      case TUNNEL_DONE:
        this.complete();
        return;
      case TUNNEL_AGAIN:
        this.continueLater();
        break;
      default:
    }
    this.startTimer(tunnel.delayMs(now));
  }

  protected onTunnelTimer(): void {
    const tunnel = this.tunnel as Tunnel;
    const { now } = this.plane.loop;
    const clientDue = tunnel.clientDue(now);
    const serverDue = tunnel.serverDue(now);
    if (clientDue) this.setEnd('c', 'D');
    if (serverDue) this.setEnd('s', 'D');
    if (clientDue || serverDue) this.abort();
    else this.relayTunnel();
  }
}
