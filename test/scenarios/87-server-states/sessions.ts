// What becomes of sessions and of waiting requests when a server goes down or another one comes up.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TIMEOUTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { ask } from '../../harness/farm.ts';
import { gate } from '../../harness/gate.ts';
import { parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { logTo, switchedHealth } from '../../harness/switched-health.ts';
import { poll } from '../../harness/waiting.ts';

/** A page that tells how many wait. */
const STATISTICS = (t: ScenarioContext): string => `listen statistics
    bind ${t.ip}:8090
    stats enable
    stats uri /`;

/** Waits until so many requests wait for the server, or for BACKEND. */
async function queued(t: ScenarioContext, server: string, count: number): Promise<void> {
  await poll(async () => {
    const { text } = await t.request(8090, get('/;csv', 'Connection: close'));
    return text.includes(`\nweb,${server},${count},`) ? true : undefined;
  }, `${count} in the queue of ${server}`);
}

/** Begins a response that never ends. */
const HALF = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf';

scenario(
  'on-marked-down shutdown-sessions ends what a server serves, and logs it with a D',
  {},
  async (t) => {
    const health = await switchedHealth(t);
    const log = await t.syslog();
    const half = await t.httpServer(({ wire }) => void wire.send(HALF), { name: 'half' });
    const mute = await t.httpServer(() => undefined, { name: 'mute' });
    const silent = await t.silentAddress();
    const raw = await t.tcpServer({ name: 'raw', script: (wire) => wire.send('raw') });
    const options = `${health.check} on-marked-down shutdown-sessions`;
    await t.start(`${logTo(log.address)}
defaults
    mode http
    log global
    option httplog${TIMEOUTS}
listen half
    bind ${t.ip}:8081
    server a ${half.address} ${options}
listen mute
    bind ${t.ip}:8082
    server a ${mute.address} ${options}
listen silent
    bind ${t.ip}:8083
    server a ${silent} ${options}
listen raw
    mode tcp
    option tcplog
    bind ${t.ip}:8084
    server a ${raw.address} ${options}
listen spared
    bind ${t.ip}:8085
    server a ${half.address} ${health.check}
`);
    const [inBody, inWait, inConnect, inTunnel, spared] = [
      await t.connect(8081),
      await t.connect(8082),
      await t.connect(8083),
      await t.connect(8084),
      await t.connect(8085),
    ];
    for (const client of [inBody, inWait, inConnect, spared]) await client.send(get('/'));
    await inBody.readUntil('half');
    await spared.readUntil('half');
    await mute.request();
    await inTunnel.read(3);
    await health.fail();
    assert.match((await inWait.readUntil('</html>')).toString(), /^HTTP\/1\.1 502 /);
    assert.equal((await inBody.readToEnd()).length, 0);
    assert.equal((await inConnect.readToEnd()).length, 0);
    assert.equal((await inTunnel.readToEnd()).length, 0);
    const lines = await log.allOf([
      / half half\/a 0\/0\/\d+\/\d+\/\d+ 200 \d+ - - DD-- /,
      / mute mute\/a 0\/0\/\d+\/-1\/\d+ 502 \d+ - - DH-- /,
      / silent silent\/a 0\/0\/-1\/-1\/\d+ -1 0 - - D--- /,
      / raw raw\/a \d+\/\d+\/\d+ 3 D- /,
      /Server half\/a is DOWN, .* 1 sessions active, 0 requeued, 0 remaining in queue\./,
    ]);
    assert.equal(lines.length, 5);
    assert.equal(spared.ending, undefined);
  },
);

scenario('on-marked-up shutdown-backup-sessions brings clients back from the backups', {}, async (t) => {
  const health = await switchedHealth(t);
  const log = await t.syslog();
  const main = await t.httpServer('main');
  const backup = await t.httpServer(({ wire }) => void wire.send(HALF), { name: 'backup' });
  await t.start(`${logTo(log.address)}
defaults
    mode http
    log global
    option httplog
    option dontlognull
    timeout queue 30s${TIMEOUTS}
listen web
    bind ${t.ip}:8080
    server a ${main.address} ${health.check} on-marked-up shutdown-backup-sessions
    server b ${backup.address} backup
`);
  assert.deepEqual(await ask(t, 8080, 1), ['main']);
  await health.fail();
  await log.line(/web\/a is DOWN/);
  const client = await t.connect(8080);
  await client.send(get('/'));
  await client.readUntil('half');
  await health.recover();
  await client.readToEnd();
  await log.line(/web\/a is UP/);
  await log.line(/ web web\/b 0\/0\/\d+\/\d+\/\d+ 200 \d+ - - UD-- /);
});

for (const [options, requeued, remaining] of [
  ['option redispatch', 2, 0],
  ['', 0, 2],
  ['option redispatch\n    option persist', 0, 2],
] as const) {
  const title = options === '' ? 'without redispatch' : options.replace(/\s+/g, ' ');
  scenario(
    `${title}: ${requeued} of two that wait for a server that goes down are requeued`,
    {},
    async (t) => {
      const health = await switchedHealth(t);
      const log = await t.syslog();
      const passing = gate();
      const held = await t.httpServer(
        async ({ target }) => {
          if (target === '/hold') await passing.opened;
          return 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nheld';
        },
        { name: 'held' },
      );
      const other = await t.httpServer('other');
      await t.start(`${logTo(log.address)}
defaults
    mode http
    log global
    option httplog
    option dontlognull
    timeout queue 30s${TIMEOUTS}
${STATISTICS(t)}
listen web
    bind ${t.ip}:8080
    cookie S insert indirect
    ${options}
    server a ${held.address} cookie a maxconn 1 ${health.check}
    server b ${other.address} cookie b
`);
      const clients = [];
      for (const path of ['/hold', '/1', '/2']) {
        const client = await t.connect(8080);
        await client.send(get(path, 'Cookie: S=a', 'Connection: close'));
        clients.push(client);
        // The first one has the only place before the others come.
        if (path === '/hold') await held.request();
      }
      const [holder, ...waiting] = clients;
      await queued(t, 'a', 2);
      await health.fail();
      const down = parseRfc3164(await log.line(/web\/a is DOWN/)).message;
      assert.match(
        down,
        new RegExp(`1 sessions active, ${requeued} requeued, ${remaining} remaining in queue\\.$`),
      );
      if (requeued > 0) {
        for (const client of waiting) assert.match((await client.readToEnd()).toString(), /other$/);
        await log.line(
          / web web\/b \d+\/\d+\/\d+\/\d+\/\d+ 200 \d+ - - --DI \d+\/\d+\/\d+\/\d+\/\+0 [12]\/0 /,
        );
      }
      passing.open();
      assert.match((await holder?.readToEnd())?.toString() ?? '', /held$/);
    },
  );
}

scenario('who waits for a server that goes down, with no other one left, is told at once', {}, async (t) => {
  const health = await switchedHealth(t);
  const log = await t.syslog();
  const passing = gate();
  const held = await t.httpServer(
    async () => {
      await passing.opened;
      return 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nheld';
    },
    { name: 'held' },
  );
  await t.start(`${logTo(log.address)}
defaults
    mode http
    log global
    option httplog
    option dontlognull
    option redispatch
    timeout queue 30s${TIMEOUTS}
${STATISTICS(t)}
listen web
    bind ${t.ip}:8080
    cookie S insert indirect
    server a ${held.address} cookie a maxconn 1 ${health.check}
`);
  const holder = await t.connect(8080);
  await holder.send(get('/', 'Cookie: S=a'));
  await held.request();
  const waiting = await t.connect(8080);
  await waiting.send(get('/', 'Cookie: S=a'));
  await queued(t, 'a', 1);
  await health.fail();
  await log.line(/web\/a is DOWN, .* 1 requeued, 0 remaining/);
  assert.match((await waiting.readUntil('</html>')).toString(), /^HTTP\/1\.1 503 /);
  await log.line(/ web web\/<NOSRV> \d+\/-1\/-1\/-1\/\d+ 503 \d+ - - SCDN /);
  passing.open();
});

scenario('a server that comes up takes those that wait for any', {}, async (t) => {
  const health = await switchedHealth(t);
  const log = await t.syslog();
  const passing = gate();
  const slow = await t.httpServer(
    async () => {
      await passing.opened;
      return 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow';
    },
    { name: 'slow' },
  );
  const fresh = await t.httpServer('fresh');
  await t.start(`${logTo(log.address)}${HTTP_DEFAULTS}
    log global
${STATISTICS(t)}
listen web
    bind ${t.ip}:8080
    option dontlognull
    server a ${fresh.address} maxconn 2 ${health.check}
    server b ${slow.address} maxconn 1
`);
  await health.fail();
  await log.line(/web\/a is DOWN/);
  const clients = [];
  for (let at = 0; at < 4; at++) {
    const client = await t.connect(8080);
    await client.send(get('/', 'Connection: close'));
    if (at === 0) await slow.request();
    clients.push(client);
  }
  await queued(t, 'BACKEND', 3);
  await health.recover();
  const up = parseRfc3164(await log.line(/web\/a is UP/)).message;
  assert.match(up, /2 active and 0 backup servers online\. 2 sessions requeued, 0 total in queue\.$/);
  for (const client of clients.slice(1)) assert.match((await client.readToEnd()).toString(), /fresh$/);
  passing.open();
  assert.match((await clients[0]?.readToEnd())?.toString() ?? '', /slow$/);
});
