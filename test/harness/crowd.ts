// Many clients at once, and servers that count how many they serve at a time: for scenarios about load, where the
// transcripts of the harness's own clients and servers would cost more than what is looked at.

import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { ScenarioContext } from './context.ts';
import { DeadlineError } from './waiting.ts';

export interface Visit {
  /** 0: the connection ended without an answer. */
  readonly status: number;
  readonly tookMs: number;
}

const HEAD_END = '\r\n\r\n';

/** Sends each request on a connection of its own, all at once, and waits for all of the answers (with Connection: close). */
export async function crowd(
  host: string,
  port: number,
  requests: readonly string[],
  deadlineMs = 30_000,
): Promise<Visit[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new DeadlineError('the answers to a crowd', deadlineMs)), deadlineMs);
  });
  const visits = Promise.all(requests.map((request) => visit(host, port, request)));
  return await Promise.race([visits, late]).finally(() => clearTimeout(timer));
}

function visit(host: string, port: number, request: string): Promise<Visit> {
  return new Promise((resolve) => {
    const begin = performance.now();
    let text = '';
    const socket = dial(port, host);
    socket.on('connect', () => socket.write(request));
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
    // An end without an answer is a result.
    socket.on('error', () => {});
    socket.on('close', () => {
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0);
      resolve({ status, tookMs: performance.now() - begin });
    });
    socket.on('end', () => socket.end());
  });
}

/** Answers GET after a while, anything else (health checks) at once and uncounted. */
export class BusyServer {
  /** GET requests that are being served, the most that ever were at once, and all. */
  busy = 0;
  most = 0;
  served = 0;
  /** How long the answers took in all: timers are late on a busy machine. */
  busyMs = 0;
  readonly #delayMs: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(delayMs: number) {
    this.#delayMs = delayMs;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async listen(t: ScenarioContext, delayMs: number): Promise<BusyServer> {
    const server = new BusyServer(delayMs);
    await new Promise<void>((resolve) => server.#server.listen(0, t.ip, resolve));
    t.after(() => server.#stop());
    return server;
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server does not listen');
    return `${address.address}:${address.port}`;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => {});
    let text = '';
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf(HEAD_END); end >= 0; end = text.indexOf(HEAD_END)) {
        const head = text.slice(0, end);
        text = text.slice(end + HEAD_END.length);
        if (head.startsWith('GET ')) this.#answerLater(socket, head);
        else socket.end('HTTP/1.0 200 OK\r\n\r\n');
      }
    });
  }

  #answerLater(socket: Socket, head: string): void {
    const begin = performance.now();
    this.busy++;
    this.most = Math.max(this.most, this.busy);
    const answer = (): void => {
      this.busy--;
      this.served++;
      this.busyMs += performance.now() - begin;
      const closes = /^connection: *close/im.test(head);
      const lines = `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n${closes ? 'Connection: close\r\n' : ''}`;
      socket.write(`${lines}\r\nok`);
      if (closes) socket.end();
    };
    if (this.#delayMs > 0) setTimeout(answer, this.#delayMs);
    else setImmediate(answer);
  }

  #stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }
}
