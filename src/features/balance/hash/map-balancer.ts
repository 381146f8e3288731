/**
 * `hash-type map-based`, the default: the rest of the hash, divided by the number of turns, is a place in the list of
 * turns that static-rr has (turn-map.ts). The server is chosen even when it is full: the request then waits for it. The
 * server to avoid is not avoided either, as HAProxy redispatches to the same one. Requests without a key take turns as
 * with static-rr.
 * Structure: the list itself, O(1) a pick, in shared memory.
 * Specification: configuration manual 4.2 `hash-type`.
 */
import { type BalanceContext, type BalanceRequest, NO_SERVER } from '../../../proxy/balancing.ts';
import { StaticRoundRobin } from '../static-rr.ts';
import { mostTurns } from '../turn-map.ts';
import { hashOf, type Key, type KeyHashing } from './key.ts';

const TOTAL = 0;
const HEADER_WORDS = 1;

export class MapBalancer extends StaticRoundRobin {
  readonly #key: Key;
  readonly #hashing: KeyHashing;
  readonly #list: Int32Array;

  static override words(servers: number): number {
    return StaticRoundRobin.words(servers) + HEADER_WORDS + mostTurns(servers);
  }

  constructor(context: BalanceContext, key: Key, hashing: KeyHashing) {
    super(context);
    this.#key = key;
    this.#hashing = hashing;
    this.#list = this.table.subarray(StaticRoundRobin.words(this.servers.count));
  }

  protected override onTurns(turns: Int32Array): void {
    this.#list[TOTAL] = turns.length;
    this.#list.set(turns, HEADER_WORDS);
  }

  protected override choose(request: BalanceRequest, avoid: number): number {
    const hash = hashOf(request, this.#key, this.#hashing);
    if (hash < 0) return super.choose(request, avoid);
    const total = this.#list[TOTAL] as number;
    return total === 0 ? NO_SERVER : (this.#list[HEADER_WORDS + (hash % total)] as number);
  }
}
