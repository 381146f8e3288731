/** A backend in shared memory, with nothing behind it, and the thread's own balancer over it. */
import '../../../src/features/balance/algorithms.ts';
import { loadConfiguration } from '../../../src/config/load.ts';
import type { ProxyConfig } from '../../../src/config/model.ts';
import { SocketAddress } from '../../../src/protocol/socket-address.ts';
import {
  algorithmOf,
  type BalanceContext,
  type BalanceRequest,
  type Balancer,
  HASH_UNREAD,
} from '../../../src/proxy/balancing.ts';
import { storeWeight } from '../../../src/state/server-weight.ts';
import {
  BE_GENERATION,
  BE_SERVED,
  SERVER_MAINT,
  SERVER_UP,
  type SharedBuffers,
  SharedState,
  SRV_MAXCONN,
  SRV_SERVED,
  SRV_STATE,
} from '../../../src/state/shared-state.ts';

export interface LocalServer {
  readonly weight?: number;
  readonly maxconn?: number;
  readonly backup?: boolean;
  readonly id?: number;
}

/** Plain data from which another thread makes its own view of the same farm. */
export interface FarmData {
  readonly proxy: ProxyConfig;
  readonly buffers: SharedBuffers;
  readonly memory: SharedArrayBuffer;
}

export class LocalFarm {
  readonly data: FarmData;
  readonly shared: SharedState;
  readonly balancer: Balancer;

  /** `algorithm`: what stands behind `balance`; `lines`: others of the section. */
  static create(
    algorithm: string,
    servers: readonly LocalServer[],
    lines: readonly string[] = [],
  ): LocalFarm {
    const text = ['backend b', `balance ${algorithm}`, ...lines];
    servers.forEach(({ weight = 1, backup, id }, at) => {
      const options = `weight ${weight}${backup === true ? ' backup' : ''}${id === undefined ? '' : ` id ${id}`}`;
      text.push(`server s${at} 127.0.0.1:80 ${options}`);
    });
    const { configuration, diagnostics } = loadConfiguration([
      { name: 'test.cfg', text: `${text.join('\n')}\n` },
    ]);
    const [alert] = diagnostics.list.filter(({ severity }) => severity === 'alert');
    const [proxy] = configuration.proxies;
    if (alert !== undefined || proxy === undefined) throw new Error(alert?.message ?? 'no backend');
    const shared = SharedState.create({ threads: 2, proxies: 1, servers: servers.length, listeners: 0 });
    servers.forEach((options, at) => {
      const words = shared.serverWords(at);
      shared.words[words + SRV_STATE] = SERVER_UP;
      storeWeight(shared.words, words, options.weight ?? 1);
      shared.words[words + SRV_MAXCONN] = options.maxconn ?? 0;
    });
    const bytes = algorithmOf(proxy).sharedBytes(proxy.balance?.settings, proxy);
    return new LocalFarm({ proxy, buffers: shared.buffers, memory: new SharedArrayBuffer(bytes) });
  }

  constructor(data: FarmData) {
    this.data = data;
    this.shared = SharedState.attach(data.buffers);
    this.balancer = algorithmOf(data.proxy).create(data.proxy.balance?.settings, {
      proxy: data.proxy,
      proxyIndex: 0,
      firstServer: 0,
      shared: this.shared,
      linker: NO_EXPRESSIONS,
      memory: data.memory,
    });
  }

  #set(server: number, word: number, value: number): void {
    Atomics.store(this.shared.words, this.shared.serverWords(server) + word, value);
    Atomics.add(this.shared.words, this.shared.proxyWords(0) + BE_GENERATION, 1);
  }

  setState(server: number, state: 'up' | 'down' | 'maint'): void {
    this.#set(server, SRV_STATE, { up: SERVER_UP, down: 0, maint: SERVER_UP | SERVER_MAINT }[state]);
  }

  /** `sixteenths`: what a slow start grants of it. */
  setWeight(server: number, weight: number, sixteenths?: number): void {
    const { words } = this.shared;
    storeWeight(words, this.shared.serverWords(server), weight, sixteenths);
    Atomics.add(words, this.shared.proxyWords(0) + BE_GENERATION, 1);
  }

  setMaxconn(server: number, maxconn: number): void {
    this.#set(server, SRV_MAXCONN, maxconn);
  }

  served(server: number): number {
    return Atomics.load(this.shared.words, this.shared.serverWords(server) + SRV_SERVED);
  }

  #serve(server: number, change: number): void {
    Atomics.add(this.shared.words, this.shared.serverWords(server) + SRV_SERVED, change);
    Atomics.add(this.shared.words, this.shared.proxyWords(0) + BE_SERVED, change);
    this.balancer.served(server);
  }

  /** Picks and takes a slot, as a stream does. Negative: no server was to be had. */
  hold(clientAddress = '192.0.2.1', avoid = -1): number {
    const server = this.balancer.pick(requestOf(clientAddress), avoid);
    if (server >= 0) this.#serve(server, 1);
    return server;
  }

  release(server: number): void {
    this.#serve(server, -1);
  }

  pick(clientAddress?: string, avoid?: number): number {
    const server = this.hold(clientAddress, avoid);
    if (server >= 0) this.release(server);
    return server;
  }

  sequence(length: number): number[] {
    return Array.from({ length }, () => this.pick());
  }
}

/** These algorithms have none. */
const NO_EXPRESSIONS = undefined as unknown as BalanceContext['linker'];

/** A TCP client that has not said anything. */
function requestOf(clientAddress: string): BalanceRequest {
  return {
    clientAddress: SocketAddress.parse(clientAddress, 1000) ?? new SocketAddress(),
    requestHead: null,
    requestFacts: null,
    scope: undefined as unknown as BalanceRequest['scope'],
    received: { head: 0, ready: 0, tail: 0, floor: 0, limit: 0 },
    balanceHash: HASH_UNREAD,
  };
}
