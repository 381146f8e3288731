/**
 * What a balance algorithm is to the data plane. Algorithms are folders of features/balance that register here; the
 * state they share over threads (positions, trees) lies in shared memory that they ask for, under the backend's lock.
 */
import type { BalanceConfig, ProxyConfig } from '../config/model.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import type { SharedState } from '../state/shared-state.ts';

/** What of a stream an algorithm may look at. */
export interface BalanceRequest {
  /** The client's address: the one announced by PROXY protocol, where there was one. */
  readonly clientAddress: SocketAddress;
}

/** No server can take the request: all are down, or in maintenance, or have weight 0. */
export const NO_SERVER = -1;
/** Servers are there, but each has reached its maxconn: the request waits in the backend's queue. */
export const ALL_FULL = -2;

export interface Balancer {
  /**
   * Index in the backend's list of servers, NO_SERVER or ALL_FULL. `avoid` is a server that just failed this request
   * (-1: none): it is only chosen when there is no other. Backups are chosen when no other server is usable.
   */
  pick(request: BalanceRequest, avoid: number): number;
  /** The number of streams that a server holds (SRV_SERVED) has just gone up or down on this thread. */
  served(server: number): void;
}

/** Where a balancer finds its servers. */
export interface BalanceContext {
  readonly proxy: ProxyConfig;
  /** Index of the proxy in configuration.proxies, for its shared words. */
  readonly proxyIndex: number;
  /** Global index of the proxy's first server; the others follow. */
  readonly firstServer: number;
  readonly shared: SharedState;
  /** Shared memory that the algorithm asked for, the same on every thread, zeroed at start. */
  readonly memory: SharedArrayBuffer;
}

export interface BalanceAlgorithm {
  readonly name: string;
  readonly doc: string;
  /** Undefined when the arguments are fine, else HAProxy's message. */
  readonly checkArguments: (args: readonly string[]) => string | undefined;
  /** Bytes of shared memory that a backend of so many servers needs. */
  readonly sharedBytes: (config: BalanceConfig | undefined, servers: number) => number;
  readonly create: (config: BalanceConfig | undefined, context: BalanceContext) => Balancer;
}

const algorithms = new Map<string, BalanceAlgorithm>();

export function registerBalanceAlgorithm(algorithm: BalanceAlgorithm): void {
  if (algorithms.has(algorithm.name))
    throw new Error(`balance algorithm registered twice: ${algorithm.name}`);
  algorithms.set(algorithm.name, algorithm);
}

export function balanceAlgorithm(name: string): BalanceAlgorithm | undefined {
  return algorithms.get(name);
}

export function balanceAlgorithms(): ReadonlyMap<string, BalanceAlgorithm> {
  return algorithms;
}
