/**
 * A response while rules look at it, and may wait for more of it: it is read into its buffer, and nothing of it goes on.
 * How it comes and where it goes is server-exchange.ts.
 */
import { NO_RESPONSE, RESPONSE_1_0, RESPONSE_1_1 } from '../../expr/scope.ts';
import { u8 } from '../../os/arena.ts';
import { BODY_NONE } from '../../protocol/http1/framing.ts';
import { DONE, STOP } from '../../rules/verdict.ts';
import { FAILED } from '../../transport/connection.ts';
import type { Backend } from '../backend.ts';
import type { Server } from '../server.ts';
import type { ServerConnection } from '../server-connection.ts';
import { PHASE_EXCHANGING } from '../stream.ts';
import { countAnswer, countFailedResponse } from './accounting.ts';
import { HttpExchange, STEP_RESPONSE_HEAD, STEP_RESPONSE_RULES } from './exchange.ts';
import { STAGES_ANSWERED, STAGES_READY } from './request-stages.ts';

export abstract class RuledResponse extends HttpExchange {
  /** The rules have let it pass: it goes to the client. */
  protected abstract passResponse(): void;
  protected abstract onBadResponse(): void;
  protected abstract armTimer(): void;

  /** There is a connection to the server: content rules may decide before anything comes. False: one has taken over. */
  protected inspectConnection(): boolean {
    const backend = this.backend as Backend;
    this.responseStages.begin();
    this.responsePeeked = false;
    if (backend.rules.responseContent === null) return true;
    return this.responseStages.inspect(this, backend, false) !== DONE;
  }

  override get responseAwaited(): boolean {
    return this.step === STEP_RESPONSE_HEAD && !this.responseSide.headReady && this.responseStages.inspects;
  }

  /** The head is complete, and stays where it is until it is placed. */
  protected beginResponse(): void {
    const { channel } = this.serverConnection as ServerConnection;
    const { responseSide } = this;
    const { tunnel, body, bodyLength } = this.response;
    responseSide.countHead();
    responseSide.body.begin(tunnel ? BODY_NONE : body, bodyLength, this.pipesOf(this.backend));
    responseSide.accept(channel);
    // What is malformed from the start is no response at all.
    if (responseSide.body.scan(channel)) this.ruleResponse();
    else {
      responseSide.headReady = false;
      this.onBadResponse();
    }
  }

  /** Content rules have let it in: it is the server's answer. Called by the stages. */
  acceptResponse(): void {
    const server = this.server as Server;
    const { status } = this.responseParser;
    server.observer?.response(status);
    this.responded = true;
    this.responseAt = this.plane.loop.now;
    this.status = status;
    this.responseVersion = this.response.old ? RESPONSE_1_0 : RESPONSE_1_1;
    this.captures?.takeResponseHeaders(u8, this.responseParser.block);
    countAnswer(server, status);
  }

  /** Called by the stages, between the rules and those behind everything. */
  showToFeatures(backend: Backend): void {
    this.captures?.takeResponseCookie(u8, this.responseParser.block);
    for (const extension of backend.extensions) extension.onResponse?.(this);
  }

  private ruleResponse(): void {
    const { channel, connection } = this.serverConnection as ServerConnection;
    const { received } = this.responseSide;
    for (;;) {
      received.makeRoom();
      const outcome = this.responseStages.run(this, this.backend as Backend, received.settled);
      if (outcome === STAGES_ANSWERED) return;
      if (outcome === STAGES_READY) {
        this.status = this.responseParser.status;
        this.passResponse();
        return;
      }
      this.step = STEP_RESPONSE_RULES;
      if (!connection.readable || channel.room === 0 || !this.readResponse()) return;
      if (this.step !== STEP_RESPONSE_RULES) return;
    }
  }

  /** The server has something for the rules that wait. */
  protected onMoreOfResponse(): void {
    const { channel, connection } = this.serverConnection as ServerConnection;
    if (!connection.readable || channel.room === 0 || !this.readResponse()) return;
    if (this.step === STEP_RESPONSE_RULES) this.ruleResponse();
  }

  /** False: nothing has changed. A body that is malformed has been answered, and the step is another one. */
  private readResponse(): boolean {
    const { channel, connection } = this.serverConnection as ServerConnection;
    const { responseSide } = this;
    const count = channel.fill(connection);
    if (count > 0) {
      this.activeAt = this.plane.loop.now;
      if (!responseSide.body.scan(channel)) {
        this.responded = false;
        this.status = -1;
        this.responseVersion = NO_RESPONSE;
        this.captures?.clearResponse();
        this.onBadResponse();
      }
      return true;
    }
    if (count !== 0 && count !== FAILED) return false;
    // The rules decide on what is there; the end is found again when it is passed on.
    responseSide.received.ended = true;
    connection.readable = true;
    return true;
  }

  /** A rule's time, or the server's, may be over. True when that was so. */
  protected onResponseWaitOver(): boolean {
    const { responseStages: stages, responseSide } = this;
    if (!stages.waiting) return false;
    const { now } = this.plane.loop;
    const serverMs = (this.backend as Backend).timeouts.server ?? 0;
    const silent = serverMs > 0 && ((now - this.activeAt) | 0) >= serverMs;
    if (stages.leftMs(now) > 0 && !silent) return false;
    if (stages.awaitsBody) {
      this.responded = false;
      this.setEnd('s', 'R');
      this.reply(504);
      return true;
    }
    if (this.step === STEP_RESPONSE_HEAD) {
      // Without a head a silent server is what it always is.
      if (silent) return false;
      stages.expired = true;
      if (stages.inspect(this, this.backend as Backend, true) !== DONE) this.armTimer();
      return true;
    }
    if (silent) {
      this.setEnd('s', 'D');
      responseSide.received.ended = true;
      responseSide.body.cut = true;
    }
    stages.expired = true;
    this.ruleResponse();
    if (this.phase === PHASE_EXCHANGING) this.armTimer();
    return true;
  }

  override rejectResponse(): void {
    this.countDeniedResponse();
    this.setEnd('P', 'D');
    // The log knows the status only if a rule has looked at the response as one of HTTP.
    this.status = this.responsePeeked ? this.responseParser.status : -1;
    this.leaveServerSide();
    this.abort();
  }

  override closeServer(): number {
    const { responseSide } = this;
    if (!responseSide.headReady) {
      countFailedResponse(this);
      this.setEnd('S', 'H');
      this.dropServer();
      this.reply(502);
      return DONE;
    }
    responseSide.received.ended = true;
    responseSide.body.cut = true;
    this.requestSide.refused = true;
    this.serverKeep = false;
    return STOP;
  }
}
