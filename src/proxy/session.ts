/**
 * A client connection from accept to close: its addresses, its limits, the PROXY or NetScaler header that it may begin
 * with. What follows is the subclass's: bytes (tcp-session.ts) or HTTP/1 (http/session.ts).
 */

import type { SessionScope } from '../expr/scope.ts';
import { Variables } from '../expr/variables.ts';
import type { Timer, TimerOwner } from '../loop/timer-wheel.ts';
import { Timer as LoopTimer } from '../loop/timer-wheel.ts';
import { u8 } from '../os/arena.ts';
import { IP_TOS, IPPROTO_IP, IPPROTO_IPV6, IPV6_TCLASS, SO_MARK, SOL_SOCKET } from '../os/constants.ts';
import { parseNetscalerCip } from '../protocol/netscaler-cip/receive.ts';
import {
  CIP_CLOSED,
  CIP_SOCKET_ERROR,
  CIP_TIMEOUT,
  CIP_TRUNCATED,
  PROXY_CLOSED,
  PROXY_SOCKET_ERROR,
  PROXY_TIMEOUT,
  PROXY_TRUNCATED,
} from '../protocol/proxy-protocol/handshake-error.ts';
import { ProxyHeader } from '../protocol/proxy-protocol/proxy-header.ts';
import { parseProxyHeader } from '../protocol/proxy-protocol/receive.ts';
import { SocketAddress } from '../protocol/socket-address.ts';
import {
  type ClientTarget,
  GREETING_CIP,
  GREETING_NONE,
  GREETING_PROXY,
  type GreetingKind,
} from '../rules/target.ts';
import type { ShutdownCause } from '../state/messages.ts';
import { PROCESS_CONNECTIONS } from '../state/shared-state.ts';
import { Channel } from '../transport/channel.ts';
import { type Connection, type ConnectionUser, FAILED } from '../transport/connection.ts';
import { isLocalAddress } from '../transport/local-address.ts';
import { readSocketName } from '../transport/socket-name.ts';
import { hideEnd, setIntOption } from '../transport/socket-options.ts';
import { readTcpInfo } from '../transport/tcp-info.ts';
import { FE, type Frontend } from './frontend.ts';
import { LI, type Listener } from './listener.ts';
import type { LiveSession, Plane } from './plane.ts';
import { admits } from './session-rules.ts';
import { countWire } from './wire-count.ts';

const NOTHING = new Uint8Array(0);
const proxyHeader = new ProxyHeader();

export abstract class Session implements ConnectionUser, LiveSession, TimerOwner, SessionScope, ClientTarget {
  readonly plane: Plane;
  frontend!: Frontend;
  listener!: Listener;
  readonly connection: Connection;
  /** What the client has sent. */
  readonly channel: Channel;
  readonly timer: Timer;
  readonly clientAddress = new SocketAddress();
  private readonly destination = new SocketAddress();
  private destinationKnown = false;
  /** Authority that a PROXY header announced. */
  authority: Uint8Array = NOTHING;
  acceptedAt = 0;
  /** Milliseconds spent on headers before the first byte of the protocol proper. */
  handshakeMs = 0;
  /** The header that has to come first, until it has come. */
  private greeting: GreetingKind = GREETING_NONE;
  /** A PROXY or NetScaler header came. */
  receivedHeader = false;
  /** Addresses before rules changed them, where they did: most connections need no room for them. */
  private keptSource: SocketAddress | null = null;
  private keptDestination: SocketAddress | null = null;
  private addressesKept = false;
  /** Addresses before rules changed them for the stream that there is, where they did. */
  private sessionSource: SocketAddress | null = null;
  private sessionDestination: SocketAddress | null = null;
  private streamAddresses = false;
  /** The client is not to notice that the connection ends. */
  private unseen = false;
  /** Variables of scope `sess`. */
  readonly variables = new Variables();
  previousSession: LiveSession | null = null;
  nextSession: LiveSession | null = null;

  constructor(plane: Plane, headroom: number) {
    this.plane = plane;
    this.connection = plane.newConnection(this);
    this.channel = new Channel(plane.pool, headroom);
    this.timer = new LoopTimer(this);
  }

  /** Takes over an accepted descriptor. The object may have served another one before. */
  open(listener: Listener, fd: number): void {
    this.frontend = listener.frontend;
    this.listener = listener;
    this.connection.open(fd);
    this.destinationKnown = false;
    this.authority = NOTHING;
    this.acceptedAt = this.plane.loop.now;
    this.handshakeMs = 0;
    this.greeting = GREETING_NONE;
    if (listener.acceptProxy) this.greeting = GREETING_PROXY;
    else if (listener.expectsGreeting) this.greeting = GREETING_CIP;
    this.receivedHeader = false;
    this.addressesKept = false;
    this.streamAddresses = false;
    this.unseen = false;
    this.variables.clear();
    this.plane.addSession(this);
  }

