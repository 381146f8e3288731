/**
 * `balance roundrobin`: every server in turn in proportion to its weight, as evenly spread as can be. Weights may
 * change at any time.
 *
 * A clock counts picks. With T the sum of the weights, a server of weight w is due every T/w picks; the fraction is
 * carried along exactly, as an integer rest below w. The earliest due server gets the request; among those due at the
 * same pick the one whose (rest - w) is lowest, which favours heavy servers, then the one that has waited longer. A
 * server that never had a request stands in a second heap, heaviest first, and is taken when no other is due yet. When
 * nobody is due at all, the clock jumps to the first one. This rule was found by watching HAProxy 2.6 over many lists
 * of servers, and gives its sequences (test/unit/balance holds the two side by side), also after servers have left. A
 * server that comes into a farm that is there already is due a round after the server taken last; so it is with HAProxy
 * in most cases, and for the first one of a farm of equal weights in all. Otherwise, and once servers have changed
 * their weights or been full, the shares are still HAProxy's, but the order among the servers may differ.
 *
 * Structure: two binary heaps in shared memory, O(log n) a pick, and all state survives changes of the servers: one
 * that goes down leaves the others' turns alone.
 * Specification: configuration manual 4.2 `balance roundrobin`.
 */
import { type BalanceContext, parseNothing, registerBalanceAlgorithm } from '../../proxy/balancing.ts';
import { OrderedBalancer } from './ordered-balancer.ts';
import { ServerHeap } from './server-heap.ts';

/** Header of the table. */
const CLOCK = 0;
const TOTAL = 1;
/** Counts every placing in the heap of due servers: the lower number has waited longer. */
const PLACINGS = 2;
/** Key of the server taken last. */
const LAST_DUE = 3;
const LAST_ORDER = 4;
const HEADER_WORDS = 5;
/** Words of a server, behind the header. */
const WEIGHT = 0;
const DUE = 1;
const REST = 2;
const PLACED = 3;
/** 1 once it had a request since it came in. */
const STARTED = 4;
const SERVER_WORDS = 5;

