/**
 * What every exchange has, however it goes: its two messages, what rules and features see and may do, the proxy's own
 * replies, and the end, where it is counted and logged. The way to a server is server-exchange.ts, the request's head
 * and the decisions stream.ts.
 */

import { type BodyScope, RESPONSE_1_1 } from '../../expr/scope.ts';
import type { Deferred } from '../../loop/event-loop.ts';
import { latin1, u8 } from '../../os/arena.ts';
import { BODY_NONE, BODY_TUNNEL } from '../../protocol/http1/framing.ts';
import { COMPLETE } from '../../protocol/http1/head-parser.ts';
import { H_EXPECT } from '../../protocol/http1/known-headers.ts';
import { M_HEAD, methodName, type RequestFacts } from '../../protocol/http1/request-facts.ts';
import type { RequestParser } from '../../protocol/http1/request-parser.ts';
import type { ResponseFacts } from '../../protocol/http1/response-facts.ts';
import type { ResponseParser } from '../../protocol/http1/response-parser.ts';
import type { PreparedReply } from '../../rules/prepared-reply.ts';
import type { RuleList } from '../../rules/rule-list.ts';
import type { Delayed, HttpTarget } from '../../rules/target.ts';
import { CONTINUE, DONE, YIELD } from '../../rules/verdict.ts';
import type { ShutdownCause } from '../../state/messages.ts';
import type { PipePool } from '../../transport/pipe.ts';
import type { Backend } from '../backend.ts';
import { FE } from '../frontend.ts';
import type { Plane } from '../plane.ts';
import { BE } from '../server.ts';
import type { ServerConnection } from '../server-connection.ts';
import { PHASE_ENDED, PHASE_EXCHANGING, Stream } from '../stream.ts';
import { countTraffic } from '../traffic-count.ts';
import type { Tunnel } from '../tunnel.ts';
import { account } from './accounting.ts';
import type { Applet } from './applet.ts';
import { CONNECTION_CLOSE, CONNECTION_KEEP_ALIVE } from './connection-mode.ts';
import {
  APPLET_AS_IT_IS,
  APPLET_CHUNKED,
  APPLET_ENDED,
  LocalReply,
  REPLY_AGAIN,
  REPLY_FAILED,
  REPLY_WAIT,
} from './local-reply.ts';
import { RequestSide } from './request-side.ts';
import { RequestStages } from './request-stages.ts';
import { ResponseSide } from './response-side.ts';
import { ResponseStages } from './response-stages.ts';
import type { HttpSession } from './session.ts';

/** Where the exchange stands, beside the phase of the base class. */
export const STEP_HEAD = 0;
/** More of the request is waited for, or a rule lets time pass (request-stages.ts). */
export const STEP_DECIDE = 1;
/** On its way to a server. */
export const STEP_SERVER = 2;
/** The request (or its beginning) has been sent, the response's head is awaited. */
export const STEP_RESPONSE_HEAD = 3;
export const STEP_RESPONSE_BODY = 4;
/** A reply of our own is being sent. */
export const STEP_REPLY = 5;
export const STEP_TUNNEL = 6;
/** A rule keeps the client waiting for its answer. */
export const STEP_DELAYED = 7;
/** The response's head is there, and a rule waits for more of it (ruled-response.ts). */
export const STEP_RESPONSE_RULES = 8;

const TRANSFER_CHUNKED = Buffer.from('transfer-encoding: chunked\r\n', 'latin1');
const LINE_CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n', 'latin1');
export const NO_BODY = new Uint8Array(0);
const SLASH = 47;
const STAR = 42;
export abstract class HttpExchange extends Stream implements Deferred, HttpTarget {
  protected readonly requestSide: RequestSide;
  protected readonly responseSide: ResponseSide;
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
  /** When the request was understood is worth telling; not so where it turned out to be none, or for nobody. */
  requestTimed = true;
  /** A rewrite that fails for want of room ends the exchange (`strict-mode`). */
  strict = true;
  protected readonly stages = new RequestStages();
  protected readonly responseStages = new ResponseStages();
  /** A rule has looked at the response's head. */
  protected responsePeeked = false;
  protected readonly own: LocalReply;
  protected step = STEP_HEAD;
  /** The client's connection will carry another request. */
  protected clientKeep = false;
  protected serverKeep = false;
  protected tunnel: Tunnel | null = null;
  protected delayed: Delayed | null = null;
  protected deferred = false;
  /** Any progress on either side, for the inactivity timeouts. */
  protected activeAt = 0;

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

