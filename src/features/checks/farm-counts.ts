/**
 * How many servers of a backend take new sessions, in its shared words, and what follows from there being none: when
 * that began, how often, for how long. Only server-state.ts has it counted.
 */
import {
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_DOWN_TRANSITIONS,
  BE_DOWNTIME_S,
  BE_LAST_CHANGE_S,
  SERVER_OUT_OF_USE,
  SERVER_UP,
  type SharedState,
  SRV_STATE,
  SRV_WEIGHT,
} from '../../state/shared-state.ts';

export interface CountedServer {
  /** Index of the server's shared words. */
  readonly server: number;
  readonly config: { readonly backup: boolean };
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Counts anew; returns whether the backend has just lost its last server. */
export function countFarm(shared: SharedState, proxy: number, servers: readonly CountedServer[]): boolean {
  const { words } = shared;
  const { active, backup } = usableServers(shared, servers);
  const base = shared.proxyWords(proxy);
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

function usableServers(
  shared: SharedState,
  servers: readonly CountedServer[],
): { active: number; backup: number } {
  let active = 0;
  let backup = 0;
  for (const { server, config } of servers) {
    if (!isUsable(shared, server)) continue;
    if (config.backup) backup++;
    else active++;
  }
  return { active, backup };
}

/** Takes part in balancing. */
export function isUsable(shared: SharedState, server: number): boolean {
  const words = shared.serverWords(server);
  const state = Atomics.load(shared.words, words + SRV_STATE);
  if ((state & SERVER_UP) === 0 || (state & SERVER_OUT_OF_USE) !== 0) return false;
  return Atomics.load(shared.words, words + SRV_WEIGHT) > 0;
}
