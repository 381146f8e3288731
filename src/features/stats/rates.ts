/**
 * Rates over the last second, the highest of them, and when a server last got a session. Once a second the main thread
 * notes how far every counter has come; whoever wants a rate looks how far it has come since. So rates are exact over all
 * threads, and counting costs the data threads nothing beside the counters themselves.
 */

import type { Configuration } from '../../config/model.ts';
import { type Layout, layoutOf } from '../../state/layout.ts';
import {
  BACKEND_COUNTERS,
  BE_LAST_SESSION_S,
  BE_RATE,
  counterOffsets,
  FE_CONNECTION_RATE,
  FE_REQUEST_RATE,
  FE_SESSION_RATE,
  FRONTEND_COUNTERS,
  PROCESS_RATES_SINCE,
  RATE_BASE,
  RATE_MAX,
  RATE_PREVIOUS,
  type SharedState,
  SRV_LAST_SESSION_S,
  SRV_RATE,
} from '../../state/shared-state.ts';

const INTERVAL_MS = 1000;
/** A timer may be this early by the clock that readers use. */
const EARLY_MS = 2;
const FE = counterOffsets(FRONTEND_COUNTERS);
const BE = counterOffsets(BACKEND_COUNTERS);

/** A counter that is watched, the rate that follows from it, and the word that keeps the time of its last move, or -1. */
interface Watched {
  readonly counter: number;
  readonly rate: number;
  readonly lastMoveS: number;
}

export class Rates {
  private readonly shared: SharedState;
  private readonly watched: Watched[] = [];
  private timer: NodeJS.Timeout | undefined;
  /** When the second that runs should end. */
  private dueAtMs = Date.now();

  constructor(configuration: Configuration, shared: SharedState) {
    this.shared = shared;
    const layout = layoutOf(configuration);
    configuration.proxies.forEach((proxy, index) => {
      if (!proxy.disabled) this.watchProxy(index, layout, proxy.servers.length);
    });
    this.tick();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private watchProxy(index: number, layout: Layout, servers: number): void {
    const { shared } = this;
    const words = shared.proxyWords(index);
    const frontend = shared.frontendCounters(index);
    const backend = shared.backendCounters(index);
    this.watch(frontend + FE.connections, words + FE_CONNECTION_RATE, -1);
    this.watch(frontend + FE.sessions, words + FE_SESSION_RATE, -1);
    this.watch(frontend + FE.requests, words + FE_REQUEST_RATE, -1);
    this.watch(backend + BE.connections, words + BE_RATE, words + BE_LAST_SESSION_S);
    for (let server = 0; server < servers; server++) {
      const number = (layout.firstServer[index] as number) + server;
      const base = shared.serverWords(number);
      this.watch(shared.serverCounters(number) + BE.sessions, base + SRV_RATE, base + SRV_LAST_SESSION_S);
    }
  }

  private watch(counter: number, rate: number, lastMoveS: number): void {
    this.watched.push({ counter, rate, lastMoveS });
  }

  private tick(): void {
    const nowMs = Date.now();
    const lateMs = nowMs - this.dueAtMs;
    if (lateMs >= -EARLY_MS) {
      // A second that has lasted longer, as this thread was busy, counts as several.
      this.sample(nowMs, 1 + Math.max(0, lateMs) / INTERVAL_MS);
      this.dueAtMs = lateMs > INTERVAL_MS ? nowMs + INTERVAL_MS : this.dueAtMs + INTERVAL_MS;
    }
    this.timer = setTimeout(() => this.tick(), Math.max(1, this.dueAtMs - nowMs));
    // Statistics alone keep no process alive.
    this.timer.unref();
  }

  private sample(nowMs: number, seconds: number): void {
    const { shared } = this;
    const { words } = shared;
    const nowS = Math.floor(nowMs / 1000);
    Atomics.store(words, PROCESS_RATES_SINCE, nowMs | 0);
    for (const { counter, rate, lastMoveS } of this.watched) {
      const count = shared.sum(counter);
      const moved = (count - Atomics.load(words, rate + RATE_BASE)) >>> 0;
      if (moved === 0) {
        Atomics.store(words, rate + RATE_PREVIOUS, 0);
        continue;
      }
      const inOne = seconds < 1.5 ? moved : Math.round(moved / seconds);
      Atomics.store(words, rate + RATE_PREVIOUS, inOne);
      Atomics.store(words, rate + RATE_BASE, count | 0);
      if (inOne > Atomics.load(words, rate + RATE_MAX)) Atomics.store(words, rate + RATE_MAX, inOne);
      if (lastMoveS >= 0) Atomics.store(words, lastMoveS, nowS);
    }
  }
}
