/**
 * A listening socket on one data thread: accepts connections, within the limits of the process, the frontend and the bind
 * line, and starts their sessions. All threads accept from the same socket; epoll wakes one of them.
 */
import type { BindConfig } from '../config/model.ts';
import { FdHandler } from '../loop/event-loop.ts';
import { Timer, type TimerOwner } from '../loop/timer-wheel.ts';
import { u8 } from '../os/arena.ts';
import {
  EPOLLEXCLUSIVE,
  EPOLLIN,
  IPPROTO_TCP,
  SO_KEEPALIVE,
  SO_RCVBUF,
  SO_SNDBUF,
  SOL_SOCKET,
  TCP_KEEPCNT,
  TCP_KEEPIDLE,
  TCP_KEEPINTVL,
} from '../os/constants.ts';
import { EAGAIN, ECONNABORTED, EINTR, EMFILE, ENFILE, ENOBUFS, ENOMEM } from '../os/errno.ts';
import { SocketAddress } from '../protocol/socket-address.ts';
import type { OpenListener } from '../state/messages.ts';
import {
  counterOffsets,
  LI_CONNECTIONS,
  LI_CONNECTIONS_MAX,
  LISTENER_COUNTERS,
  PROCESS_CONNECTIONS,
  raiseGauge,
  raiseHighest,
} from '../state/shared-state.ts';
import { accept, closeDescriptor, lastError, readPeer, sendOnce } from '../transport/socket.ts';
import { setIntOption } from '../transport/socket-options.ts';
import type { AcceptFilter } from './accept-filter.ts';
import { FE, type Frontend } from './frontend.ts';
import { HttpSession } from './http/session.ts';
import type { PausedListener, Plane } from './plane.ts';
import { TcpSession } from './tcp-session.ts';

const DEFAULT_MAX_ACCEPT = 4;
export const LI = counterOffsets(LISTENER_COUNTERS);
const dismissed = new SocketAddress();

export class Listener extends FdHandler implements PausedListener, TimerOwner {
  readonly plane: Plane;
  readonly frontend: Frontend;
  readonly bind: BindConfig;
  readonly index: number;
  readonly fd: number;
  readonly name: string;
  readonly nameBytes: Uint8Array | null;
  readonly unix: boolean;
  readonly acceptProxy: boolean;
  readonly expectsGreeting: boolean;
  /** First of its counters in a lane, with `option socket-stats`; otherwise -1. */
  readonly statistics: number;
  private readonly maxAccept: number;
  /** Connections accepted per event; follows how many are waiting, so that accept seldom finds the queue empty. */
  private batch = 1;
  private watching = false;
  /** Runs while the frontend's session rate is at its limit. */
  private readonly rateTimer = new Timer(this);
  private open = true;
  /** Shared word that counts its connections over all threads. */
  private readonly gauge: number;

  constructor(plane: Plane, frontend: Frontend, facts: OpenListener, bind: BindConfig) {
    super();
    this.plane = plane;
    this.frontend = frontend;
    this.bind = bind;
    this.index = facts.index;
    this.fd = facts.fd;
    this.name = bind.name ?? facts.text;
    this.nameBytes = bind.name === undefined ? null : Buffer.from(bind.name, 'latin1');
    this.unix = facts.unix;
    this.acceptProxy = bind.acceptProxy;
    this.expectsGreeting = bind.acceptProxy || bind.acceptNetscalerCip !== undefined;
    const counted = frontend.config.options.get('socket-stats') === true;
    this.statistics = counted ? plane.shared.listenerCounters(facts.index) : -1;
    this.gauge = plane.shared.listenerWords(facts.index) + LI_CONNECTIONS;
    this.maxAccept = plane.configuration.global.tune.maxAccept ?? DEFAULT_MAX_ACCEPT;
  }

  /** Starts accepting. */
  resume(): void {
    if (this.watching || !this.open) return;
    // Exclusive: of all threads that wait for this socket only one is woken for a connection.
    this.watching = this.plane.loop.watch(this.fd, this, EPOLLIN | EPOLLEXCLUSIVE);
  }

  /** Stops accepting until a connection ends somewhere. */
  private pause(): void {
    this.suspend();
    this.plane.pauseListener(this);
  }

  /** Stops accepting until told otherwise. */
  suspend(): void {
    this.plane.loop.timers.disarm(this.rateTimer);
    if (!this.watching) return;
    this.watching = false;
    this.plane.loop.unwatch(this.fd);
  }

  /** Stops for good; the control plane closes the socket itself. */
  retire(): void {
    this.suspend();
    this.plane.loop.timers.release(this.rateTimer);
    this.open = false;
  }

  /** There may be room in the session rate again. */
  onTimer(): void {
    this.resume();
  }

  get id(): number {
    return this.bind.id ?? this.index + 1;
  }

  get connections(): number {
    return Atomics.load(this.plane.words, this.gauge);
  }

  leave(): void {
    Atomics.sub(this.plane.words, this.gauge, 1);
  }

  override onBug(error: unknown): void {
    this.plane.onBug(error);
    this.resume();
  }

