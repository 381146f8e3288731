// A soak: random clients that misbehave, for a few seconds by default and ten minutes with --soak. Descriptors and
// memory of the proxy must not grow.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

const seconds = Number(process.env['SLUICE_TEST_SOAK_SECONDS'] ?? '3');
const CLIENTS = 12;
/** What garbage collection and allocators may keep; a leak of one buffer a connection passes it within seconds. */
const ALLOWED_GROWTH_BYTES = 64 << 20;

function pick<T>(items: readonly T[]): T {
  const item = items[Math.floor(Math.random() * items.length)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** One connection that does something a client should not do, or should. */
async function misbehave(t: ScenarioContext): Promise<void> {
  const port = pick([8080, 8080, 8081]);
  const wire = await t.connect(port);
  const act = pick([
    'close',
    'reset',
    'half',
    'garbage',
    'partial',
    'good',
    'post',
    'pipeline',
    'unread',
  ] as const);
  switch (act) {
    case 'close':
      break;
    case 'reset':
      await wire.send(get('/big'));
      wire.reset();
      break;
    case 'half':
      await wire.send(get());
      await wire.halfClose();
      await wire.ended();
      break;
    case 'garbage':
      await wire.send(Buffer.from(Array.from({ length: 200 }, () => Math.floor(Math.random() * 256))));
      break;
    case 'partial':
      await wire.send(get('/', 'X: y').slice(0, Math.floor(Math.random() * 40)));
      break;
    case 'good':
      await wire.send(get('/', 'Connection: close'));
      await wire.ended();
      break;
    case 'post':
      await wire.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nonly a part');
      break;
    case 'pipeline':
      await wire.send(get('/').repeat(5));
      break;
    case 'unread':
      wire.stopReading();
      await wire.send(get('/big').repeat(3));
      break;
  }
  wire.close();
}

scenario(
  `${seconds} s of clients that misbehave leave no descriptor and no memory behind`,
  { timeoutMs: (seconds + 60) * 1000 },
  async (t) => {
    const big = 'b'.repeat(300_000);
    const server = await t.httpServer(({ target }) => {
      if (target === '/big') return `HTTP/1.1 200 OK\r\nContent-Length: ${big.length}\r\n\r\n${big}`;
      if (Math.random() < 0.1)
        return { raw: 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort', afterwards: 'reset' };
      return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    });
    const program = await t.start(`
defaults
    mode http
    timeout connect 1s
    timeout client 1s
    timeout server 1s
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} pool-purge-delay 100ms
listen relay
    mode tcp
    bind ${t.ip}:8081
    server s1 ${server.address}
`);
    const play = async (untilMs: number): Promise<void> => {
      const end = performance.now() + untilMs;
      const client = async (): Promise<void> => {
        while (performance.now() < end) await misbehave(t).catch(() => undefined);
      };
      await Promise.all(Array.from({ length: CLIENTS }, client));
    };
    const restingFds = await program.fdCount();
    // A first round lets pools and caches reach their size.
    await play(1000);
    const before = await program.residentBytes();
    await play(seconds * 1000);
    await poll(
      async () => ((await program.fdCount()) <= restingFds ? true : undefined),
      'the descriptors to be as few as at the start',
    );
    const grown = (await program.residentBytes()) - before;
    assert.ok(grown < ALLOWED_GROWTH_BYTES, `the proxy grew by ${grown} bytes`);
    assert.equal((await t.request(8080, get('/big'))).body.length, big.length);
  },
);
