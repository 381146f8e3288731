// Receivers for the logs of the program under test: UDP here, unix datagrams in unix-datagram.ts. A receiver keeps
// every datagram in order; scenarios wait for lines and take their fields apart with log-line.ts.

import { createSocket, type Socket } from 'node:dgram';
import type { Transcript } from './transcript.ts';
import { Condition, DEFAULT_DEADLINE_MS } from './waiting.ts';

/** Keeps log lines as they come, wherever they come from. */
export class LogReceiver {
  /** What a `log` line of a configuration names. */
  readonly address: string;
  readonly lines: string[] = [];
  readonly #arrived = new Condition();
  readonly #transcript: Transcript;
  #taken = 0;

  constructor(address: string, transcript: Transcript) {
    this.address = address;
    this.#transcript = transcript;
  }

  add(line: string): void {
    this.lines.push(line);
    this.#transcript.event('log', JSON.stringify(line));
    this.#arrived.notify();
  }

  /** The first line that matches, of those that came after the ones already returned. */
  async line(pattern: RegExp | string = /(?:)/, deadlineMs = DEFAULT_DEADLINE_MS): Promise<string> {
    const start = this.#taken;
    const index = await this.#arrived.until(
      () => {
        const at = this.lines.findIndex(
          (line, i) =>
            i >= start && (typeof pattern === 'string' ? line.includes(pattern) : pattern.test(line)),
        );
        return at < 0 ? undefined : at;
      },
      () => `a log line ${pattern}; there are ${JSON.stringify(this.lines.slice(start))}`,
      deadlineMs,
    );
    this.#taken = index + 1;
    return this.lines[index] ?? '';
  }

  /** The same for several lines that may come in any order. */
  async allOf(patterns: readonly RegExp[], deadlineMs = DEFAULT_DEADLINE_MS): Promise<string[]> {
    return this.#arrived.until(
      () => {
        const found = patterns.map((pattern) => this.lines.find((line) => pattern.test(line)));
        return found.every((line): line is string => line !== undefined) ? found : undefined;
      },
      () => `log lines ${patterns.join(', ')}; there are ${JSON.stringify(this.lines)}`,
      deadlineMs,
    );
  }
}

export class UdpLogReceiver extends LogReceiver {
  readonly #socket: Socket;

  private constructor(socket: Socket, address: string, transcript: Transcript) {
    super(address, transcript);
    this.#socket = socket;
    socket.on('message', (bytes) => this.add(bytes.toString('latin1')));
  }

  static async listen(host: string, transcript: Transcript): Promise<UdpLogReceiver> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(0, host, resolve);
    });
    const { port } = socket.address();
    return new UdpLogReceiver(socket, `${host}:${port}`, transcript);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }
}
