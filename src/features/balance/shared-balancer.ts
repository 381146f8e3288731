/**
 * What all algorithms have in common: the backend's lock around everything that decides, and tables in shared memory
 * that whichever thread comes first brings up to date when BE_GENERATION moved. `pick` and `served` take BE_LOCK
 * themselves: their caller must not hold it.
 */
import type { BalanceContext, BalanceRequest, Balancer } from '../../proxy/balancing.ts';
import { BE_BUILT, BE_GENERATION, BE_LOCK } from '../../state/shared-state.ts';
import { lock, unlock } from '../../state/spin-lock.ts';
import { UsableServers } from './usable-servers.ts';

const WORD_BYTES = 4;
/** First word: whether the tables were ever built (generation 0 is a generation too). Then the members. */
const HEADER_WORDS = 1;

export abstract class SharedBalancer implements Balancer {
  protected readonly servers: UsableServers;
  /** The algorithm's own words. */
  protected readonly memory: Int32Array;
  readonly #header: Int32Array;
  readonly #words: Int32Array;
  readonly #generation: number;
  readonly #built: number;
  readonly #lock: number;

  /** Bytes of memory for an algorithm that needs `ownWords` besides. */
  static bytes(servers: number, ownWords: number): number {
    return WORD_BYTES * (HEADER_WORDS + servers + ownWords);
  }

  constructor(context: BalanceContext) {
    const base = context.shared.proxyWords(context.proxyIndex);
    const count = context.proxy.servers.length;
    this.#header = new Int32Array(context.memory, 0, HEADER_WORDS);
    this.servers = new UsableServers(
      context,
      new Int32Array(context.memory, WORD_BYTES * HEADER_WORDS, count),
    );
    this.memory = new Int32Array(context.memory, WORD_BYTES * (HEADER_WORDS + count));
    this.#words = context.shared.words;
    this.#generation = base + BE_GENERATION;
    this.#built = base + BE_BUILT;
    this.#lock = base + BE_LOCK;
  }

  /** Brings the tables in line with `servers`; `fresh` the first time, when the memory is all zero. */
  protected abstract rebuild(fresh: boolean): void;

  /** As `pick`, with the lock held and the tables up to date. */
  protected abstract choose(request: BalanceRequest, avoid: number): number;

  abstract served(server: number): void;

  gaveUp(_server: number): void {
    // Only those that look at queues need to know.
  }

  uses(server: number): boolean {
    this.enter();
    const used = this.servers.has(server);
    this.leave();
    return used;
  }

  pick(request: BalanceRequest, avoid: number): number {
    this.enter();
    const server = this.choose(request, avoid);
    this.leave();
    return server;
  }

  /** What the tables were built for, with the lock held. */
  protected get generation(): number {
    return Atomics.load(this.#words, this.#built);
  }

  /** Takes the lock and sees to it that the tables are up to date. */
  protected enter(): void {
    lock(this.#words, this.#lock);
    const generation = Atomics.load(this.#words, this.#generation);
    const fresh = this.#header[0] === 0;
    if (!fresh && Atomics.load(this.#words, this.#built) === generation) return;
    this.servers.refresh();
    this.rebuild(fresh);
    this.#header[0] = 1;
    Atomics.store(this.#words, this.#built, generation);
  }

  protected leave(): void {
    unlock(this.#words, this.#lock);
  }
}
