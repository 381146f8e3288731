/**
 * One request and its response. The way of a request through this file, in order:
 * begin → receiveHead → understand → (buffer the body) → enterBackend … onConnected → sendRequest → forwardRequest,
 * and back: onServerReady → receiveResponse → understandResponse → forwardResponse → complete.
 * Local replies leave by `reply`; everything ends in `complete` or `abort`, where the exchange is logged.
 * The choice of a server and the connecting are in ../stream.ts.
 */
import type { Deferred } from '../../loop/event-loop.ts';
import { latin1, u8 } from '../../os/arena.ts';
import { BODY_CHUNKED, BODY_NONE, BODY_TUNNEL, BODY_UNTIL_CLOSE } from '../../protocol/http1/framing.ts';
import { COMPLETE, MALFORMED } from '../../protocol/http1/head-parser.ts';
import {
  assembleLines,
  assembleRequestLine,
  assembleRequestWords,
  assembleStatusLine,
} from '../../protocol/http1/head-writer.ts';
import { HeaderBlock } from '../../protocol/http1/header-block.ts';
import { bytesEqual } from '../../protocol/http1/known-headers.ts';
import { M_GET, M_HEAD, M_PRI, RequestFacts } from '../../protocol/http1/request-facts.ts';
import { RequestParser } from '../../protocol/http1/request-parser.ts';
import { pathStart } from '../../protocol/http1/request-target.ts';
import { ResponseFacts } from '../../protocol/http1/response-facts.ts';
import { ResponseParser } from '../../protocol/http1/response-parser.ts';
import type { SocketAddress } from '../../protocol/socket-address.ts';
import {
  SEEN_BAD_RESPONSE,
  SEEN_CLOSE,
  SEEN_READ_ERROR,
  SEEN_READ_TIMEOUT,
} from '../../state/observed-errors.ts';
import { Channel } from '../../transport/channel.ts';
import { FAILED } from '../../transport/connection.ts';
import type { PipePool } from '../../transport/pipe.ts';
import type { Backend } from '../backend.ts';
import { FE } from '../frontend.ts';
import { AT_REQUEST, AT_RESPONSE } from '../frontend-log.ts';
import type { Plane } from '../plane.ts';
import {
  RETRY_EMPTY_RESPONSE,
  RETRY_JUNK_RESPONSE,
  RETRY_RESPONSE_TIMEOUT,
  retriesExchange,
  statusBit,
} from '../retry.ts';
import { BE, type Server } from '../server.ts';
import type { ServerConnection } from '../server-connection.ts';
import { PHASE_ENDED, PHASE_EXCHANGING, Stream } from '../stream.ts';
import { countTimes } from '../stream-times.ts';
import { TUNNEL_AGAIN, TUNNEL_CLIENT_FAILED, TUNNEL_DONE, TUNNEL_SERVER_FAILED, Tunnel } from '../tunnel.ts';
import { type Applet, CHUNK_OVERHEAD_BYTES, produceChunk } from './applet.ts';
import {
  BodyForwarder,
  FORWARD_AGAIN,
  FORWARD_DONE,
  FORWARD_MALFORMED,
  FORWARD_SINK_FAILED,
  FORWARD_SOURCE_ENDED,
  FORWARD_SOURCE_FAILED,
} from './body-forwarder.ts';
import { CONNECTION_CLOSE, CONNECTION_KEEP_ALIVE, strictestMode } from './connection-mode.ts';
import { readHeaderAddress } from './header-address.ts';
import type { HttpSession } from './session.ts';

/** Where the exchange stands, beside the phase of the base class. */
const STEP_HEAD = 0;
/** The whole body is waited for (`option http-buffer-request`). */
const STEP_BUFFER = 1;
/** On its way to a server. */
const STEP_SERVER = 2;
/** The request (or its beginning) has been sent, the response's head is awaited. */
const STEP_RESPONSE_HEAD = 3;
const STEP_RESPONSE_BODY = 4;
/** A reply of our own is being sent. */
const STEP_REPLY = 5;
const STEP_TUNNEL = 6;

/** How the rest of an applet's body goes out. */
const APPLET_CHUNKED = 0;
const APPLET_AS_IT_IS = 1;
const APPLET_ENDED = 2;
/** Pieces of an applet's body made in one turn, so that a long one leaves time for others. */
const APPLET_PIECES_A_TURN = 4;
const TRANSFER_CHUNKED = Buffer.from('transfer-encoding: chunked\r\n', 'latin1');
const NO_BODY = new Uint8Array(0);
const VERSION_BYTES = 8;
/** What HAProxy's form of a head takes beside its bytes, per line and in all (measured at the boundary). */
const HEAD_LINE_OVERHEAD = 4;
const HEAD_OVERHEAD = 79;

export class HttpStream extends Stream implements Deferred {
  readonly requestParser: RequestParser;
  readonly request = new RequestFacts();
  readonly responseParser: ResponseParser;
  readonly response = new ResponseFacts();
  /** Status that the client got, or -1 when it got none. */
  status = -1;
  /** The request line as received, for the log; `requestLineLength` bytes of it. */
  readonly requestLine: Uint8Array;
  requestLineLength = 0;
  /** When the first byte of the request arrived. */
  startedAt = 0;
  private step = STEP_HEAD;
  private readonly requestBody: BodyForwarder;
  private readonly responseBody: BodyForwarder;
  /** All of the message has been written. */
  private requestDone = false;
  private responseSent = false;
  /** The server does not take any more of the request. */
  private requestRefused = false;
  /** The client's connection will carry another request. */
  private clientKeep = false;
  private serverKeep = false;
  /** Something of the response's bytes has been received. */
  private responseStarted = false;
  private readonly replyChannel: Channel;
  /** Makes the body of the reply that is being sent. */
  applet: Applet | null = null;
  private appletBody = APPLET_CHUNKED;
  /** The request as it was sent, for another attempt. */
  private replay: Uint8Array | null = null;
  private tunnel: Tunnel | null = null;
  private deferred = false;
  /** Sizes of the heads as they are counted (HeaderBlock.countedBytes). */
  private requestHeadBytes = 0;
  private replyBodyBytes = 0;
  private responseHeadBytes = 0;
  /** Any progress on either side, for the inactivity timeouts. */
  private activeAt = 0;

