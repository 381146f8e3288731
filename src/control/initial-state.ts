/**
 * The shared memory as it is when the process starts: what the configuration says of each server, before any check has
 * run or anybody has said otherwise.
 */
import type { Configuration, ServerConfig } from '../config/model.ts';
import { layoutOf, serverSlots } from '../state/layout.ts';
import {
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_LAST_CHANGE_S,
  SERVER_CHECKED,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_UP,
  SharedState,
  SRV_HEALTH,
  SRV_LAST_CHANGE_S,
  SRV_MAXCONN,
  SRV_RAMP,
  SRV_STATE,
  SRV_WEIGHT,
} from '../state/shared-state.ts';

const DEFAULT_WEIGHT = 1;
const DEFAULT_RISE = 2;
const DEFAULT_FALL = 3;
const FULL_RAMP = 1000;

export function createSharedState(
  configuration: Configuration,
  threads: number,
  listeners: number,
  startTimeMs: number,
): SharedState {
  const layout = layoutOf(configuration);
  const shared = SharedState.create({
    threads,
    proxies: configuration.proxies.length,
    servers: layout.servers,
    listeners,
  });
  const startS = Math.floor(startTimeMs / 1000);
  configuration.proxies.forEach((proxy, index) => {
    const words = shared.proxyWords(index);
    shared.words[words + BE_LAST_CHANGE_S] = startS;
    const first = layout.firstServer[index] as number;
    proxy.servers.forEach((server, position) => {
      const state = initialState(server);
      setServer(shared, first + position, server, state, startS);
      if (isUsable(server, state)) {
        const gauge = server.backup ? BE_BACKUP_SERVERS : BE_ACTIVE_SERVERS;
        shared.words[words + gauge] = (shared.words[words + gauge] as number) + 1;
      }
    });
    // The nameless target of `dispatch` and `option transparent`.
    for (let slot = proxy.servers.length; slot < serverSlots(proxy); slot++) {
      setServer(shared, first + slot, undefined, SERVER_UP, startS);
    }
  });
  return shared;
}

function initialState(server: ServerConfig): number {
  let state = SERVER_UP;
  if (server.disabled) state |= SERVER_MAINT;
  if (server.check.enabled) state |= SERVER_CHECKED;
  if (hasNoAddress(server)) state |= SERVER_NO_ADDRESS;
  return state;
}

/** Its name could not be resolved, and it was told to start all the same (resolve-servers.ts). */
function hasNoAddress({ address, hostname }: ServerConfig): boolean {
  return hostname !== undefined && 'host' in address && (address.host === '' || address.host === hostname);
}

function isUsable(server: ServerConfig, state: number): boolean {
  return (state & (SERVER_MAINT | SERVER_NO_ADDRESS)) === 0 && (server.weight ?? DEFAULT_WEIGHT) > 0;
}

function setServer(
  shared: SharedState,
  index: number,
  server: ServerConfig | undefined,
  state: number,
  startS: number,
): void {
  const at = shared.serverWords(index);
  const { words } = shared;
  words[at + SRV_STATE] = state;
  words[at + SRV_WEIGHT] = server?.weight ?? DEFAULT_WEIGHT;
  words[at + SRV_MAXCONN] = server?.maxconn ?? 0;
  words[at + SRV_RAMP] = FULL_RAMP;
  words[at + SRV_LAST_CHANGE_S] = startS;
  // Checks start from "up": one failure short of nothing, as after `rise` successes and no failure.
  const { rise, fall } = server?.check ?? {};
  words[at + SRV_HEALTH] = (rise ?? DEFAULT_RISE) + (fall ?? DEFAULT_FALL) - 1;
}
