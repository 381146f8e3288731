/**
 * The shared memory as it is when the process starts: what the configuration says of each server, before any check has
 * run or anybody has said otherwise.
 */
import type { Configuration, ServerConfig } from '../config/model.ts';
import { layoutOf, serverSlots } from '../state/layout.ts';
import { OP_RUNNING, OP_STOPPED, stateBits } from '../state/operational-state.ts';
import { storeWeight } from '../state/server-weight.ts';
import {
  ADMIN_CONFIG_MAINT,
  ADMIN_FORCED_MAINT,
  ADMIN_INHERITED_MAINT,
  ADMIN_RESOLUTION_MAINT,
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_FULLCONN,
  BE_LAST_CHANGE_S,
  SERVER_CHECKED,
  SERVER_OUT_OF_USE,
  SERVER_TRACKING,
  SERVER_UP,
  SharedState,
  SRV_ADMIN,
  SRV_HEALTH,
  SRV_LAST_CHANGE_S,
  SRV_MAXCONN,
  SRV_MINCONN,
  SRV_STATE,
  SRV_WEIGHT,
} from '../state/shared-state.ts';
import { type Tracking, trackingOf } from '../state/tracking.ts';
import { fullconnOf } from './fullconn.ts';

const DEFAULT_WEIGHT = 1;
const DEFAULT_RISE = 2;

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
    for (let slot = 0; slot < serverSlots(proxy); slot++) {
      // Behind the servers stands the nameless target of `dispatch` and `option transparent`.
      setServer(shared, first + slot, proxy.servers[slot], startS);
    }
  });
  const tracking = trackingOf(configuration);
  configuration.proxies.forEach((proxy, index) => {
    proxy.servers.forEach((server, position) => {
      const admin = initialAdmin(server);
      if (admin !== 0)
        setMaintenance(shared, tracking, (layout.firstServer[index] as number) + position, admin);
    });
  });
  configuration.proxies.forEach((proxy, index) => {
    const words = shared.proxyWords(index);
    proxy.servers.forEach(({ backup }, position) => {
      if (!isUsable(shared, (layout.firstServer[index] as number) + position)) return;
      const gauge = words + (backup ? BE_BACKUP_SERVERS : BE_ACTIVE_SERVERS);
      shared.words[gauge] = (shared.words[gauge] as number) + 1;
    });
  });
  return shared;
}

/** `processMaxconn`: what a frontend holds that has no maxconn of its own. */
export function setFullconns(shared: SharedState, { proxies }: Configuration, processMaxconn: number): void {
  proxies.forEach((proxy, index) => {
    shared.words[shared.proxyWords(index) + BE_FULLCONN] = fullconnOf(proxy, proxies, processMaxconn);
  });
}

/** What the configuration says of it: not what a tracked server adds. */
function initialAdmin(server: ServerConfig): number {
  let admin = 0;
  if (server.disabled) admin |= ADMIN_FORCED_MAINT | ADMIN_CONFIG_MAINT;
  if (hasNoAddress(server)) admin |= ADMIN_RESOLUTION_MAINT;
  return admin;
}

/** Its name could not be resolved, and it was told to start all the same (resolve-servers.ts). */
function hasNoAddress({ address, hostname }: ServerConfig): boolean {
  return hostname !== undefined && 'host' in address && (address.host === '' || address.host === hostname);
}

function isUsable(shared: SharedState, server: number): boolean {
  const at = shared.serverWords(server);
  const state = shared.words[at + SRV_STATE] as number;
  return (
    (state & (SERVER_UP | SERVER_OUT_OF_USE)) === SERVER_UP && (shared.words[at + SRV_WEIGHT] as number) > 0
  );
}

/** As it is when nothing keeps it from taking traffic. */
function setServer(
  shared: SharedState,
  index: number,
  server: ServerConfig | undefined,
  startS: number,
): void {
  const at = shared.serverWords(index);
  const { words } = shared;
  storeWeight(words, at, server?.weight ?? DEFAULT_WEIGHT);
  // A minconn alone, or above the maxconn, is a maxconn.
  const { maxconn = 0, minconn = 0 } = server ?? {};
  words[at + SRV_MAXCONN] = Math.max(maxconn, minconn);
  words[at + SRV_MINCONN] = minconn;
  words[at + SRV_LAST_CHANGE_S] = startS;
  let lasting = 0;
  if (server?.check.enabled) lasting |= SERVER_CHECKED;
  if (server?.track !== undefined) lasting |= SERVER_TRACKING;
  words[at + SRV_STATE] = stateBits(lasting, OP_RUNNING, 0);
  // Up, but not trusted yet: the first check that fails takes a server down.
  words[at + SRV_HEALTH] = server?.check.rise ?? DEFAULT_RISE;
}

/** Puts a server, and those that track it, into the maintenance that these bits mean. */
function setMaintenance(shared: SharedState, tracking: Tracking, server: number, admin: number): void {
  const at = shared.serverWords(server);
  const { words } = shared;
  words[at + SRV_ADMIN] = (words[at + SRV_ADMIN] as number) | admin;
  words[at + SRV_STATE] = stateBits(
    words[at + SRV_STATE] as number,
    OP_STOPPED,
    words[at + SRV_ADMIN] as number,
  );
  words[at + SRV_HEALTH] = 0;
  for (const tracker of tracking.trackers(server)) {
    setMaintenance(shared, tracking, tracker, ADMIN_INHERITED_MAINT);
  }
}
