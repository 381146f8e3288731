// Servers that answer nothing until the scenario says so: what scenarios about limits and queues look at is who is
// being served, and in which order requests came through.

import { get } from './client.ts';
import type { ScenarioContext } from './context.ts';
import { answer, type HttpServer } from './http-server.ts';
import { Condition, poll } from './waiting.ts';
import type { Wire } from './wire.ts';

const STATISTICS_PORT = 8099;
/** Column of the statistics' CSV. */
const QCUR = 2;

interface HeldRequest {
  readonly path: string;
  readonly server: string;
  answered: boolean;
  readonly answer: () => void;
}

export class HeldFarm {
  readonly #t: ScenarioContext;
  readonly #servers = new Map<string, HttpServer>();
  readonly #requests: HeldRequest[] = [];
  readonly #changed = new Condition();

  private constructor(t: ScenarioContext) {
    this.#t = t;
  }

  static async of(t: ScenarioContext, names: readonly string[]): Promise<HeldFarm> {
    const farm = new HeldFarm(t);
    for (const name of names) {
      const hold = (path: string): Promise<string> =>
        new Promise((resolve) => {
          farm.#requests.push({
            path,
            server: name,
            answered: false,
            answer: () => resolve(answer(200, name)),
          });
          farm.#changed.notify();
        });
      farm.#servers.set(name, await t.httpServer((request) => hold(request.target), { name }));
    }
    return farm;
  }

  address(name: string): string {
    return this.#servers.get(name)?.address ?? '';
  }

  /** `path@server` of all requests, in the order in which they came. */
  get arrivals(): string[] {
    return this.#requests.map(({ path, server }) => `${path}@${server}`);
  }

  /** Requests that a server is busy with. */
  busy(server: string): number {
    return this.#requests.filter((each) => each.server === server && !each.answered).length;
  }

  /** Waits until so many requests have come, over all servers. */
  async came(count: number): Promise<void> {
    await this.#changed.until(
      () => this.#requests.length >= count || undefined,
      () => `${count} requests; there are ${this.arrivals.join(' ')}`,
    );
  }

  /** Waits for the request and answers it. */
  async answer(path: string): Promise<void> {
    const request = await this.#changed.until(
      () => this.#requests.find((each) => each.path === path && !each.answered),
      () => `the request of ${path}; there are ${this.arrivals.join(' ')}`,
    );
    request.answered = true;
    request.answer();
  }

  /** Answers the oldest that has not been answered, of one server or of all; false when there is none. */
  answerOldest(server?: string): boolean {
    const request = this.#requests.find((each) => !each.answered && (server ?? each.server) === each.server);
    if (request === undefined) return false;
    request.answered = true;
    request.answer();
    return true;
  }

  /** A section that lets the farm see the queues of proxies; every configuration that asks needs it. */
  get statistics(): string {
    return `
listen statistics
    bind ${this.#t.ip}:${STATISTICS_PORT}
    stats enable
    stats uri /
`;
  }

  /** Requests that wait, over all queues. */
  async queued(): Promise<number> {
    const wire = await this.#t.connect(STATISTICS_PORT);
    await wire.send(get('/;csv', 'Connection: close'));
    const rows = (await wire.readToEnd()).toString().split('\n');
    wire.close();
    // Lines of the head, of chunks and of column names have no number there.
    return rows.reduce((sum, row) => sum + (Number(row.split(',')[QCUR]) || 0), 0);
  }

  async queuedAre(count: number): Promise<void> {
    await poll(async () => (await this.queued()) === count || undefined, `${count} to be queued`);
  }

  /** A client whose request is being served or waits in a queue, on a connection of its own that ends with the answer. */
  async ask(path: string, ...headers: string[]): Promise<Wire> {
    return await this.askAt(8080, path, ...headers);
  }

  async askAt(port: number, path: string, ...headers: string[]): Promise<Wire> {
    const before = (await this.queued()) + this.#requests.length;
    const wire = await this.send(port, path, ...headers);
    await poll(
      async () => (await this.queued()) + this.#requests.length > before || undefined,
      `${path} to be served or queued`,
    );
    return wire;
  }

  /** The same without a look at what becomes of it. */
  async send(port: number, path: string, ...headers: string[]): Promise<Wire> {
    const wire = await this.#t.connect(port);
    await wire.send(get(path, 'Connection: close', ...headers));
    return wire;
  }
}
