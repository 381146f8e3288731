/**
 * One request and its response. The way of a request through this file, in order:
 * begin → receiveHead → understand → decide (the stages of request-stages.ts) → findServer … onConnected → sendRequest →
 * forwardRequest, and back: onServerReady → receiveResponse → understandResponse → forwardResponse → complete.
 * Local replies leave by `reply`; everything ends in `complete` or `abort`, where the exchange is logged.
 * The choice of a server and the connecting are in ../stream.ts; the two messages in request-side.ts and response-side.ts.
 */

import type { Deferred } from '../../loop/event-loop.ts';
import { latin1, u8 } from '../../os/arena.ts';
import { BODY_CHUNKED, BODY_NONE, BODY_TUNNEL, BODY_UNTIL_CLOSE } from '../../protocol/http1/framing.ts';
import { COMPLETE, MALFORMED } from '../../protocol/http1/head-parser.ts';
import { M_GET, M_HEAD, M_PRI, methodName, type RequestFacts } from '../../protocol/http1/request-facts.ts';
import type { RequestParser } from '../../protocol/http1/request-parser.ts';
import type { ResponseFacts } from '../../protocol/http1/response-facts.ts';
import type { ResponseParser } from '../../protocol/http1/response-parser.ts';
import type { SocketAddress } from '../../protocol/socket-address.ts';
import type { PreparedReply } from '../../rules/prepared-reply.ts';
import type { RuleList } from '../../rules/rule-list.ts';
import type { Delayed, HttpTarget } from '../../rules/target.ts';
import { CONTINUE, DONE } from '../../rules/verdict.ts';
import type { ShutdownCause } from '../../state/messages.ts';
import {
  SEEN_BAD_RESPONSE,
  SEEN_CLOSE,
  SEEN_READ_ERROR,
  SEEN_READ_TIMEOUT,
} from '../../state/observed-errors.ts';
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
import { countTraffic } from '../traffic-count.ts';
import { TUNNEL_AGAIN, TUNNEL_CLIENT_FAILED, TUNNEL_DONE, TUNNEL_SERVER_FAILED, Tunnel } from '../tunnel.ts';
import { account, countAnswer, countFailedResponse } from './accounting.ts';
import type { Applet } from './applet.ts';
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
import { readHeaderAddress } from './header-address.ts';
import {
  APPLET_AS_IT_IS,
  APPLET_CHUNKED,
  APPLET_ENDED,
  LocalReply,
  REPLY_AGAIN,
  REPLY_FAILED,
  REPLY_WAIT,
} from './local-reply.ts';
import {
  HEAD_CLIENT_ENDED,
  HEAD_CLIENT_FAILED,
  HEAD_COMPLETE,
  HEAD_MALFORMED,
  RequestSide,
} from './request-side.ts';
import { RequestStages, STAGES_ANSWERED, STAGES_READY } from './request-stages.ts';
import { ResponseSide } from './response-side.ts';
import type { HttpSession } from './session.ts';

/** Where the exchange stands, beside the phase of the base class. */
const STEP_HEAD = 0;
/** More of the request is waited for, or a rule lets time pass (request-stages.ts). */
const STEP_DECIDE = 1;
/** On its way to a server. */
const STEP_SERVER = 2;
/** The request (or its beginning) has been sent, the response's head is awaited. */
const STEP_RESPONSE_HEAD = 3;
const STEP_RESPONSE_BODY = 4;
/** A reply of our own is being sent. */
const STEP_REPLY = 5;
const STEP_TUNNEL = 6;
/** A rule keeps the client waiting for its answer. */
const STEP_DELAYED = 7;

const TRANSFER_CHUNKED = Buffer.from('transfer-encoding: chunked\r\n', 'latin1');
const NO_BODY = new Uint8Array(0);
const SLASH = 47;
const STAR = 42;

