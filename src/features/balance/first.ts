/**
 * `balance first`: the server of the lowest identifier that has room. Weights count for nothing but 0.
 * Structure: a binary heap over the identifiers; a full server is laid aside, so that O(log n) holds however many
 * are full.
 * Specification: configuration manual 4.2 `balance first`, 5.2 `id`.
 */
import { type BalanceContext, parseNothing, registerBalanceAlgorithm } from '../../proxy/balancing.ts';
import { OrderedBalancer } from './ordered-balancer.ts';
import { ServerHeap } from './server-heap.ts';

class IdentifierHeap extends ServerHeap {
  readonly #ids: Int32Array;

  constructor(memory: Int32Array, ids: Int32Array) {
    super(memory, ids.length);
    this.#ids = ids;
  }

  protected before(a: number, b: number): boolean {
    const idA = this.#ids[a] as number;
    const idB = this.#ids[b] as number;
    return idA === idB ? a < b : idA < idB;
  }
}

class First extends OrderedBalancer {
  readonly #heap: IdentifierHeap;

  constructor(context: BalanceContext) {
    super(context);
    const ids = Int32Array.from(context.proxy.servers, (server, at) => server.id ?? at + 1);
    this.#heap = new IdentifierHeap(this.table, ids);
  }

  protected arrange(): void {
    for (let server = 0; server < this.servers.count; server++) {
      const member = this.servers.has(server);
      if (member && !this.#heap.has(server)) this.#heap.add(server);
      else if (!member) this.#heap.remove(server);
    }
  }

  protected next(): number {
    return this.#heap.size > 0 ? this.#heap.first : -1;
  }

  protected take(): void {
    // The order is fixed.
  }

  protected remove(server: number): void {
    this.#heap.remove(server);
  }

  protected putBack(server: number): void {
    this.#heap.add(server);
  }
}

registerBalanceAlgorithm({
  name: 'first',
  doc: 'The first server, by id, that has a free slot.',
  syntax: '',
  parse: parseNothing,
  hasDynamicWeights: () => true,
  deterministic: false,
  sharedBytes: (_settings, { servers }) =>
    OrderedBalancer.bytes(servers.length, ServerHeap.words(servers.length)),
  create: (_settings, context) => new First(context),
});
