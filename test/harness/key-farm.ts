// A farm of which only the names count: thousands of requests go through the proxy, and each tells which server it was
// sent to. All servers are one small listener; the name comes back in the persistence cookie that the proxy inserts.

import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';
import type { ScenarioContext } from './context.ts';
import { within } from './waiting.ts';

const IN_FLIGHT = 40;
const DEADLINE_MS = 30_000;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

export interface KeyFarm {
  /** The lines of a backend: the cookie, and a server for each of the parameters. */
  lines(parameters: readonly string[]): string;
  /** Sends the requests one after the other on one connection. `preface` goes in front of them. */
  ask(port: number, requests: readonly string[], preface?: string): Promise<string[]>;
}

export async function keyFarm(t: ScenarioContext): Promise<KeyFarm> {
  const listener = createServer((socket) => answerAll(socket));
  await new Promise<void>((resolve) => listener.listen(0, t.ip, resolve));
  t.after(() => void listener.close());
  const at = listener.address();
  if (at === null || typeof at === 'string') throw new Error('the farm has no port');
  return {
    lines: (parameters) =>
      [
        '    cookie S insert',
        ...parameters.map(
          (text, index) => `    server s${index} ${t.ip}:${at.port} cookie s${index} ${text}`,
        ),
      ].join('\n'),
    ask: (port, requests, preface = '') =>
      within(askAll(t.ip, port, requests, preface), `${requests.length} answers`, DEADLINE_MS),
  };
}

/** Answers each request whose head has arrived; bodies follow their Content-Length. */
function answerAll(socket: Socket): void {
  let text = '';
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      const length = Number(/^content-length: *(\d+)/im.exec(text.slice(0, end))?.[1] ?? 0);
      if (text.length < end + 4 + length) return;
      text = text.slice(end + 4 + length);
      socket.write(ANSWER);
    }
  });
}

function askAll(host: string, port: number, requests: readonly string[], preface: string): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const names: string[] = [];
    const socket = connect(port, host);
    let sent = 0;
    let text = '';
    const send = (): void => {
      const from = sent;
      sent = Math.min(requests.length, names.length + IN_FLIGHT);
      if (sent > from) socket.write(requests.slice(from, sent).join(''), 'latin1');
    };
    socket.write(preface);
    send();
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const head = text.slice(0, end);
        const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
        if (text.length < end + 4 + length) break;
        text = text.slice(end + 4 + length);
        names.push(/^set-cookie: S=([^;\r]*)/im.exec(head)?.[1] ?? head.slice(9, 12));
      }
      if (names.length < requests.length) {
        send();
        return;
      }
      socket.destroy();
      resolve(names);
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${names.length} answers: ${names.slice(-3)}`)));
  });
}

/** A few letters that stand for a long list of names. */
export function digest(names: readonly string[]): string {
  return createHash('sha256').update(names.join(' ')).digest('hex').slice(0, 12);
}

/** Numbers below the limit, the same ones on every run. */
export function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * limit);
  };
}
