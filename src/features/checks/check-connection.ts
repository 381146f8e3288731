/**
 * One connection of a check, with what goes before its dialogue: SOCKS4 and the PROXY header. Ordinary sockets of Node:
 * this is the control plane. It knows no rules; whoever opens it closes it.
 * Specification: configuration manual 5.2 `check-send-proxy`, `check-via-socks4`, `socks4`.
 */
import { connect, Socket } from 'node:net';
import type { Address } from '../../config/address.ts';
import type { SendProxyConfig } from '../../config/model.ts';
import { errnoText } from '../../os/errno.ts';
import {
  MAX_PROXY_V1_BYTES,
  PROXY_V2_OPTIONS,
  ProxyV2Details,
  writeProxyV1,
  writeProxyV2,
} from '../../protocol/proxy-protocol/send.ts';
import { SocketAddress } from '../../protocol/socket-address.ts';
import { parseSocks4Reply, SOCKS4_REQUEST_BYTES, writeSocks4Request } from '../../protocol/socks4/client.ts';
import { knockSocket } from '../../transport/knock-socket.ts';

const MAX_PROXY_HEADER_BYTES = 512;

export interface ConnectionPlan {
  readonly target: Address;
  /** Local address. */
  readonly source: Address | undefined;
  readonly proxyHeader: SendProxyConfig | undefined;
  readonly socks4: Address | undefined;
  /** Nothing will be said: the server need not even notice. */
  readonly knocksOnly: boolean;
}

export interface ConnectionEvents {
  /** There is a connection to the server itself. */
  established(): void;
  received(text: string): void;
  /** The server will send nothing more. */
  ended(): void;
  /** `text` says why, in the words of libc. */
  failed(text: string): void;
}

export class CheckConnection {
  readonly #plan: ConnectionPlan;
  readonly #events: ConnectionEvents;
  #socket: Socket | undefined;
  #phase: 'connecting' | 'socks4' | 'open' | 'closed' = 'connecting';
  #socks4Reply = '';

  constructor(plan: ConnectionPlan, events: ConnectionEvents) {
    this.#plan = plan;
    this.#events = events;
    const socket = openSocket(plan);
    if (typeof socket === 'string') {
      // Not from within the constructor: the owner does not know its connection yet.
      queueMicrotask(() => this.#fail(socket));
      return;
    }
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('connect', () => this.#connected());
    socket.on('data', (chunk) => this.#data(chunk));
    socket.on('end', () => this.#ended());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A connection that was reset before we looked had been established: otherwise it would have been refused.
      if (error.code === 'ECONNRESET') this.#connected();
      this.#fail(error.errno === undefined ? error.message : errnoText(-error.errno));
    });
  }

  /** latin1. */
  write(text: string): void {
    this.#socket?.write(text, 'latin1');
  }

  /** Ends it; what was written still leaves. */
  finish(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    const socket = this.#socket;
    if (socket === undefined) return;
    socket.removeAllListeners('data');
    socket.destroySoon();
  }

  /** Ends it at once, with a reset: neither side is left with a waiting state. */
  reset(): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    if (this.#socket?.remotePort === undefined) this.#socket?.destroy();
    else this.#socket.resetAndDestroy();
  }

  #fail(text: string): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#socket?.destroy();
    this.#events.failed(text);
  }

  #connected(): void {
    if (this.#phase !== 'connecting') return;
    if (this.#plan.socks4 === undefined) {
      this.#established();
      return;
    }
    this.#phase = 'socks4';
    const request = new Uint8Array(SOCKS4_REQUEST_BYTES);
    if (writeSocks4Request(request, 0, socketAddress(this.#plan.target)) < 0) {
      this.#fail('SOCKS4 can only reach IPv4 addresses');
    } else this.#socket?.write(request);
  }

  #established(): void {
    this.#phase = 'open';
    if (this.#plan.proxyHeader !== undefined) this.#socket?.write(this.#proxyHeader(this.#plan.proxyHeader));
    this.#events.established();
  }

  #proxyHeader({ version, options }: SendProxyConfig): Uint8Array {
    if (version !== 2) {
      const header = new Uint8Array(MAX_PROXY_V1_BYTES);
      const local = SocketAddress.parse(this.#socket?.localAddress ?? '', this.#socket?.localPort);
      const length = writeProxyV1(header, 0, local ?? new SocketAddress(), socketAddress(this.#plan.target));
      return header.subarray(0, length);
    }
    let bits = 0;
    for (const name of options) bits |= PROXY_V2_OPTIONS.get(name) ?? 0;
    const header = new Uint8Array(MAX_PROXY_HEADER_BYTES);
    const details = new ProxyV2Details();
    const length = writeProxyV2(header, 0, header.length, undefined, undefined, bits, details);
    return header.subarray(0, Math.max(0, length));
  }

  #data(chunk: Buffer): void {
    if (this.#phase === 'open') this.#events.received(chunk.toString('latin1'));
    if (this.#phase !== 'socks4') return;
    this.#socks4Reply += chunk.toString('latin1');
    const reply = Buffer.from(this.#socks4Reply, 'latin1');
    const taken = parseSocks4Reply(reply, 0, reply.length);
    if (taken === 0) return;
    if (taken < 0) {
      this.#fail('SOCKS4 Proxy deny the request');
      return;
    }
    this.#established();
    if (taken < reply.length) this.#data(reply.subarray(taken));
  }

  #ended(): void {
    if (this.#phase === 'open') this.#events.ended();
    else this.#fail('');
  }
}

/** The socket, or why there is none. */
function openSocket({ target, socks4, source, knocksOnly }: ConnectionPlan): Socket | string {
  const to = socks4 ?? target;
  // Half-open: a server that closes its side first is still to be judged by what it sent.
  if (to.family === 'unix') return connect({ path: to.path, allowHalfOpen: true });
  if (to.family === 'abns') return connect({ path: `\0${to.name}`, allowHalfOpen: true });
  if (to.family === 'fd' || to.family === 'socketpair') return 'a descriptor cannot be checked';
  const local = source?.family === 'inet' || source?.family === 'inet6' ? source : undefined;
  const options = {
    host: to.host,
    port: to.port,
    allowHalfOpen: true,
    ...(local === undefined ? {} : { localAddress: local.host }),
    ...(local === undefined || local.port === 0 ? {} : { localPort: local.port }),
  };
  if (!knocksOnly) return connect(options);
  const fd = knockSocket(to.family);
  if (fd < 0) return 'no socket is to be had';
  // Reading would begin before there is a connection; the types do not know how to put that off.
  const socket = new Socket({ fd, manualStart: true } as ConstructorParameters<typeof Socket>[0]);
  return socket.connect(options);
}

function socketAddress(address: Address): SocketAddress {
  if (address.family !== 'inet' && address.family !== 'inet6') return new SocketAddress();
  return SocketAddress.parse(address.host, address.port) ?? new SocketAddress();
}
