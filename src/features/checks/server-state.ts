/**
 * The one place that changes what all threads know of a server's state, and the backend's counts that follow from it.
 * The main thread alone writes; data threads read. Every change moves BE_GENERATION, so that balancers look again, and
 * is announced, so that data threads look at their queues.
 */
import type { Configuration, ServerConfig } from '../../config/model.ts';
import { layoutOf } from '../../state/layout.ts';
import {
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_DOWN_TRANSITIONS,
  BE_DOWNTIME_S,
  BE_GENERATION,
  BE_LAST_CHANGE_S,
  SERVER_DRAIN,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_UP,
  SERVER_WARMING,
  type SharedState,
  SRV_CHECK_CODE,
  SRV_CHECK_DURATION_MS,
  SRV_CHECK_STATUS,
  SRV_DOWN_TRANSITIONS,
  SRV_DOWNTIME_S,
  SRV_FAILED_CHECKS,
  SRV_HEALTH,
  SRV_LAST_CHANGE_S,
  SRV_STATE,
  SRV_WEIGHT,
} from '../../state/shared-state.ts';
import { CHECK_CODES, type CheckStatus } from './check-status.ts';

/** Up, but kept out of balancing by its checks (`http-check disable-on-404`): persistent sessions still come. */
export const SERVER_STOPPING = 64;

const OUT_OF_USE = SERVER_MAINT | SERVER_DRAIN | SERVER_NO_ADDRESS | SERVER_STOPPING;

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

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function placesByProxy(configuration: Configuration, places: readonly ServerPlace[]): ServerPlace[][] {
  const lists: ServerPlace[][] = configuration.proxies.map(() => []);
  for (const place of places) lists[place.proxyIndex]?.push(place);
  return lists;
}

export class ServerStates {
  readonly #shared: SharedState;
  readonly #proxyOf = new Map<number, number>();
  readonly #byProxy: readonly (readonly ServerPlace[])[];
  readonly #changed: () => void;

  /** `changed` tells the data threads. */
  constructor(configuration: Configuration, shared: SharedState, changed: () => void) {
    this.#shared = shared;
    const places = serverPlaces(configuration);
    for (const { server, proxyIndex } of places) this.#proxyOf.set(server, proxyIndex);
    this.#byProxy = placesByProxy(configuration, places);
    this.#changed = changed;
  }

  #proxy(server: number): number {
    return this.#proxyOf.get(server) as number;
  }

  has(server: number, bits: number): boolean {
    return (Atomics.load(this.#shared.words, this.#shared.serverWords(server) + SRV_STATE) & bits) !== 0;
  }

  word(server: number, word: number): number {
    return Atomics.load(this.#shared.words, this.#shared.serverWords(server) + word);
  }

  proxyWord(server: number, word: number): number {
    return Atomics.load(this.#shared.words, this.#shared.proxyWords(this.#proxy(server)) + word);
  }

  /** The check counter; `warming` while it is neither at its top nor at 0. */
  setHealth(server: number, health: number, warming: boolean): void {
    const words = this.#shared.serverWords(server);
    Atomics.store(this.#shared.words, words + SRV_HEALTH, health);
    if (warming) Atomics.or(this.#shared.words, words + SRV_STATE, SERVER_WARMING);
    else Atomics.and(this.#shared.words, words + SRV_STATE, ~SERVER_WARMING);
  }

  /** What the last check found, for the statistics of the data threads. */
  setCheck(server: number, status: CheckStatus): void {
    const { words } = this.#shared;
    const base = this.#shared.serverWords(server);
    Atomics.store(words, base + SRV_CHECK_STATUS, CHECK_CODES.indexOf(status.last.status) + 1);
    Atomics.store(words, base + SRV_CHECK_CODE, status.last.code ?? 0);
    Atomics.store(words, base + SRV_CHECK_DURATION_MS, Math.round(status.last.durationMs));
    Atomics.store(words, base + SRV_FAILED_CHECKS, status.failedChecks);
  }

  /** Changes state bits and all that follows from them; returns whether the backend has just lost its last server. */
  change(server: number, set: number, clear: number): boolean {
    const { words } = this.#shared;
    const state = this.#shared.serverWords(server) + SRV_STATE;
    const before = Atomics.load(words, state);
    const after = (before & ~clear) | set;
    if (after === before) return false;
    Atomics.store(words, state, after);
    const base = this.#shared.serverWords(server);
    if ((before & SERVER_UP) === 0) {
      const since = nowSeconds() - Atomics.load(words, base + SRV_LAST_CHANGE_S);
      Atomics.add(words, base + SRV_DOWNTIME_S, Math.max(0, since));
    } else if ((after & SERVER_UP) === 0) Atomics.add(words, base + SRV_DOWN_TRANSITIONS, 1);
    Atomics.store(words, base + SRV_LAST_CHANGE_S, nowSeconds());
    const proxy = this.#proxy(server);
    const lost = this.#count(proxy);
    Atomics.add(words, this.#shared.proxyWords(proxy) + BE_GENERATION, 1);
    this.#changed();
    return lost;
  }

  /** Counts the backend's usable servers again. */
  #count(proxy: number): boolean {
    const { words } = this.#shared;
    const { active, backup } = usableServers(this.#shared, this.#byProxy[proxy] ?? []);
    const base = this.#shared.proxyWords(proxy);
    const before =
      Atomics.load(words, base + BE_ACTIVE_SERVERS) + Atomics.load(words, base + BE_BACKUP_SERVERS);
    Atomics.store(words, base + BE_ACTIVE_SERVERS, active);
    Atomics.store(words, base + BE_BACKUP_SERVERS, backup);
    const now = active + backup;
    if ((before === 0) !== (now === 0)) {
      const since = nowSeconds() - Atomics.load(words, base + BE_LAST_CHANGE_S);
      if (before === 0) Atomics.add(words, base + BE_DOWNTIME_S, Math.max(0, since));
      else Atomics.add(words, base + BE_DOWN_TRANSITIONS, 1);
      Atomics.store(words, base + BE_LAST_CHANGE_S, nowSeconds());
    }
    return before > 0 && now === 0;
  }
}

function usableServers(
  shared: SharedState,
  places: readonly ServerPlace[],
): { active: number; backup: number } {
  let active = 0;
  let backup = 0;
  for (const { server, config } of places) {
    const words = shared.serverWords(server);
    const state = Atomics.load(shared.words, words + SRV_STATE);
    if ((state & SERVER_UP) === 0 || (state & OUT_OF_USE) !== 0) continue;
    if (Atomics.load(shared.words, words + SRV_WEIGHT) === 0) continue;
    if (config.backup) backup++;
    else active++;
  }
  return { active, backup };
}
