/**
 * The fixed order of static algorithms: T turns, T being the sum of the weights, of which each server has as many as
 * its weight. The weights are taken in lowest terms over all servers of the backend, whether they are up or not. Every turn adds to each server's score its weight; the server whose
 * score holds the most whole T's takes the turn (the first of the list among equals) and pays T. The rule was found by
 * watching HAProxy 2.6; test/unit/balance holds the two side by side.
 */
import { ServerHeap } from './server-heap.ts';

const MAX_WEIGHT = 256;
const DEFAULT_WEIGHT = 1;

/** What the weights of a backend are divided by: the common divisor of all that were configured or are set now. */
export function commonDivisor(configured: readonly (number | undefined)[], current: Int32Array): number {
  let divisor = 0;
  for (const weight of configured) divisor = greatestCommonDivisor(divisor, weight ?? DEFAULT_WEIGHT);
  for (const weight of current) divisor = greatestCommonDivisor(divisor, weight);
  return divisor;
}

/** Turns that a map of so many servers can have. */
export function mostTurns(servers: number): number {
  return servers * MAX_WEIGHT;
}

class CreditHeap extends ServerHeap {
  readonly #credits: Int32Array;

  constructor(credits: Int32Array) {
    super(new Int32Array(ServerHeap.words(credits.length)), credits.length);
    this.#credits = credits;
  }

  protected before(a: number, b: number): boolean {
    const ofA = this.#credits[a] as number;
    const ofB = this.#credits[b] as number;
    return ofA === ofB ? a < b : ofA > ofB;
  }
}

/**
 * Fills `turns` with the server of each turn and returns T. `weights` are in lowest terms, 0 for servers that do not
 * take part.
 * A score gains a whole T only now and then, so servers are not looked at every turn: those gains stand in a calendar,
 * and the work is O(T log n) rather than O(T n).
 */
export function fillTurns(weights: Int32Array, turns: Int32Array): number {
  const count = weights.length;
  let total = 0;
  for (const weight of weights) total += weight;
  // A server may take a turn while it has a credit: one from the start, and one for each whole T of its score.
  const credits = new Int32Array(count);
  const gains = new Int32Array(count);
  const heap = new CreditHeap(credits);
  /** For each turn the first server that gains a credit in it; then for each server the next one of that turn. */
  const calendar = new Int32Array(total).fill(-1);
  const following = new Int32Array(count).fill(-1);
  const schedule = (server: number): void => {
    const gain = (gains[server] as number) + 1;
    gains[server] = gain;
    const turn = Math.ceil((total * gain) / (weights[server] as number)) - 1;
    if (turn >= total) return;
    following[server] = calendar[turn] as number;
    calendar[turn] = server;
  };
  for (let server = 0; server < count; server++) {
    if (weights[server] === 0) continue;
    credits[server] = 1;
    heap.add(server);
    schedule(server);
  }
  for (let turn = 0; turn < total; turn++) {
    for (let server = calendar[turn] as number; server >= 0; ) {
      const next = following[server] as number;
      (credits[server] as number)++;
      if (credits[server] === 1) heap.add(server);
      else heap.changed(server);
      schedule(server);
      server = next;
    }
    const chosen = heap.first;
    turns[turn] = chosen;
    (credits[chosen] as number)--;
    if (credits[chosen] === 0) heap.remove(chosen);
    else heap.changed(chosen);
  }
  return total;
}

function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}
