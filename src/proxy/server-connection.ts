/**
 * One connection to a server, from connect to close: establishing it (source address, SOCKS4, PROXY protocol), serving
 * streams one after the other, waiting idle in between.
 * The states: connecting → (SOCKS4 reply) → established, with a stream or idle.
 */
import { u8 } from '../os/arena.ts';
import { EHOSTUNREACH } from '../os/errno.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import { parseSocks4Reply, SOCKS4_REPLY_BYTES, writeSocks4Request } from '../protocol/socks4/client.ts';
import { PROCESS_SERVER_CONNECTIONS, SRV_CONNECTIONS } from '../state/shared-state.ts';
import { Channel } from '../transport/channel.ts';
import { type Connection, type ConnectionUser, FAILED } from '../transport/connection.ts';
import { readSocketName } from '../transport/socket-name.ts';
import type { Plane } from './plane.ts';
import { writeProxyPreface } from './proxy-preface.ts';
import { BE, type Server } from './server.ts';
import { openServerSocket } from './server-socket.ts';
import type { Stream } from './stream.ts';
import { countWire } from './wire-count.ts';

const CONNECTING = 0;
const AWAITING_SOCKS4 = 1;
const ESTABLISHED = 2;

/** Whoever keeps an idle connection for itself: told when the server closes it. */
export interface ConnectionKeeper {
  onKeptConnectionClosed(connection: ServerConnection): void;
}

export class ServerConnection implements ConnectionUser {
  readonly plane: Plane;
  server!: Server;
  readonly connection: Connection;
  /** What the server has sent. */
  readonly channel: Channel;
  stream: Stream | null = null;
  private state = CONNECTING;
  /** Requests that it has carried, the current one included. */
  requests = 0;
  /** Place in the idle pool, or -1. */
  idleAt = -1;
  keeper: ConnectionKeeper | null = null;

  private constructor(plane: Plane) {
    this.plane = plane;
    this.connection = plane.newConnection(this);
    this.channel = new Channel(plane.pool, plane.headroom);
  }

  /** Begins to connect. Null on failure: `stream.connectErrno` tells the error. */
  static open(stream: Stream, server: Server): ServerConnection | null {
    const plane = server.plane;
    server.idle.makeRoom();
    const fd = openServerSocket(stream, server);
    if (fd < 0) return null;
    const self = plane.serverConnections.take() ?? new ServerConnection(plane);
    self.begin(stream, server, fd);
    if (self.connection.watchConnecting()) return self;
    self.close();
    return null;
  }

  private begin(stream: Stream, server: Server, fd: number): void {
    this.server = server;
    this.stream = stream;
    this.state = CONNECTING;
    this.requests = 0;
    this.idleAt = -1;
    this.connection.open(fd, true);
    Atomics.add(this.plane.words, server.words + SRV_CONNECTIONS, 1);
    Atomics.add(this.plane.words, PROCESS_SERVER_CONNECTIONS, 1);
    server.idle.enter();
    server.count(BE.connectAttempts);
    server.backend.count(BE.connectAttempts);
  }

  get established(): boolean {
    return this.state === ESTABLISHED;
  }

  get closed(): boolean {
    return this.connection.closed;
  }

  /** Reads our own end's address. */
  readSource(into: SocketAddress): void {
    readSocketName(this.connection.fd, into);
  }

  /** An idle connection gets its next stream. */
  attach(stream: Stream): void {
    this.stream = stream;
    this.server.idle.enter();
  }

  /** The stream is done with it. */
  detach(): void {
    if (this.stream === null) return;
    this.stream = null;
    this.server.idle.leave();
    const { backend } = this.server;
    if (backend.http) countWire(this.plane.lane, backend.counters + BE.wireBytesIn, this.connection);
  }

  onReady(connection: Connection): void {
    switch (this.state) {
      case CONNECTING:
        if (connection.writable) this.onConnectResult();
        return;
      case AWAITING_SOCKS4:
        this.readSocks4Reply();
        return;
      default: {
        const stream = this.stream;
        if (stream !== null) stream.onServerReady();
        // A server that speaks, or closes, without having been asked.
        else if (connection.readable) this.close();
      }
    }
  }

  onConnectionBug(_connection: Connection, error: unknown): void {
    const stream = this.stream;
    this.close();
    if (stream !== null) stream.onBug(error);
    else this.plane.onBug(error);
  }

  /** Closes, and leaves the idle pool if it is in there. */
  close(): void {
    this.finish(false);
  }

  /** Closes with a reset: the server shall notice that what it got was not all. */
  abort(): void {
    this.finish(true);
  }

  private finish(reset: boolean): void {
    if (this.connection.closed) return;
    if (this.idleAt >= 0) this.server.idle.remove(this);
    const keeper = this.keeper;
    this.keeper = null;
    if (keeper !== null) keeper.onKeptConnectionClosed(this);
    if (reset || this.server.backend.noLinger) this.connection.reset();
    else this.connection.close();
    this.channel.release();
    this.detach();
    Atomics.sub(this.plane.words, this.server.words + SRV_CONNECTIONS, 1);
    Atomics.sub(this.plane.words, PROCESS_SERVER_CONNECTIONS, 1);
    this.plane.serverConnections.give(this);
  }

  private onConnectResult(): void {
    const connection = this.connection;
    if (connection.broken) {
      const error = connection.connectError();
      if (error !== 0) {
        this.fail(error);
        return;
      }
    }
    if (this.server.config.socks4 !== undefined) {
      const length = writeSocks4Request(
        u8,
        this.plane.scratch,
        (this.stream as Stream).targetAddress(this.server),
      );
      if (length <= 0 || connection.write(this.plane.scratch, length) !== length) this.fail(EHOSTUNREACH);
      else this.state = AWAITING_SOCKS4;
      return;
    }
    this.establish();
  }

  private readSocks4Reply(): void {
    const channel = this.channel;
    while (this.connection.readable) {
      if (!channel.open()) return;
      const wanted = SOCKS4_REPLY_BYTES - channel.length;
      const count = this.connection.read(channel.tail, wanted);
      if (count <= 0) {
        if (count === FAILED || count === 0) this.fail(EHOSTUNREACH);
        return;
      }
      channel.tail += count;
      const verdict = parseSocks4Reply(u8, channel.head, channel.tail);
      if (verdict < 0) {
        this.fail(EHOSTUNREACH);
        return;
      }
      if (verdict > 0) {
        channel.release();
        // The reply was read to the byte; more may have come behind it.
        this.connection.readable = true;
        this.establish();
        return;
      }
    }
  }

  private establish(): void {
    const stream = this.stream as Stream;
    if (this.server.config.sendProxy !== undefined) {
      const length = writeProxyPreface(stream, this.server, this.plane.scratch);
      if (this.connection.write(this.plane.scratch, length, stream.hasRequestBytes) !== length) {
        this.fail(this.connection.error);
        return;
      }
    }
    this.state = ESTABLISHED;
    stream.onConnected();
  }

  private fail(error: number): void {
    const stream = this.stream as Stream;
    this.close();
    stream.onConnectFailed(error);
  }
}
