/**
 * What the stages of a connection, of a request and of a response have in common: they are gone through in order, the rules
 * of one may wait, and are taken up again where they stopped. Which stages there are is the subclass's.
 * Specification: configuration manual 4.2 (`tcp-request inspect-delay`, `tcp-response inspect-delay`, `http-request
 * wait-for-body`).
 */
import type { RuleList } from '../rules/rule-list.ts';
import type { RuleTarget } from '../rules/target.ts';
import { CONTINUE, STOP, YIELD } from '../rules/verdict.ts';

export abstract class WaitingStages {
  protected stage = 0;
  /** The rule to go on with. */
  protected from = 0;
  /** Something waits. */
  waiting = false;
  /** The loop's time when the waiting began. */
  waitingSince = 0;
  /** How long it may, milliseconds; 0: as long as the timeouts allow. */
  limitMs = 0;
  /** That time has passed. */
  expired = false;
  /** What is waited for is a body: whoever does not send it makes an error. */
  awaitsBody = false;

  begin(): void {
    this.stage = 0;
    this.from = 0;
    this.stopWaiting();
  }

  /** A rule waits for the body. */
  awaitBody(limitMs: number): void {
    this.awaitsBody = true;
    this.limitMs = limitMs;
  }

  protected advance(): void {
    this.stage++;
    this.from = 0;
    this.stopWaiting();
  }

  /** True when it begins. */
  protected wait(now: number): boolean {
    if (this.waiting) return false;
    this.waiting = true;
    this.waitingSince = now;
    return true;
  }

  /** Content rules wait for what their conditions look at, as long as the delay allows. */
  protected content(list: RuleList | null, delayMs: number, target: RuleTarget, complete: boolean): number {
    if (list === null) return CONTINUE;
    const verdict = list.run(target, this.from, complete || delayMs === 0 || this.expired);
    if (verdict === YIELD) {
      this.from = list.yieldedAt;
      this.limitMs = delayMs;
    }
    return verdict === STOP ? CONTINUE : verdict;
  }

  /** Conditions take what is there; a rule itself may wait. */
  protected rules(list: RuleList | null, target: RuleTarget): number {
    if (list === null) return CONTINUE;
    const before = this.from;
    this.awaitsBody = false;
    const verdict = list.run(target, before);
    if (verdict === YIELD) {
      // Each rule has its own time.
      if (list.yieldedAt !== before) this.waiting = false;
      this.from = list.yieldedAt;
    }
    return verdict === STOP ? CONTINUE : verdict;
  }

  private stopWaiting(): void {
    this.waiting = false;
    this.awaitsBody = false;
    this.expired = false;
    this.limitMs = 0;
  }
}
