/**
 * What a balance algorithm is to the data plane. Algorithms are folders of features/balance that register here; the
 * state they share over threads (positions, trees) lies in shared memory that they ask for, under the backend's lock.
 */
import {
  type BalanceLine,
  type BalanceSyntax,
  DEFAULT_ALGORITHM,
  registerBalanceSyntax,
} from '../config/balance-syntax.ts';
import type { ProxyConfig } from '../config/model.ts';
import type { Linker } from '../expr/linker.ts';
import type { Scope } from '../expr/scope.ts';
import type { ByteWindow } from '../protocol/http1/body-scanner.ts';
import type { RequestFacts } from '../protocol/http1/request-facts.ts';
import type { RequestParser } from '../protocol/http1/request-parser.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import type { SharedState } from '../state/shared-state.ts';

/** What of a stream an algorithm may look at. */
export interface BalanceRequest {
  /** The client's address: the one announced by PROXY protocol, where there was one. */
  readonly clientAddress: SocketAddress;
  /** The head of an HTTP request; null in TCP. */
  readonly requestHead: RequestParser | null;
  readonly requestFacts: RequestFacts | null;
  /** For sample expressions. */
  readonly scope: Scope;
  /** What has been received and not been sent on: the beginning of a body, or of what a TCP client says. */
  readonly received: ByteWindow;
  /** The hash of its key, for the algorithms that have one: 0 to 2^32 - 1, NO_HASH or HASH_UNREAD. */
  balanceHash: number;
}

/** The request has no key. */
export const NO_HASH = -1;
/** Nobody has looked for the key yet. */
export const HASH_UNREAD = -2;

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
  /** One that waited for this server in particular (SRV_QUEUED) has given up. */
  gaveUp(server: number): void;
  /** Whether the server is one of those that balanced requests go to now, full or not. */
  uses(server: number): boolean;
}

/** Where a balancer finds its servers. */
export interface BalanceContext {
  readonly proxy: ProxyConfig;
  /** Index of the proxy in configuration.proxies, for its shared words. */
  readonly proxyIndex: number;
  /** Global index of the proxy's first server; the others follow. */
  readonly firstServer: number;
  readonly shared: SharedState;
  /** For sample expressions. */
  readonly linker: Linker;
  /** Shared memory that the algorithm asked for, the same on every thread, zeroed at start. */
  readonly memory: SharedArrayBuffer;
}

/**
 * An algorithm: how the language writes it, and what carries it out. To add one is to add a file that registers such a
 * record, and to import it in features/balance/algorithms.ts.
 */
export interface BalanceAlgorithm<Settings = unknown> extends BalanceSyntax<Settings> {
  /** Whether it wants to see the body of this request, as far as a buffer holds it, before it chooses. */
  readonly wantsBody?: (settings: Settings, facts: RequestFacts) => boolean;
  /**
   * Equal requests go to the same server: when it is full they wait for it, in its own queue, and a failed request is
   * only sent elsewhere when `option redispatch` has its turn. With others a request waits only when all are full.
   */
  readonly deterministic: boolean;
  /**
   * Requests do not wait behind those that wait for any server: each looks for its own server, and waits only when that
   * one is full.
   */
  readonly ignoresQueue?: boolean;
  /** Bytes of shared memory that it needs for this backend. */
  readonly sharedBytes: (settings: Settings, proxy: ProxyConfig) => number;
  readonly create: (settings: Settings, context: BalanceContext) => Balancer;
}

const algorithms = new Map<string, BalanceAlgorithm>();

export function registerBalanceAlgorithm<Settings>(algorithm: BalanceAlgorithm<Settings>): void {
  // What `parse` made is all that the other functions of the same record are ever given.
  const erased = algorithm as unknown as BalanceAlgorithm;
  registerBalanceSyntax(erased);
  algorithms.set(erased.name, erased);
}

/** For algorithms without arguments; what is written behind them counts for nothing, as with HAProxy. */
export function parseNothing({ args }: BalanceLine): Record<string, never> {
  args.rest();
  return {};
}

/** The algorithm of a proxy; roundrobin where none was written. */
export function algorithmOf(proxy: ProxyConfig): BalanceAlgorithm {
  const name = proxy.balance?.algorithm ?? DEFAULT_ALGORITHM;
  const algorithm = algorithms.get(name);
  if (algorithm === undefined) throw new Error(`no balance algorithm ${name}`);
  return algorithm;
}
