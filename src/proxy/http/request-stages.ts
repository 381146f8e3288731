import { CONTINUE, DONE, YIELD } from '../../rules/verdict.ts';
import type { Backend } from '../backend.ts';
import { WaitingStages } from '../waiting-stages.ts';
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

export class RequestStages extends WaitingStages {
  /** Some stage had to wait for more. */
  hasWaited = false;

  override begin(): void {
    super.begin();
    this.hasWaited = false;
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
        if (this.wait(stream.now)) this.hasWaited = true;
        return STAGES_WAIT;
      }
      this.advance();
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
}

function buffered(stream: HttpStream, complete: boolean): number {
  stream.inviteBody();
  return complete ? CONTINUE : YIELD;
}

function isOther(backend: Backend | null, stream: HttpStream): backend is Backend {
  return backend !== null && backend.index !== stream.session.frontend.index;
}
