/**
 * `balance random(<draws>)`: servers are drawn at random in proportion to their weights, and the one with the least to
 * do for its weight among the draws gets the request.
 * Full servers are drawn like others: then the request waits in the backend's queue, whatever others have free, and does
 * not wait there for those that came before it (as observed on HAProxy 2.6).
 * Structure: a tree of sums (Fenwick) over the weights in shared memory; a draw and a change of weight cost O(log n). Each
 * thread has a generator of its own.
 * `hash-balance-factor` applies to each draw.
 * Specification: configuration manual 4.2 `balance random`, `hash-balance-factor`.
 */
import type { BalanceLine } from '../../config/balance-syntax.ts';
import {
  ALL_FULL,
  type BalanceContext,
  type BalanceRequest,
  NO_SERVER,
  registerBalanceAlgorithm,
} from '../../proxy/balancing.ts';
import { BoundedLoad } from './hash/bounded-load.ts';
import { SharedBalancer } from './shared-balancer.ts';

const DEFAULT_DRAWS = 2;

/** Sum of the weights in the tree. */
const TOTAL = 0;
const HEADER_WORDS = 1;

class Random extends SharedBalancer {
  readonly #draws: number;
  /** Each server's weight in the tree: 0 for those that are out. */
  readonly #inTree: Int32Array;
  /** `#sums[i]`, from 1, adds up the weights of the servers from i - lowestBit(i) to i - 1. */
  readonly #sums: Int32Array;
  readonly #highestBit: number;
  readonly #bound: BoundedLoad | null;
  /** Generation that `#bound` knows. */
  #boundFor: number | undefined;
  #random = (Math.random() * 2 ** 32) | 1;

  static words(servers: number): number {
    return HEADER_WORDS + servers + servers + 1;
  }

  constructor(context: BalanceContext, draws: number) {
    super(context);
    const count = this.servers.count;
    this.#draws = draws;
    this.#bound = BoundedLoad.of(context, this.servers);
    this.#inTree = this.memory.subarray(HEADER_WORDS, HEADER_WORDS + count);
    this.#sums = this.memory.subarray(HEADER_WORDS + count, HEADER_WORDS + count + count + 1);
    this.#highestBit = count === 0 ? 0 : 2 ** Math.floor(Math.log2(count));
  }

  #setWeight(server: number, weight: number): void {
    const change = weight - (this.#inTree[server] as number);
    if (change === 0) return;
    this.#inTree[server] = weight;
    (this.memory[TOTAL] as number) += change;
    for (let at = server + 1; at < this.#sums.length; at += at & -at) (this.#sums[at] as number) += change;
  }

  /** The server on whose share of the sum the number falls. */
  #at(number: number): number {
    let server = 0;
    for (let step = this.#highestBit; step > 0; step >>= 1) {
      const beyond = server + step;
      if (beyond >= this.#sums.length || (this.#sums[beyond] as number) > number) continue;
      server = beyond;
      number -= this.#sums[beyond] as number;
    }
    return server;
  }

  /** xorshift32 (Marsaglia). */
  #draw(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return this.#allowed(this.#at((x >>> 0) % (this.memory[TOTAL] as number)));
  }

  /** The server, or the first one behind it that `hash-balance-factor` lets have one more stream. */
  #allowed(drawn: number): number {
    const bound = this.#bound;
    if (bound === null || bound.allows(drawn)) return drawn;
    const { count } = this.servers;
    for (let step = 1; step < count; step++) {
      const server = (drawn + step) % count;
      if (this.#inTree[server] !== 0 && bound.allows(server)) return server;
    }
    // Nobody: those that may are the ones left out of the tree for this pick.
    return drawn;
  }

  protected rebuild(): void {
    for (let server = 0; server < this.servers.count; server++) {
      this.#setWeight(server, this.servers.has(server) ? this.servers.rampedUnits(server) : 0);
    }
  }

  protected choose(_request: BalanceRequest, avoid: number): number {
    if (avoid < 0 || this.#inTree[avoid] === 0) return this.#drawn();
    const weight = this.#inTree[avoid] as number;
    this.#setWeight(avoid, 0);
    const other = this.#drawn();
    this.#setWeight(avoid, weight);
    return other === NO_SERVER ? this.#drawn() : other;
  }

  /** The best of the draws, ALL_FULL when it has no room, or NO_SERVER. */
  #drawn(): number {
    if (this.memory[TOTAL] === 0) return NO_SERVER;
    const bound = this.#bound;
    if (bound !== null && this.#boundFor !== this.generation) {
      // Another thread may have brought the tree up to date; the weights are this thread's own business.
      this.#boundFor = this.generation;
      bound.refresh();
    }
    let best = this.#draw();
    for (let draw = 1; draw < this.#draws; draw++) {
      const other = this.#draw();
      // Loads per weight, compared without a division.
      const ofBest = this.servers.load(best) * (this.#inTree[other] as number);
      const ofOther = this.servers.load(other) * (this.#inTree[best] as number);
      if (ofOther < ofBest) best = other;
    }
    const { servers } = this;
    return servers.full(best) || servers.load(best) > servers.served(best) ? ALL_FULL : best;
  }

  served(): void {
    // A draw asks by itself how much the servers have to do.
  }
}

interface RandomSettings {
  readonly draws: number;
}

function parse({ args, inParentheses }: BalanceLine): RandomSettings | undefined {
  args.rest();
  if (inParentheses === undefined) return { draws: DEFAULT_DRAWS };
  const [, number = '', rest = ''] = /^([+-]?[0-9]*)(.*)$/.exec(inParentheses) ?? [];
  if (rest === '') args.alert('balance random : missing closing parenthesis.');
  else if (rest.charAt(0) !== ')') {
    args.alert(`balance random : unexpected character '${rest.charAt(0)}' after argument.`);
  } else if (number !== '' && Number(number) < 1) {
    args.alert('balance random : number of draws must be at least 1.');
  } else return { draws: number === '' ? DEFAULT_DRAWS : Number(number) };
  return undefined;
}

registerBalanceAlgorithm<RandomSettings>({
  name: 'random',
  syntax: '[(<draws>)]',
  doc: 'The less loaded of a number of servers drawn at random, two by default.',
  parse,
  hasDynamicWeights: () => true,
  deterministic: false,
  ignoresQueue: true,
  sharedBytes: (_settings, { servers }) => SharedBalancer.bytes(servers.length, Random.words(servers.length)),
  create: ({ draws }, context) => new Random(context, draws),
});
