// When and for whom is counted: `option contstats` while bytes pass, `option socket-stats` for each address, and rates of
// the second that runs.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

/** The value of a field on the line of `proxy/server`. */
async function field(t: ScenarioContext, line: string, name: string): Promise<string> {
  const [header = '', ...lines] = (await t.request(8081, get('/s;csv'))).text.split('\n');
  const at = header.slice(2).split(',').indexOf(name);
  const found = lines.find((text) => text.startsWith(`${line.replace('/', ',')},`));
  return found?.split(',')[at] ?? 'no line';
}

const PAGE = `
listen stats
    bind IP:8081
    mode http
    stats uri /s
    stats show-legends
`;

scenario('option contstats counts while the bytes pass', { timeoutMs: 30_000 }, async (t) => {
  const server = await t.tcpServer({
    script: async (wire) => {
      await wire.send('x'.repeat(3000));
      await wire.readToEnd(30_000);
      wire.close();
    },
  });
  await t.start(`${TCP_DEFAULTS}
    timeout client 25s
    timeout server 25s
${PAGE.replace('IP', t.ip)}
listen during
    bind ${t.ip}:8080
    option contstats
    server s1 ${server.address}
listen afterwards
    bind ${t.ip}:8082
    server s1 ${server.address}
`);
  const clients = [await t.connect(8080), await t.connect(8082)];
  for (const client of clients) await client.readUntil('x'.repeat(3000));
  const counted = (line: string) => field(t, line, 'bout');
  await poll(async () => ((await counted('during/s1')) === '3000' ? true : undefined), 'the count', 15_000);
  assert.equal(await counted('during/FRONTEND'), '3000');
  assert.equal(await counted('during/BACKEND'), '3000');
  assert.equal(await counted('afterwards/FRONTEND'), '0');
  for (const client of clients) client.close();
  await poll(
    async () => ((await counted('afterwards/FRONTEND')) === '3000' ? true : undefined),
    'the count of what is over',
  );
  // What was counted is not counted again.
  await poll(async () => ((await field(t, 'during/s1', 'scur')) === '0' ? true : undefined), 'the end');
  assert.equal(await counted('during/FRONTEND'), '3000');
});

scenario('option socket-stats: a line for each address', {}, async (t) => {
  const server = await t.httpServer('x');
  await t.start(`${HTTP_DEFAULTS}
${PAGE.replace('IP', t.ip)}
listen web
    bind ${t.ip}:8080 name front maxconn 50
    bind ${t.ip}:8082 id 7
    bind unix@${t.directory}/socket
    option socket-stats
    server s1 ${server.address}
`);
  const wire = await t.connect(8080);
  for (let i = 0; i < 2; i++) await exchange(wire, get());
  const other = await t.connect(8082);
  await exchange(other, get());
  await exchange(await t.connect({ path: `${t.directory}/socket` }), get());
  const values = async (line: string): Promise<string> =>
    (
      await Promise.all(
        ['scur', 'smax', 'slim', 'stot', 'bin', 'bout', 'sid', 'type', 'status', 'addr'].map((name) =>
          field(t, line, name),
        ),
      )
    ).join(' ');
  assert.equal(await values('web/front'), `1 1 50 1 106 100 1 3 OPEN ${t.ip}:8080`);
  assert.equal(await values('web/sock-7'), `1 1 0 1 53 50 7 3 OPEN ${t.ip}:8082`);
  assert.equal(await values('web/sock-3'), '1 1 0 1 53 50 3 3 OPEN unix');
  wire.close();
  await poll(async () => ((await field(t, 'web/front', 'scur')) === '0' ? true : undefined), 'the end');
  assert.equal(await field(t, 'web/front', 'smax'), '1');
});

scenario('rates are those of the last second, whatever thread they came to', {}, async (t) => {
  const server = await t.httpServer('x');
  await t.start(`${HTTP_DEFAULTS}
${PAGE.replace('IP', t.ip)}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const wires = await Promise.all(Array.from({ length: 20 }, () => t.connect(8080)));
  await Promise.all(wires.map((wire) => exchange(wire, get())));
  const read = (line: string, name: string): Promise<number> => field(t, line, name).then(Number);
  // All came within a second, or within two that follow one another.
  for (const [line, name] of [
    ['web/FRONTEND', 'rate_max'],
    ['web/FRONTEND', 'conn_rate_max'],
    ['web/FRONTEND', 'req_rate_max'],
    ['web/BACKEND', 'rate_max'],
    ['web/s1', 'rate_max'],
  ] as const) {
    const most = await read(line, name);
    assert.ok(most > 0 && most <= 20, `${line} ${name} ${most}`);
  }
  await poll(async () => ((await read('web/FRONTEND', 'req_rate')) === 0 ? true : undefined), 'rest', 5000);
  assert.ok((await read('web/FRONTEND', 'req_rate_max')) >= 10);
});