  /** Exchanges are used again: everything of the last one is gone. */
  protected resetExchange(session: HttpSession): void {
    this.resetStream(session);
    this.step = STEP_HEAD;
    this.status = -1;
    this.startedAt = this.plane.loop.now;
    this.activeAt = this.startedAt;
    this.unlogged = false;
    this.requestTimed = true;
    this.strict = true;
    this.clientKeep = false;
    this.serverKeep = false;
    this.delayed = null;
    this.requestSide.begin(session.channel.head, session.frontend.relaxedRequests);
    this.responseSide.begin();
    this.own.begin();
    this.stages.begin();
    this.responseStages.begin();
    this.responsePeeked = false;
  }

  protected get http(): HttpSession {
    // Only HttpSession begins HTTP streams.
    return this.session as HttpSession;
  }

  /** The request line as received, for the log; `requestLineLength` bytes of it. */
  override get requestLine(): Uint8Array {
    return this.requestSide.line;
  }

  override get requestLineLength(): number {
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
    if (!this.responseSide.headReady) return null;
    this.responsePeeked = true;
    return this.responseParser;
  }

  override get responseStatus(): number {
    return Math.max(this.status, 0);
  }

  override get requestBody(): BodyScope | null {
    return this.requestHead === null ? null : this.requestSide.received;
  }

  override get responseBody(): BodyScope | null {
    return this.responseHead === null ? null : this.responseSide.received;
  }

  waitForBody(limitMs: number, leastBytes: number): number {
    const isResponse = this.responseSide.headReady;
    const { received } = isResponse ? this.responseSide : this.requestSide;
    if (!isResponse) this.inviteBody();
    if (received.settled || (leastBytes > 0 && received.availableBytes >= leastBytes)) return CONTINUE;
    if (isResponse) this.responseStages.awaitBody(limitMs);
    else this.stages.awaitBody(limitMs);
    return YIELD;
  }

  /** The body is about to be waited for: a client that wants leave to send it gets that from us. */
  inviteBody(): void {
    const { request, requestParser } = this;
    if (!request.expectContinue || request.old || !this.requestHasBody) return;
    request.expectContinue = false;
    const { block } = requestParser;
    for (let line = block.find(H_EXPECT); line >= 0; line = block.find(H_EXPECT, line + 1))
      block.delete(line);
    this.sendInterim(LINE_CONTINUE, LINE_CONTINUE.length);
  }

  /** Sends a response that another one follows; `head` without the empty line. False: the client is gone. */
  sendInterim(head: Uint8Array, length: number): boolean {
    const { plane, own } = this;
    const { connection } = this.session;
    const at = plane.scratch;
    for (let i = 0; i < length; i++) u8[at + i] = head[i] as number;
    u8[at + length] = 13;
    u8[at + length + 1] = 10;
    own.countInterim(head, length);
    // So little always fits the client's socket, where nothing else waits before a response.
    if (connection.write(at, length + 2) === length + 2) return true;
    this.setEnd('C', 'D');
    this.abort(true);
    return false;
  }

  get requestBodyComplete(): boolean {
    return this.requestSide.body.received;
  }

  /** The body as far as it is in the buffer, with its framing; latin1. Before the request goes to a server. */
  get receivedBody(): string {
    const { channel } = this.session;
    return channel.buffer < 0 ? '' : latin1(channel.head, channel.ready);
  }

  rewriteFailed(): number {
    if (!this.strict) return CONTINUE;
    this.setEnd('P', this.responseSide.headReady ? 'H' : 'R');
    this.reply(500);
    return DONE;
  }

