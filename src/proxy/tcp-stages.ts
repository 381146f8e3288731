/**
 * What a TCP connection goes through before a server is chosen: the frontend's content rules, `use_backend`, the backend's
 * content rules. Rules may wait for data, and are taken up again where they stopped.
 * Specification: configuration manual 4.2 (`tcp-request content`, `tcp-request inspect-delay`, `use_backend`).
 */
import type { RuleList } from '../rules/rule-list.ts';
import { CONTINUE, DONE, STOP, YIELD } from '../rules/verdict.ts';
import type { TcpStream } from './tcp-stream.ts';

export const TCP_READY = 0;
/** More has to arrive, or a time to pass. */
export const TCP_WAIT = 1;
/** The connection has been ended. */
export const TCP_ENDED = 2;

const FRONTEND_CONTENT = 0;
const SWITCHING = 1;
const BACKEND_CONTENT = 2;

export class TcpStages {
  private stage = FRONTEND_CONTENT;
  /** The rule to go on with. */
  private from = 0;
  private waiting = false;
  private waitingSince = 0;
  private delayMs = 0;
  /** The delay has passed. */
  expired = false;

  begin(): void {
    this.stage = FRONTEND_CONTENT;
    this.from = 0;
    this.waiting = false;
    this.delayMs = 0;
    this.expired = false;
  }

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
        if (!this.waiting) {
          this.waiting = true;
          this.waitingSince = stream.now;
        }
        return TCP_WAIT;
      }
      this.stage++;
      this.from = 0;
      this.waiting = false;
      this.expired = false;
    }
  }

  /** What is left of the delay. */
  leftMs(now: number): number {
    return Math.max(1, this.delayMs - ((now - this.waitingSince) | 0));
  }

  private content(list: RuleList | null, delayMs: number, stream: TcpStream, complete: boolean): number {
    if (list === null) return CONTINUE;
    const verdict = list.run(stream, this.from, complete || delayMs === 0 || this.expired);
    if (verdict === YIELD) {
      this.from = list.yieldedAt;
      this.delayMs = delayMs;
    }
    return verdict === STOP ? CONTINUE : verdict;
  }
}