  constructor(plane: Plane) {
    super(plane);
    const tune = plane.configuration.global.tune;
    const lines = tune.httpMaxHeaders - 1;
    this.requestParser = new RequestParser(new HeaderBlock(lines, plane.pool));
    this.responseParser = new ResponseParser(new HeaderBlock(lines, plane.pool));
    this.requestLine = new Uint8Array(tune.httpLogUriLength);
    this.requestBody = new BodyForwarder(plane.newScanner());
    this.responseBody = new BodyForwarder(plane.newScanner());
    this.replyChannel = new Channel(plane.pool, 0);
  }

  private get http(): HttpSession {
    // Only HttpSession begins HTTP streams.
    return this.session as HttpSession;
  }

  // ---- the request's head -------------------------------------------------------------------------------------

  begin(session: HttpSession): void {
    this.resetStream(session);
    this.step = STEP_HEAD;
    this.status = -1;
    this.requestLineLength = 0;
    this.startedAt = this.plane.loop.now;
    this.activeAt = this.startedAt;
    this.requestDone = false;
    this.responseSent = false;
    this.requestRefused = false;
    this.clientKeep = false;
    this.serverKeep = false;
    this.responseStarted = false;
    this.applet = null;
    this.appletBody = APPLET_CHUNKED;
    this.replay = null;
    this.requestHeadBytes = 0;
    this.responseHeadBytes = 0;
    this.replyBodyBytes = 0;
    this.requestBody.begin(BODY_TUNNEL, 0, null);
    this.responseBody.begin(BODY_TUNNEL, 0, null);
    this.requestParser.relaxed = session.frontend.relaxedRequests;
    this.requestParser.begin(session.channel.head);
    this.receiveHead();
  }

  private receiveHead(): void {
    const { channel, connection } = this.session;
    const parser = this.requestParser;
    for (;;) {
      const verdict = parser.parse(u8, channel.tail);
      if (verdict === COMPLETE) {
        this.understand();
        return;
      }
      if (verdict === MALFORMED) {
        this.refuse(400, 'P');
        return;
      }
      if (channel.room === 0) {
        if (channel.head === channel.buffer + this.plane.headroom) {
          this.refuse(400, 'P');
          return;
        }
        channel.compact();
        parser.begin(channel.head);
        continue;
      }
      if (!connection.readable) break;
      const count = channel.fill(connection);
      if (count === 0 || count === FAILED) {
        this.onClientLeftAmidHead(count === FAILED);
        return;
      }
      if (count < 0) break;
    }
    this.startHeadTimer();
  }

  private startHeadTimer(): void {
    const { httpRequest, client } = this.session.frontend.timeouts;
    const limit = httpRequest ?? client;
    if (limit === undefined) return;
    // The first request's time runs from accept, a later one's from its first byte.
    const since = this.http.requests === 1 ? this.session.acceptedAt : this.startedAt;
    this.startTimer(Math.max(1, limit - ((this.plane.loop.now - since) | 0)));
  }

  private onClientLeftAmidHead(failed: boolean): void {
    // Empty lines alone are no request: between requests nothing needs to be said.
    if (!this.requestParser.started && this.http.requests > 1) {
      this.endSilently();
      return;
    }
    if (failed) {
      this.plane.logger.logBadRequest(this.http, this, 'C', 'R', 400);
      this.endSilently();
      return;
    }
    this.refuse(400, 'C');
  }

  /** The request cannot be read, or never came: an answer without a stream, and the end of the connection. */
  private refuse(status: number, cause: string): void {
    const session = this.http;
    this.status = status;
    this.plane.logger.logBadRequest(session, this, cause, 'R', status);
    session.writeRaw(status);
    this.endSilently();
  }

  private endSilently(): void {
    this.phase = PHASE_ENDED;
    this.plane.loop.timers.disarm(this.timer);
    this.leaveBackend();
    this.releaseBuffers();
    this.http.end();
  }

