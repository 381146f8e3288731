/**
 * `balance static-rr`: every server in turn by a fixed list of turns (turn-map.ts), computed again when a server goes
 * or comes. Weight changes count from then on.
 * Structure: for each server its turns in ascending order, and a heap of the servers by their next turn, so that full
 * servers are passed over without walking the list: O(log n) a pick.
 * Specification: configuration manual 4.2 `balance static-rr`.
 */
import { type BalanceContext, parseNothing, registerBalanceAlgorithm } from '../../proxy/balancing.ts';
import { OrderedBalancer } from './ordered-balancer.ts';
import { ServerHeap } from './server-heap.ts';
import { fillTurns, mostTurns } from './turn-map.ts';

/** Header of the table: the turn that comes next, and the number of turns. */
const POSITION = 0;
const TOTAL = 1;
const HEADER_WORDS = 2;
/** Turns are counted on over the rounds; from here on the count is set back, long before it leaves 32 bits. */
const REBASE_AT = 2 ** 30;

class TurnHeap extends ServerHeap {
  readonly #nextTurns: Int32Array;

  constructor(memory: Int32Array, nextTurns: Int32Array) {
    super(memory, nextTurns.length);
    this.#nextTurns = nextTurns;
  }

  protected before(a: number, b: number): boolean {
    return (this.#nextTurns[a] as number) < (this.#nextTurns[b] as number);
  }
}

export class StaticRoundRobin extends OrderedBalancer {
  /** Each server's next turn on a clock that runs on over the rounds. */
  readonly #next: Int32Array;
  /** Where each server's turns start in `#turnsOf`, and where the last one's end. */
  readonly #starts: Int32Array;
  readonly #turnsOf: Int32Array;
  readonly #heap: TurnHeap;

  static words(servers: number): number {
    return HEADER_WORDS + servers + servers + 1 + mostTurns(servers) + ServerHeap.words(servers);
  }

  constructor(context: BalanceContext) {
    super(context);
    const count = this.servers.count;
    let at = HEADER_WORDS;
    const part = (words: number): Int32Array => {
      at += words;
      return this.table.subarray(at - words, at);
    };
    this.#next = part(count);
    this.#starts = part(count + 1);
    this.#turnsOf = part(mostTurns(count));
    this.#heap = new TurnHeap(part(ServerHeap.words(count)), this.#next);
  }

  protected arrange(): void {
    const count = this.servers.count;
    const weights = this.servers.reducedWeights();
    const turns = new Int32Array(weights.reduce((sum, weight) => sum + weight, 0));
    const total = fillTurns(weights, turns);
    this.onTurns(turns);
    // Without any server the position stays for the next list.
    if (total > 0) this.#fit(total);
    this.#sort(turns);
    this.#heap.clear();
    for (let server = 0; server < count; server++) if (!this.isAside(server)) this.putBack(server);
  }

  /** The list of turns is a new one. */
  protected onTurns(_turns: Int32Array): void {
    // Here the turns of each server are all that is needed.
  }

  /** Keeps the position where the new list has it. */
  #fit(total: number): void {
    // Behind the last turn the position only starts over when it is used: a longer list goes on from there.
    const before = this.table[TOTAL] as number;
    const passed = this.table[POSITION] as number;
    const position = passed === 0 ? 0 : 1 + ((passed - 1) % before);
    this.table[POSITION] = position < total ? position : 0;
    this.table[TOTAL] = total;
  }

  /** Lists each server's turns. */
  #sort(turns: Int32Array): void {
    const starts = this.#starts.fill(0);
    for (const server of turns) (starts[server + 1] as number)++;
    for (let at = 1; at < starts.length; at++) (starts[at] as number) += starts[at - 1] as number;
    const filled = starts.slice();
    turns.forEach((server, turn) => {
      this.#turnsOf[filled[server]!++] = turn;
    });
  }

  protected next(): number {
    return this.#heap.size > 0 ? this.#heap.first : -1;
  }

  protected take(server: number): void {
    this.table[POSITION] = (this.#next[server] as number) + 1;
    this.#find(server);
    this.#heap.changed(server);
    if ((this.table[POSITION] as number) >= REBASE_AT) this.#rebase();
  }

  protected remove(server: number): void {
    this.#heap.remove(server);
  }

  protected putBack(server: number): void {
    if (this.#starts[server] === this.#starts[server + 1]) return;
    this.#find(server);
    this.#heap.add(server);
  }

  /** Sets the server's first turn from the position on. */
  #find(server: number): void {
    const total = this.table[TOTAL] as number;
    const position = this.table[POSITION] as number;
    const inRound = position % total;
    const first = this.#starts[server] as number;
    const end = this.#starts[server + 1] as number;
    let low = first;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#turnsOf[middle] as number) < inRound) low = middle + 1;
      else high = middle;
    }
    const turn = low < end ? (this.#turnsOf[low] as number) : (this.#turnsOf[first] as number) + total;
    this.#next[server] = position - inRound + turn;
  }

  /** Keeps the order: every server's turn is set back by the same number of rounds. */
  #rebase(): void {
    const total = this.table[TOTAL] as number;
    // The position stays above 0: a round was passed (see `arrange`).
    const back = (Math.ceil((this.table[POSITION] as number) / total) - 1) * total;
    this.table[POSITION] = (this.table[POSITION] as number) - back;
    for (let server = 0; server < this.servers.count; server++) {
      this.#next[server] = (this.#next[server] as number) - back;
    }
  }
}

registerBalanceAlgorithm({
  name: 'static-rr',
  doc: 'Each server in turn by a fixed list that follows the weights.',
  syntax: '',
  parse: parseNothing,
  hasDynamicWeights: () => false,
  deterministic: false,
  sharedBytes: (_settings, { servers }) =>
    OrderedBalancer.bytes(servers.length, StaticRoundRobin.words(servers.length)),
  create: (_settings, context) => new StaticRoundRobin(context),
});