export class HttpStream extends Stream implements Deferred, HttpTarget {
  private readonly requestSide: RequestSide;
  private readonly responseSide: ResponseSide;
  // The parts of both that features look at.
  readonly requestParser: RequestParser;
  readonly request: RequestFacts;
  readonly responseParser: ResponseParser;
  readonly response: ResponseFacts;
  /** Status that the client got, or -1 when it got none. */
  status = -1;
  /** When the first byte of the request arrived. */
  startedAt = 0;
  /** Nothing of this exchange is logged (monitor requests). */
  unlogged = false;
  /** A rewrite that fails for want of room ends the exchange (`strict-mode`). */
  strict = true;
  private readonly stages = new RequestStages();
  private readonly own: LocalReply;
  private step = STEP_HEAD;
  /** The client's connection will carry another request. */
  private clientKeep = false;
  private serverKeep = false;
  private tunnel: Tunnel | null = null;
  private delayed: Delayed | null = null;
  private deferred = false;
  /** Any progress on either side, for the inactivity timeouts. */
  private activeAt = 0;

  constructor(plane: Plane) {
    super(plane);
    this.requestSide = new RequestSide(plane);
    this.responseSide = new ResponseSide(plane);
    this.own = new LocalReply(plane);
    this.requestParser = this.requestSide.parser;
    this.request = this.requestSide.facts;
    this.responseParser = this.responseSide.parser;
    this.response = this.responseSide.facts;
  }

  private get http(): HttpSession {
    // Only HttpSession begins HTTP streams.
    return this.session as HttpSession;
  }

  /** The request line as received, for the log; `requestLineLength` bytes of it. */
  get requestLine(): Uint8Array {
    return this.requestSide.line;
  }

  get requestLineLength(): number {
    return this.requestSide.lineLength;
  }

  get applet(): Applet | null {
    return this.own.applet;
  }

  // ---- what rules and expressions see ---------------------------------------------------------------------------

  override get httpTarget(): HttpTarget {
    return this;
  }

  override get requestHead(): RequestParser | null {
    return this.requested && !this.requestSide.placed ? this.requestParser : null;
  }

  override get requestFacts(): RequestFacts | null {
    return this.requested ? this.request : null;
  }

  override keptMethod(): Uint8Array | null {
    return this.requested ? methodName(this.request.method) : null;
  }

  /** A target that is no path tells that the client takes this for a proxy. */
  override get usesProxyHeaders(): boolean {
    if (!this.session.frontend.proxyHeaders || !this.requested) return false;
    const first = u8[this.requestParser.targetStart];
    return first !== SLASH && first !== STAR;
  }

  override get isFirstRequest(): boolean {
    return this.http.requests === 1;
  }

  override get responseHead(): ResponseParser | null {
    return this.responseSide.headReady ? this.responseParser : null;
  }

  override get responseStatus(): number {
    return Math.max(this.status, 0);
  }

  waitAtMost(limitMs: number): void {
    this.stages.limitMs = limitMs;
  }

  get requestBodyComplete(): boolean {
    return this.requestSide.body.received;
  }

  /** The body as far as it is in the buffer, with its framing; latin1. Before the request goes to a server. */
  get receivedBody(): string {
    const { channel } = this.session;
    return channel.buffer < 0 ? '' : latin1(channel.head, channel.ready);
  }

  get requestBodyBytes(): number {
    return this.requestSide.body.payload;
  }

  /** The rest of the request does not fit the buffer. */
  get requestBufferFull(): boolean {
    return this.session.channel.room === 0;
  }

  rewriteFailed(): number {
    if (!this.strict) return CONTINUE;
    this.setEnd('P', this.responseSide.headReady ? 'H' : 'R');
    this.reply(500);
    return DONE;
  }

  /** The answer is given after some time, if the client is still there then (`tarpit`). */
  delay(delayMs: number, answer: Delayed): void {
    this.step = STEP_DELAYED;
    this.delayed = answer;
    this.startTimer(Math.max(1, delayMs));
  }

