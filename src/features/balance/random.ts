/**
 * `balance random(<draws>)`: servers are drawn at random in proportion to their weights, and the one with the least to
 * do for its weight among the draws gets the request.
 * Structure: a tree of sums (Fenwick) over the weights in shared memory; a draw, a change of weight and laying a full
 * server aside cost O(log n). Each thread has a generator of its own.
 * Specification: configuration manual 4.2 `balance random`.
 */
import { type BalanceContext, registerBalanceAlgorithm } from '../../proxy/balancing.ts';
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
  #random = (Math.random() * 2 ** 32) | 1;

  static words(servers: number): number {
    return HEADER_WORDS + servers + servers + 1;
  }

  constructor(context: BalanceContext, draws: number) {
    super(context);
    const count = this.servers.count;
    this.#draws = draws;
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
    return this.#at((x >>> 0) % (this.table[TOTAL] as number));
  }

  protected arrange(): void {
    for (let server = 0; server < this.servers.count; server++) {
      this.#setWeight(server, this.servers.has(server) ? this.servers.rampedUnits(server) : 0);
    }
  }

  protected next(): number {
    if (this.table[TOTAL] === 0) return -1;
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

function drawsOf(args: readonly string[]): number {
  return Math.max(1, Number.parseInt(args[0] ?? '', 10) || DEFAULT_DRAWS);
}

registerBalanceAlgorithm({
  name: 'random',
  doc: 'The less loaded of a number of servers drawn at random, two by default.',
  checkArguments: (args) =>
    args[0] !== undefined && args[0] !== '' && !(Number.parseInt(args[0], 10) >= 1)
      ? 'balance random : number of draws must be at least 1.'
      : undefined,
  sharedBytes: (_config, servers) => OrderedBalancer.bytes(servers, Random.words(servers)),
  create: (config, context) => new Random(context, drawsOf(config?.args ?? [])),
});
