// Clients of a scenario: raw connections to the proxy, and the few lines that an HTTP exchange needs on top of them.

import { connect as connectSocket, type NetConnectOpts } from 'node:net';
import { type HttpResponse, type ResponseOptions, readResponse } from './http-reader.ts';
import type { Transcript } from './transcript.ts';
import { within } from './waiting.ts';
import { Wire } from './wire.ts';

export interface ConnectOptions {
  readonly host?: string;
  /** Source address; the kernel chooses otherwise. */
  readonly from?: string;
  /** Source port; the kernel chooses otherwise. */
  readonly fromPort?: number;
  readonly name?: string;
}

export interface Target {
  readonly host?: string;
  readonly port?: number;
  /** A unix socket; an abstract one starts with a NUL. */
  readonly path?: string;
}

let clientCount = 0;

/** Connects; rejects when the connection is refused. */
export async function connectWire(
  target: Target,
  options: ConnectOptions,
  transcript: Transcript,
): Promise<Wire> {
  const label = `${options.name ?? 'client'}#${++clientCount}`;
  const where: NetConnectOpts =
    target.path !== undefined
      ? { path: target.path, allowHalfOpen: true }
      : {
          host: target.host ?? '127.0.0.1',
          port: target.port ?? 0,
          allowHalfOpen: true,
          ...(options.from === undefined ? {} : { localAddress: options.from }),
          ...(options.fromPort === undefined ? {} : { localPort: options.fromPort }),
        };
  const socket = connectSocket(where);
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const wire = new Wire(socket, label, transcript);
  await within(connected, `${label} to connect to ${target.path ?? `${target.host}:${target.port}`}`);
  transcript.event(
    label,
    `connected to ${target.path ?? `${target.host}:${target.port}`} from port ${wire.localPort}`,
  );
  return wire;
}

/** Sends raw bytes and reads one response. */
export async function exchange(
  wire: Wire,
  raw: string | Buffer,
  options: ResponseOptions = {},
): Promise<HttpResponse> {
  const method = options.method ?? raw.toString('latin1').split(' ', 1)[0];
  await wire.send(raw);
  return readResponse(wire, { ...options, ...(method === undefined ? {} : { method }) });
}

/** The bytes of a GET in HTTP/1.1. */
export function get(path = '/', ...headers: string[]): string {
  return `${[`GET ${path} HTTP/1.1`, 'Host: www.example.test', ...headers].join('\r\n')}\r\n\r\n`;
}