  /** Whether the answer that `delay` has promised is still waited for. */
  awaits(answer: Delayed): boolean {
    return this.step === STEP_DELAYED && this.delayed === answer;
  }

  get tarpitMs(): number {
    const { tarpit, connect } = (this.backend ?? this.session.frontend).timeouts;
    return tarpit ?? connect ?? 0;
  }

  // ---- the request's head -------------------------------------------------------------------------------------

  begin(session: HttpSession): void {
    this.resetStream(session);
    this.step = STEP_HEAD;
    this.status = -1;
    this.startedAt = this.plane.loop.now;
    this.activeAt = this.startedAt;
    this.unlogged = false;
    this.strict = true;
    this.clientKeep = false;
    this.serverKeep = false;
    this.delayed = null;
    this.plane.count(session.frontend.counters + FE.streams);
    this.requestSide.begin(session.channel.head, session.frontend.relaxedRequests);
    this.responseSide.begin();
    this.own.begin();
    this.stages.begin();
    this.receiveHead();
  }

  private receiveHead(): void {
    switch (this.requestSide.receive(this.session)) {
      case HEAD_COMPLETE:
        this.understand();
        return;
      case HEAD_MALFORMED:
        this.refuse(400, 'P');
        return;
      case HEAD_CLIENT_ENDED:
        this.onClientLeftAmidHead(false);
        return;
      case HEAD_CLIENT_FAILED:
        this.onClientLeftAmidHead(true);
        return;
      default:
        this.startHeadTimer();
    }
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
    const { requestSide } = this;
    const refusal = requestSide.analyse();
    if (refusal !== 0) {
      this.refuse(refusal, 'P');
      return;
    }
    if (frontend.log.wantsRequestLine) requestSide.captureLine();
    this.plane.loop.timers.disarm(this.timer);
    this.requested = true;
    this.requestAt = this.plane.loop.now;
    this.activeAt = this.requestAt;
    this.plane.count(frontend.counters + FE.requests);
    requestSide.accept(channel, this.pipesOf(frontend.defaultBackend));
    if (this.request.method === M_PRI) {
      // The beginning of HTTP/2 to a listener that does not speak it.
      requestSide.lineLength = 0;
      this.setEnd('P', 'R');
      this.reply(400);
      return;
    }
    if (!this.scanRequest()) return;
    if (frontend.monitorUri !== undefined && requestSide.asksFor(frontend.monitorUri)) {
      this.replyMonitor();
      return;
    }
    this.step = STEP_DECIDE;
    this.decide();
  }

  private replyMonitor(): void {
    this.unlogged = true;
    const { frontend } = this.session;
    this.plane.count(frontend.counters + FE.interceptedRequests);
    this.setEnd('L', 'R');
    this.reply(frontend.monitorFail.some((condition) => condition.holds(this)) ? 503 : 200);
  }

  /** Where long bodies may be spliced through, or null. */
  private pipesOf(backend: Backend | null): PipePool | null {
    return backend?.splices === true ? this.plane.pipes : null;
  }

  /** Follows the body through what has been received. False when it was malformed, and answered. */
  private scanRequest(): boolean {
    if (this.requestSide.scan(this.session.channel)) return true;
    this.onMalformedBody();
    return false;
  }

