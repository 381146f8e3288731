// The same chains on the real HAProxy: one request carries an input, its answer has the results of all chains.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nextLoopbackAddress } from '../../../harness/loopback.ts';
import { findCommand } from '../../../harness/program.ts';
import { poll, within } from '../../../harness/waiting.ts';
import type { InputType } from './local-samples.ts';

export const haproxyPath = findCommand('haproxy');
export const skipWithoutHaproxy =
  haproxyPath === undefined ? { skip: 'needs haproxy: apt-get install haproxy' } : {};

const PORT = 8080;
/** Requests on their way at once. */
const PIPELINED = 32;
const DEADLINE_MS = 120_000;

export interface Family {
  readonly name: string;
  readonly type: InputType;
  readonly chains: readonly string[];
  readonly inputs: readonly Buffer[];
}

export class HaproxySamples {
  readonly #directory = mkdtempSync(join(tmpdir(), 'sluice-samples-'));
  readonly #ip = nextLoopbackAddress();
  #child: ChildProcess | undefined;

  static async start(families: readonly Family[], bufferBytes: number): Promise<HaproxySamples> {
    const haproxy = new HaproxySamples();
    await haproxy.#start(families, bufferBytes);
    return haproxy;
  }

  async #start(families: readonly Family[], bufferBytes: number): Promise<void> {
    const lines = [
      'global',
      '  nbthread 1',
      `  tune.bufsize ${bufferBytes}`,
      'defaults',
      '  mode http',
      '  timeout connect 5s',
      '  timeout client 60s',
      '  timeout server 60s',
      'frontend samples',
      `  bind ${this.#ip}:${PORT}`,
      // A dot keeps empty inputs apart from absent ones.
      '  http-request set-var(req.bin) req.fhdr(x),bytes(1),b64dec',
      '  http-request set-var(req.str) var(req.bin),concat()',
    ];
    families.forEach(({ type, chains }, index) => {
      const file = join(this.#directory, `family-${index}`);
      writeFileSync(
        file,
        chains.map((chain) => `%[var(req.${type}),${chain},base64,concat(!)]`).join('|'),
        'latin1',
      );
      lines.push(
        `  http-request return status 200 content-type text/plain lf-file ${file} if { path /${index} }`,
      );
    });
    const config = join(this.#directory, 'haproxy.cfg');
    writeFileSync(config, `${lines.join('\n')}\n`);
    const child = spawn(haproxyPath as string, ['-f', config, '-db'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#child = child;
    let complaint = '';
    child.stderr?.setEncoding('latin1').on('data', (text: string) => {
      complaint += text;
    });
    await poll(async () => {
      if (child.exitCode !== null) throw new Error(`haproxy refuses: ${complaint}`);
      const socket = await this.#connect().catch(() => undefined);
      socket?.destroy();
      return socket === undefined ? undefined : true;
    }, 'haproxy to listen');
  }

  #connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.#ip, port: PORT });
      socket.once('connect', () => resolve(socket));
      socket.once('error', reject);
    });
  }

  /** For each input the results of all chains; undefined where there is none. */
  async evaluate(index: number, inputs: readonly Buffer[]): Promise<(Buffer | undefined)[][]> {
    const socket = await this.#connect();
    const answers: (Buffer | undefined)[][] = [];
    let sent = 0;
    const send = (): void => {
      let text = '';
      while (sent < inputs.length && sent - answers.length < PIPELINED) {
        const input = inputs[sent++] as Buffer;
        text += `GET /${index} HTTP/1.1\r\nHost: h\r\nX: .${input.toString('base64')}\r\n\r\n`;
      }
      if (text !== '') socket.write(text, 'latin1');
    };
    const done = new Promise<void>((resolve, reject) => {
      let text = '';
      socket.setEncoding('latin1').on('data', (more: string) => {
        text += more;
        for (;;) {
          const head = text.indexOf('\r\n\r\n');
          if (head < 0) break;
          const length = Number(/content-length: (\d+)/i.exec(text.slice(0, head))?.[1] ?? 0);
          if (text.length < head + 4 + length) break;
          if (!text.startsWith('HTTP/1.1 200')) {
            reject(new Error(`haproxy answers ${text.slice(0, 40)} to input ${answers.length}`));
            return;
          }
          const body = text.slice(head + 4, head + 4 + length);
          answers.push(
            body
              .split('|')
              .map((one) => (one.endsWith('!') ? Buffer.from(one.slice(0, -1), 'base64') : undefined)),
          );
          text = text.slice(head + 4 + length);
        }
        if (answers.length === inputs.length) resolve();
        else send();
      });
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('haproxy closed the connection')));
    });
    send();
    await within(done, 'the answers of haproxy', DEADLINE_MS);
    socket.destroy();
    return answers;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
