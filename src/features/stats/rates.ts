/**
 * Rates per second, the highest of them, and when a server last got a session. Once a second the main thread looks at
 * how far the counters have moved, so that counting costs the data threads nothing.
 */

import type { Configuration } from '../../config/model.ts';
import { type Layout, layoutOf } from '../../state/layout.ts';
import {
  BACKEND_COUNTERS,
  BE_LAST_SESSION_S,
  BE_RATE,
  BE_RATE_MAX,
  counterOffsets,
  FE_CONNECTION_RATE,
  FE_CONNECTION_RATE_MAX,
  FE_REQUEST_RATE,
  FE_REQUEST_RATE_MAX,
  FRONTEND_COUNTERS,
  type SharedState,
  SRV_LAST_SESSION_S,
  SRV_RATE,
  SRV_RATE_MAX,
} from '../../state/shared-state.ts';

const INTERVAL_MS = 1000;
const FE = counterOffsets(FRONTEND_COUNTERS);
const BE = counterOffsets(BACKEND_COUNTERS);

/** One counter that is watched, and the words that follow from it. */
interface Watched {
  readonly counter: number;
  readonly rate: number;
  readonly highest: number;
  /** Word that keeps the time of the last move, or -1. */
  readonly lastMoveS: number;
  before: number;
}

export class Rates {
  private readonly shared: SharedState;
  private readonly watched: Watched[] = [];
  private readonly timer: NodeJS.Timeout;
  private sampledAtMs = performance.now();

  constructor(configuration: Configuration, shared: SharedState) {
    this.shared = shared;
    const layout = layoutOf(configuration);
    configuration.proxies.forEach((proxy, index) => {
      if (!proxy.disabled) this.watchProxy(index, layout, proxy.servers.length);
    });
    this.timer = setInterval(() => this.sample(), INTERVAL_MS);
    // Statistics alone keep no process alive.
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private watchProxy(index: number, layout: Layout, servers: number): void {
    const { shared } = this;
    const words = shared.proxyWords(index);
    const frontend = shared.frontendCounters(index);
    const backend = shared.backendCounters(index);
    this.watch(frontend + FE.connections, words + FE_CONNECTION_RATE, words + FE_CONNECTION_RATE_MAX, -1);
    this.watch(frontend + FE.requests, words + FE_REQUEST_RATE, words + FE_REQUEST_RATE_MAX, -1);
    this.watch(backend + BE.selected, words + BE_RATE, words + BE_RATE_MAX, words + BE_LAST_SESSION_S);
    for (let server = 0; server < servers; server++) {
      const number = (layout.firstServer[index] as number) + server;
      const base = shared.serverWords(number);
      const counter = shared.serverCounters(number) + BE.selected;
      this.watch(counter, base + SRV_RATE, base + SRV_RATE_MAX, base + SRV_LAST_SESSION_S);
    }
  }

  private watch(counter: number, rate: number, highest: number, lastMoveS: number): void {
    this.watched.push({ counter, rate, highest, lastMoveS, before: this.shared.sum(counter) });
  }

  private sample(): void {
    const nowMs = performance.now();
    const elapsedS = Math.max(0.5, (nowMs - this.sampledAtMs) / 1000);
    this.sampledAtMs = nowMs;
    const nowS = Math.floor(Date.now() / 1000);
    const { words } = this.shared;
    for (const each of this.watched) {
      const now = this.shared.sum(each.counter);
      const moved = now - each.before;
      if (moved === 0) {
        Atomics.store(words, each.rate, 0);
        continue;
      }
      each.before = now;
      const rate = Math.round(moved / elapsedS);
      Atomics.store(words, each.rate, rate);
      if (rate > Atomics.load(words, each.highest)) Atomics.store(words, each.highest, rate);
      if (each.lastMoveS >= 0) Atomics.store(words, each.lastMoveS, nowS);
    }
  }
}