  /** Called once, right after `open`, when the addresses are known. */
  begin(): void {
    const rules = this.frontend.rules.connection;
    if (rules !== null && !admits(rules, this)) {
      // With a reset, as HAProxy: the client has not been promised anything.
      this.refuse(FE.deniedConnections, LI.deniedConnections, true);
      return;
    }
    if (this.greeting !== GREETING_NONE) this.receiveGreeting();
    else this.establish();
    // Only what is still open has to be watched; what could be read has been read already.
    if (!this.connection.closed && !this.connection.watchAccepted()) this.kill();
  }

  /** A connection whose greeting fails never becomes a session. */
  private establish(): void {
    const rules = this.frontend.rules.session;
    if (rules !== null && !admits(rules, this)) {
      // Behind a header HAProxy logs it as a handshake that has not failed.
      if (this.receivedHeader) this.plane.logger.logGreetingFailure(this, 'Success');
      this.refuse(FE.deniedSessions, LI.deniedSessions, false);
      return;
    }
    this.plane.count(this.frontend.counters + FE.sessions);
    this.onEstablished();
  }

  /** A rule does not want the connection: it is counted, and nothing is logged. */
  private refuse(frontendCounter: number, listenerCounter: number, reset: boolean): void {
    const { frontend, listener, plane } = this;
    // Whoever is dropped in silence counts among the requests that were denied, as in HAProxy.
    const { unseen } = this;
    plane.count(frontend.counters + (unseen ? FE.deniedRequests : frontendCounter));
    if (listener.statistics >= 0)
      plane.count(listener.statistics + (unseen ? LI.deniedRequests : listenerCounter));
    this.finish(reset);
  }

  // ---- what rules and expressions see ---------------------------------------------------------------------------

  get frontendScope(): Frontend {
    return this.frontend;
  }

  get listenerScope(): Listener {
    return this.listener;
  }

  keepAddresses(forStream: boolean): void {
    if (!this.addressesKept) {
      this.addressesKept = true;
      this.keptSource ??= new SocketAddress();
      this.keptDestination ??= new SocketAddress();
      this.keptSource.copyFrom(this.clientAddress);
      this.keptDestination.copyFrom(this.destinationAddress());
    }
    if (!forStream || this.streamAddresses) return;
    this.streamAddresses = true;
    this.sessionSource ??= new SocketAddress();
    this.sessionDestination ??= new SocketAddress();
    this.sessionSource.copyFrom(this.clientAddress);
    this.sessionDestination.copyFrom(this.destinationAddress());
  }

  /** The stream is over: the next one has the session's addresses. */
  protected restoreAddresses(): void {
    if (!this.streamAddresses || this.sessionSource === null || this.sessionDestination === null) return;
    this.streamAddresses = false;
    this.clientAddress.copyFrom(this.sessionSource);
    this.destination.copyFrom(this.sessionDestination);
  }

  originalSource(): SocketAddress {
    return this.addressesKept && this.keptSource !== null ? this.keptSource : this.clientAddress;
  }

  originalDestination(): SocketAddress {
    return this.addressesKept && this.keptDestination !== null
      ? this.keptDestination
      : this.destinationAddress();
  }

  tcpInfo(offset: number): number {
    return readTcpInfo(this.connection.fd, offset);
  }

  isLocal(address: SocketAddress): boolean {
    return isLocalAddress(address);
  }

  expectGreeting(kind: GreetingKind): void {
    this.greeting = kind;
  }

  endUnseen(): void {
    this.unseen = true;
  }

  markPackets(mark: number): void {
    setIntOption(this.connection.fd, SOL_SOCKET, SO_MARK, mark);
  }

