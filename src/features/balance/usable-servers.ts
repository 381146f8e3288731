/**
 * Which servers of a backend can take balanced traffic now, and with what weight. Reads the shared words only; whoever
 * changes a server's state, weight or slow start moves BE_GENERATION, and the algorithms look here again.
 * Specification: configuration manual 4.2 `option allbackups`, 5.2 `backup`, `weight`, `maxconn`, `slowstart`.
 */
import type { BalanceContext } from '../../proxy/balancing.ts';
import { slotLimit } from '../../state/server-slots.ts';
import {
  SERVER_OUT_OF_USE,
  SERVER_UP,
  SRV_QUEUED,
  SRV_SERVED,
  SRV_STATE,
  SRV_WEIGHT,
  SRV_WEIGHT_UNITS,
} from '../../state/shared-state.ts';
import { commonDivisor } from './turn-map.ts';

export class UsableServers {
  readonly count: number;
  readonly #words: Int32Array;
  /** First word of the backend's first server; the others follow at `#stride`. */
  readonly #first: number;
  /** First word of the backend. */
  readonly #backend: number;
  readonly #stride: number;
  readonly #configuredWeights: readonly (number | undefined)[];
  readonly #isBackup: readonly boolean[];
  readonly #maxQueues: readonly number[];
  readonly #allBackups: boolean;
  /** 1 for each server of the group that `refresh` found: shared, as any thread may be the one that refreshed. */
  readonly #members: Int32Array;

  /** `members`: one shared word for each server. */
  constructor(context: BalanceContext, members: Int32Array) {
    const { proxy, shared, firstServer } = context;
    this.count = proxy.servers.length;
    this.#words = shared.words;
    this.#first = shared.serverWords(firstServer);
    this.#backend = shared.proxyWords(context.proxyIndex);
    this.#stride = shared.serverWords(firstServer + 1) - this.#first;
    this.#configuredWeights = proxy.servers.map((server) => server.weight);
    this.#isBackup = proxy.servers.map((server) => server.backup);
    this.#maxQueues = proxy.servers.map((server) => server.maxqueue ?? 0);
    this.#allBackups = proxy.options.get('allbackups') === true;
    this.#members = members;
  }

  #word(server: number, word: number): number {
    return Atomics.load(this.#words, this.#first + server * this.#stride + word);
  }

  #usable(server: number): boolean {
    const state = this.#word(server, SRV_STATE);
    return (
      (state & SERVER_UP) !== 0 && (state & SERVER_OUT_OF_USE) === 0 && this.#word(server, SRV_WEIGHT) > 0
    );
  }

  /** Finds the group that takes the traffic: the active servers; without any, the first backup or all of them. */
  refresh(): void {
    this.#members.fill(0);
    if (this.#admit(false, this.count) === 0) this.#admit(true, this.#allBackups ? this.count : 1);
  }

  /** Lets in the first `most` usable servers of one kind and returns how many there were. */
  #admit(backup: boolean, most: number): number {
    let admitted = 0;
    for (let server = 0; server < this.count && admitted < most; server++) {
      if (this.#isBackup[server] !== backup || !this.#usable(server)) continue;
      this.#members[server] = 1;
      admitted++;
    }
    return admitted;
  }

  /** Whether the server is in the group that the last `refresh` found. */
  has(server: number): boolean {
    return this.#members[server] === 1;
  }

  /** The weight as configured or set, 0 to 256. */
  weight(server: number): number {
    return this.#word(server, SRV_WEIGHT);
  }

  /** The weights of the group, 0 for all others, in lowest terms as `turn-map.ts` wants them. */
  reducedWeights(): Int32Array {
    const weights = Int32Array.from({ length: this.count }, (_, at) => (this.has(at) ? this.weight(at) : 0));
    const divisor = commonDivisor(this.#configuredWeights, weights);
    return weights.map((weight) => weight / divisor);
  }

  /** The weight in units, as far as slow start grants it; at least one for a server in use. */
  rampedUnits(server: number): number {
    return Math.max(1, this.#word(server, SRV_WEIGHT_UNITS));
  }

  /** Whether the server has reached its maxconn. */
  full(server: number): boolean {
    const limit = slotLimit(this.#words, this.#first + server * this.#stride, this.#backend);
    return limit > 0 && this.#word(server, SRV_SERVED) >= limit;
  }

  /** The streams that hold a slot. */
  served(server: number): number {
    return this.#word(server, SRV_SERVED);
  }

  /** As `full`, where requests may also wait for this server in particular: then its maxqueue has been reached too. */
  fullWithQueue(server: number): boolean {
    const room = this.#maxQueues[server] as number;
    if (room <= 0) return this.full(server);
    const limit = slotLimit(this.#words, this.#first + server * this.#stride, this.#backend);
    return limit > 0 && this.load(server) >= limit + room;
  }

  /** What the server has to do: the streams that hold a slot and those that wait for one. */
  load(server: number): number {
    return this.#word(server, SRV_SERVED) + this.#word(server, SRV_QUEUED);
  }
}
