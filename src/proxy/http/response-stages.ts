/**
 * What a response goes through before it goes to the client, in HAProxy's order: the content rules, which are asked from the
 * moment there is a connection to the server; the rules of the backend and of the frontend; features; the rules behind
 * everything. Any rule may have to wait for more of the response, and is taken up again where it stopped.
 * Specification: configuration manual 4.2 (`tcp-response content`, `tcp-response inspect-delay`, `http-response`,
 * `http-after-response`).
 */
import type { RuleList } from '../../rules/rule-list.ts';
import { CONTINUE, DONE, YIELD } from '../../rules/verdict.ts';
import type { Backend } from '../backend.ts';
import { STAGES_ANSWERED, STAGES_READY, STAGES_WAIT } from './request-stages.ts';
import type { RuledResponse } from './ruled-response.ts';

const CONTENT = 0;
const BACKEND_RESPONSE = 1;
const FRONTEND_RESPONSE = 2;
const FEATURES = 3;
const BACKEND_AFTER = 4;
const FRONTEND_AFTER = 5;
const ALL = 6;
const NEVER = Number.MAX_SAFE_INTEGER;

export class ResponseStages {
  private stage = CONTENT;
  /** The rule to go on with. */
  private from = 0;
  /** A rule waits. */
  waiting = false;
  private waitingSince = 0;
  /** How long it may, milliseconds; 0: as long as the server's timeout allows. */
  private limitMs = 0;
  /** It waits for the body: a server that does not send it makes an error. */
  awaitsBody = false;
  /** The inspection delay has passed. */
  expired = false;

  begin(): void {
    this.stage = CONTENT;
    this.from = 0;
    this.stopWaiting();
  }

  awaitBody(limitMs: number): void {
    this.awaitsBody = true;
    this.limitMs = limitMs;
  }

  /** Of the time of the rule that waits. */
  leftMs(now: number): number {
    return this.limitMs === 0 ? NEVER : this.limitMs - ((now - this.waitingSince) | 0);
  }

  /** The content rules have not come to an end. */
  get inspects(): boolean {
    return this.stage === CONTENT;
  }

  /** `complete`: nothing more of the response will come, or fits. Result: a verdict. */
  inspect(stream: RuledResponse, backend: Backend, complete: boolean): number {
    if (this.stage !== CONTENT) return CONTINUE;
    const list = backend.rules.responseContent;
    if (list !== null) {
      const delayMs = backend.responseDelayMs;
      const verdict = list.run(stream, this.from, complete || delayMs === 0 || this.expired);
      if (verdict === DONE) return DONE;
      if (verdict === YIELD) {
        this.from = list.yieldedAt;
        this.limitMs = delayMs;
        this.wait(stream.now);
        return YIELD;
      }
    }
    this.advance();
    return CONTINUE;
  }

  /** The head is there. */
  run(stream: RuledResponse, backend: Backend, complete: boolean): number {
    const { frontend } = stream.session;
    const isOther = frontend.index !== backend.index;
    for (;;) {
      let verdict = CONTINUE;
      switch (this.stage) {
        case CONTENT:
          verdict = this.inspect(stream, backend, complete);
          if (verdict === DONE) return STAGES_ANSWERED;
          if (verdict === YIELD) return STAGES_WAIT;
          continue;
        case BACKEND_RESPONSE:
          if (!stream.responded) stream.acceptResponse();
          verdict = this.rules(backend.rules.response, stream);
          break;
        case FRONTEND_RESPONSE:
          if (isOther) verdict = this.rules(frontend.rules.response, stream);
          break;
        case FEATURES:
          stream.showToFeatures(backend);
          break;
        case BACKEND_AFTER:
          verdict = this.rules(backend.rules.afterResponse, stream);
          break;
        case FRONTEND_AFTER:
          if (isOther) verdict = this.rules(frontend.rules.afterResponse, stream);
          break;
        default:
          return STAGES_READY;
      }
      if (verdict === DONE) return STAGES_ANSWERED;
      if (verdict === YIELD) {
        this.wait(stream.now);
        return STAGES_WAIT;
      }
      this.advance();
    }
  }

  private rules(list: RuleList | null, stream: RuledResponse): number {
    if (list === null) return CONTINUE;
    const before = this.from;
    this.awaitsBody = false;
    const verdict = list.run(stream, before);
    if (verdict === YIELD) {
      // Each rule has its own time.
      if (list.yieldedAt !== before) this.waiting = false;
      this.from = list.yieldedAt;
    }
    return verdict;
  }

  private wait(now: number): void {
    if (this.waiting) return;
    this.waiting = true;
    this.waitingSince = now;
  }

  private advance(): void {
    if (this.stage < ALL) this.stage++;
    this.from = 0;
    this.stopWaiting();
  }

  private stopWaiting(): void {
    this.waiting = false;
    this.awaitsBody = false;
    this.expired = false;
    this.limitMs = 0;
  }
}