  /** The head is complete: what does it mean, and where does it go? */
  private understand(): void {
    const { frontend, channel } = this.session;
    const parser = this.requestParser;
    const facts = this.request;
    const block = parser.block;
    const refusal = this.headTooLarge() ? 400 : facts.analyse(u8, parser);
    if (refusal !== 0) {
      this.refuse(refusal, 'P');
      return;
    }
    if (frontend.log.wantsRequestLine) this.captureRequestLine();
    this.plane.loop.timers.disarm(this.timer);
    this.requested = true;
    this.requestAt = this.plane.loop.now;
    this.activeAt = this.requestAt;
    this.plane.count(frontend.counters + FE.requests);
    // Until the head is put together for the server it stays where it is, below what may be moved.
    channel.head = block.end;
    channel.ready = block.end;
    channel.floor = block.end;
    // Counted as it was received: what is edited later, on behalf of the configuration, does not count.
    const startLineBytes =
      parser.methodEnd - block.start + parser.targetEnd - parser.targetStart + VERSION_BYTES;
    this.requestHeadBytes = block.countedBytes(startLineBytes);
    this.requestBody.begin(
      facts.body === BODY_TUNNEL ? BODY_NONE : facts.body,
      facts.bodyLength,
      this.pipesOf(frontend.defaultBackend),
    );
    if (facts.method === M_PRI) {
      // The beginning of HTTP/2 to a listener that does not speak it.
      this.requestLineLength = 0;
      this.setEnd('P', 'R');
      this.reply(400);
      return;
    }
    if (!this.scanRequest()) return;
    if (frontend.monitorUri !== undefined && this.isMonitor(frontend.monitorUri)) {
      this.replyMonitor();
      return;
    }
    for (const extension of frontend.extensions) if (extension.onRequest?.(this)) return;
    const backend = frontend.defaultBackend;
    this.plane.logger.identify(this);
    this.plane.logger.reached(this, backend, AT_REQUEST);
    if (backend === null) {
      this.setEnd('S', 'C');
      this.reply(503);
      return;
    }
    if ((backend.bufferRequest || frontend.bufferRequest) && !this.requestBody.received) {
      this.step = STEP_BUFFER;
      this.bufferBody();
      return;
    }
    this.chooseBackend(backend);
  }

  /** A head that would fit the buffer as bytes may still be more than HAProxy takes, which keeps it in another form. */
  private headTooLarge(): boolean {
    const { block } = this.requestParser;
    const limit = this.plane.pool.sizeBytes - this.plane.headroom;
    const length = block.end - block.start;
    return length + block.count * HEAD_LINE_OVERHEAD + HEAD_OVERHEAD > limit;
  }

  private captureRequestLine(): void {
    const parser = this.requestParser;
    const line = this.requestLine;
    const start = parser.block.start;
    let length = 0;
    if (!parser.block.startUntidy) {
      const end = Math.min(parser.versionEnd, start + line.length);
      for (let i = start; i < end; i++) line[length++] = u8[i] as number;
    } else {
      // As it will be forwarded: one blank between the words. Room for it is in the scratch area.
      const from = this.plane.scratch;
      const end = Math.min(assembleRequestWords(u8, parser, from), from + line.length);
      for (let i = from; i < end; i++) line[length++] = u8[i] as number;
    }
    this.requestLineLength = length;
  }

  private isMonitor(uri: Uint8Array): boolean {
    const { targetStart, targetEnd } = this.requestParser;
    const start = pathStart(u8, targetStart, targetEnd);
    return targetEnd - start === uri.length && bytesEqual(u8, start, uri);
  }

  private replyMonitor(): void {
    this.unlogged = true;
    this.plane.count(this.session.frontend.counters + FE.interceptedRequests);
    this.setEnd('L', 'R');
    this.reply(200);
  }

  /** Nothing of this exchange is logged (monitor requests). */
  unlogged = false;

  /** Where long bodies may be spliced through, or null. */
  private pipesOf(backend: Backend | null): PipePool | null {
    return backend?.splices === true ? this.plane.pipes : null;
  }

  /** Follows the body through what has been received. False when it was malformed, and answered. */
  private scanRequest(): boolean {
    if (this.requestBody.scan(this.session.channel)) return true;
    this.onMalformedBody();
    return false;
  }

  private onMalformedBody(): void {
    if (this.step === STEP_HEAD) this.refuse(400, 'P');
    else if (this.step === STEP_BUFFER) {
      this.setEnd('P', 'R');
      this.reply(400);
    } else if (this.step === STEP_RESPONSE_BODY || this.status > 0) {
      this.setEnd('P', 'D');
      this.abort();
    } else {
      this.setEnd('P', this.step === STEP_RESPONSE_HEAD ? 'H' : 'R');
      this.dropServer();
      this.reply(400);
    }
  }

  /** `option http-buffer-request`: the body is waited for, as far as a buffer holds it. */
  private bufferBody(): void {
    const { channel, connection, frontend } = this.session;
    for (;;) {
      if (!this.scanRequest()) return;
      if (this.requestBody.received || channel.room === 0) {
        this.plane.loop.timers.disarm(this.timer);
        this.requestAt = this.plane.loop.now;
        this.chooseBackend(frontend.defaultBackend as Backend);
        return;
      }
      if (!connection.readable) break;
      const count = channel.fill(connection);
      if (count === 0 || count === FAILED) {
        this.setEnd('C', 'R');
        this.abort();
        return;
      }
      if (count < 0) break;
    }
    this.startHeadTimer();
  }

  private chooseBackend(backend: Backend): void {
    this.step = STEP_SERVER;
    for (const extension of backend.extensions) {
      // A listen's two sides share their extensions: they have been asked already.
      if (backend.index !== this.session.frontend.index && extension.onRequest?.(this)) return;
    }
    backend.count(BE.requests);
    this.enterBackend(backend);
  }

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
    // Only a connection that is the session's own is worth staying for.
    if (backend.preferLastServer && backend.reuse === 'never') {
      const last = this.http.lastServer;
      if (last !== null && last.backend === backend && last.usable) return last;
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
    return server.idle.take(backend.reuse, first, retriesExchange(backend.retryOn));
  }

  override addressFromHeader(name: string, occurrence: number, into: SocketAddress): boolean {
    return readHeaderAddress(u8, this.requestParser.block, name, occurrence, into);
  }

