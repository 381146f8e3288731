// `slowstart`: a server that comes back gets its weight and its places step by step.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { gate } from '../../harness/gate.ts';
import { scenario } from '../../harness/scenario.ts';
import { logTo, switchedHealth } from '../../harness/switched-health.ts';
import { poll } from '../../harness/waiting.ts';

async function fields(
  t: ScenarioContext,
  proxy: string,
  server: string,
  names: readonly string[],
): Promise<string> {
  const { text } = await t.request(8090, get('/;csv', 'Connection: close'));
  const [head = '', ...rows] = text.slice(2).split('\n');
  const columns = head.split(',');
  const row = rows.map((one) => one.split(',')).find((one) => one[0] === proxy && one[1] === server) ?? [];
  return names.map((name) => row[columns.indexOf(name)] ?? '').join(' ');
}

const statistics = (t: ScenarioContext): string => `
listen statistics
    bind ${t.ip}:8090
    stats enable
    stats uri /
`;

scenario('slowstart: weight and throttle grow in steps, of dynamic algorithms only', {}, async (t) => {
  const health = await switchedHealth(t);
  const log = await t.syslog();
  const server = await t.httpServer('a');
  await t.start(`${logTo(log.address)}${HTTP_DEFAULTS}
    log global
${statistics(t)}
backend robin
    server a ${server.address} weight 100 slowstart 4s ${health.check}
backend least
    balance leastconn
    server a ${server.address} weight 50 slowstart 4s track robin/a
backend static
    balance source
    server a ${server.address} weight 100 slowstart 4s track robin/a
`);
  assert.equal(await fields(t, 'robin', 'a', ['weight', 'throttle']), '100 ');
  await health.fail();
  await log.line(/robin\/a is DOWN/);
  await health.recover();
  await log.line(/robin\/a is UP, /);
  const seen = { robin: new Set<string>(), least: new Set<string>(), static: new Set<string>() };
  await poll(async () => {
    for (const [backend, set] of Object.entries(seen))
      set.add(await fields(t, backend, 'a', ['weight', 'throttle']));
    const done = [...Object.values(seen)].every((set) => [...set].some((text) => text.endsWith(' ')));
    return done ? true : undefined;
  }, 'all weights to be whole');
  const possible = {
    robin: ['7 6', '32 31', '57 56', '82 81', '100 '],
    least: ['4 6', '16 31', '29 56', '41 81', '50 '],
    static: ['100 100', '100 '],
  };
  for (const [backend, set] of Object.entries(seen)) {
    const steps = possible[backend as keyof typeof possible];
    assert.deepEqual(
      [...set].filter((text) => !steps.includes(text)),
      [],
      backend,
    );
  }
  assert.ok(seen.robin.has('7 6') && seen.robin.size >= 3, [...seen.robin].join());
  await log.line(
    /Server robin\/a is UP\. 1 active and 0 backup servers online\. 0 sessions requeued, 0 total in queue\./,
  );
});

scenario('slowstart: a server that has just come back takes one request at a time first', {}, async (t) => {
  const health = await switchedHealth(t);
  const log = await t.syslog();
  const passing = gate();
  const server = await t.httpServer(
    async () => {
      await passing.opened;
      return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    },
    { name: 'slow' },
  );
  await t.start(`${logTo(log.address)}${HTTP_DEFAULTS}
    log global
    timeout queue 30s
${statistics(t)}
listen web
    bind ${t.ip}:8080
    option dontlognull
    server a ${server.address} maxconn 8 slowstart 200s ${health.check}
`);
  await health.fail();
  await log.line(/web\/a is DOWN/);
  await health.recover();
  await log.line(/web\/a is UP/);
  const clients = [];
  for (let at = 0; at < 3; at++) {
    const client = await t.connect(8080);
    await client.send(get('/', 'Connection: close'));
    clients.push(client);
  }
  await poll(
    async () => ((await fields(t, 'web', 'BACKEND', ['qcur'])) === '2' ? true : undefined),
    'two to wait',
  );
  assert.equal(await fields(t, 'web', 'a', ['scur']), '1');
  passing.open();
  for (const client of clients) assert.match((await client.readToEnd()).toString(), /ok$/);
});

scenario('slowstart does not apply when the process starts', {}, async (t) => {
  const server = await t.httpServer('a');
  await t.start(`${HTTP_DEFAULTS}
${statistics(t)}
listen web
    bind ${t.ip}:8080
    server a ${server.address} weight 100 slowstart 100s check
`);
  assert.equal(await fields(t, 'web', 'a', ['weight', 'throttle']), '100 ');
});
