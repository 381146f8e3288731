/**
 * `hash-type consistent`: a key's server is the owner of the nearest point of the ring (hash-ring.ts). It is chosen even
 * when it is full: the request then waits for it. A server to avoid, or one that hash-balance-factor forbids, is passed
 * over in the ring's order. Requests without a key take the points one after another, and full servers are passed over.
 * Structure: a ring on each thread, brought up to date when BE_GENERATION has moved; no lock. O(log n) a pick.
 * Specification: configuration manual 4.2 `hash-type`, `hash-balance-factor`.
 */
import {
  ALL_FULL,
  type BalanceContext,
  type BalanceRequest,
  type Balancer,
  NO_SERVER,
} from '../../../proxy/balancing.ts';
import { WEIGHT_UNITS } from '../../../state/server-weight.ts';
import { BE_GENERATION } from '../../../state/shared-state.ts';
import { UsableServers } from '../usable-servers.ts';
import { BoundedLoad } from './bounded-load.ts';
import { HashRing } from './hash-ring.ts';
import { hashOf, type Key, type KeyHashing } from './key.ts';

/** One shared word: the place on the ring behind the point that was last taken in turn. */
export const RING_BYTES = 4;

export class RingBalancer implements Balancer {
  readonly #servers: UsableServers;
  readonly #key: Key;
  readonly #hashing: KeyHashing;
  readonly #bound: BoundedLoad | null;
  readonly #ring: HashRing;
  readonly #words: Int32Array;
  readonly #generation: number;
  readonly #turn: Int32Array;
  readonly #pointsOf: (server: number) => number;
  #builtFor: number | undefined;

  constructor(context: BalanceContext, key: Key, hashing: KeyHashing) {
    const { proxy, shared } = context;
    this.#servers = new UsableServers(context, new Int32Array(proxy.servers.length));
    this.#key = key;
    this.#hashing = hashing;
    this.#bound = BoundedLoad.of(context, this.#servers);
    this.#ring = new HashRing(
      proxy.servers.map((server, at) => server.id ?? at + 1),
      proxy.servers.map((server) => (server.weight ?? 1) * WEIGHT_UNITS),
    );
    this.#words = shared.words;
    this.#generation = shared.proxyWords(context.proxyIndex) + BE_GENERATION;
    this.#turn = new Int32Array(context.memory, 0, 1);
    this.#pointsOf = (server) => (this.#servers.has(server) ? this.#servers.rampedUnits(server) : 0);
  }

  pick(request: BalanceRequest, avoid: number): number {
    this.#update();
    const hash = hashOf(request, this.#key, this.#hashing);
    return hash < 0 ? this.#inTurn(avoid) : this.#byHash(hash, avoid);
  }

  served(): void {
    // Nothing follows from loads but what is looked up in the moment.
  }

  gaveUp(): void {
    // Nor from queues.
  }

  uses(server: number): boolean {
    this.#update();
    return this.#servers.has(server);
  }

  #update(): void {
    const generation = Atomics.load(this.#words, this.#generation);
    if (generation === this.#builtFor) return;
    this.#builtFor = generation;
    this.#servers.refresh();
    this.#ring.update(this.#pointsOf);
    this.#bound?.refresh();
  }

  #byHash(hash: number, avoid: number): number {
    const ring = this.#ring;
    const start = ring.nearest(hash);
    if (start < 0) return NO_SERVER;
    const first = ring.owner(start);
    let server = first;
    for (let at = start; server === avoid || this.#bound?.allows(server) === false; server = ring.owner(at)) {
      at = ring.after(at);
      // Once around, and nobody is allowed: loads move while they are looked at.
      if (at === start) return first;
    }
    return server;
  }

  #inTurn(avoid: number): number {
    const ring = this.#ring;
    const turn = Atomics.load(this.#turn, 0);
    const start = ring.firstFrom(turn >>> 0);
    if (start < 0) return NO_SERVER;
    let spared = -1;
    let at = start;
    do {
      const server = ring.owner(at);
      if (!this.#servers.full(server)) {
        if (server !== avoid) {
          // Another thread may have moved it as well: then two requests share a turn, which does no harm.
          Atomics.compareExchange(this.#turn, 0, turn, (ring.place(at) + 1) | 0);
          return server;
        }
        spared = server;
      }
      at = ring.after(at);
    } while (at !== start);
    return spared >= 0 ? spared : ALL_FULL;
  }
}