  override onConnected(): void {
    this.becomeConnected();
    this.http.lastServer = this.server;
    this.sendRequest();
  }

  private sendRequest(): void {
    const server = this.serverConnection as ServerConnection;
    this.step = STEP_RESPONSE_HEAD;
    this.activeAt = this.plane.loop.now;
    this.responseParser.relaxed = server.server.backend.relaxedResponses;
    if (this.replay !== null) {
      if (!this.sendReplay()) return;
    } else if (!this.assembleRequest()) return;
    if (retriesExchange(server.server.backend.retryOn) && this.replay === null && this.requestBody.received) {
      const { channel } = this.session;
      this.replay = u8.slice(channel.head, channel.ready);
    }
    this.forwardRequest();
    // A server may speak first, and the event that told of the connection has told of that too.
    if (this.phase === PHASE_EXCHANGING && server.connection.readable) this.receiveResponse();
    if (this.phase === PHASE_EXCHANGING) this.armTimer();
  }

  /** Another attempt: what was sent before is put back in front of what is still in the buffer. */
  private sendReplay(): boolean {
    const replay = this.replay as Uint8Array;
    const { channel } = this.session;
    if (!channel.open()) return true;
    const rest = channel.tail - channel.ready;
    const at = channel.buffer;
    if (replay.length + rest > this.plane.pool.sizeBytes) {
      this.setEnd('I', 'H');
      this.reply(500);
      return false;
    }
    u8.copyWithin(at + replay.length, channel.ready, channel.tail);
    u8.set(replay, at);
    channel.head = at;
    channel.ready = at + replay.length;
    channel.tail = channel.ready + rest;
    this.requestDone = false;
    return true;
  }

  /** Edits the head for the server and puts it in front of what follows in the buffer. */
  private assembleRequest(): boolean {
    const session = this.session;
    const { frontend } = session;
    const backend = this.backend as Backend;
    const parser = this.requestParser;
    const block = parser.block;
    const facts = this.request;
    let fits = true;
    const forwardFor = backend.forwardFor ?? frontend.forwardFor;
    if (forwardFor !== undefined) fits = forwardFor.apply(u8, block, session.clientAddress);
    if (this.uniqueIdBytes !== undefined) {
      const line = frontend.uniqueId?.line(this.uniqueIdBytes);
      if (line) fits = block.add(u8, line) && fits;
    }
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
    const { channel } = session;
    channel.floor = channel.buffer;
    if (!block.edited && !block.startUntidy && channel.head === block.end) channel.head = block.start;
    else if (fits) {
      const start = this.plane.scratch;
      const end = assembleLines(u8, block, assembleRequestLine(u8, parser, start));
      fits = placeHead(channel, start, end - start);
    }
    if (backend.headerCase !== null && fits) backend.headerCase.adjust(u8, channel.head);
    if (!fits) {
      this.setEnd('P', 'R');
      this.dropServer();
      this.reply(500);
      return false;
    }
    return true;
  }

  /** Moves the request on, as far as both sides let it. */
  private forwardRequest(): void {
    const { channel, connection: client } = this.session;
    const server = (this.serverConnection as ServerConnection).connection;
    const body = this.requestBody;
    const verdict = body.run(channel, client, server);
    this.noteProgress(body);
    switch (verdict) {
      case FORWARD_DONE:
        this.requestDone = true;
        channel.releaseIfEmpty();
        return;
      case FORWARD_AGAIN:
        this.continueLater();
        return;
      case FORWARD_SINK_FAILED:
        this.onRequestRefused();
        return;
      case FORWARD_MALFORMED:
        this.onMalformedBody();
        return;
      case FORWARD_SOURCE_ENDED:
      case FORWARD_SOURCE_FAILED:
        this.onClientLeftAmidBody();
        return;
      default:
    }
  }

  /** Anything that passes, either way, counts as activity of both sides. */
  private noteProgress(body: BodyForwarder): void {
    if (!body.moved) return;
    body.moved = false;
    this.activeAt = this.plane.loop.now;
  }

  /** The server does not take the request any more: it may have answered all the same. */
  private onRequestRefused(): void {
    this.requestRefused = true;
    const server = (this.serverConnection as ServerConnection).connection;
    server.readable = true;
    if (this.step === STEP_RESPONSE_HEAD) this.receiveResponse();
  }

  private onClientLeftAmidBody(): void {
    if (this.responseSent) {
      this.complete();
      return;
    }
    this.setEnd('C', 'D');
    this.backend?.count(BE.clientAborts);
    this.server?.count(BE.clientAborts);
    this.abort(true);
  }

  // ---- the client's events ------------------------------------------------------------------------------------

  onClientReady(): void {
    switch (this.step) {
      case STEP_HEAD:
        this.receiveHead();
        return;
      case STEP_BUFFER:
        this.bufferBody();
        return;
      case STEP_REPLY:
        this.sendReply();
        return;
      case STEP_TUNNEL:
        this.relayTunnel();
        return;
      case STEP_SERVER:
        this.watchWaitingClient();
        return;
      default:
    }
    if (this.watchWaitingClient()) return;
    if (!this.requestDone && !this.requestRefused) this.forwardRequest();
    if (this.step === STEP_RESPONSE_BODY && this.phase === PHASE_EXCHANGING) this.forwardResponse();
    if (this.phase === PHASE_EXCHANGING) this.armTimer();
  }

