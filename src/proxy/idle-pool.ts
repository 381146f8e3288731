/**
 * Idle connections to one server, kept by one thread; the one that was released last is used first. No more are kept than
 * were in use at once lately, and what was not needed for a whole purge delay is closed, half of it at a time.
 * Specification: configuration manual, `http-reuse`, `pool-max-conn`, `pool-low-conn`, `pool-purge-delay`,
 * `tune.pool-low-fd-ratio`, `tune.pool-high-fd-ratio`.
 */
import type { HttpReuse } from '../config/model.ts';
import { Timer, type TimerOwner } from '../loop/timer-wheel.ts';
import { SRV_IDLE } from '../state/shared-state.ts';
import type { Plane } from './plane.ts';
import { BE, type Server } from './server.ts';
import type { ServerConnection } from './server-connection.ts';

const DEFAULT_PURGE_DELAY_MS = 5000;

export class IdlePool implements TimerOwner {
  private readonly plane: Plane;
  private readonly server: Server;
  private readonly stack: ServerConnection[] = [];
  private readonly timer: Timer;
  private readonly purgeDelayMs: number;
  /** Idle connections over all threads at most; -1: no limit. */
  private readonly limit: number;
  /** Up to so many are kept behind the first, whether they were needed or not; 0: none. */
  private readonly floor: number;
  /** Fewest idle connections since the last purge: as many were not needed. */
  private unneeded = 0;
  /** Connections that carry a request now, and the most of them in this and the last purge delay. */
  private busy = 0;
  private mostBusy = 0;
  private mostBusyBefore = 0;

  constructor(plane: Plane, server: Server) {
    this.plane = plane;
    this.server = server;
    this.timer = new Timer(this);
    this.purgeDelayMs = server.config.poolPurgeDelayMs ?? DEFAULT_PURGE_DELAY_MS;
    this.limit = server.config.poolMaxConn ?? -1;
    this.floor = server.config.poolLowConn ?? 0;
  }

  get size(): number {
    return this.stack.length;
  }

  /** A stream has got a connection, from here or a new one. */
  enter(): void {
    if (++this.busy <= this.mostBusy) return;
    this.mostBusy = this.busy;
    this.tellNeed();
  }

  private get needed(): number {
    return Math.max(this.mostBusy, this.mostBusyBefore);
  }

  private tellNeed(): void {
    this.plane.lane[this.server.counters + BE.neededConnections] = this.needed;
  }

  leave(): void {
    this.busy--;
  }

  /** A connection for a request, or null. `first`: the first request of its client connection. */
  take(mode: HttpReuse, first: boolean, retryable: boolean): ServerConnection | null {
    const stack = this.stack;
    if (stack.length === 0 || mode === 'never') return null;
    let at = stack.length - 1;
    if (first && !retryable) {
      if (mode === 'safe') return null;
      // Only one that was reused before has shown that its server keeps connections.
      if (mode === 'aggressive') while (at >= 0 && (stack[at] as ServerConnection).requests < 2) at--;
      if (at < 0) return null;
    }
    const connection = stack[at] as ServerConnection;
    this.remove(connection);
    return connection;
  }

  /** Takes in a connection that has nothing to do. False when there are enough: the caller closes it. */
  put(connection: ServerConnection): boolean {
    if (this.purgeDelayMs === 0 || !this.wants()) return false;
    if (this.limit >= 0) {
      if (Atomics.add(this.plane.words, this.server.words + SRV_IDLE, 1) >= this.limit) {
        Atomics.sub(this.plane.words, this.server.words + SRV_IDLE, 1);
        return false;
      }
    }
    connection.idleAt = this.stack.length;
    this.stack.push(connection);
    this.server.count(connection.requests > 1 ? BE.idleSafe : BE.idleUnsafe);
    if (!this.timer.running) {
      this.unneeded = 0;
      this.plane.loop.timers.arm(this.timer, (this.plane.loop.now + this.purgeDelayMs) | 0);
    }
    return true;
  }

  private wants(): boolean {
    const { process, connections } = this.plane;
    if (connections >= process.poolHighConnections) return false;
    const idle = this.stack.length;
    if (this.floor > 0 && idle <= this.floor && connections < process.poolLowConnections) return true;
    return idle + this.busy < this.needed;
  }

  /** A new connection is about to be made: where descriptors get scarce, an idle one gives up its own. */
  makeRoom(): void {
    const { process, connections } = this.plane;
    if (this.stack.length > 0 && connections >= process.poolHighConnections) {
      (this.stack[0] as ServerConnection).abort();
    }
  }

  /** The connection leaves the pool: taken for a request, or closed by the server. */
  remove(connection: ServerConnection): void {
    const stack = this.stack;
    const at = connection.idleAt;
    const last = stack.pop() as ServerConnection;
    if (last !== connection) {
      stack[at] = last;
      last.idleAt = at;
    }
    connection.idleAt = -1;
    this.server.count(connection.requests > 1 ? BE.idleSafe : BE.idleUnsafe, -1);
    if (stack.length < this.unneeded) this.unneeded = stack.length;
    if (this.limit >= 0) Atomics.sub(this.plane.words, this.server.words + SRV_IDLE, 1);
  }

  onTimer(): void {
    let closing = (this.unneeded + 1) >> 1;
    // Those at the bottom have been idle for longest.
    while (closing-- > 0 && this.stack.length > 0) (this.stack[0] as ServerConnection).abort();
    this.unneeded = this.stack.length;
    this.mostBusyBefore = this.mostBusy;
    this.mostBusy = this.busy;
    this.tellNeed();
    if (this.stack.length > 0) {
      this.plane.loop.timers.arm(this.timer, (this.plane.loop.now + this.purgeDelayMs) | 0);
    }
  }

  closeAll(): void {
    while (this.stack.length > 0) (this.stack[this.stack.length - 1] as ServerConnection).close();
    this.plane.loop.timers.release(this.timer);
  }
}
