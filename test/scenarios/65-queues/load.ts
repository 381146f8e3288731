// Thousands of requests through a full queue: none is lost, no slot is lost, no server gets more than it may have.

import assert from 'node:assert/strict';
import { connect as dial } from 'node:net';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { BusyServer, crowd } from '../../harness/crowd.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

const CLIENTS = 120;
const REQUESTS_EACH = 25;
const COOKIES = ['', 'Cookie: S=a', 'Cookie: S=b'];

function config(t: ScenarioContext, a: BusyServer, b: BusyServer, more = ''): string {
  return `${HTTP_DEFAULTS}
    timeout queue 30s
listen web
    bind ${t.ip}:8080
    cookie S insert indirect
    ${more}
    server a ${a.address} maxconn 3 cookie a
    server b ${b.address} maxconn 5 minconn 2 cookie b
listen statistics
    bind ${t.ip}:8081
    stats enable
    stats uri /
`;
}

/** One client's requests, one after the other on a kept connection. Resolves with its number of 200s. */
function keptClient(t: ScenarioContext, number: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const cookie = COOKIES[number % COOKIES.length] ?? '';
    const request = get(`/${number}`, ...(cookie === '' ? [] : [cookie]));
    const answer = /^HTTP\/1\.1 200 [\s\S]*?\r\n\r\nok/;
    let text = '';
    let done = 0;
    const socket = dial(8080, t.ip, () => socket.write(request));
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
      const match = answer.exec(text);
      if (match === null) return;
      text = text.slice(match[0].length);
      if (++done < REQUESTS_EACH) socket.write(request);
      else socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(done));
  });
}

/** What the statistics say is being served or waits, of the proxy and of its servers. */
async function occupied(t: ScenarioContext): Promise<number> {
  const wire = await t.connect(8081);
  await wire.send(get('/;csv', 'Connection: close'));
  const rows = (await wire.readToEnd()).toString().split('\n');
  wire.close();
  let sum = 0;
  for (const row of rows) {
    const [proxy, , waiting, , serving] = row.split(',');
    if (proxy === 'web') sum += Number(waiting) + Number(serving);
  }
  return sum;
}

async function nothingIsLeft(t: ScenarioContext): Promise<void> {
  await poll(async () => ((await occupied(t)) === 0 ? true : undefined), 'all slots to be free');
}

scenario(
  'thousands of requests of kept clients: all are answered, and all slots come back',
  {},
  async (t) => {
    const a = await BusyServer.listen(t, 0);
    const b = await BusyServer.listen(t, 0);
    await t.start(config(t, a, b, 'fullconn 100'));
    const counts = await Promise.all(Array.from({ length: CLIENTS }, (_, at) => keptClient(t, at)));
    assert.deepEqual(counts, new Array(CLIENTS).fill(REQUESTS_EACH));
    assert.equal(a.served + b.served, CLIENTS * REQUESTS_EACH);
    assert.ok(a.most <= 3 && b.most <= 5, `${a.most} and ${b.most} at once`);
    await nothingIsLeft(t);
  },
);

scenario('clients that leave in the middle of it take no slot with them', {}, async (t) => {
  const a = await BusyServer.listen(t, 5);
  const b = await BusyServer.listen(t, 5);
  await t.start(config(t, a, b, 'option abortonclose\n    fullconn 100\n    timeout queue 150ms'));
  const stayers = crowd(
    t.ip,
    8080,
    Array.from({ length: 400 }, (_, at) =>
      get(`/${at}`, 'Connection: close', COOKIES[at % 3] || 'X-None: 1'),
    ),
  );
  const leavers = Array.from(
    { length: 400 },
    (_, at) =>
      new Promise<void>((resolve) => {
        const socket = dial(8080, t.ip, () => {
          socket.write(get('/leaver', 'Connection: close', COOKIES[at % 3] || 'X-None: 1'));
          // Some at once, some when they wait, some when they are served.
          setTimeout(() => (at % 2 === 0 ? socket.destroy() : socket.resetAndDestroy()), at % 60);
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      }),
  );
  await Promise.all(leavers);
  for (const { status } of await stayers) assert.ok(status === 200 || status === 503, `status ${status}`);
  assert.ok(a.most <= 3 && b.most <= 5, `${a.most} and ${b.most} at once`);
  await nothingIsLeft(t);
  const after = await crowd(
    t.ip,
    8080,
    COOKIES.map((cookie) => get('/after', 'Connection: close', cookie || 'X-None: 1')),
  );
  assert.deepEqual(
    after.map(({ status }) => status),
    [200, 200, 200],
  );
});
