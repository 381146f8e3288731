/**
 * One check of one server: connects, sends what is to be sent, judges what comes back, and always closes. Ordinary
 * sockets of Node: this is the control plane. Specification: configuration manual 5.2 `check`, 4.2 `timeout check`.
 */
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Address } from '../../config/address.ts';
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
import type { CheckPlan } from './check-plan.ts';
import type { CheckCode, CheckResult } from './check-status.ts';
import { httpCheckRequest, judgeResponse, MAX_RESPONSE_BYTES } from './http-check.ts';

const MAX_PROXY_HEADER_BYTES = 512;

export class CheckAttempt {
  readonly result: Promise<CheckResult>;
  readonly #plan: CheckPlan;
  readonly #socket: Socket;
  readonly #startedMs = performance.now();
  #finish: (result: CheckResult) => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #phase: 'connecting' | 'socks4' | 'exchange' | 'over' = 'connecting';
  #received = '';

  constructor(plan: CheckPlan) {
    this.#plan = plan;
    this.result = new Promise((resolve) => {
      this.#finish = resolve;
    });
    this.#arm(plan.connectTimeoutMs);
    this.#socket = connect(socketOptions(plan));
    this.#socket.setNoDelay(true);
    this.#socket.on('connect', () => this.#connected());
    this.#socket.on('data', (chunk) => this.#data(chunk));
    this.#socket.on('end', () => this.#ended());
    this.#socket.on('error', (error) => this.#failed(error));
  }

  /** Gives up without a result that means anything. */
  cancel(): void {
    this.#over('UNK', undefined, '');
  }

  #arm(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#timedOut(), delayMs);
  }

  #connected(): void {
    if (this.#plan.socks4 === undefined) {
      this.#established();
      return;
    }
    this.#phase = 'socks4';
    const request = new Uint8Array(SOCKS4_REQUEST_BYTES);
    if (writeSocks4Request(request, 0, socketAddress(this.#plan.target)) < 0) {
      this.#over('SOCKERR', undefined, 'SOCKS4 can only reach IPv4 addresses');
    } else this.#socket.write(request);
  }

  /** There is a connection to the server itself. */
  #established(): void {
    this.#phase = 'exchange';
    const { http, proxyHeader, readTimeoutMs, connectTimeoutMs } = this.#plan;
    if (readTimeoutMs !== undefined) {
      // The time for connecting is never taken back: a shorter read timeout only counts from there on.
      const spentMs = performance.now() - this.#startedMs;
      this.#arm(Math.max(readTimeoutMs, connectTimeoutMs - spentMs));
    }
    if (proxyHeader !== undefined) this.#socket.write(this.#proxyHeader());
    if (http === undefined) this.#over('L4OK', undefined, '');
    else this.#socket.write(httpCheckRequest(http), 'latin1');
  }

  #proxyHeader(): Uint8Array {
    const { proxyHeader } = this.#plan;
    if (proxyHeader?.version !== 2) {
      const header = new Uint8Array(MAX_PROXY_V1_BYTES);
      const local = SocketAddress.parse(this.#socket.localAddress ?? '', this.#socket.localPort);
      const length = writeProxyV1(header, 0, local ?? new SocketAddress(), socketAddress(this.#plan.target));
      return header.subarray(0, length);
    }
    let options = 0;
    for (const name of proxyHeader.options) options |= PROXY_V2_OPTIONS.get(name) ?? 0;
    const header = new Uint8Array(MAX_PROXY_HEADER_BYTES);
    const details = new ProxyV2Details();
    const length = writeProxyV2(header, 0, header.length, undefined, undefined, options, details);
    return header.subarray(0, Math.max(0, length));
  }

  #data(chunk: Buffer): void {
    if (this.#phase === 'socks4') {
      this.#received += chunk.toString('latin1');
      const reply = Buffer.from(this.#received, 'latin1');
      const taken = parseSocks4Reply(reply, 0, reply.length);
      if (taken === 0) return;
      this.#received = '';
      if (taken < 0) this.#over('L4CON', undefined, 'SOCKS4 Proxy deny the request');
      else {
        this.#established();
        if (taken < reply.length) this.#data(reply.subarray(taken));
      }
      return;
    }
    if (this.#phase !== 'exchange') return;
    if (this.#received.length < MAX_RESPONSE_BYTES) this.#received += chunk.toString('latin1');
    this.#judge(this.#received.length >= MAX_RESPONSE_BYTES);
  }

  #judge(ended: boolean): void {
    const { http } = this.#plan;
    const verdict = http && judgeResponse(http, this.#received, ended);
    if (verdict !== undefined) this.#over(verdict.status, verdict.code, verdict.info);
  }

  #ended(): void {
    if (this.#phase === 'exchange') this.#judge(true);
    else this.#over('L4CON', undefined, '');
  }

  #failed(error: NodeJS.ErrnoException): void {
    const text = error.errno === undefined ? error.message : errnoText(-error.errno);
    if (this.#phase === 'exchange') this.#over('SOCKERR', undefined, text);
    else this.#over('L4CON', undefined, text + this.#plan.connectStep);
  }

  #timedOut(): void {
    if (this.#phase === 'exchange') this.#over('L7TOUT', undefined, '');
    else this.#over('L4TOUT', undefined, this.#plan.connectStep);
  }

  #over(status: CheckCode, code: number | undefined, info: string): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    clearTimeout(this.#timer);
    // A header that was written must still leave. Where nothing was, a reset spares both ends the waiting states.
    if (status !== 'L4OK') this.#socket.destroy();
    else if (this.#plan.proxyHeader !== undefined) this.#socket.end().resume();
    else this.#socket.resetAndDestroy();
    this.#finish({ status, code, info, durationMs: Math.round(performance.now() - this.#startedMs) });
  }
}

function socketOptions({ target, socks4, source }: CheckPlan): NetConnectOpts {
  const to = socks4 ?? target;
  if (to.family === 'unix') return { path: to.path, allowHalfOpen: true };
  if (to.family === 'abns') return { path: `\0${to.name}`, allowHalfOpen: true };
  if (to.family === 'fd' || to.family === 'socketpair') throw new Error('a descriptor cannot be checked');
  const local = source?.family === 'inet' || source?.family === 'inet6' ? source : undefined;
  return {
    host: to.host,
    port: to.port,
    // Half-open: a server that closes its side first is still to be judged by what it sent.
    allowHalfOpen: true,
    ...(local === undefined ? {} : { localAddress: local.host }),
    ...(local === undefined || local.port === 0 ? {} : { localPort: local.port }),
  };
}

function socketAddress(address: Address): SocketAddress {
  if (address.family !== 'inet' && address.family !== 'inet6') return new SocketAddress();
  return SocketAddress.parse(address.host, address.port) ?? new SocketAddress();
}
