// A small HTTP/1 server for scenarios: it records each request's exact bytes and answers with exact bytes. It is no
// good HTTP server on purpose: it answers whatever the scenario's handler returns.

import { type HttpRequest, readRequest } from './http-reader.ts';
import { TcpServer, type TcpServerOptions } from './tcp-server.ts';
import type { Transcript } from './transcript.ts';
import { Condition, DEFAULT_DEADLINE_MS } from './waiting.ts';
import type { Wire } from './wire.ts';

export interface RecordedRequest extends HttpRequest {
  readonly wire: Wire;
  /** Number of the connection, from 0. */
  readonly connection: number;
  /** Number of the request on its connection, from 0. */
  readonly index: number;
}

export interface Answer {
  readonly raw: string | Buffer;
  /** What happens to the connection afterwards; by default the server does as HTTP says for this request. */
  readonly afterwards?: 'keep' | 'close' | 'reset';
}

/** Returns the answer's bytes; undefined when the handler has written on `request.wire` itself. */
export type HttpHandler = (
  request: RecordedRequest,
) => Answer | string | Buffer | undefined | Promise<Answer | string | Buffer | undefined>;

/** Bytes of an answer with Content-Length. */
export function answer(status: number, body = '', headers: readonly string[] = []): string {
  const lines = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Status'}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return `${[...lines, ...headers].join('\r\n')}\r\n\r\n${body}`;
}

const REASONS: Record<number, string> = {
  200: 'OK',
  204: 'No Content',
  304: 'Not Modified',
  404: 'Not Found',
};

function wantsClose(request: HttpRequest): boolean {
  const connection = (request.header('connection') ?? '').toLowerCase();
  if (connection.includes('close')) return true;
  return request.version === 'HTTP/1.0' && !connection.includes('keep-alive');
}

export class HttpServer {
  readonly requests: RecordedRequest[] = [];
  readonly #handler: HttpHandler;
  readonly #recorded = new Condition();
  #tcp: TcpServer | undefined;
  #taken = 0;

  private constructor(handler: HttpHandler) {
    this.#handler = handler;
  }

  static async listen(
    handler: HttpHandler | string,
    options: TcpServerOptions,
    host: string,
    transcript: Transcript,
  ): Promise<HttpServer> {
    const handle: HttpHandler = typeof handler === 'string' ? () => answer(200, handler) : handler;
    const server = new HttpServer(handle);
    const name = options.name ?? (typeof handler === 'string' ? handler : 'server');
    const script = (wire: Wire, connection: number): Promise<void> => server.#serve(wire, connection);
    server.#tcp = await TcpServer.listen({ ...options, name, script }, host, transcript);
    return server;
  }

  async #serve(wire: Wire, connection: number): Promise<void> {
    for (let index = 0; ; index++) {
      // Connections wait for their next request as long as the scenario lasts; their end is no error.
      const read = await readRequest(wire, 60_000).catch(() => undefined);
      if (read === undefined) break;
      const request: RecordedRequest = { ...read, wire, connection, index };
      this.requests.push(request);
      this.#recorded.notify();
      const result = await this.#handler(request);
      if (result === undefined) continue;
      const full: Answer = typeof result === 'string' || Buffer.isBuffer(result) ? { raw: result } : result;
      await wire.send(full.raw);
      const afterwards = full.afterwards ?? (wantsClose(request) ? 'close' : 'keep');
      if (afterwards === 'reset') wire.reset();
      if (afterwards === 'close') await wire.halfClose();
      if (afterwards !== 'keep') break;
    }
    // Our end is closed when the proxy has closed its own, as a server does.
    if (wire.ending === 'fin' && !wire.socket.destroyed) wire.socket.end();
  }

  get tcp(): TcpServer {
    if (this.#tcp === undefined) throw new Error('the server does not listen');
    return this.#tcp;
  }

  get address(): string {
    return this.tcp.address;
  }

  get port(): number {
    return this.tcp.port;
  }

  get connectionCount(): number {
    return this.tcp.connectionCount;
  }

  /** The next request that no call has returned yet. */
  request(deadlineMs = DEFAULT_DEADLINE_MS): Promise<RecordedRequest> {
    const index = this.#taken++;
    const what = `request ${index + 1} to ${this.tcp.name}`;
    return this.#recorded.until(() => this.requests[index], what, deadlineMs);
  }

  stop(): Promise<void> {
    return this.tcp.stop();
  }

  restart(): Promise<void> {
    return this.tcp.restart();
  }
}