  refuseRequest(): void {
    this.requestTimed = false;
    this.setEnd('P', 'R');
    this.reply(400);
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

  // ---- replies of our own -------------------------------------------------------------------------------------

  /** Answers the request with one of the proxy's own replies. The server's side is given up. */
  reply(status: number, lines?: Uint8Array): void {
    const errors = this.backend?.errors.configured(status)
      ? this.backend.errors
      : this.session.frontend.errors;
    const { head, ...prepared } = errors.of(status);
    this.replyPrepared({ ...prepared, head: lines === undefined ? head : Buffer.concat([head, lines]) });
  }

  get takesInterim(): boolean {
    return !this.request.old;
  }

  replyPrepared(reply: PreparedReply): void {
    this.own.uncountedBytes = reply.uncountedBytes;
    this.replyWith(reply.status, reply.head, reply.body, reply.closes, reply.old);
  }

  /** Ends the exchange and the connection without a word. */
  reject(): void {
    // As in HAProxy's log: what its frontend's content rules refuse was no request yet, and others have no time.
    if (this.stages.atFrontendContent) this.requestSide.lineLength = 0;
    this.requestTimed = false;
    this.leaveServerSide();
    this.status = -1;
    this.abort();
  }

  drop(): void {
    const { plane, session, backend, responseSide } = this;
    // Also where it was a response that somebody did not like.
    plane.count(session.frontend.counters + FE.deniedRequests);
    backend?.count(BE.deniedRequests);
    this.setEnd('P', 'R');
    if (responseSide.headReady) this.responded = false;
    else this.requestTimed = false;
    this.leaveServerSide();
    this.abort();
  }

  get requestHasBody(): boolean {
    return this.request.body !== BODY_NONE && this.request.body !== BODY_TUNNEL;
  }

  countDenied(asRequest = false): void {
    const { plane, session, backend } = this;
    if (this.responseSide.headReady && !asRequest) {
      this.countDeniedResponse();
    } else {
      plane.count(session.frontend.counters + FE.deniedRequests);
      backend?.count(BE.deniedRequests);
    }
  }

  captureCookie(): void {
    if (!this.requestSide.placed) this.captures?.takeRequestCookie(u8, this.requestParser.block);
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
    const { responseSide } = this;
    const counted = responseSide.headReady ? responseSide.headBytes + responseSide.body.payload : 0;
    if (responseSide.headReady) this.responded = false;
    this.leaveServerSide();
    responseSide.begin();
    responseSide.headBytes = counted;
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
  protected ruleOwnReply(): void {
    const { frontend } = this.session;
    const { backend, own, responseSide } = this;
    const first = backend?.rules.afterResponse ?? null;
    const second = backend?.index === frontend.index ? null : frontend.rules.afterResponse;
    // What internal services say counts as a response, which has headers to be captured.
    const captures = own.applet === null ? null : this.captures;
    if (first === null && second === null && captures === null) return;
    const { channel } = own;
    const parser = this.responseParser;
    parser.begin(channel.head);
    if (parser.parse(u8, channel.tail) !== COMPLETE) return;
    channel.head = parser.block.end;
    responseSide.headReady = true;
    captures?.takeResponseHeaders(u8, parser.block);
    responseSide.showOwn(channel, own.headBytes);
    this.ruled(first);
    this.ruled(second);
    responseSide.hideOwn();
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
    this.responseVersion = RESPONSE_1_1;
    const chunked = !sized && !this.request.old && this.request.method !== M_HEAD;
    if (this.request.method === M_HEAD) own.appletBody = APPLET_ENDED;
    else own.appletBody = chunked ? APPLET_CHUNKED : APPLET_AS_IT_IS;
    const whole = chunked ? Buffer.concat([head, TRANSFER_CHUNKED]) : head;
    const untilClose = !sized && own.appletBody === APPLET_AS_IT_IS;
    // Where it closes on its own account a sized reply says nothing of it, as HAProxy's do not.
    this.replyWith(status, whole, NO_BODY, closes || untilClose, closes);
  }

  protected sendReply(): void {
    // Nobody is there to get it.
    if (this.requestSide.received.ended) {
      this.complete();
      return;
    }
    const { connection, frontend } = this.session;
    switch (this.own.send(connection, !this.clientKeep && !frontend.noLinger)) {
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

  protected leaveServerSide(): void {
    this.dropServer();
    this.releaseSlot();
    if (this.queued) this.backend?.queue.remove(this);
    this.plane.loop.timers.disarm(this.timer);
  }

  /** Gives up the server connection; the slot is kept. */
  protected dropServer(): void {
    const connection = this.serverConnection;
    if (connection === null) return;
    this.serverConnection = null;
    connection.detach();
    connection.close();
  }

  /** True when a rule has taken over. */
  protected ruled(list: RuleList | null): boolean {
    return list !== null && list.run(this) === DONE;
  }

  /** Where long bodies may be spliced through, or null. */
  protected pipesOf(backend: Backend | null): PipePool | null {
    return backend?.splices === true ? this.plane.pipes : null;
  }

  protected continueLater(): void {
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

  // ---- the end ------------------------------------------------------------------------------------------------

  /** Everything has been said on both sides. */
  protected complete(): void {
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
  protected parkServer(connection: ServerConnection, keepClient: boolean): void {
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
  protected abort(reset = false): void {
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

  protected releaseBuffers(): void {
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

  protected account(): void {
    this.sumBytes();
    account(this);
  }

  protected sumBytes(): void {
    const { requestSide, responseSide, own, tunnel } = this;
    this.bytesIn = requestSide.headBytes + requestSide.body.payload + (tunnel?.request.bytes ?? 0);
    this.bytesOut =
      responseSide.headBytes +
      responseSide.body.payload +
      (tunnel?.response.bytes ?? 0) +
      own.interimBytes +
      own.headBytes +
      own.bodyBytes;
  }

  /** Last of all, so that whoever reads the line finds what it tells of done. */
  protected log(backend: Backend | null): void {
    if (!this.unlogged) this.plane.logger.logStream(this, backend);
    this.unlogged = false;
    this.releaseCaptures();
  }
}