  setServiceType(tos: number): void {
    const { fd } = this.connection;
    // A dual-stack socket has both; the one that does not fit its family is refused, and needs no answer.
    setIntOption(fd, IPPROTO_IP, IP_TOS, tos);
    setIntOption(fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
  }

  /** The protocol proper begins. */
  protected abstract onEstablished(): void;
  protected abstract onClientReady(): void;
  protected abstract onSessionTimer(): void;
  /** A header before the protocol was missing or wrong; the connection is being closed. */
  protected abstract logGreetingFailure(error: number): void;
  abstract onSoftStop(): void;
  abstract kill(): void;
  abstract shutServer(serverWords: number, cause: ShutdownCause): void;
  abstract countProgress(): void;

  onReady(): void {
    if (this.greeting !== GREETING_NONE) this.receiveGreeting();
    else this.onClientReady();
  }

  onBug(error: unknown): void {
    this.plane.onBug(error);
    this.kill();
  }

  onConnectionBug(_connection: Connection, error: unknown): void {
    this.plane.onBug(error);
    this.kill();
  }

  onTimer(): void {
    if (this.greeting !== GREETING_NONE)
      this.failGreeting(this.greeting === GREETING_PROXY ? PROXY_TIMEOUT : CIP_TIMEOUT);
    else this.onSessionTimer();
  }

  get frontendIndex(): number {
    return this.frontend.index;
  }

  get threadNumber(): number {
    return this.plane.thread;
  }

  /** The address that the client connected to: announced, or the socket's own. */
  destinationAddress(): SocketAddress {
    if (!this.destinationKnown) {
      this.destinationKnown = true;
      readSocketName(this.connection.fd, this.destination);
      this.destination.unmapToInet4();
    }
    return this.destination;
  }

  protected startTimer(delayMs: number | undefined): void {
    const timers = this.plane.loop.timers;
    if (delayMs === undefined || delayMs === 0) timers.disarm(this.timer);
    else timers.arm(this.timer, (this.plane.loop.now + delayMs) | 0);
  }

  /** What the connection has carried since it was last counted. */
  countWire(): void {
    const { frontend, plane } = this;
    if (frontend.http) countWire(plane.lane, frontend.counters + FE.wireBytesIn, this.connection);
  }

  /** Puts the closed session by for the next connection. */
  protected abstract spare(): void;

  /** Closes the client connection and gives back what the session holds. Streams have ended before. */
  protected finish(reset: boolean): void {
    if (this.connection.closed) return;
    this.countWire();
    if (this.unseen) hideEnd(this.connection.fd);
    if (reset || this.unseen || this.frontend.noLinger) this.connection.reset();
    else this.connection.close();
    this.channel.release();
    const plane = this.plane;
    plane.loop.timers.release(this.timer);
    this.frontend.leave();
    this.listener.leave();
    Atomics.sub(plane.words, PROCESS_CONNECTIONS, 1);
    plane.removeSession(this);
    plane.onPlaceFree();
    this.spare();
  }

  private receiveGreeting(): void {
    const { channel, connection } = this;
    const proxied = this.greeting === GREETING_PROXY;
    this.startTimer(this.frontend.timeouts.client);
    while (connection.readable) {
      const count = channel.fill(connection);
      if (count === 0 || count === FAILED) {
        const nothing = channel.length === 0;
        if (proxied)
          this.failGreeting(count === FAILED ? PROXY_SOCKET_ERROR : nothing ? PROXY_CLOSED : PROXY_TRUNCATED);
        else this.failGreeting(count === FAILED ? CIP_SOCKET_ERROR : nothing ? CIP_CLOSED : CIP_TRUNCATED);
        return;
      }
      if (count < 0) return;
      const used = proxied ? this.readProxyHeader() : this.readCip();
      if (used < 0) {
        this.failGreeting(-used);
        return;
      }
      if (used > 0) {
        channel.head += used;
        channel.ready = channel.head;
        this.greeting = GREETING_NONE;
        this.receivedHeader = true;
        this.handshakeMs = (this.plane.loop.now - this.acceptedAt) | 0;
        this.plane.loop.timers.disarm(this.timer);
        this.establish();
        return;
      }
      // HAProxy does not wait for the rest of a header that came in pieces: whoever sends one sends it at once.
      this.failGreeting(proxied ? PROXY_TRUNCATED : CIP_TRUNCATED);
      return;
    }
  }

  private readProxyHeader(): number {
    const used = parseProxyHeader(u8, this.channel.head, this.channel.tail, proxyHeader);
    if (used > 0) {
      if (proxyHeader.proxied) {
        this.clientAddress.copyFrom(proxyHeader.source);
        this.destinationAddress().copyFrom(proxyHeader.destination);
      }
      const { authority } = proxyHeader;
      if (authority.lengthBytes > 0)
        this.authority = u8.slice(authority.offset, authority.offset + authority.lengthBytes);
    }
    return used;
  }

  private readCip(): number {
    const magic = this.listener.bind.acceptNetscalerCip ?? 0;
    return parseNetscalerCip(
      u8,
      this.channel.head,
      this.channel.tail,
      magic,
      this.clientAddress,
      this.destinationAddress(),
    );
  }

  private failGreeting(error: number): void {
    this.handshakeMs = (this.plane.loop.now - this.acceptedAt) | 0;
    this.logGreetingFailure(error);
    this.finish(false);
  }
}
