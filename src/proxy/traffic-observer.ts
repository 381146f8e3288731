/**
 * `observe`: counts the errors in a row that the traffic shows of one server, over all threads, and tells the main
 * thread when there are enough of them. Until that has decided, no more are told. It changes no state itself.
 * Specification: configuration manual 5.2 `observe`, `error-limit`.
 */
import type { ServerConfig } from '../config/model.ts';
import { SEEN_UNCONNECTED, SEEN_WRONG_STATUS } from '../state/observed-errors.ts';
import { SRV_ERRORS_IN_A_ROW, SRV_SERVED } from '../state/shared-state.ts';
import type { Plane } from './plane.ts';

const DEFAULT_LIMIT = 10;
/** The shared counter while the main thread decides; what goes wrong meanwhile is counted downwards from here. */
const UNDECIDED = -1;

export class TrafficObserver {
  readonly #plane: Plane;
  /** Index of the server, and its first shared word. */
  readonly #server: number;
  readonly #words: number;
  readonly #layer7: boolean;
  readonly #limit: number;

  private constructor(plane: Plane, config: ServerConfig, server: number) {
    this.#plane = plane;
    this.#server = server;
    this.#words = plane.shared.serverWords(server);
    this.#layer7 = config.observe === 'layer7';
    this.#limit = config.errorLimit ?? DEFAULT_LIMIT;
  }

  /** Null where nothing is to be observed: only servers with a health check are. */
  static of(plane: Plane, config: ServerConfig, server: number): TrafficObserver | null {
    if (config.observe === 'none' || !config.check.enabled) return null;
    return new TrafficObserver(plane, config, server);
  }

  connected(): void {
    if (!this.#layer7) this.#good();
  }

  notConnected(): void {
    this.#bad(SEEN_UNCONNECTED, 0);
  }

  response(status: number): void {
    if (!this.#layer7) return;
    if (status < 500 || status === 501 || status === 505) this.#good();
    else this.#bad(SEEN_WRONG_STATUS, 0);
  }

  /** No usable response. `leaving`: the stream counts as one that has left the server already. */
  noResponse(what: number, leaving: boolean): void {
    if (this.#layer7) this.#bad(what, leaving ? 1 : 0);
  }

  #good(): void {
    const { words } = this.#plane;
    const at = this.#words + SRV_ERRORS_IN_A_ROW;
    const count = Atomics.load(words, at);
    if (count > 0) Atomics.compareExchange(words, at, count, 0);
    else if (count < UNDECIDED) Atomics.compareExchange(words, at, count, UNDECIDED);
  }

  #bad(what: number, leaving: number): void {
    const { words } = this.#plane;
    const at = this.#words + SRV_ERRORS_IN_A_ROW;
    for (let count = Atomics.load(words, at); ; ) {
      const decided = count >= 0;
      const enough = decided && count + 1 >= this.#limit;
      const next = enough ? UNDECIDED : decided ? count + 1 : count - 1;
      const found = Atomics.compareExchange(words, at, count, next);
      if (found === count) {
        if (!enough) return;
        const sessions = Atomics.load(words, this.#words + SRV_SERVED) - leaving;
        this.#plane.onServerErrors({ server: this.#server, count: count + 1, last: what, sessions });
        return;
      }
      count = found;
    }
  }
}
