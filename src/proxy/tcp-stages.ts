import { CONTINUE, DONE, YIELD } from '../rules/verdict.ts';
import type { TcpStream } from './tcp-stream.ts';
import { WaitingStages } from './waiting-stages.ts';

export const TCP_READY = 0;
/** More has to arrive, or a time to pass. */
export const TCP_WAIT = 1;
/** The connection has been ended. */
export const TCP_ENDED = 2;

const FRONTEND_CONTENT = 0;
const SWITCHING = 1;
const BACKEND_CONTENT = 2;

export class TcpStages extends WaitingStages {
  /** `complete`: nothing more will come, or fits. */
  run(stream: TcpStream, complete: boolean): number {
    const { frontend } = stream.session;
    for (;;) {
      let verdict = CONTINUE;
      if (this.stage === FRONTEND_CONTENT) {
        verdict = this.content(frontend.rules.content, frontend.inspectDelayMs, stream, complete);
      } else if (this.stage === SWITCHING) {
        if (!stream.switchBackend()) return TCP_ENDED;
      } else if (this.stage === BACKEND_CONTENT) {
        const { backend } = stream;
        // The two sides of a listen section have one set of rules, which has been asked already.
        if (backend !== null && backend.index !== frontend.index)
          verdict = this.content(backend.rules.content, backend.inspectDelayMs, stream, complete);
      } else return TCP_READY;
      if (verdict === DONE) return TCP_ENDED;
      if (verdict === YIELD) {
        this.wait(stream.now);
        return TCP_WAIT;
      }
      this.advance();
    }
  }

  /** What is left of the delay. */
  leftMs(now: number): number {
    return Math.max(1, this.limitMs - ((now - this.waitingSince) | 0));
  }
}
