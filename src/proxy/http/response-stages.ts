import { CONTINUE, DONE, YIELD } from '../../rules/verdict.ts';
import type { Backend } from '../backend.ts';
import { WaitingStages } from '../waiting-stages.ts';
import { STAGES_ANSWERED, STAGES_READY, STAGES_WAIT } from './request-stages.ts';
import type { RuledResponse } from './ruled-response.ts';

const CONTENT = 0;
const BACKEND_RESPONSE = 1;
const FRONTEND_RESPONSE = 2;
const FEATURES = 3;
const BACKEND_AFTER = 4;
const FRONTEND_AFTER = 5;
const NEVER = Number.MAX_SAFE_INTEGER;

export class ResponseStages extends WaitingStages {
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
    const verdict = this.content(backend.rules.responseContent, backend.responseDelayMs, stream, complete);
    if (verdict === YIELD) this.wait(stream.now);
    if (verdict !== CONTINUE) return verdict;
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
}
