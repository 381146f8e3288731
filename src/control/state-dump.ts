/**
 * What the process says of its state on SIGHUP (servers and proxies, also to the logs) and on SIGQUIT (memory pools).
 * Reads shared memory and asks the data threads; changes nothing. Specification: HAProxy 2.6's messages.
 */
import type { Configuration, ProxyConfig } from '../config/model.ts';
import { layoutOf } from '../state/layout.ts';
import {
  BACKEND_COUNTERS,
  BE_CONNECTIONS,
  BE_QUEUED,
  counterOffsets,
  FE_CONNECTIONS,
  FRONTEND_COUNTERS,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_UP,
  type SharedState,
  SRV_QUEUED,
  SRV_SERVED,
  SRV_STATE,
} from '../state/shared-state.ts';
import { LOG_NOTICE } from './control-log.ts';
import type { Reports } from './reports.ts';

const FE = counterOffsets(FRONTEND_COUNTERS);
const BE = counterOffsets(BACKEND_COUNTERS);

export function dumpServers(configuration: Configuration, shared: SharedState, reports: Reports): void {
  const { messages, log } = reports;
  messages.warning('SIGHUP received, dumping servers states.');
  const { firstServer } = layoutOf(configuration);
  configuration.proxies.forEach((proxy, index) => {
    log.send(proxy, LOG_NOTICE, `SIGHUP received, dumping servers states for proxy ${proxy.name}.`);
    const first = firstServer[index] as number;
    for (const text of [...serverLines(proxy, first, shared), proxyLine(proxy, index, first, shared)]) {
      messages.warning(text);
      log.send(proxy, LOG_NOTICE, text);
    }
  });
}

function isUp(shared: SharedState, server: number): boolean {
  const state = Atomics.load(shared.words, shared.serverWords(server) + SRV_STATE);
  return (state & (SERVER_UP | SERVER_MAINT | SERVER_NO_ADDRESS)) === SERVER_UP;
}

function serverLines(proxy: ProxyConfig, first: number, shared: SharedState): string[] {
  return proxy.servers.map(({ name }, position) => {
    const server = first + position;
    const at = shared.serverWords(server);
    const active = Atomics.load(shared.words, at + SRV_SERVED);
    const pending = Atomics.load(shared.words, at + SRV_QUEUED);
    const total = shared.sum(shared.serverCounters(server) + BE.sessions);
    const state = isUp(shared, server) ? 'UP' : 'DOWN';
    return `SIGHUP: Server ${proxy.name}/${name} is ${state}. Conn: ${active} act, ${pending} pend, ${total} tot.`;
  });
}

function proxyLine(proxy: ProxyConfig, index: number, first: number, shared: SharedState): string {
  const at = shared.proxyWords(index);
  const frontend = Atomics.load(shared.words, at + FE_CONNECTIONS);
  const backend = Atomics.load(shared.words, at + BE_CONNECTIONS);
  const unassigned = Atomics.load(shared.words, at + BE_QUEUED);
  let pending = unassigned;
  for (let i = 0; i < proxy.servers.length; i++) {
    pending += Atomics.load(shared.words, shared.serverWords(first + i) + SRV_QUEUED);
  }
  const frontendTotal = shared.sum(shared.frontendCounters(index) + FE.connections);
  const backendTotal = shared.sum(shared.backendCounters(index) + BE.connections);
  return (
    `SIGHUP: Proxy ${proxy.name} ${availability(proxy, first, shared)} ` +
    `Conn: act(FE+BE): ${frontend}+${backend}, ${pending} pend (${unassigned} unass), ` +
    `tot(FE+BE): ${frontendTotal}+${backendTotal}.`
  );
}

function availability(proxy: ProxyConfig, first: number, shared: SharedState): string {
  if (proxy.servers.length === 0) return 'has no servers.';
  let active = 0;
  let backups = 0;
  proxy.servers.forEach(({ backup }, position) => {
    if (!isUp(shared, first + position)) return;
    if (backup) backups++;
    else active++;
  });
  if (active > 0) return `has ${active} active servers and ${backups} backup servers available.`;
  return backups > 0 ? 'is running on backup servers !' : 'has no server available !';
}

/** What a data thread answers to the question for its pools. */
interface ThreadPools {
  readonly buffers: { readonly used: number; readonly capacity: number; readonly sizeBytes: number };
  readonly timers: number;
  readonly sessions: number;
  readonly idleServerConnections: number;
}

export function poolLines(answers: readonly unknown[]): string {
  // The data threads answer this question with exactly this (proxy/data-thread.ts).
  const pools = answers as readonly ThreadPools[];
  let total = 0;
  let lines = 'Dumping pools usage.\n';
  pools.forEach(({ buffers, sessions, timers, idleServerConnections }, index) => {
    const bytes = buffers.used * buffers.sizeBytes;
    total += bytes;
    lines +=
      `  - Pool buffer (${buffers.sizeBytes} bytes) of thread ${index + 1} : ${buffers.capacity} reserved, ` +
      `${buffers.used} used (${bytes} bytes), ${sessions} sessions, ${idleServerConnections} idle server connections, ${timers} timers\n`;
  });
  const heap = process.memoryUsage();
  return `${lines}Total: ${pools.length} pools, ${total} bytes used; process ${heap.rss} bytes resident, control plane's heap ${heap.heapUsed} bytes.\n`;
}
