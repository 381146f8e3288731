/**
 * `balance leastconn`: the server with the least to do for its weight; those equal take turns.
 *
 * A server that has anything to do weighs (load + 1) * 256 / weight, rounded down; an idle one 0. Among equals the one
 * that has stood there longest comes first, where every change of its load sends a server to the back. (Both as
 * HAProxy 2.6 is seen to do it.) Structure: one binary heap in shared memory, O(log n) a pick and a change.
 * Specification: configuration manual 4.2 `balance leastconn`.
 */
import { type BalanceContext, parseNothing, registerBalanceAlgorithm } from '../../proxy/balancing.ts';
import { WEIGHT_UNITS } from '../../state/server-weight.ts';
import { OrderedBalancer } from './ordered-balancer.ts';
import { ServerHeap } from './server-heap.ts';

const SCALE = 256 * WEIGHT_UNITS;

/** Header of the table: counts every placing, the lower number stands longer. */
const PLACINGS = 0;
const HEADER_WORDS = 1;
/** Words of a server. */
const KEY = 0;
const PLACED = 1;
const WEIGHT = 2;
const SERVER_WORDS = 3;

class LoadHeap extends ServerHeap {
  readonly #table: Int32Array;

  constructor(memory: Int32Array, servers: number, table: Int32Array) {
    super(memory, servers);
    this.#table = table;
  }

  protected before(a: number, b: number): boolean {
    const table = this.#table;
    const ofA = HEADER_WORDS + a * SERVER_WORDS;
    const ofB = HEADER_WORDS + b * SERVER_WORDS;
    const keyA = table[ofA + KEY] as number;
    const keyB = table[ofB + KEY] as number;
    if (keyA !== keyB) return keyA < keyB;
    // Placings wrap around.
    return (((table[ofA + PLACED] as number) - (table[ofB + PLACED] as number)) | 0) < 0;
  }
}

class LeastConn extends OrderedBalancer {
  readonly #heap: LoadHeap;

  static words(servers: number): number {
    return HEADER_WORDS + SERVER_WORDS * servers + ServerHeap.words(servers);
  }

  constructor(context: BalanceContext) {
    super(context);
    const count = this.servers.count;
    this.#heap = new LoadHeap(this.table.subarray(HEADER_WORDS + SERVER_WORDS * count), count, this.table);
  }

  /** Looks at the server's load again and sends it to the back of its equals. */
  #weigh(server: number): void {
    const words = HEADER_WORDS + server * SERVER_WORDS;
    const load = this.servers.load(server);
    const weight = this.table[words + WEIGHT] as number;
    this.table[words + KEY] = load === 0 ? 0 : Math.floor(((load + 1) * SCALE) / weight);
    this.table[words + PLACED] = this.table[PLACINGS]!++;
  }

  /** With a maxqueue requests are bound to the server before it has room for them, to smooth the load. */
  protected override full(server: number): boolean {
    return this.servers.fullWithQueue(server);
  }

  protected arrange(): void {
    const table = this.table;
    for (let server = 0; server < this.servers.count; server++) {
      const words = HEADER_WORDS + server * SERVER_WORDS;
      const before = table[words + WEIGHT] as number;
      const weight = this.servers.has(server) ? this.servers.rampedUnits(server) : 0;
      if (weight === before) continue;
      this.remove(server);
      table[words + WEIGHT] = weight;
      if (weight > 0) this.putBack(server);
    }
  }

  protected next(): number {
    return this.#heap.size > 0 ? this.#heap.first : -1;
  }

  protected take(): void {
    // The server moves when its load does.
  }

  protected remove(server: number): void {
    this.#heap.remove(server);
  }

  protected putBack(server: number): void {
    this.#weigh(server);
    this.#heap.add(server);
  }

  override served(server: number): void {
    if (this.isAside(server)) {
      super.served(server);
      return;
    }
    this.enter();
    this.#weigh(server);
    this.#heap.changed(server);
    this.leave();
  }
}

registerBalanceAlgorithm({
  name: 'leastconn',
  doc: 'The server with the fewest connections for its weight; those equal take turns.',
  syntax: '',
  parse: parseNothing,
  hasDynamicWeights: () => true,
  deterministic: false,
  sharedBytes: (_settings, { servers }) =>
    OrderedBalancer.bytes(servers.length, LeastConn.words(servers.length)),
  create: (_settings, context) => new LeastConn(context),
});