  override onEvents(): void {
    const plane = this.plane;
    const rate = this.frontend.sessionRate;
    let accepted = 0;
    while (accepted < this.batch && this.watching) {
      // Near a limit the place is taken before the connection is: all threads together never hold more than that.
      const reserved = !this.hasRoom();
      if (reserved && !this.takePlaces()) {
        this.pause();
        return;
      }
      if (rate !== null) {
        const waitMs = rate.take(plane.loop.now);
        if (waitMs > 0) {
          if (reserved) this.leavePlaces();
          this.suspend();
          plane.loop.timers.arm(this.rateTimer, (plane.loop.now + waitMs) | 0);
          return;
        }
      }
      const at = plane.scratch;
      const fd = accept(this.fd, at);
      if (fd < 0) {
        const error = lastError();
        if (reserved) this.leavePlaces();
        if (rate !== null) rate.giveBack();
        if (error === EINTR || error === ECONNABORTED) continue;
        this.batch = Math.max(accepted, 1);
        if (error !== EAGAIN) this.onAcceptError(error);
        return;
      }
      if (!reserved) this.countPlaces();
      accepted++;
      this.start(fd, at);
    }
    if (this.batch < this.maxAccept) this.batch++;
  }

  /** Whether there are so many places left that every thread may take one. What is counted is then really there. */
  private hasRoom(): boolean {
    const { words, process } = this.plane;
    const { threads } = this.plane.shared.sizes;
    const limit = this.bind.maxconn ?? 0;
    return (
      Atomics.load(words, PROCESS_CONNECTIONS) + threads <= process.maxconn &&
      this.frontend.connections + threads <= this.frontend.maxconn &&
      (limit === 0 || Atomics.load(words, this.gauge) + threads <= limit)
    );
  }

  private countPlaces(): void {
    const { words } = this.plane;
    Atomics.add(words, PROCESS_CONNECTIONS, 1);
    if (this.statistics >= 0) raiseGauge(words, this.gauge, this.gauge + LI_CONNECTIONS_MAX);
    else Atomics.add(words, this.gauge, 1);
    this.frontend.take();
  }

  /** Takes a place of the process, the bind line and the frontend, or none. */
  private takePlaces(): boolean {
    const { words, process } = this.plane;
    if (Atomics.add(words, PROCESS_CONNECTIONS, 1) < process.maxconn && this.enterFrontend()) return true;
    Atomics.sub(words, PROCESS_CONNECTIONS, 1);
    return false;
  }

  private leavePlaces(): void {
    this.frontend.leave();
    this.leave();
    Atomics.sub(this.plane.words, PROCESS_CONNECTIONS, 1);
  }

  /** Takes a place of the bind line and one of the frontend, or none. */
  private enterFrontend(): boolean {
    const { words } = this.plane;
    const limit = this.bind.maxconn ?? 0;
    const places = Atomics.add(words, this.gauge, 1) + 1;
    if (places > limit && limit > 0) {
      Atomics.sub(words, this.gauge, 1);
      return false;
    }
    if (this.frontend.enter()) {
      if (this.statistics >= 0) raiseHighest(words, this.gauge + LI_CONNECTIONS_MAX, places);
      return true;
    }
    Atomics.sub(words, this.gauge, 1);
    return false;
  }

  private start(fd: number, sockaddr: number): void {
    const { plane, frontend } = this;
    if (this.statistics >= 0) plane.count(this.statistics + LI.connections);
    plane.count(frontend.counters + FE.connections);
    if (frontend.acceptFilters !== null && this.dismiss(fd, sockaddr, frontend.acceptFilters)) return;
    if (!this.unix) this.setOptions(fd);
    const session = frontend.http
      ? (plane.httpSessions.take() ?? new HttpSession(plane))
      : (plane.tcpSessions.take() ?? new TcpSession(plane));
    session.open(this, fd);
    readPeer(sockaddr, session.clientAddress);
    session.begin();
  }

  /** Closes a connection that a filter claims. False when none does. */
  private dismiss(fd: number, sockaddr: number, filters: readonly AcceptFilter[]): boolean {
    readPeer(sockaddr, dismissed);
    for (const filter of filters) {
      const answer = filter.dismiss(dismissed);
      if (answer === undefined) continue;
      u8.set(answer, sockaddr);
      if (answer.length > 0) sendOnce(fd, sockaddr, answer.length);
      closeDescriptor(fd);
      this.leavePlaces();
      this.plane.onPlaceFree();
      return true;
    }
    return false;
  }

  /** TCP_NODELAY is inherited from the listening socket; the rest is only set where it is configured. */
  private setOptions(fd: number): void {
    const { frontend, plane } = this;
    if (frontend.clientKeepAlive) {
      setIntOption(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
      const { count, idleMs, intervalMs } = frontend.config.keepalive.client;
      if (count !== undefined) setIntOption(fd, IPPROTO_TCP, TCP_KEEPCNT, count);
      if (idleMs !== undefined)
        setIntOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, Math.max(1, Math.round(idleMs / 1000)));
      if (intervalMs !== undefined)
        setIntOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, Math.max(1, Math.round(intervalMs / 1000)));
    }
    const { rcvbufClient, sndbufClient } = plane.configuration.global.tune;
    if (rcvbufClient !== undefined) setIntOption(fd, SOL_SOCKET, SO_RCVBUF, rcvbufClient);
    if (sndbufClient !== undefined) setIntOption(fd, SOL_SOCKET, SO_SNDBUF, sndbufClient);
  }

  private onAcceptError(error: number): void {
    // Out of descriptors or memory: waiting for a connection to end is all that helps.
    if (error === EMFILE || error === ENFILE || error === ENOMEM || error === ENOBUFS) this.pause();
  }
}
