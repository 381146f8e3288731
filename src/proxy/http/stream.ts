/**
 * One request and its response. The way of a request, in order: begin → receiveHead → understand → decide (the stages of
 * request-stages.ts) here; findServer (../stream.ts); onConnected → sendRequest and the response in server-exchange.ts;
 * the end, `complete` or `abort`, in exchange.ts, as are the proxy's own replies.
 */

import { u8 } from '../../os/arena.ts';
import { M_PRI } from '../../protocol/http1/request-facts.ts';
import { FAILED } from '../../transport/connection.ts';
import { FE } from '../frontend.ts';
import { AT_REQUEST } from '../frontend-log.ts';
import { BE } from '../server.ts';
import { PHASE_ENDED, PHASE_EXCHANGING } from '../stream.ts';
import {
  STEP_DECIDE,
  STEP_DELAYED,
  STEP_HEAD,
  STEP_REPLY,
  STEP_RESPONSE_BODY,
  STEP_RESPONSE_RULES,
  STEP_SERVER,
  STEP_TUNNEL,
} from './exchange.ts';
import { HEAD_CLIENT_ENDED, HEAD_CLIENT_FAILED, HEAD_COMPLETE, HEAD_MALFORMED } from './request-side.ts';
import { STAGES_ANSWERED, STAGES_READY } from './request-stages.ts';
import { ServerExchange } from './server-exchange.ts';
import type { HttpSession } from './session.ts';

const NEVER = Number.MAX_SAFE_INTEGER;

export class HttpStream extends ServerExchange {
  // ---- the request's head -------------------------------------------------------------------------------------

  begin(session: HttpSession): void {
    this.resetExchange(session);
    this.plane.count(session.frontend.counters + FE.streams);
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
    this.releaseCaptures();
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
    this.plane.loop.timers.disarm(this.timer);
    this.requested = true;
    this.requestAt = this.plane.loop.now;
    this.activeAt = this.requestAt;
    this.plane.count(frontend.counters + FE.requests);
    requestSide.accept(channel, this.pipesOf(frontend.defaultBackend));
    if (this.request.method === M_PRI) {
      // The beginning of HTTP/2 to a listener that does not speak it.
      this.setEnd('P', 'R');
      this.reply(400);
      return;
    }
    if (!this.scanRequest()) return;
    // A client that has left amid its body, and is known to have, gets nowhere.
    if (this.session.connection.exhausted && this.requestHasBody && !requestSide.body.received)
      requestSide.received.ended = true;
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

  /** Follows the body through what has been received. False when it was malformed, and answered. */
  private scanRequest(): boolean {
    if (this.requestSide.scan(this.session.channel)) return true;
    this.onMalformedRequest();
    return false;
  }

  protected override onMalformedRequest(): void {
    if (this.step === STEP_HEAD) this.refuse(400, 'P');
    else if (this.step === STEP_DECIDE) {
      this.setEnd('P', 'R');
      this.replyToUnread(400);
    } else super.onMalformedRequest();
  }

  /** Rules, features and the choice of a backend; taken up again when more of the request has arrived. */
  private decide(): void {
    const { channel, connection } = this.session;
    const { stages } = this;
    const { received } = this.requestSide;
    for (let first = true; ; first = false) {
      if (!first && !this.scanRequest()) return;
      received.makeRoom();
      if (stages.hasWaited) this.requestAt = this.plane.loop.now;
      const outcome = stages.run(this, received.settled);
      if (this.phase === PHASE_ENDED || outcome === STAGES_ANSWERED) return;
      if (outcome === STAGES_READY) {
        if (received.ended) this.onClientLeftAmidRequest();
        else this.toServer();
        return;
      }
      if (!connection.readable || channel.room === 0) break;
      if (!this.readRequest()) break;
    }
    this.armDecideTimer();
  }

  /** Reads more of the request, or notes that there is no more. False: nothing has changed. */
  private readRequest(): boolean {
    const count = this.session.channel.fill(this.session.connection);
    if (count > 0) {
      this.activeAt = this.plane.loop.now;
      return true;
    }
    if (count !== 0 && count !== FAILED) return false;
    // The rules decide on what is there.
    this.requestSide.received.ended = true;
    return true;
  }

  /** The rules have let a request pass whose client is gone. */
  private onClientLeftAmidRequest(): void {
    this.setEnd('C', 'R');
    this.backend?.count(BE.clientAborts);
    this.http.countFailedRequest();
    this.abort();
  }

  /** The body that rules wait for will not come. */
  private replyToUnread(status: number): void {
    this.requestTimed = false;
    this.http.countFailedRequest();
    this.reply(status);
  }

  private armDecideTimer(): void {
    const { stages } = this;
    const { frontend } = this.session;
    const { now } = this.plane.loop;
    let delay = NEVER;
    const limitMs = stages.ownLimit ? stages.limitMs : ((this.backend ?? frontend).timeouts.httpRequest ?? 0);
    if (limitMs > 0) delay = limitMs - ((now - stages.waitingSince) | 0);
    const { client } = frontend.timeouts;
    if (stages.requiresBody && client !== undefined && client > 0)
      delay = Math.min(delay, client - ((now - this.activeAt) | 0));
    this.startTimer(delay === NEVER ? undefined : Math.max(1, delay));
  }

  private onDecideTimer(): void {
    if (this.stages.requiresBody) {
      this.setEnd('c', 'R');
      this.replyToUnread(408);
      return;
    }
    this.stages.expired = true;
    this.decide();
  }

  /**
   * Called by the stages when the frontend's content rules have let the request pass: what is kept of its head for logs
   * and captures, as the client sent it.
   */
  captureHead(): void {
    const { log } = this.session.frontend;
    if (log.wantsRequestLine || this.plane.keepsRequestLine) this.requestSide.captureLine();
    this.captures?.takeRequestHeaders(u8, this.requestParser.block);
  }

  /** Called by the stages: the request leaves its frontend. False when there is no backend, and that was answered. */
  switchBackend(): boolean {
    const backend = this.chosenBackend();
    this.plane.logger.identify(this);
    if (backend === null) {
      this.requestTimed = false;
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
    this.captureCookie();
    this.plane.logger.reached(this, this.backend, AT_REQUEST);
    this.findServer();
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
    if (this.session.channel.room === 0) return;
    if (this.readRequest() && this.scanRequest()) this.decide();
  }

  /** A client that is gone does not wait for an answer. True when the exchange was given up. */
  private watchWaitingClient(): boolean {
    // Rules that wait for more of the response have it first.
    if (this.step === STEP_RESPONSE_RULES) return false;
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
        this.onIdle();
    }
  }
}
