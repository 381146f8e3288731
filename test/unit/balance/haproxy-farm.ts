/**
 * A real HAProxy in front of small fake servers, for tests that hold our order of servers against its own. Each server
 * is a unix socket that says its name; a client that stays connected keeps a slot of the server it got.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextLoopbackAddress } from '../../harness/loopback.ts';
import { findCommand } from '../../harness/program.ts';
import { poll, within } from '../../harness/waiting.ts';

export const haproxyPath = findCommand('haproxy');
export const skipWithoutHaproxy =
  haproxyPath === undefined ? { skip: 'needs haproxy: apt-get install haproxy' } : {};

export interface FarmBackend {
  readonly name: string;
  /** Lines of the section, `balance …` among them. */
  readonly lines: readonly string[];
  /** What stands behind each server's address; the servers are called s0, s1, … */
  readonly servers: readonly string[];
}

/** A client that holds a slot of the server it got. */
export interface Held {
  readonly server: number;
  release(): Promise<void>;
}

export class HaproxyFarm {
  readonly #directory = mkdtempSync(join(tmpdir(), 'sluice-farm-'));
  readonly #servers: Server[] = [];
  readonly #ports = new Map<string, number>();
  readonly #ip = nextLoopbackAddress();
  #child: ChildProcess | undefined;

  static async start(backends: readonly FarmBackend[]): Promise<HaproxyFarm> {
    const farm = new HaproxyFarm();
    await farm.#start(backends);
    return farm;
  }

  async #start(backends: readonly FarmBackend[]): Promise<void> {
    const most = Math.max(...backends.map((backend) => backend.servers.length));
    for (let at = 0; at < most; at++) await this.#listen(at);
    const lines = [
      'global',
      '  nbthread 1',
      `  stats socket ${join(this.#directory, 'stats')} level admin`,
      'defaults',
      '  mode tcp',
      '  timeout connect 5s',
      '  timeout client 30s',
      '  timeout server 30s',
    ];
    backends.forEach((backend, index) => {
      const port = 10000 + index;
      this.#ports.set(backend.name, port);
      // `source` balancing is tried with addresses that a PROXY header announces.
      lines.push(`frontend f-${backend.name}`, `  bind ${this.#ip}:${port} accept-proxy`);
      lines.push(`  default_backend ${backend.name}`, `backend ${backend.name}`);
      for (const line of backend.lines) lines.push(`  ${line}`);
      backend.servers.forEach((options, at) => {
        lines.push(`  server s${at} unix@${this.#path(at)} ${options}`);
      });
    });
    const config = join(this.#directory, 'haproxy.cfg');
    writeFileSync(config, `${lines.join('\n')}\n`);
    const child = spawn(haproxyPath as string, ['-f', config, '-db'], { stdio: 'ignore' });
    this.#child = child;
    await poll(
      async () => ((await this.command('show info').catch(() => '')) === '' ? undefined : true),
      'haproxy to answer on its socket',
    );
  }

  #path(server: number): string {
    return join(this.#directory, `s${server}`);
  }

  #listen(server: number): Promise<void> {
    const listener = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => undefined);
      socket.on('end', () => socket.end());
      socket.resume();
      socket.write(`${server}\n`);
    });
    this.#servers.push(listener);
    return new Promise((resolve) => listener.listen(this.#path(server), resolve));
  }

  /** Connects as a client; undefined when no server was there. */
  async hold(backend: string, clientAddress = '192.0.2.1'): Promise<Held | undefined> {
    const socket = connect({
      host: this.#ip,
      port: this.#ports.get(backend) as number,
      allowHalfOpen: true,
    });
    const family = clientAddress.includes(':') ? 'TCP6' : 'TCP4';
    const target = family === 'TCP6' ? '2001:db8::1' : '192.0.2.100';
    socket.write(`PROXY ${family} ${clientAddress} ${target} 1000 80\r\n`);
    const text = await within(firstLine(socket), `a server of ${backend}`);
    if (text === '') {
      socket.destroy();
      return undefined;
    }
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.resume();
    return {
      server: Number(text),
      release: () => {
        socket.end();
        return within(closed, 'haproxy to close');
      },
    };
  }

  /** One connection, opened and closed: the index of its server, or -1. */
  async pick(backend: string, clientAddress?: string): Promise<number> {
    const held = await this.hold(backend, clientAddress);
    await held?.release();
    return held === undefined ? -1 : held.server;
  }

  async sequence(backend: string, length: number): Promise<number[]> {
    const result: number[] = [];
    for (let at = 0; at < length; at++) result.push(await this.pick(backend));
    return result;
  }

  /** A command of the runtime API; rejects when the socket is not there. */
  command(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(join(this.#directory, 'stats'));
      let answer = '';
      socket.setEncoding('latin1');
      socket.on('data', (chunk) => {
        answer += chunk;
      });
      socket.on('end', () => resolve(answer));
      socket.on('error', reject);
      socket.write(`${text}\n`);
    });
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    for (const server of this.#servers) server.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** The first line, without its end; empty when the connection ends before one. */
function firstLine(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!text.includes('\n')) return;
      socket.off('data', onData);
      resolve(text.split('\n', 1)[0] as string);
    };
    socket.on('data', onData);
    socket.once('end', () => resolve(''));
    socket.once('error', reject);
  });
}