  private onMalformedBody(): void {
    if (this.step === STEP_HEAD) this.refuse(400, 'P');
    else if (this.step === STEP_DECIDE) {
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

  /** Rules, features and the choice of a backend; taken up again when more of the request has arrived. */
  private decide(): void {
    const { channel, connection } = this.session;
    const { requestSide, stages } = this;
    for (let first = true; ; first = false) {
      if (!first && !this.scanRequest()) return;
      const complete = requestSide.body.received || channel.room === 0;
      const outcome = stages.run(this, complete);
      if (outcome === STAGES_ANSWERED) return;
      if (outcome === STAGES_READY) {
        if (stages.hasWaited) this.requestAt = this.plane.loop.now;
        this.toServer();
        return;
      }
      if (!connection.readable || channel.room === 0) break;
      const count = channel.fill(connection);
      if (count === 0 || count === FAILED) {
        this.setEnd('C', 'R');
        this.abort();
        return;
      }
      if (count < 0) break;
    }
    if (stages.limitMs > 0) {
      this.startTimer(Math.max(1, stages.limitMs - ((this.plane.loop.now - stages.waitingSince) | 0)));
    } else this.startHeadTimer();
  }

  private onDecideTimer(): void {
    if (this.stages.buffers) {
      this.setEnd('c', 'R');
      this.reply(408);
      return;
    }
    this.stages.expired = true;
    this.decide();
  }

  /** Called by the stages: the request leaves its frontend. False when there is no backend, and that was answered. */
  switchBackend(): boolean {
    const { frontend } = this.session;
    let backend = frontend.defaultBackend;
    if (frontend.switching !== null) {
      const index = frontend.switching.choose(this);
      if (index >= 0) backend = this.plane.backends[index] ?? null;
    }
    this.plane.logger.identify(this);
    if (backend === null) {
      this.plane.logger.reached(this, null, AT_REQUEST);
      this.setEnd('S', 'C');
      this.reply(503);
      return false;
    }
    this.assignBackend(backend);
    backend.count(BE.requests);
    return true;
  }

  private toServer(): void {
    this.plane.loop.timers.disarm(this.timer);
    this.step = STEP_SERVER;
    this.plane.logger.reached(this, this.backend, AT_REQUEST);
    this.findServer();
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
    const { requestSide } = this;
    const { channel } = this.session;
    this.step = STEP_RESPONSE_HEAD;
    this.activeAt = this.plane.loop.now;
    this.responseParser.relaxed = server.server.backend.relaxedResponses;
    if (requestSide.hasReplay) {
      if (!requestSide.restoreReplay(channel)) {
        this.setEnd('I', 'H');
        this.reply(500);
        return;
      }
    } else if (!this.assembleRequest()) return;
    if (retriesExchange(server.server.backend.retryOn)) requestSide.keepReplay(channel);
    this.forwardRequest();
    // A server may speak first, and the event that told of the connection has told of that too.
    if (this.phase === PHASE_EXCHANGING && server.connection.readable) this.receiveResponse();
    if (this.phase === PHASE_EXCHANGING) this.armTimer();
  }

  /** Edits the head for the server and puts it in front of what follows in the buffer. */
  private assembleRequest(): boolean {
    const session = this.session;
    const { frontend } = session;
    const backend = this.backend as Backend;
    const { block } = this.requestParser;
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
    if (fits && this.requestSide.place(session.channel, backend.headerCase)) return true;
    this.setEnd('P', 'R');
    this.dropServer();
    this.reply(500);
    return false;
  }

  /** Moves the request on, as far as both sides let it. */
  private forwardRequest(): void {
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
    this.requestSide.refused = true;
    const server = (this.serverConnection as ServerConnection).connection;
    server.readable = true;
    if (this.step === STEP_RESPONSE_HEAD) this.receiveResponse();
  }

  private onClientLeftAmidBody(): void {
    if (this.responseSide.sent) {
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
      case STEP_DECIDE:
        this.onMoreOfRequest();
        return;
      case STEP_REPLY:
        this.sendReply();
        return;
      case STEP_TUNNEL:
        this.relayTunnel();
        return;
      case STEP_SERVER:
      case STEP_DELAYED:
        this.watchWaitingClient();
        return;
      default:
    }
    if (this.watchWaitingClient()) return;
    if (!this.requestSide.done && !this.requestSide.refused) this.forwardRequest();
    if (this.step === STEP_RESPONSE_BODY && this.phase === PHASE_EXCHANGING) this.forwardResponse();
    if (this.phase === PHASE_EXCHANGING) this.armTimer();
  }

  /** While it is being decided where the request goes. */
  private onMoreOfRequest(): void {
    const { channel, connection } = this.session;
    if (channel.room === 0) return;
    const count = channel.fill(connection);
    if (count === 0 || count === FAILED) {
      this.setEnd('C', 'R');
      this.abort();
      return;
    }
    if (count > 0 && this.scanRequest()) this.decide();
  }

  /** A client that is gone does not wait for an answer. True when the exchange was given up. */
  private watchWaitingClient(): boolean {
    const client = this.session.connection;
    const backend = this.backend;
    const aborts = backend?.abortOnClose === true;
    // In a queue a client may come and go unless the option says otherwise.
    const gone =
      (client.broken && (aborts || !this.queued)) ||
      (client.hangup && this.requestSide.body.received && aborts);
    if (!gone || this.status > 0) return false;
    if (this.queued) this.setEnd('C', 'Q');
    else if (this.phase !== PHASE_EXCHANGING) this.setEnd('C', 'C');
    else this.setEnd('C', this.requestSide.body.received ? 'H' : 'D');
    // The status that the log shows, although nobody is there any more to get it.
    if (!this.queued) this.status = this.phase === PHASE_EXCHANGING ? 400 : 503;
    if (client.broken || !this.queued) {
      backend?.count(BE.clientAborts);
      this.server?.count(BE.clientAborts);
    }
    this.abort(true);
    return true;
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
    if (this.phase === PHASE_EXCHANGING) this.armTimer();
  }

  private receiveResponse(): void {
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

  private understandResponse(): void {
    const { channel, connection } = this.serverConnection as ServerConnection;
    const backend = this.backend as Backend;
    const { responseSide } = this;
    const parser = this.responseParser;
    const facts = this.response;
    const block = parser.block;
    if (this.requestSide.hasReplay && (backend.retryOn & statusBit(parser.status)) !== 0 && this.mayRetry) {
      this.retry();
      return;
    }
    this.server?.observer?.response(parser.status);
    this.responded = true;
    this.responseAt = this.plane.loop.now;
    this.status = parser.status;
    this.step = STEP_RESPONSE_BODY;
    responseSide.accept(channel);
    responseSide.countHead();
    countAnswer(this.server as Server, parser.status);
    this.bytesOut = responseSide.headBytes;
    if (!this.ruleResponse(backend)) return;
    this.plane.logger.reached(this, backend, AT_RESPONSE);
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
    responseSide.body.begin(facts.body, facts.bodyLength, this.pipesOf(backend));
    if (!facts.keepAlive) this.serverKeep = false;
    if (!this.placeResponseHead()) return;
    // The head waits for a look at the first bytes of the body: what is malformed from the start gets a 502.
    if (!responseSide.body.scan(channel)) {
      this.status = -1;
      this.responded = false;
      this.onBadResponse();
      return;
    }
    if (connection.closed) return;
    this.forwardResponse();
  }

  /** The rules and features that look at a response. False when one of them has answered instead. */
  private ruleResponse(backend: Backend): boolean {
    const { frontend } = this.session;
    const other = frontend.index !== backend.index;
    if (this.ruled(backend.rules.responseContent) || this.ruled(backend.rules.response)) return false;
    if (other && this.ruled(frontend.rules.response)) return false;
    for (const extension of backend.extensions) extension.onResponse?.(this);
    if (this.ruled(backend.rules.afterResponse)) return false;
    if (other && this.ruled(frontend.rules.afterResponse)) return false;
    this.status = this.responseParser.status;
    return true;
  }

  /** True when a rule has taken over. */
  private ruled(list: RuleList | null): boolean {
    return list !== null && list.run(this) === DONE;
  }

  private placeResponseHead(): boolean {
    const { channel } = this.serverConnection as ServerConnection;
    if (this.responseSide.place(channel, this.session.frontend.headerCase)) return true;
    this.setEnd('P', 'H');
    this.dropServer();
    this.reply(502);
    return false;
  }

  /** Moves the response on, as far as both sides let it. */
  private forwardResponse(): void {
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
  private onNoResponse(failed: boolean): void {
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

  private onBadResponse(): void {
    if (this.retryFor(RETRY_JUNK_RESPONSE)) return;
    this.server?.observer?.noResponse(SEEN_BAD_RESPONSE, false);
    countFailedResponse(this);
    this.setEnd('P', 'H');
    this.dropServer();
    this.reply(502);
  }

  private onServerLeftAmidBody(): void {
    this.setEnd('S', 'D');
    countFailedResponse(this);
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
    if (!this.requestSide.hasReplay || (backend.retryOn & condition) === 0 || !this.mayRetry) return false;
    this.retry();
    return true;
  }

  private retry(): void {
    this.dropServer();
    this.responseSide.started = false;
    this.requestSide.refused = false;
    this.step = STEP_SERVER;
    // HAProxy counts such an attempt when it gives up the answer, and again when it connects.
    this.backend?.count(BE.retries);
    this.server?.count(BE.retries);
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
      case STEP_DECIDE:
        this.onDecideTimer();
        return;
      case STEP_DELAYED:
        this.delayed?.answer(this);
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
      countFailedResponse(this);
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
    return (this.responded && !this.requestSide.body.received) || this.responseBlocked();
  }

  private waitsForServer(): boolean {
    if (this.serverConnection === null) return false;
    if (!this.responded) return true;
    return !this.responseSide.sent && !this.responseBlocked();
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
  reply(status: number, lines?: Uint8Array): void {
    const errors = this.backend?.errors.configured(status)
      ? this.backend.errors
      : this.session.frontend.errors;
    const { head, ...prepared } = errors.of(status);
    this.replyPrepared({ ...prepared, head: lines === undefined ? head : Buffer.concat([head, lines]) });
  }

  replyPrepared(reply: PreparedReply): void {
    this.replyWith(reply.status, reply.head, reply.body, reply.closes, reply.old);
  }

  /** Ends the exchange and the connection without a word. */
  reject(): void {
    this.leaveServerSide();
    this.status = -1;
    this.abort();
  }

  get requestHasBody(): boolean {
    return this.request.body !== BODY_NONE && this.request.body !== BODY_TUNNEL;
  }

  countDenied(): void {
    const { plane, session, backend } = this;
    if (this.responseSide.headReady) {
      plane.count(session.frontend.counters + FE.deniedResponses);
      backend?.count(BE.deniedResponses);
      this.server?.count(BE.deniedResponses);
    } else {
      plane.count(session.frontend.counters + FE.deniedRequests);
      backend?.count(BE.deniedRequests);
    }
  }

  countIntercepted(): void {
    this.plane.count(this.session.frontend.counters + FE.interceptedRequests);
  }

  /**
   * Answers the request. `head` is the status line and header lines without a Connection header and without the empty
   * line; it and `body` must fit one buffer.
   */
  replyWith(status: number, head: Uint8Array, body: Uint8Array, closes = false, saysSo = false): void {
    const { channel, frontend } = this.session;
    const { requestSide, own } = this;
    // What a server's head counted stays counted when a rule answers in its place.
    const counted = this.responseSide.headReady ? this.responseSide.headBytes : 0;
    this.leaveServerSide();
    this.responseSide.begin();
    this.responseSide.headBytes = counted;
    this.status = status;
    this.step = STEP_REPLY;
    this.phase = PHASE_EXCHANGING;
    this.clientKeep =
      this.request.keepAlive &&
      requestSide.body.received &&
      !closes &&
      frontend.mode !== 'close' &&
      !this.plane.endsConnections;
    // A request that was received whole is swallowed, so that the next one can be read.
    if (requestSide.body.received && this.clientKeep && channel.buffer >= 0) channel.head = channel.ready;
    let connectionLine: Uint8Array | null = null;
    if (!this.clientKeep) {
      if (!saysSo) connectionLine = CONNECTION_CLOSE;
    } else if (this.request.old || saysSo) connectionLine = CONNECTION_KEEP_ALIVE;
    const sent = this.request.method === M_HEAD ? NO_BODY : body;
    if (!own.prepare(head, connectionLine, sent)) {
      this.abort();
      return;
    }
    this.ruleOwnReply();
    this.sendReply();
  }

  /** `http-after-response` also sees what the proxy says itself. */
  private ruleOwnReply(): void {
    const { frontend } = this.session;
    const { backend, own, responseSide } = this;
    const first = backend?.rules.afterResponse ?? null;
    const second = backend?.index === frontend.index ? null : frontend.rules.afterResponse;
    if (first === null && second === null) return;
    const { channel } = own;
    const parser = this.responseParser;
    parser.begin(channel.head);
    if (parser.parse(u8, channel.tail) !== COMPLETE) return;
    channel.head = parser.block.end;
    responseSide.headReady = true;
    this.ruled(first);
    this.ruled(second);
    this.status = parser.status;
    responseSide.place(channel, null);
  }

  /**
   * Answers the request with a body that the applet makes piece by piece. `head` as for replyWith; `sized`: it says how
   * long the body is.
   */
  replyFromApplet(status: number, head: Uint8Array, applet: Applet, sized = false, closes = false): void {
    const { own } = this;
    own.applet = applet;
    this.setEnd('L', 'R');
    const now = this.plane.loop.now;
    this.assigned = true;
    this.assignedAt = now;
    this.connected = true;
    this.connectedAt = now;
    this.responded = true;
    this.responseAt = now;
    const chunked = !sized && !this.request.old && this.request.method !== M_HEAD;
    if (this.request.method === M_HEAD) own.appletBody = APPLET_ENDED;
    else own.appletBody = chunked ? APPLET_CHUNKED : APPLET_AS_IT_IS;
    const whole = chunked ? Buffer.concat([head, TRANSFER_CHUNKED]) : head;
    const untilClose = !sized && own.appletBody === APPLET_AS_IT_IS;
    // Where it closes on its own account a sized reply says nothing of it, as HAProxy's do not.
    this.replyWith(status, whole, NO_BODY, closes || untilClose, closes);
  }

  private sendReply(): void {
    switch (this.own.send(this.session.connection)) {
      case REPLY_FAILED:
        this.setEnd('C', 'D');
        this.abort(true);
        return;
      case REPLY_WAIT:
        this.startTimer(this.session.frontend.timeouts.client);
        return;
      case REPLY_AGAIN:
        this.continueLater();
        return;
      default:
        this.requestSide.done = true;
        this.complete();
    }
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
    const { done } = this.requestSide;
    const keepClient = this.clientKeep && done;
    if (connection !== null && this.serverKeep && done && connection.channel.length === 0) {
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
      if (!keepClient || !this.http.keep(connection)) return;
      this.serverConnection = null;
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

  shutServer(serverWords: number, cause: ShutdownCause): void {
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
    this.own.release();
    this.tunnel?.release();
    this.tunnel = null;
    this.requestSide.release();
    this.responseSide.release();
    this.delayed = null;
    this.plane.loop.timers.disarm(this.timer);
  }

  /** `option contstats`: the statistics get what has passed so far. */
  countProgress(): void {
    if (this.phase === PHASE_ENDED || !this.requested) return;
    this.sumBytes();
    countTraffic(this, this.backend);
  }

  private account(): void {
    this.sumBytes();
    account(this);
  }

  private sumBytes(): void {
    const { requestSide, responseSide, own, tunnel } = this;
    this.bytesIn = requestSide.headBytes + requestSide.body.payload + (tunnel?.request.bytes ?? 0);
    this.bytesOut =
      responseSide.headBytes +
      responseSide.body.payload +
      (tunnel?.response.bytes ?? 0) +
      own.headBytes +
      own.bodyBytes;
  }

  /** Last of all, so that whoever reads the line finds what it tells of done. */
  private log(backend: Backend | null): void {
    if (!this.unlogged) this.plane.logger.logStream(this, backend);
    this.unlogged = false;
  }
}
