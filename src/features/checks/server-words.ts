/**
 * What all threads know of the servers, as the main thread reads and writes it: states, counters of checks, what checks
 * found last. Nothing follows from a write here; what does is the business of server-state.ts.
 * Specification: state/shared-state.ts has the layout.
 */
import type { Configuration, ProxyConfig, ServerConfig } from '../../config/model.ts';
import { layoutOf } from '../../state/layout.ts';
import { operationalState } from '../../state/operational-state.ts';
import { TEXT_LAST_AGENT, TEXT_LAST_CHECK } from '../../state/server-texts.ts';
import {
  SERVER_WARMING,
  type SharedState,
  SRV_ADMIN,
  SRV_AGENT_CODE,
  SRV_AGENT_DURATION_MS,
  SRV_AGENT_HEALTH,
  SRV_AGENT_STATUS,
  SRV_CHECK_CODE,
  SRV_CHECK_DURATION_MS,
  SRV_CHECK_STATUS,
  SRV_ERRORS_IN_A_ROW,
  SRV_FAILED_CHECKS,
  SRV_HEALTH,
  SRV_LAST_CHANGE_S,
  SRV_OBSERVED_FAILURES,
  SRV_STATE,
  SRV_WEIGHT,
} from '../../state/shared-state.ts';
import { CHECK_CODES, type CheckStatus } from './check-status.ts';
import { isUsable, nowSeconds } from './farm-counts.ts';

export interface ServerPlace {
  readonly proxyIndex: number;
  /** Index of the server's shared words. */
  readonly server: number;
  readonly config: ServerConfig;
}

/** Every server of the configuration with its indices, in the order of the files. */
export function serverPlaces(configuration: Configuration): ServerPlace[] {
  const { firstServer } = layoutOf(configuration);
  return configuration.proxies.flatMap((proxy, proxyIndex) =>
    proxy.servers.map((config, at) => ({
      proxyIndex,
      server: (firstServer[proxyIndex] as number) + at,
      config,
    })),
  );
}

export class ServerWords {
  readonly shared: SharedState;
  readonly #configuration: Configuration;
  readonly #places = new Map<number, ServerPlace>();
  readonly #byProxy: readonly (readonly ServerPlace[])[];

  constructor(configuration: Configuration, shared: SharedState) {
    this.#configuration = configuration;
    this.shared = shared;
    const byProxy: ServerPlace[][] = configuration.proxies.map(() => []);
    for (const place of serverPlaces(configuration)) {
      this.#places.set(place.server, place);
      byProxy[place.proxyIndex]?.push(place);
    }
    this.#byProxy = byProxy;
  }

  get servers(): Iterable<number> {
    return this.#places.keys();
  }

  placesOf(proxyIndex: number): readonly ServerPlace[] {
    return this.#byProxy[proxyIndex] ?? [];
  }

  place(server: number): ServerPlace {
    return this.#places.get(server) as ServerPlace;
  }

  proxy(server: number): ProxyConfig {
    return this.#configuration.proxies[this.place(server).proxyIndex] as ProxyConfig;
  }

  /** One of OP_…. */
  operational(server: number): number {
    return operationalState(this.word(server, SRV_STATE));
  }

  /** Bits of ADMIN_…. */
  administrative(server: number): number {
    return this.word(server, SRV_ADMIN);
  }

  has(server: number, bits: number): boolean {
    return (this.word(server, SRV_STATE) & bits) !== 0;
  }

  word(server: number, word: number): number {
    return Atomics.load(this.shared.words, this.shared.serverWords(server) + word);
  }

  proxyWord(server: number, word: number): number {
    const base = this.shared.proxyWords(this.place(server).proxyIndex);
    return Atomics.load(this.shared.words, base + word);
  }

  /** What the weights of the servers that take traffic now add up to: of the active ones, or else of the backups. */
  usableWeight(server: number): number {
    const weights = [0, 0];
    for (const place of this.placesOf(this.place(server).proxyIndex)) {
      if (!isUsable(this.shared, place.server)) continue;
      const kind = place.config.backup ? 1 : 0;
      weights[kind] = (weights[kind] as number) + this.word(place.server, SRV_WEIGHT);
    }
    return weights[0] || (weights[1] as number);
  }

  /** The check counter; `warming` while it is neither at its top nor at 0. */
  setHealth(server: number, health: number, warming: boolean): void {
    const words = this.shared.serverWords(server);
    Atomics.store(this.shared.words, words + SRV_HEALTH, health);
    if (warming) Atomics.or(this.shared.words, words + SRV_STATE, SERVER_WARMING);
    else Atomics.and(this.shared.words, words + SRV_STATE, ~SERVER_WARMING);
  }

  /** What the last check found, for the statistics of the data threads. */
  setCheck(server: number, status: CheckStatus): void {
    const { words } = this.shared;
    const base = this.shared.serverWords(server);
    Atomics.store(words, base + SRV_CHECK_STATUS, CHECK_CODES.indexOf(status.last.status) + 1);
    Atomics.store(words, base + SRV_CHECK_CODE, status.last.code ?? 0);
    Atomics.store(words, base + SRV_CHECK_DURATION_MS, Math.round(status.last.durationMs));
    Atomics.store(words, base + SRV_FAILED_CHECKS, status.failedChecks);
    this.shared.texts.write(server, TEXT_LAST_CHECK, status.last.info);
  }

  /** The same of the agent; `asked`: its word counts. */
  setAgentCheck(server: number, { last, health }: CheckStatus, asked: boolean): void {
    const { words } = this.shared;
    const base = this.shared.serverWords(server);
    Atomics.store(words, base + SRV_AGENT_STATUS, asked ? CHECK_CODES.indexOf(last.status) + 1 : 0);
    Atomics.store(words, base + SRV_AGENT_CODE, last.code === undefined ? 0 : last.code + 1);
    Atomics.store(words, base + SRV_AGENT_DURATION_MS, Math.round(last.durationMs));
    Atomics.store(words, base + SRV_AGENT_HEALTH, health);
    this.shared.texts.write(server, TEXT_LAST_AGENT, last.info);
  }

  /** Data threads may count errors of the traffic again; `acted`: these ones had a consequence. */
  decidedOnErrors(server: number, acted: boolean): void {
    const words = this.shared.serverWords(server);
    if (acted) Atomics.add(this.shared.words, words + SRV_OBSERVED_FAILURES, 1);
    // Below -1 stands what went wrong in the meantime.
    const at = words + SRV_ERRORS_IN_A_ROW;
    for (let count = Atomics.load(this.shared.words, at); count < 0; ) {
      const found = Atomics.compareExchange(this.shared.words, at, count, -1 - count);
      if (found === count) return;
      count = found;
    }
  }

  /** The check counter, and how long the state has lasted. */
  setRestored(server: number, health: number, sinceChangeS: number): void {
    const { rise = 2, fall = 3 } = this.place(server).config.check;
    this.setHealth(server, Math.min(health, rise + fall - 1), false);
    const { words } = this.shared;
    const at = this.shared.serverWords(server) + SRV_LAST_CHANGE_S;
    Atomics.store(words, at, nowSeconds() - sinceChangeS);
  }
}