  /** A client that is gone does not wait for an answer. True when the exchange was given up. */
  private watchWaitingClient(): boolean {
    const client = this.session.connection;
    const backend = this.backend;
    const gone =
      client.broken || (client.hangup && this.requestBody.received && backend?.abortOnClose === true);
    if (!gone || this.status > 0) return false;
    if (this.queued) this.setEnd('C', 'Q');
    else if (this.phase !== PHASE_EXCHANGING) this.setEnd('C', 'C');
    else this.setEnd('C', this.requestBody.received ? 'H' : 'D');
    // The status that the log shows, although nobody is there any more to get it.
    this.status = this.phase === PHASE_EXCHANGING ? 400 : 503;
    backend?.count(BE.clientAborts);
    this.server?.count(BE.clientAborts);
    this.abort(true);
    return true;
  }

  // ---- the response -------------------------------------------------------------------------------------------

  override onServerReady(): void {
    if (this.step === STEP_TUNNEL) {
      this.relayTunnel();
      return;
    }
    if (!this.requestDone && !this.requestRefused) {
      const server = (this.serverConnection as ServerConnection).connection;
      if (server.writable) this.forwardRequest();
      if (this.phase !== PHASE_EXCHANGING) return;
    }
    if (this.step === STEP_RESPONSE_HEAD) this.receiveResponse();
    else if (this.step === STEP_RESPONSE_BODY) this.forwardResponse();
    if (this.phase === PHASE_EXCHANGING) this.armTimer();
  }

