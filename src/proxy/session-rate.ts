/**
 * `rate-limit sessions`: how many new sessions a frontend takes a second, over all threads. The rate is what came in this
 * second, and of the second before the share that still lies within a second from now.
 * Specification: configuration manual 4.2.
 */
import {
  FE_RATE_LIMIT_COUNT,
  FE_RATE_LIMIT_LOCK,
  FE_RATE_LIMIT_PREVIOUS,
  FE_RATE_LIMIT_SINCE,
} from '../state/shared-state.ts';
import { lock, unlock } from '../state/spin-lock.ts';

const PERIOD_MS = 1000;

export class SessionRate {
  private readonly words: Int32Array;
  /** The frontend's first word. */
  private readonly base: number;
  private readonly limit: number;

  constructor(words: Int32Array, base: number, limit: number) {
    this.words = words;
    this.base = base;
    this.limit = limit;
  }

  /** Takes a place among the sessions of this second: 0, or the milliseconds until there may be one. */
  take(nowMs: number): number {
    const { words, base } = this;
    lock(words, base + FE_RATE_LIMIT_LOCK);
    let passedMs = (nowMs - (words[base + FE_RATE_LIMIT_SINCE] as number)) | 0;
    // A clock that another thread read later is no reason to go back.
    if (passedMs < 0) passedMs = 0;
    if (passedMs >= PERIOD_MS) {
      const isNext = passedMs < 2 * PERIOD_MS;
      words[base + FE_RATE_LIMIT_PREVIOUS] = isNext ? (words[base + FE_RATE_LIMIT_COUNT] as number) : 0;
      words[base + FE_RATE_LIMIT_COUNT] = 0;
      passedMs = isNext ? passedMs - PERIOD_MS : 0;
      words[base + FE_RATE_LIMIT_SINCE] = (nowMs - passedMs) | 0;
    }
    const count = words[base + FE_RATE_LIMIT_COUNT] as number;
    const previous = words[base + FE_RATE_LIMIT_PREVIOUS] as number;
    const leftMs = PERIOD_MS - passedMs;
    const isFree = count + Math.floor((previous * leftMs) / PERIOD_MS) < this.limit;
    if (isFree) words[base + FE_RATE_LIMIT_COUNT] = count + 1;
    unlock(words, base + FE_RATE_LIMIT_LOCK);
    return isFree ? 0 : this.waitMs(count, previous, leftMs);
  }

  /** Until enough of the second before has passed, or this second is over. */
  private waitMs(count: number, previous: number, leftMs: number): number {
    if (count >= this.limit) return leftMs;
    return Math.max(1, Math.ceil(leftMs - ((this.limit - count) * PERIOD_MS) / previous) + 1);
  }

  /** Nobody was there to take the place. */
  giveBack(): void {
    const { words, base } = this;
    lock(words, base + FE_RATE_LIMIT_LOCK);
    if ((words[base + FE_RATE_LIMIT_COUNT] as number) > 0) words[base + FE_RATE_LIMIT_COUNT]!--;
    unlock(words, base + FE_RATE_LIMIT_LOCK);
  }
}