/** Clock and placings wrap around: two of them are never 2^31 apart, so the sign of the difference tells. */
function earlier(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

class DueHeap extends ServerHeap {
  readonly #table: Int32Array;

  constructor(memory: Int32Array, servers: number, table: Int32Array) {
    super(memory, servers);
    this.#table = table;
  }

  protected before(a: number, b: number): boolean {
    const table = this.#table;
    const ofA = HEADER_WORDS + a * SERVER_WORDS;
    const ofB = HEADER_WORDS + b * SERVER_WORDS;
    const dueA = table[ofA + DUE] as number;
    const dueB = table[ofB + DUE] as number;
    if (dueA !== dueB) return earlier(dueA, dueB);
    const restA = (table[ofA + REST] as number) - (table[ofA + WEIGHT] as number);
    const restB = (table[ofB + REST] as number) - (table[ofB + WEIGHT] as number);
    if (restA !== restB) return restA < restB;
    return earlier(table[ofA + PLACED] as number, table[ofB + PLACED] as number);
  }
}

class NewcomerHeap extends ServerHeap {
  readonly #table: Int32Array;

  constructor(memory: Int32Array, servers: number, table: Int32Array) {
    super(memory, servers);
    this.#table = table;
  }

  protected before(a: number, b: number): boolean {
    const ofA = this.#table[HEADER_WORDS + a * SERVER_WORDS + WEIGHT] as number;
    const ofB = this.#table[HEADER_WORDS + b * SERVER_WORDS + WEIGHT] as number;
    return ofA === ofB ? a < b : ofA > ofB;
  }
}

class RoundRobin extends OrderedBalancer {
  readonly #due: DueHeap;
  readonly #newcomers: NewcomerHeap;

  static words(servers: number): number {
    return HEADER_WORDS + SERVER_WORDS * servers + 2 * ServerHeap.words(servers);
  }

  constructor(context: BalanceContext) {
    super(context);
    const count = this.servers.count;
    const heaps = HEADER_WORDS + SERVER_WORDS * count;
    this.#due = new DueHeap(this.table.subarray(heaps), count, this.table);
    this.#newcomers = new NewcomerHeap(
      this.table.subarray(heaps + ServerHeap.words(count)),
      count,
      this.table,
    );
  }

  protected arrange(): void {
    const table = this.table;
    const joins = this.#anyoneStays();
    for (let server = 0; server < this.servers.count; server++) {
      const words = HEADER_WORDS + server * SERVER_WORDS;
      const before = table[words + WEIGHT] as number;
      const weight = this.servers.has(server) ? this.servers.rampedUnits(server) : 0;
      if (weight === before) continue;
      (table[TOTAL] as number) += weight - before;
      this.remove(server);
      table[words + WEIGHT] = weight;
      if (weight === 0) continue;
      if (before === 0) this.#enter(server, joins);
      else {
        table[words + REST] = Math.min(table[words + REST] as number, weight - 1);
        this.putBack(server);
      }
    }
  }

  /** Whether a server that was in use before is still. */
  #anyoneStays(): boolean {
    for (let server = 0; server < this.servers.count; server++) {
      const before = this.table[HEADER_WORDS + server * SERVER_WORDS + WEIGHT];
      if (before !== 0 && this.servers.has(server)) return true;
    }
    return false;
  }

  /** A server comes in: into a farm that is there already, or with all the others. */
  #enter(server: number, joins: boolean): void {
    const table = this.table;
    const words = HEADER_WORDS + server * SERVER_WORDS;
    table[words + STARTED] = joins ? 1 : 0;
    table[words + REST] = 0;
    if (!joins) {
      this.#newcomers.add(server);
      return;
    }
    const turns = Math.ceil((table[TOTAL] as number) / (table[words + WEIGHT] as number));
    table[words + DUE] = (table[LAST_DUE] as number) + turns;
    table[words + PLACED] = table[PLACINGS]!++;
    this.#due.add(server);
  }

  protected next(): number {
    const due = this.#due;
    if (due.size > 0) {
      const server = due.first;
      const at = this.table[HEADER_WORDS + server * SERVER_WORDS + DUE] as number;
      if (this.#newcomers.size === 0 || !earlier(this.table[CLOCK] as number, at)) return server;
    }
    return this.#newcomers.size > 0 ? this.#newcomers.first : -1;
  }

  protected take(server: number): void {
    const table = this.table;
    const words = HEADER_WORDS + server * SERVER_WORDS;
    const clock = table[CLOCK] as number;
    const isNew = table[words + STARTED] === 0;
    if (isNew) table[words + DUE] = clock;
    const due = table[words + DUE] as number;
    table[CLOCK] = (earlier(clock, due) ? due : clock) + 1;
    table[LAST_DUE] = due;
    table[LAST_ORDER] = (table[words + REST] as number) - (table[words + WEIGHT] as number);
    this.#advance(words);
    if (isNew) {
      table[words + STARTED] = 1;
      this.#newcomers.remove(server);
      this.#due.add(server);
    } else this.#due.changed(server);
  }

  /** Moves the server's due time on by one of its turns. */
  #advance(words: number): void {
    const table = this.table;
    const total = table[TOTAL] as number;
    const weight = table[words + WEIGHT] as number;
    let due = (table[words + DUE] as number) + Math.floor(total / weight);
    let rest = (table[words + REST] as number) + (total % weight);
    if (rest >= weight) {
      rest -= weight;
      due++;
    }
    table[words + DUE] = due;
    table[words + REST] = rest;
    table[words + PLACED] = table[PLACINGS]!++;
  }

  /** Whether the server's turn would have come before that of the server taken last. */
  #missed(words: number): boolean {
    const table = this.table;
    const due = table[words + DUE] as number;
    const last = table[LAST_DUE] as number;
    if (due !== last) return earlier(due, last);
    return (
      (table[words + REST] as number) - (table[words + WEIGHT] as number) < (table[LAST_ORDER] as number)
    );
  }

  protected remove(server: number): void {
    this.#due.remove(server);
    this.#newcomers.remove(server);
  }

  protected putBack(server: number): void {
    const words = HEADER_WORDS + server * SERVER_WORDS;
    const started = this.table[words + STARTED] === 1;
    // Turns that a full server missed are lost.
    if (started) while (this.#missed(words)) this.#advance(words);
    (started ? this.#due : this.#newcomers).add(server);
  }
}

registerBalanceAlgorithm({
  name: 'roundrobin',
  doc: 'Each server in turn, in proportion to its weight; weights may change while running.',
  syntax: '',
  parse: parseNothing,
  hasDynamicWeights: () => true,
  deterministic: false,
  sharedBytes: (_settings, { servers }) =>
    OrderedBalancer.bytes(servers.length, RoundRobin.words(servers.length)),
  create: (_settings, context) => new RoundRobin(context),
});
