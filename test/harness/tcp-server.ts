// A server that does what the scenario tells it, over TCP or a unix socket. Without a script the scenario takes each
// connection with `accept()` and plays the server itself; with a script, the script runs for each connection.

import { createServer, type Server, type Socket } from 'node:net';
import type { Transcript } from './transcript.ts';
import { Condition, DEFAULT_DEADLINE_MS, within } from './waiting.ts';
import { Wire } from './wire.ts';

export type ConnectionScript = (wire: Wire, index: number) => Promise<void> | void;

export interface TcpServerOptions {
  /** Shown in transcripts. */
  readonly name?: string;
  readonly host?: string;
  /** 0, the default, lets the kernel choose. */
  readonly port?: number;
  /** Listen on this unix socket instead. */
  readonly path?: string;
  /** Accepted connections do not read until told to. */
  readonly stalled?: boolean;
  readonly script?: ConnectionScript;
}

export class TcpServer {
  readonly name: string;
  readonly wires: Wire[] = [];
  readonly #server: Server;
  readonly #options: TcpServerOptions;
  readonly #transcript: Transcript;
  readonly #accepted = new Condition();
  #host: string;
  #port: number;
  #taken = 0;

  private constructor(options: TcpServerOptions, host: string, transcript: Transcript) {
    this.#options = options;
    this.#transcript = transcript;
    this.name = options.name ?? 'server';
    this.#host = host;
    this.#port = options.port ?? 0;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: options.stalled === true }, (socket) =>
      this.#accept(socket),
    );
  }

  static async listen(options: TcpServerOptions, host: string, transcript: Transcript): Promise<TcpServer> {
    const server = new TcpServer(options, options.host ?? host, transcript);
    await server.#listen();
    return server;
  }

  #listen(): Promise<void> {
    const { path } = this.#options;
    const listening = new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(path === undefined ? { host: this.#host, port: this.#port } : { path }, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        if (address !== null && typeof address === 'object') this.#port = address.port;
        resolve();
      });
    });
    return within(listening, `${this.name} to listen`);
  }

  #accept(socket: Socket): void {
    const index = this.wires.length;
    const wire = new Wire(socket, `${this.name}#${index + 1}`, this.#transcript);
    this.#transcript.event(
      wire.label,
      `accepted from ${socket.remoteAddress ?? 'unix'}:${socket.remotePort ?? ''}`,
    );
    if (this.#options.stalled === true) socket.pause();
    this.wires.push(wire);
    this.#accepted.notify();
    const done = this.#options.script?.(wire, index);
    done?.catch((error: unknown) => this.#transcript.event(wire.label, `script: ${String(error)}`));
  }

  get port(): number {
    return this.#port;
  }

  get host(): string {
    return this.#host;
  }

  /** As a `server` line of a configuration wants it. */
  get address(): string {
    if (this.#options.path !== undefined) return `unix@${this.#options.path}`;
    return this.#host.includes(':') ? `[${this.#host}]:${this.#port}` : `${this.#host}:${this.#port}`;
  }

  /** Connections accepted so far. */
  get connectionCount(): number {
    return this.wires.length;
  }

  /** The next connection that no `accept` has returned yet. */
  accept(deadlineMs = DEFAULT_DEADLINE_MS): Promise<Wire> {
    const index = this.#taken++;
    return this.#accepted.until(
      () => this.wires[index],
      `connection ${index + 1} to ${this.name}`,
      deadlineMs,
    );
  }

  /** Stops listening and ends every connection with a RST; the port then refuses connections. */
  async stop(): Promise<void> {
    for (const wire of this.wires) wire.reset();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#transcript.event(this.name, 'stops listening');
  }

  /** Listens again, on the same port. */
  async restart(): Promise<void> {
    await this.#listen();
    this.#transcript.event(this.name, 'listens again');
  }
}
