/**
 * What a request goes through between its head and the choice of a server, in HAProxy's order: the frontend's rules, the
 * choice of a backend, the backend's rules. Any stage may have to wait for more of the request, and is taken up again
 * where it stopped.
 * Specification: configuration manual 4.2 (`tcp-request content`, `http-request`, `use_backend`, `option http-buffer-request`).
 */

import type { RuleList } from '../../rules/rule-list.ts';
import { CONTINUE, DONE, STOP, YIELD } from '../../rules/verdict.ts';
import type { Backend } from '../backend.ts';
import type { HttpExtension } from './extension.ts';
import type { HttpStream } from './stream.ts';

/** Everything is decided: the request goes to its backend. */
export const STAGES_READY = 0;
/** More has to arrive, or a time to pass. */
export const STAGES_WAIT = 1;
/** A rule or a feature has answered. */
export const STAGES_ANSWERED = 2;

const FRONTEND_CONTENT = 0;
const FRONTEND_BUFFER = 1;
const FRONTEND_REQUEST = 2;
const FRONTEND_FEATURES = 3;
const SWITCHING = 4;
const BACKEND_CONTENT = 5;
const BACKEND_BUFFER = 6;
const BACKEND_REQUEST = 7;
const BACKEND_FEATURES = 8;
const ALL = 9;

export class RequestStages {
  private stage = FRONTEND_CONTENT;
  /** The rule to go on with. */
  private from = 0;
  /** How long the rule that waits may wait, milliseconds; 0: as long as the client's timeouts allow. */
  limitMs = 0;
  /** The loop's time when the waiting began. */
  waitingSince = 0;
  private waiting = false;
  /** Some stage had to wait for more. */
  hasWaited = false;
  /** The limit has passed. */
  expired = false;
  /** What is waited for is a body: what a slow client gets is an error. */
  private awaitsBody = false;

  begin(): void {
    this.stage = FRONTEND_CONTENT;
    this.from = 0;
    this.hasWaited = false;
    this.stopWaiting();
  }

  /** A rule waits for the body. */
  awaitBody(limitMs: number): void {
    this.awaitsBody = true;
    this.limitMs = limitMs;
  }

  /** Rules that wait have a time of their own; the other waiting is for the timeouts to end. */
  get ownLimit(): boolean {
    return this.awaitsBody || this.limitMs > 0;
  }

  /** The body is waited for, and a client that does not send it gets an error. */
  get requiresBody(): boolean {
    if (this.awaitsBody) return true;
    switch (this.stage) {
      case FRONTEND_BUFFER:
      case FRONTEND_FEATURES:
      case BACKEND_BUFFER:
      case BACKEND_FEATURES:
        return true;
      default:
        return false;
    }
  }

  /** The request has got no further than the content rules of its frontend. */
  get atFrontendContent(): boolean {
    return this.stage === FRONTEND_CONTENT;
  }

  /** `complete`: nothing more of the request will come, or fits. */
  run(stream: HttpStream, complete: boolean): number {
    const { frontend } = stream.session;
    for (;;) {
      const { backend } = stream;
      let verdict = CONTINUE;
      switch (this.stage) {
        case FRONTEND_CONTENT:
          verdict = this.content(frontend.rules.content, frontend.inspectDelayMs, stream, complete);
          if (verdict < DONE) stream.captureHead();
          break;
        case FRONTEND_BUFFER:
          if (frontend.bufferRequest) verdict = buffered(stream, complete);
          break;
        case FRONTEND_REQUEST:
          verdict = this.rules(frontend.rules.request, stream);
          break;
        case FRONTEND_FEATURES:
          verdict = this.features(frontend.extensions, stream, complete);
          if (verdict < DONE && frontend.rules.redirect !== null)
            verdict = frontend.rules.redirect.run(stream);
          break;
        case SWITCHING:
          if (!stream.switchBackend()) return STAGES_ANSWERED;
          break;
        case BACKEND_CONTENT:
          if (isOther(backend, stream)) {
            verdict = this.content(backend.rules.content, backend.inspectDelayMs, stream, complete);
          }
          break;
        case BACKEND_BUFFER:
          if (backend?.wantsBody(stream.request) === true) verdict = buffered(stream, complete);
          break;
        case BACKEND_REQUEST:
          // The two sides of a listen section have one set of rules, which has been asked already.
          if (!isOther(backend, stream)) break;
          verdict = this.rules(backend.rules.request, stream);
          break;
        case BACKEND_FEATURES:
          if (!isOther(backend, stream)) break;
          verdict = this.features(backend.extensions, stream, complete);
          if (verdict < DONE && backend.rules.redirect !== null) verdict = backend.rules.redirect.run(stream);
          break;
        default:
          return STAGES_READY;
      }
      if (verdict === DONE) return STAGES_ANSWERED;
      if (verdict === YIELD) {
        if (!this.waiting) {
          this.waiting = true;
          this.hasWaited = true;
          this.waitingSince = stream.now;
        }
        return STAGES_WAIT;
      }
      this.stage = this.stage < ALL ? this.stage + 1 : ALL;
      this.from = 0;
      this.stopWaiting();
    }
  }

  private features(list: readonly HttpExtension[], stream: HttpStream, complete: boolean): number {
    for (let i = this.from; i < list.length; i++) {
      const verdict = list[i]?.onRequest?.(stream, complete) ?? CONTINUE;
      if (verdict === CONTINUE) continue;
      this.from = i;
      return verdict;
    }
    return CONTINUE;
  }

  private content(list: RuleList | null, delayMs: number, stream: HttpStream, complete: boolean): number {
    if (list === null) return CONTINUE;
    const verdict = list.run(stream, this.from, complete || delayMs === 0 || this.expired);
    if (verdict === YIELD) {
      this.from = list.yieldedAt;
      this.limitMs = delayMs;
    }
    return verdict === STOP ? CONTINUE : verdict;
  }

  /** Conditions take what is there; a rule itself may wait. */
  private rules(list: RuleList | null, stream: HttpStream): number {
    if (list === null) return CONTINUE;
    const before = this.from;
    this.awaitsBody = false;
    const verdict = list.run(stream, before);
    if (verdict === YIELD) {
      // Each rule has its own time.
      if (list.yieldedAt !== before) this.waiting = false;
      this.from = list.yieldedAt;
    }
    return verdict === STOP ? CONTINUE : verdict;
  }

  private stopWaiting(): void {
    this.waiting = false;
    this.expired = false;
    this.awaitsBody = false;
    this.limitMs = 0;
  }
}

function buffered(stream: HttpStream, complete: boolean): number {
  stream.inviteBody();
  return complete ? CONTINUE : YIELD;
}

function isOther(backend: Backend | null, stream: HttpStream): backend is Backend {
  return backend !== null && backend.index !== stream.session.frontend.index;
}
