/**
 * The content rules of a TCP response, from the moment there is a connection to the server: they may let it pass, end it,
 * or wait until more has come or the delay has passed. Nothing goes to the client before.
 * Specification: configuration manual 4.2 `tcp-response content`, `tcp-response inspect-delay`.
 */
import type { RuleList } from '../rules/rule-list.ts';
import { DONE, YIELD } from '../rules/verdict.ts';
import type { TcpStream } from './tcp-stream.ts';

export class ResponseInspection {
  private list: RuleList | null = null;
  private delayMs = 0;
  private since = 0;
  /** The rule to go on with. */
  private from = 0;
  /** The delay has passed. */
  expired = false;

  begin(list: RuleList | null, delayMs: number, now: number): void {
    this.list = list;
    this.delayMs = delayMs;
    this.since = now;
    this.from = 0;
    this.expired = false;
  }

  /** The rules have not come to an end. */
  get runs(): boolean {
    return this.list !== null;
  }

  /** `complete`: nothing more will come, or fits. False: a rule has taken over. */
  run(stream: TcpStream, complete: boolean): boolean {
    const { list } = this;
    if (list === null) return true;
    const verdict = list.run(stream, this.from, complete || this.delayMs === 0 || this.expired);
    if (verdict === YIELD) {
      this.from = list.yieldedAt;
      return true;
    }
    this.list = null;
    return verdict !== DONE;
  }

  leftMs(now: number): number {
    return Math.max(0, this.delayMs - ((now - this.since) | 0));
  }
}
