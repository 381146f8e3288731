/** Servers with a behaviour each, at addresses of their own, and a configuration that has them checked. */
import { createServer, type Server, type Socket } from 'node:net';
import { nextLoopbackAddress } from '../../harness/loopback.ts';

/** What a server does with each connection: the Nth entry for the Nth one, the last for all that follow. */
export type Behaviour =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'accept' }
  | { readonly kind: 'silent' }
  | { readonly kind: 'close' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'answer'; readonly with: readonly string[] };

const PORT = 8000;

export class CheckedServers {
  readonly #texts = new Map<string, string[]>();
  readonly #addresses = new Map<string, string>();
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  static async listen(behaviours: Readonly<Record<string, Behaviour>>): Promise<CheckedServers> {
    const servers = new CheckedServers();
    for (const [name, behaviour] of Object.entries(behaviours)) await servers.#add(name, behaviour);
    return servers;
  }

  async #add(name: string, behaviour: Behaviour): Promise<void> {
    const host = nextLoopbackAddress();
    this.#addresses.set(name, `${host}:${PORT}`);
    this.#texts.set(name, []);
    if (behaviour.kind === 'refuse') return;
    let connections = 0;
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#sockets.add(socket);
      this.#play(name, behaviour, socket, connections++);
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(PORT, host, resolve));
  }

  #play(name: string, behaviour: Behaviour, socket: Socket, connection: number): void {
    const texts = this.#texts.get(name) as string[];
    texts.push('');
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('end', () => socket.end());
    socket.on('data', (chunk) => {
      texts[connection] += chunk.toString('latin1');
      if (behaviour.kind === 'reset') socket.resetAndDestroy();
      if (behaviour.kind === 'close') socket.end();
      if (behaviour.kind !== 'answer' || texts[connection]?.includes('\r\n\r\n') !== true) return;
      socket.end(behaviour.with[Math.min(connection, behaviour.with.length - 1)] ?? '', 'latin1');
    });
  }

  /**
   * What each server received, connection by connection, without repetitions; source ports are left out, and so are
   * connections without a byte: those that are reset at once may not even be seen.
   */
  received(): Record<string, string[]> {
    return Object.fromEntries(
      [...this.#texts].map(([name, texts]) => [
        name,
        [
          ...new Set(
            texts
              .filter((text) => text !== '')
              .map((text) => text.replace(/ [\d.]+ \d+ 8000\r/, ' ADDRESS PORT 8000\r')),
          ),
        ].sort(),
      ]),
    );
  }

  /** Puts the addresses in the place of `@name`. */
  configuration(text: string): string {
    return text.replace(/@(\w+)/g, (_all, name: string) => this.#addresses.get(name) ?? `@${name}`);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(this.#servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}