  private receiveResponse(): void {
    const { channel, connection } = this.serverConnection as ServerConnection;
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
      if (!this.responseStarted || fresh) parser.begin(channel.head);
      this.responseStarted = true;
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
  private parseResponse(): boolean {
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

  private understandResponse(): void {
    const { channel, connection } = this.serverConnection as ServerConnection;
    const backend = this.backend as Backend;
    const parser = this.responseParser;
    const facts = this.response;
    const block = parser.block;
    if (this.replay !== null && (backend.retryOn & statusBit(parser.status)) !== 0 && this.mayRetry) {
      this.retry();
      return;
    }
    this.server?.observer?.response(parser.status);
    this.responded = true;
    this.responseAt = this.plane.loop.now;
    this.status = parser.status;
    this.step = STEP_RESPONSE_BODY;
    channel.head = block.end;
    channel.ready = block.end;
    const startLineBytes =
      VERSION_BYTES + parser.statusEnd - parser.statusStart + parser.reasonEnd - parser.reasonStart;
    this.responseHeadBytes += block.countedBytes(startLineBytes);
    this.bytesOut = this.responseHeadBytes;
    for (const extension of backend.extensions) extension.onResponse?.(this);
    this.plane.logger.reached(this, backend, AT_RESPONSE);
    if (facts.tunnel) {
      if (this.placeResponseHead()) this.openTunnel();
      return;
    }
    if (facts.body === BODY_UNTIL_CLOSE || (facts.old && facts.body === BODY_CHUNKED))
      this.clientKeep = false;
    if (this.plane.stopping) this.clientKeep = false;
    if (facts.old) {
      if (this.clientKeep) block.add(u8, CONNECTION_KEEP_ALIVE);
    } else if (!this.clientKeep) block.add(u8, CONNECTION_CLOSE);
    else if (this.request.old) block.add(u8, CONNECTION_KEEP_ALIVE);
    this.responseBody.begin(facts.body, facts.bodyLength, this.pipesOf(backend));
    if (!facts.keepAlive) this.serverKeep = false;
    if (!this.placeResponseHead()) return;
    // The head waits for a look at the first bytes of the body: what is malformed from the start gets a 502.
    if (!this.responseBody.scan(channel)) {
      this.status = -1;
      this.responded = false;
      this.onBadResponse();
      return;
    }
    if (connection.closed) return;
    this.forwardResponse();
  }

  private placeResponseHead(): boolean {
    const { channel } = this.serverConnection as ServerConnection;
    const parser = this.responseParser;
    const block = parser.block;
    let placed = true;
    if (!block.edited && !block.startUntidy) channel.head = block.start;
    else {
      const start = this.plane.scratch;
      const end = assembleLines(u8, block, assembleStatusLine(u8, parser, start));
      placed = placeHead(channel, start, end - start);
    }
    if (placed) {
      const { headerCase } = this.session.frontend;
      if (headerCase !== null) headerCase.adjust(u8, channel.head);
      return true;
    }
    this.setEnd('P', 'H');
    this.dropServer();
    this.reply(502);
    return false;
  }

  /** Moves the response on, as far as both sides let it. */
  private forwardResponse(): void {
    const { channel, connection: server } = this.serverConnection as ServerConnection;
    const body = this.responseBody;
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

  private continueLater(): void {
    if (this.deferred) return;
    this.deferred = true;
    this.plane.loop.defer(this);
  }

  runDeferred(): void {
    this.deferred = false;
    if (this.phase === PHASE_EXCHANGING && this.step === STEP_REPLY) this.sendReply();
    if (this.phase !== PHASE_EXCHANGING || this.serverConnection === null) return;
    this.onServerReady();
  }

  private onResponseSent(): void {
    this.responseSent = true;
    if (this.requestDone) this.complete();
    else if (this.requestRefused) {
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
  private onNoResponse(failed: boolean): void {
    const backend = this.backend as Backend;
    const connection = this.serverConnection as ServerConnection;
    if (!this.responseStarted) {
      if (this.retryFor(RETRY_EMPTY_RESPONSE)) return;
      if (this.http.requests > 1 && connection.requests > 1) {
        // The idle connection was closed just when it was used: the client knows this case and sends again.
        this.unlogged = true;
        this.abort();
        return;
      }
    } else if (this.retryFor(RETRY_JUNK_RESPONSE)) return;
    this.server?.observer?.noResponse(failed ? SEEN_READ_ERROR : SEEN_CLOSE, true);
    backend.count(BE.failedResponses);
    this.server?.count(BE.failedResponses);
    if (failed && this.requestRefused && !this.requestDone) {
      this.setEnd('S', 'D');
      this.abort();
      return;
    }
    this.setEnd('S', 'H');
    this.dropServer();
    this.reply(502);
  }

  private onBadResponse(): void {
    if (this.retryFor(RETRY_JUNK_RESPONSE)) return;
    this.server?.observer?.noResponse(SEEN_BAD_RESPONSE, false);
    this.backend?.count(BE.failedResponses);
    this.server?.count(BE.failedResponses);
    this.setEnd('P', 'H');
    this.dropServer();
    this.reply(502);
  }

  private onServerLeftAmidBody(): void {
    this.setEnd('S', 'D');
    this.backend?.count(BE.serverAborts);
    this.server?.count(BE.serverAborts);
    this.abort();
  }

  private onClientBroken(): void {
    this.setEnd('C', 'D');
    this.backend?.count(BE.clientAborts);
    this.server?.count(BE.clientAborts);
    this.abort(true);
  }

  /** Tries again when the configuration wants it for this failure. */
  private retryFor(condition: number): boolean {
    const backend = this.backend as Backend;
    if (this.replay === null || (backend.retryOn & condition) === 0 || !this.mayRetry) return false;
    this.retry();
    return true;
  }

  private retry(): void {
    this.dropServer();
    this.responseStarted = false;
    this.requestRefused = false;
    this.step = STEP_SERVER;
    this.retryExchange();
  }

  /** Gives up the server connection; the slot is kept. */
  private dropServer(): void {
    const connection = this.serverConnection;
    if (connection === null) return;
    this.serverConnection = null;
    connection.detach();
    connection.close();
  }

  protected override onUnreachable(): void {
    this.reply(503);
  }

  protected override onExchangeTimer(): void {
    switch (this.step) {
      case STEP_HEAD:
        if (!this.requestParser.started && this.http.requests > 1) this.endSilently();
        else this.refuse(408, 'c');
        return;
      case STEP_BUFFER:
        this.setEnd('c', 'R');
        this.reply(408);
        return;
      case STEP_TUNNEL:
        this.onTunnelTimer();
        return;
      case STEP_REPLY:
        this.setEnd('c', 'D');
        this.abort();
        return;
      default:
    }
    const idleMs = (this.plane.loop.now - this.activeAt) | 0;
    const clientMs = this.session.frontend.timeouts.client ?? 0;
    const serverMs = (this.backend as Backend).timeouts.server ?? 0;
    if (this.waitsForClient() && clientMs > 0 && idleMs >= clientMs) {
      this.setEnd('c', 'D');
      this.abort();
      return;
    }
    if (this.waitsForServer() && serverMs > 0 && idleMs >= serverMs) {
      this.backend?.count(BE.failedResponses);
      if (this.step === STEP_RESPONSE_HEAD) {
        if (this.retryFor(RETRY_RESPONSE_TIMEOUT)) return;
        this.server?.observer?.noResponse(SEEN_READ_TIMEOUT, true);
        this.setEnd('s', 'H');
        this.dropServer();
        this.reply(504);
      } else {
        this.setEnd('s', 'D');
        this.abort();
      }
      return;
    }
    this.armTimer();
  }

  /** The rest of a request is only waited for once it has been answered; before, the server's time counts for both. */
  private waitsForClient(): boolean {
    return (this.responded && !this.requestBody.received) || this.responseBlocked();
  }

  private waitsForServer(): boolean {
    if (this.serverConnection === null) return false;
    if (!this.responded) return true;
    return !this.responseSent && !this.responseBlocked();
  }

  private responseBlocked(): boolean {
    return this.step === STEP_RESPONSE_BODY && !this.session.connection.writable;
  }

  private armTimer(): void {
    // A tunnel has its own times, and a reply of our own only waits for the client.
    if (this.step !== STEP_RESPONSE_HEAD && this.step !== STEP_RESPONSE_BODY) return;
    const now = this.plane.loop.now;
    const idleMs = (now - this.activeAt) | 0;
    let delay = 0;
    if (this.waitsForServer()) delay = (this.backend as Backend).timeouts.server ?? 0;
    if (this.waitsForClient()) {
      const clientMs = this.session.frontend.timeouts.client ?? 0;
      if (delay === 0 || (clientMs > 0 && clientMs < delay)) delay = clientMs;
    }
    if (delay === 0) this.startTimer(undefined);
    else this.startTimer(Math.max(1, delay - idleMs));
  }

  // ---- tunnels ------------------------------------------------------------------------------------------------

  private openTunnel(): void {
    const pipes = this.pipesOf(this.backend);
    this.step = STEP_TUNNEL;
    this.clientKeep = false;
    this.serverKeep = false;
    const server = this.serverConnection as ServerConnection;
    this.tunnel = new Tunnel(this.session, server, pipes, this.plane.loop.now);
    this.relayTunnel();
  }

  private relayTunnel(): void {
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

  private onTunnelTimer(): void {
    const tunnel = this.tunnel as Tunnel;
    const { now } = this.plane.loop;
    const clientDue = tunnel.clientDue(now);
    const serverDue = tunnel.serverDue(now);
    if (clientDue) this.setEnd('c', 'D');
    if (serverDue) this.setEnd('s', 'D');
    if (clientDue || serverDue) this.abort();
    else this.relayTunnel();
  }

  // ---- replies of our own -------------------------------------------------------------------------------------

  /** Answers the request with one of the proxy's own replies. The server's side is given up. */
  reply(status: number): void {
    const errors = this.backend?.errors.configured(status)
      ? this.backend.errors
      : this.session.frontend.errors;
    const prepared = errors.of(status);
    this.replyWith(prepared.status, prepared.head, prepared.body, prepared.closes, prepared.old);
  }

  /**
   * Answers the request. `head` is the status line and header lines without a Connection header and without the empty
   * line; it and `body` must fit one buffer.
   */
  replyWith(status: number, head: Uint8Array, body: Uint8Array, closes = false, old = false): void {
    const { channel, frontend } = this.session;
    this.leaveServerSide();
    this.responseHeadBytes = 0;
    this.responseBody.begin(BODY_TUNNEL, 0, null);
    this.status = status;
    this.step = STEP_REPLY;
    this.phase = PHASE_EXCHANGING;
    this.clientKeep =
      this.request.keepAlive &&
      this.requestBody.received &&
      !closes &&
      frontend.mode !== 'close' &&
      !this.plane.stopping;
    // A request that was received whole is swallowed, so that the next one can be read.
    if (this.requestBody.received && this.clientKeep && channel.buffer >= 0) channel.head = channel.ready;
    const out = this.replyChannel;
    if (!out.open()) {
      this.abort();
      return;
    }
    out.ready = appendBytes(out.tail, head);
    if (!this.clientKeep) {
      if (!old) out.ready = appendBytes(out.ready, CONNECTION_CLOSE);
    } else if (this.request.old || old) out.ready = appendBytes(out.ready, CONNECTION_KEEP_ALIVE);
    u8[out.ready] = 13;
    u8[out.ready + 1] = 10;
    out.ready += 2;
    if (this.request.method !== M_HEAD) out.ready = appendBytes(out.ready, body);
    out.tail = out.ready;
    this.responseHeadBytes += countedReplyHead(head);
    this.replyBodyBytes = this.request.method === M_HEAD ? 0 : body.length;
    this.sendReply();
  }

  /**
   * Answers the request with a body that the applet makes piece by piece. `head` as for replyWith; `sized`: it says how
   * long the body is.
   */
  replyFromApplet(status: number, head: Uint8Array, applet: Applet, sized = false, closes = false): void {
    this.applet = applet;
    this.setEnd('L', 'R');
    const now = this.plane.loop.now;
    this.assigned = true;
    this.assignedAt = now;
    this.connected = true;
    this.connectedAt = now;
    this.responded = true;
    this.responseAt = now;
    const chunked = !sized && !this.request.old && this.request.method !== M_HEAD;
    if (this.request.method === M_HEAD) this.appletBody = APPLET_ENDED;
    else this.appletBody = chunked ? APPLET_CHUNKED : APPLET_AS_IT_IS;
    const whole = chunked ? Buffer.concat([head, TRANSFER_CHUNKED]) : head;
    const untilClose = !sized && this.appletBody === APPLET_AS_IT_IS;
    // Where it closes on its own account a sized reply says nothing of it, as HAProxy's do not.
    this.replyWith(status, whole, NO_BODY, closes || untilClose, closes);
  }

  private sendReply(): void {
    const out = this.replyChannel;
    for (let piece = 0; ; piece++) {
      if (out.drain(this.session.connection) === FAILED) {
        this.setEnd('C', 'D');
        this.abort(true);
        return;
      }
      if (out.head !== out.tail) {
        this.startTimer(this.session.frontend.timeouts.client);
        return;
      }
      if (this.applet === null || this.appletBody === APPLET_ENDED) break;
      if (piece >= APPLET_PIECES_A_TURN) {
        this.continueLater();
        return;
      }
      this.pullApplet(this.applet);
    }
    this.requestDone = true;
    this.complete();
  }

  /** The next piece of the applet's body; nothing else is in the channel. */
  private pullApplet(applet: Applet): void {
    const out = this.replyChannel;
    out.clear();
    let length: number;
    if (this.appletBody === APPLET_CHUNKED) {
      out.tail = produceChunk(applet, u8, out.head, out.room);
      length = out.tail - out.head - CHUNK_OVERHEAD_BYTES;
    } else {
      length = applet.produce(u8, out.head, out.room);
      out.tail = out.head + length;
    }
    out.ready = out.tail;
    if (length > 0) this.replyBodyBytes += length;
    else this.appletBody = APPLET_ENDED;
  }

  private leaveServerSide(): void {
    this.dropServer();
    this.releaseSlot();
    if (this.queued) this.backend?.queue.remove(this);
    this.plane.loop.timers.disarm(this.timer);
  }

  // ---- the end ------------------------------------------------------------------------------------------------

  /** Everything has been said on both sides. */
  private complete(): void {
    const backend = this.backend;
    if (backend !== null) this.noteLoad(backend);
    this.account();
    const session = this.http;
    const connection = this.serverConnection;
    const keepClient = this.clientKeep && this.requestDone;
    if (connection !== null && this.serverKeep && this.requestDone && connection.channel.length === 0) {
      const readable = connection.connection.hangup || connection.connection.broken;
      if (!readable) this.parkServer(connection, keepClient);
    }
    this.phase = PHASE_ENDED;
    this.leaveBackend();
    this.releaseBuffers();
    this.log(backend);
    if (keepClient) session.nextRequest();
    else session.end();
  }

  /** The server connection waits for another request. */
  private parkServer(connection: ServerConnection, keepClient: boolean): void {
    const server = connection.server;
    connection.channel.release();
    connection.detach();
    if (server.backend.reuse === 'never' || server.private) {
      if (!keepClient) return;
      this.serverConnection = null;
      this.http.keep(connection);
      return;
    }
    this.serverConnection = null;
    if (server.idle.put(connection)) return;
    // One too many: a reset spares both ends the closing handshake. Nothing can be lost, all was received.
    connection.abort();
  }

  /** The exchange cannot be brought to an end: what has not been sent is lost, and so is the client's connection. */
  private abort(reset = false): void {
    if (this.phase === PHASE_ENDED) return;
    const backend = this.backend;
    if (backend !== null) this.noteLoad(backend);
    this.account();
    this.phase = PHASE_ENDED;
    const connection = this.serverConnection;
    if (connection !== null && reset) {
      this.serverConnection = null;
      connection.abort();
    }
    this.leaveBackend();
    this.releaseBuffers();
    this.log(backend);
    this.http.end();
  }

  override onBug(error: unknown): void {
    this.plane.onBug(error);
    this.setEnd('I', 'D');
    this.abort(true);
  }

  kill(): void {
    this.setEnd('K', 'D');
    this.abort();
  }

  shutServer(serverWords: number, cause: 'D' | 'U'): void {
    if (!this.isServedBy(serverWords)) return;
    if (this.phase !== PHASE_EXCHANGING) {
      this.setEnd(cause, '-');
      this.abort();
    } else if (this.step === STEP_RESPONSE_HEAD) {
      this.setEnd(cause, 'H');
      this.dropServer();
      this.reply(502);
    } else {
      this.setEnd(cause, 'D');
      this.abort();
    }
  }

  private releaseBuffers(): void {
    this.replyChannel.release();
    this.tunnel?.release();
    this.tunnel = null;
    this.requestBody.release();
    this.responseBody.release();
    this.requestParser.block.release();
    this.responseParser.block.release();
    this.replay = null;
    this.plane.loop.timers.disarm(this.timer);
  }

  private countTimes(backend: Backend, server: Server): void {
    const { lane, loop } = this.plane;
    const queueMs = (this.assignedAt - this.requestAt) | 0;
    const connectMs = (this.connectedAt - this.assignedAt) | 0;
    const responseMs = (this.responseAt - this.connectedAt) | 0;
    const totalMs = (loop.now - this.startedAt) | 0;
    countTimes(lane, backend.counters, queueMs, connectMs, responseMs, totalMs);
    countTimes(lane, server.counters, queueMs, connectMs, responseMs, totalMs);
  }

  private account(): void {
    this.bytesIn = this.requestHeadBytes + this.requestBody.payload + (this.tunnel?.request.bytes ?? 0);
    this.bytesOut =
      this.responseHeadBytes +
      this.responseBody.payload +
      (this.tunnel?.response.bytes ?? 0) +
      this.replyBodyBytes;
    const { frontend } = this.session;
    const plane = this.plane;
    plane.count(frontend.counters + FE.bytesIn, this.bytesIn);
    plane.count(frontend.counters + FE.bytesOut, this.bytesOut);
    const backend = this.backend;
    const statusClass = this.status < 0 ? 0 : Math.floor(this.status / 100);
    plane.count(frontend.counters + statusCounter(FE.status1xx, FE.statusOther, statusClass));
    if (backend !== null) {
      const offset = statusCounter(BE.status1xx, BE.statusOther, statusClass);
      backend.count(BE.bytesIn, this.bytesIn);
      backend.count(BE.bytesOut, this.bytesOut);
      backend.count(offset);
      const server = this.server;
      if (server !== null && this.connected && this.responded) this.countTimes(backend, server);
      if (server !== null) {
        server.count(BE.bytesIn, this.bytesIn);
        server.count(BE.bytesOut, this.bytesOut);
        server.count(offset);
      }
    }
  }

  /** Last of all, so that whoever reads the line finds what it tells of done. */
  private log(backend: Backend | null): void {
    if (!this.unlogged) this.plane.logger.logStream(this, backend);
    this.unlogged = false;
  }
}

/** Five counters for 1xx to 5xx follow one another. */
function statusCounter(first: number, other: number, statusClass: number): number {
  return statusClass >= 1 && statusClass <= 5 ? first + statusClass - 1 : other;
}

/** Counted size of a reply's head, which was made as wire bytes. */
function countedReplyHead(head: Uint8Array): number {
  let lines = 0;
  for (let i = 0; i < head.length; i++) if (head[i] === 10) lines++;
  // Each line has its separators on the wire; the start line two blanks instead of a colon and a blank.
  return head.length - lines * 4 + 21;
}

function appendBytes(at: number, bytes: Uint8Array): number {
  u8.set(bytes, at);
  return at + bytes.length;
}

/**
 * Puts a head that was put together elsewhere right in front of what the channel holds. False when the buffer has no room
 * for it.
 */
function placeHead(channel: Channel, start: number, length: number): boolean {
  const at = channel.head - length;
  if (at < channel.buffer) {
    // No room in front: what follows moves back.
    const shift = channel.buffer - at;
    if (channel.tail + shift > channel.limit) return false;
    u8.copyWithin(channel.head + shift, channel.head, channel.tail);
    channel.head += shift;
    channel.ready += shift;
    channel.tail += shift;
  }
  channel.head -= length;
  u8.copyWithin(channel.head, start, start + length);
  return true;
}
