/**
 * A server as a data thread sees it: where to connect to, how many streams it may hold over all threads, and the idle
 * connections to it that this thread keeps.
 */
import type { Address } from '../config/address.ts';
import type { ServerConfig } from '../config/model.ts';
import { reserve, u8 } from '../os/arena.ts';
import { SOCKADDR_MAX_BYTES, SocketAddress } from '../protocol/socket-address.ts';
import { slotLimit, takeSlot } from '../state/server-slots.ts';
import {
  BACKEND_COUNTERS,
  counterOffsets,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_OUT_OF_USE,
  SERVER_UP,
  SRV_PENDING,
  SRV_QUEUED,
  SRV_SERVED,
  SRV_STATE,
} from '../state/shared-state.ts';
import type { Backend } from './backend.ts';
import { IdlePool } from './idle-pool.ts';
import type { Plane } from './plane.ts';
import { TrafficObserver } from './traffic-observer.ts';

export const BE = counterOffsets(BACKEND_COUNTERS);

export class Server {
  readonly plane: Plane;
  readonly backend: Backend;
  readonly config: ServerConfig;
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** Position in the backend's list. */
  readonly position: number;
  readonly words: number;
  readonly counters: number;
  /** Its waiting line (queue.ts), and how many may stand in it; 0: as many as come. */
  readonly line: number;
  readonly maxQueue: number;
  /** Slots that this thread's streams have been given and take up at the end of the turn. */
  pending = 0;
  readonly address: SocketAddress;
  /** The address as the kernel wants it: offset and length in the arena. */
  readonly sockaddr: number;
  readonly sockaddrLength: number;
  /** The port is the client's destination port plus `portOffset`. */
  readonly mapsPort: boolean;
  readonly portOffset: number;
  readonly idle: IdlePool;
  /** What a connection says or shows of one client must not serve another one: it is never shared. */
  readonly private: boolean;
  /** Watches what becomes of connections and responses (`observe`), or null. */
  readonly observer: TrafficObserver | null;

  constructor(plane: Plane, backend: Backend, config: ServerConfig, position: number, globalIndex: number) {
    this.plane = plane;
    this.backend = backend;
    this.config = config;
    this.name = config.name;
    this.nameBytes = Buffer.from(config.name, 'latin1');
    this.position = position;
    this.words = plane.shared.serverWords(globalIndex);
    this.counters = plane.shared.serverCounters(globalIndex);
    this.line = plane.queueMemory.serverLine(globalIndex);
    this.maxQueue = config.maxqueue ?? 0;
    this.address = toSocketAddress(config.address);
    this.sockaddr = reserve(SOCKADDR_MAX_BYTES + 2, 8);
    this.sockaddrLength = this.address.writeSockaddr(u8, this.sockaddr);
    this.portOffset = config.portOffset ?? 0;
    this.mapsPort = config.portOffset !== undefined;
    const usesrc = (config.source ?? backend.config.source)?.usesrc?.kind;
    this.private = config.sendProxy !== undefined || (usesrc !== undefined && usesrc !== 'address');
    this.idle = new IdlePool(plane, this);
    this.observer = TrafficObserver.of(plane, config, globalIndex);
  }

  /** It gets its own name with each request; a nameless target does not. */
  get isTold(): boolean {
    return this.backend.serverNameHeader !== null && this.backend.direct !== this;
  }

  /** Whether a stream may be sent there at all (persistence may still choose a draining server). */
  get usable(): boolean {
    const state = Atomics.load(this.plane.words, this.words + SRV_STATE);
    return (state & (SERVER_UP | SERVER_OUT_OF_USE)) === SERVER_UP;
  }

  /** Up, though perhaps it drains: it takes the streams that persistence binds to it. */
  get takesItsOwn(): boolean {
    const state = Atomics.load(this.plane.words, this.words + SRV_STATE);
    return (state & (SERVER_UP | SERVER_MAINT | SERVER_NO_ADDRESS)) === SERVER_UP;
  }

  /** Takes a slot for a stream that has just come: false when the server has none, or others wait for it. */
  enter(): boolean {
    if (this.queued !== 0) return false;
    const { words } = this.plane;
    return takeSlot(words, this.words, slotLimit(words, this.words, this.backend.words));
  }

  leave(): void {
    Atomics.sub(this.plane.words, this.words + SRV_SERVED, 1);
  }

  /** A stream that comes now gets a slot. */
  get hasRoom(): boolean {
    const limit = slotLimit(this.plane.words, this.words, this.backend.words);
    return limit === 0 || (this.queued === 0 && this.served < limit);
  }

  /** Streams that hold a slot. */
  get served(): number {
    return Atomics.load(this.plane.words, this.words + SRV_SERVED);
  }

  /** Streams that are connected to it, or about to be. */
  get sessions(): number {
    return this.served - this.pending - Atomics.load(this.plane.words, this.words + SRV_PENDING);
  }

  /** Streams that wait in its own line. */
  get queued(): number {
    return Atomics.load(this.plane.words, this.words + SRV_QUEUED);
  }

  count(offset: number, by = 1): void {
    const lane = this.plane.lane;
    lane[this.counters + offset] = (lane[this.counters + offset] as number) + by;
  }
}

/** Numeric addresses only: names have been resolved before the threads start. */
export function toSocketAddress(address: Address): SocketAddress {
  const result = new SocketAddress();
  switch (address.family) {
    case 'inet':
    case 'inet6':
      result.setText(address.host, address.port);
      break;
    case 'unix':
      result.setUnix(address.path);
      break;
    case 'abns':
      result.setUnix(`\0${address.name}`);
      break;
    case 'fd':
    case 'socketpair':
      break;
  }
  return result;
}
