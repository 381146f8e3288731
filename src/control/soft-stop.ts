/**
 * The soft stop (SIGUSR1): the listeners close, now or once the grace time is over; the process ends with its last
 * connection, or when hard-stop-after is over. A proxy with a grace time of its own (a keyword of HAProxy 1.4) keeps its
 * listeners that much longer.
 * Specification: configuration manual 3.1 (`grace`, `hard-stop-after`, `close-spread-time`); HAProxy 2.6's messages.
 */
import type { Configuration, ProxyConfig } from '../config/model.ts';
import { hasFrontend } from '../config/proxy-kind.ts';
import {
  BACKEND_COUNTERS,
  counterOffsets,
  FE_CONNECTIONS,
  FRONTEND_COUNTERS,
  PROCESS_STOPPING,
  type SharedState,
} from '../state/shared-state.ts';
import type { DataThreads } from './data-threads.ts';
import type { Listeners } from './listeners.ts';
import type { Reports } from './reports.ts';

const FE = counterOffsets(FRONTEND_COUNTERS);
const BE = counterOffsets(BACKEND_COUNTERS);

/** What the threads may take to cut their sessions and leave their loops. */
const HARD_STOP_MS = 500;

export interface SoftStopParts {
  readonly configuration: Configuration;
  readonly shared: SharedState;
  readonly threads: DataThreads;
  readonly listeners: Listeners;
  readonly reports: Reports;
  /** Ends the process. */
  readonly exit: (status: number) => void;
}

export class SoftStop {
  private readonly parts: SoftStopParts;
  /** Called when the last listener closes. */
  readonly callbacks: (() => void)[] = [];
  private begun = false;
  private readonly drained = new Set<number>();
  private readonly stopped = new Set<number>();

  constructor(parts: SoftStopParts) {
    this.parts = parts;
  }

  /** The signal. A second one changes nothing. */
  begin(): void {
    if (this.begun) return;
    this.begun = true;
    const { configuration, shared, reports } = this.parts;
    Atomics.store(shared.words, PROCESS_STOPPING, 1);
    const { graceMs } = configuration.global;
    if (graceMs === undefined || graceMs === 0) {
      this.stopProxies();
      return;
    }
    reports.messages.notice(`Scheduling a soft-stop in ${graceMs} ms.`);
    setTimeout(() => {
      reports.messages.notice('Grace period expired, proceeding with soft-stop now.');
      this.stopProxies();
    }, graceMs);
  }

  private stopProxies(): void {
    const { configuration } = this.parts;
    const { hardStopAfterMs } = configuration.global;
    if (hardStopAfterMs !== undefined) setTimeout(() => this.hardStop(), hardStopAfterMs);
    let longestMs = 0;
    const now: number[] = [];
    configuration.proxies.forEach((proxy, index) => {
      if (proxy.disabled) return;
      const graceMs = hasFrontend(proxy) ? (proxy.graceMs ?? 0) : 0;
      if (graceMs === 0) {
        now.push(index);
        return;
      }
      longestMs = Math.max(longestMs, graceMs);
      setTimeout(() => void this.closeListeners([index]), graceMs);
    });
    void this.closeListeners(now);
    // Only when no listener is left may a thread without sessions call itself done; and as long as requests may come,
    // the servers go on being checked.
    setTimeout(() => void this.finish(), longestMs);
  }

  private async closeListeners(proxies: readonly number[]): Promise<void> {
    const { configuration, threads, listeners } = this.parts;
    const closing = proxies.flatMap((index) => listeners.ofProxy(index));
    threads.post({ kind: 'softStop', listeners: closing.map(({ planned }) => planned.index) });
    for (const index of proxies) this.announce(configuration.proxies[index] as ProxyConfig, index);
    await threads.ask({ ask: 'sessions' });
    listeners.close(closing);
  }

  private announce(proxy: ProxyConfig, index: number): void {
    if (this.stopped.has(index)) return;
    this.stopped.add(index);
    const { shared, reports } = this.parts;
    const frontend = shared.sum(shared.frontendCounters(index) + FE.connections);
    const backend = shared.sum(shared.backendCounters(index) + BE.connections);
    reports.proxyWarning(
      proxy,
      `Proxy ${proxy.name} stopped (cumulated conns: FE: ${frontend}, BE: ${backend}).`,
    );
  }

  private finish(): void {
    for (const callback of this.callbacks) callback();
    this.parts.threads.post({ kind: 'softStop', listeners: undefined });
  }

  /** A data thread has no session left. */
  onDrained(thread: number): void {
    this.drained.add(thread);
    if (this.drained.size === this.parts.threads.count) this.parts.exit(0);
  }

  private hardStop(): void {
    const { configuration, shared, threads, reports, exit } = this.parts;
    reports.messages.warning('soft-stop running for too long, performing a hard-stop.');
    configuration.proxies.forEach((proxy, index) => {
      const left = Atomics.load(shared.words, shared.proxyWords(index) + FE_CONNECTIONS);
      if (left === 0) return;
      reports.proxyWarning(
        proxy,
        `Proxy ${proxy.name} hard-stopped (${left} remaining conns will be closed).`,
      );
    });
    void threads.stop(HARD_STOP_MS).then(() => exit(0));
  }
}
