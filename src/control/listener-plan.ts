/**
 * Which listening sockets a configuration asks for: one for each address of each bind line, or several where the line has
 * `shards`. Pure; opening them is listeners.ts's business.
 * Specification: configuration manual 5.1 (`bind`, `backlog`, `shards`, `thread`), 4.2 (`option tcp-smart-accept`).
 */
import type { Address } from '../config/address.ts';
import type { BindConfig, Configuration, ProxyConfig } from '../config/model.ts';

export interface ThreadRange {
  readonly from: number;
  readonly to: number;
}

export interface PlannedListener {
  /** Index of the listener's counters. */
  readonly index: number;
  readonly proxyIndex: number;
  readonly proxy: ProxyConfig;
  readonly bindIndex: number;
  readonly bind: BindConfig;
  readonly address: Address;
  /** Place of the address on the bind line. */
  readonly addressIndex: number;
  /** As in messages and statistics. */
  readonly text: string;
  /** Threads that accept; undefined: all. */
  readonly threads: readonly ThreadRange[] | undefined;
  readonly backlog: number;
  /** Whether the system may put off acknowledging a request until it can do so with the response. */
  readonly delaysAcks: boolean;
}

export function planListeners(
  configuration: Configuration,
  threads: number,
  maxconn: number,
): PlannedListener[] {
  const planned: PlannedListener[] = [];
  configuration.proxies.forEach((proxy, proxyIndex) => {
    const delaysAcks = proxy.options.get('tcp-smart-accept') ?? proxy.mode === 'http';
    if (proxy.disabled || proxy.kind === 'backend') return;
    proxy.binds.forEach((bind, bindIndex) => {
      for (const [addressIndex, address] of bind.addresses.entries()) {
        for (const share of shares(bind, address, threads)) {
          planned.push({
            index: planned.length,
            proxyIndex,
            proxy,
            bindIndex,
            bind,
            address,
            addressIndex,
            text: addressText(address),
            threads: share,
            backlog: bind.backlog || proxy.backlog || bind.maxconn || proxy.maxconn || maxconn,
            delaysAcks,
          });
        }
      }
    });
  });
  return planned;
}

/** The threads of each of the sockets that share an address. */
function shares(bind: BindConfig, address: Address, threads: number): (readonly ThreadRange[] | undefined)[] {
  if (bind.shards === undefined || address.family === 'fd' || address.family === 'socketpair') {
    return [bind.threads];
  }
  const members = membersOf(bind.threads, threads);
  const wanted = bind.shards === 'by-thread' ? members.length : bind.shards;
  const count = Math.max(1, Math.min(wanted, members.length));
  if (count === 1) return [bind.threads];
  return Array.from({ length: count }, (_, share) =>
    members
      .slice(Math.floor((share * members.length) / count), Math.floor(((share + 1) * members.length) / count))
      .map((thread) => ({ from: thread, to: thread })),
  );
}

function membersOf(ranges: readonly ThreadRange[] | undefined, threads: number): number[] {
  const all = Array.from({ length: threads }, (_, index) => index + 1);
  if (ranges === undefined) return all;
  return all.filter((thread) => ranges.some(({ from, to }) => from <= thread && thread <= to));
}

export function addressText(address: Address): string {
  switch (address.family) {
    case 'inet':
    case 'inet6':
      return `${address.host}:${address.port}`;
    case 'unix':
      return address.path;
    case 'abns':
      return `abns@${address.name}`;
    case 'fd':
      return `fd@${address.fd}`;
    case 'socketpair':
      return `sockpair@${address.fd}`;
  }
}
