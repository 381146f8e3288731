/**
 * Algorithms that know which server comes next. A server that is full when its turn comes is laid aside until it has
 * room again, so that a pick never walks over full servers twice; the server to avoid is passed over for one pick.
 */
import { ALL_FULL, type BalanceContext, type BalanceRequest, NO_SERVER } from '../../proxy/balancing.ts';
import { SharedBalancer } from './shared-balancer.ts';

/** Number of servers laid aside, then for each server whether it is. */
const ASIDE_COUNT = 0;
const ASIDE = 1;

export abstract class OrderedBalancer extends SharedBalancer {
  /** The algorithm's words behind those of this class. */
  protected readonly table: Int32Array;

  static override bytes(servers: number, ownWords: number): number {
    return SharedBalancer.bytes(servers, ASIDE + servers + ownWords);
  }

  constructor(context: BalanceContext) {
    super(context);
    this.table = this.memory.subarray(ASIDE + this.servers.count);
  }

  /** Brings the tables in line with `servers`; they must hold the members that are not aside. */
  protected abstract arrange(fresh: boolean): void;
  /** The server whose turn it is, or -1 when the tables are empty. Changes nothing. */
  protected abstract next(): number;
  /** The server that `next` named, or that was passed over, gets the request. It is in the tables. */
  protected abstract take(server: number): void;
  protected abstract remove(server: number): void;
  /** Puts a removed server back where it belongs by now. */
  protected abstract putBack(server: number): void;

  /** Whether the server cannot be given a request now. */
  protected full(server: number): boolean {
    return this.servers.full(server);
  }

  protected choose(_request: BalanceRequest, avoid: number): number {
    let spared = -1;
    let chosen = this.next();
    while (chosen >= 0) {
      if (chosen === avoid && !this.full(chosen)) {
        spared = chosen;
        this.remove(chosen);
      } else if (!this.#layAside(chosen)) break;
      chosen = this.next();
    }
    if (chosen >= 0) this.take(chosen);
    if (spared >= 0) {
      this.putBack(spared);
      if (chosen < 0) {
        this.take(spared);
        return spared;
      }
    }
    if (chosen >= 0) return chosen;
    return this.memory[ASIDE_COUNT] === 0 ? NO_SERVER : ALL_FULL;
  }

  served(server: number): void {
    // The common case, nothing laid aside, must not touch the lock.
    if (!this.isAside(server)) return;
    this.enter();
    this.#recall(server);
    this.leave();
  }

  override gaveUp(server: number): void {
    if (!this.isAside(server)) return;
    this.enter();
    this.#recall(server);
    this.leave();
  }

  protected rebuild(fresh: boolean): void {
    // Limits may have changed as well, and servers may have left: those aside are judged anew.
    for (let server = 0; server < this.servers.count; server++) {
      if (!this.isAside(server)) continue;
      this.#unmark(server);
      if (this.servers.has(server)) this.putBack(server);
    }
    this.arrange(fresh);
  }

  protected isAside(server: number): boolean {
    return Atomics.load(this.memory, ASIDE + server) !== 0;
  }

  /**
   * False when the server has room. Another thread may be giving a slot back: it lowers SRV_SERVED before it looks
   * whether the server is aside, and here the server is marked before SRV_SERVED is looked at again, so that one of
   * the two sees the other.
   */
  #layAside(server: number): boolean {
    if (!this.full(server)) return false;
    Atomics.store(this.memory, ASIDE + server, 1);
    (this.memory[ASIDE_COUNT] as number)++;
    if (!this.full(server)) {
      this.#unmark(server);
      return false;
    }
    this.remove(server);
    return true;
  }

  #unmark(server: number): void {
    Atomics.store(this.memory, ASIDE + server, 0);
    (this.memory[ASIDE_COUNT] as number)--;
  }

  #recall(server: number): void {
    if (!this.isAside(server) || this.full(server)) return;
    this.#unmark(server);
    this.putBack(server);
  }
}
