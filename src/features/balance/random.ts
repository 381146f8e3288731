/**
 * `balance random(<draws>)`: servers are drawn at random in proportion to their weights, and the one with the least to
 * do for its weight among the draws gets the request.
 * Structure: a tree of sums (Fenwick) over the weights in shared memory; a draw, a change of weight and laying a full
 * server aside cost O(log n). Each thread has a generator of its own.
 * `hash-balance-factor` applies to each draw.
 * Specification: configuration manual 4.2 `balance random`, `hash-balance-factor`.
 */
import type { BalanceLine } from '../../config/balance-syntax.ts';
import { type BalanceContext, registerBalanceAlgorithm } from '../../proxy/balancing.ts';
import { BoundedLoad } from './hash/bounded-load.ts';
import { OrderedBalancer } from './ordered-balancer.ts';

const DEFAULT_DRAWS = 2;

/** Sum of the weights in the tree. */
const TOTAL = 0;
const HEADER_WORDS = 1;

class Random extends OrderedBalancer {
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
    this.#inTree = this.table.subarray(HEADER_WORDS, HEADER_WORDS + count);
    this.#sums = this.table.subarray(HEADER_WORDS + count, HEADER_WORDS + count + count + 1);
    this.#highestBit = count === 0 ? 0 : 2 ** Math.floor(Math.log2(count));
  }

  #setWeight(server: number, weight: number): void {
    const change = weight - (this.#inTree[server] as number);
    if (change === 0) return;
    this.#inTree[server] = weight;
    (this.table[TOTAL] as number) += change;
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
    return this.#allowed(this.#at((x >>> 0) % (this.table[TOTAL] as number)));
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

  protected arrange(): void {
    for (let server = 0; server < this.servers.count; server++) {
      this.#setWeight(server, this.servers.has(server) ? this.servers.rampedUnits(server) : 0);
    }
  }

  protected next(): number {
    if (this.table[TOTAL] === 0) return -1;
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
    return best;
  }

  protected take(): void {
    // Nothing remembers a draw.
  }

  protected remove(server: number): void {
    this.#setWeight(server, 0);
  }

  protected putBack(server: number): void {
    this.#setWeight(server, this.servers.rampedUnits(server));
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
  sharedBytes: (_settings, { servers }) =>
    OrderedBalancer.bytes(servers.length, Random.words(servers.length)),
  create: ({ draws }, context) => new Random(context, draws),
});
