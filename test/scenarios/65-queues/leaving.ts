// Ways to leave a queue without having been served: the time is up, or the client is gone.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS, httpLoggedTo, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { HeldFarm } from '../../harness/held-farm.ts';
import { parseHttpLog, parseRfc3164, parseTcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

const COOKIE_A = 'Cookie: S=a';

scenario('timeout queue: 503 and sQ, of the server only where one was waited for', {}, async (t) => {
  const farm = await HeldFarm.of(t, ['a']);
  const log = await t.syslog();
  await t.start(`${httpLoggedTo(log.address)}
    timeout queue 200ms
listen web
    bind ${t.ip}:8080
    cookie S insert indirect
    server a ${farm.address('a')} maxconn 1 cookie a
${farm.statistics}`);
  await farm.ask('/1');
  await farm.came(1);
  for (const [path, server, place, srvconn] of [
    ['/any', '<NOSRV>', [0, 1], 0],
    ['/own', 'a', [1, 0], 1],
  ] as const) {
    const waiting = await farm.send(8080, path, ...(path === '/own' ? [COOKIE_A] : []));
    assert.match((await waiting.readToEnd()).toString(), /^HTTP\/1\.1 503 /);
    const line = parseHttpLog(parseRfc3164(await log.line(`GET ${path} `)).message);
    assert.deepEqual([line.server, line.flags.slice(0, 2), line.srvconn], [server, 'sQ', srvconn], path);
    assert.deepEqual([line.srvQueue, line.backendQueue], place, path);
    assert.ok(line.timers.tw >= 190 && line.timers.tw === line.timers.ta, JSON.stringify(line.timers));
    assert.deepEqual([line.timers.tc, line.timers.tr], [-1, -1]);
  }
  await farm.answer('/1');
  assert.deepEqual(farm.arrivals, ['/1@a']);
});

scenario('without timeout queue the time is that of timeout connect', {}, async (t) => {
  const farm = await HeldFarm.of(t, ['a']);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    timeout connect 200ms
    server a ${farm.address('a')} maxconn 1
${farm.statistics}`);
  await farm.ask('/1');
  await farm.came(1);
  const waiting = await farm.send(8080, '/2');
  assert.match((await waiting.readToEnd()).toString(), /^HTTP\/1\.1 503 /);
});

for (const how of ['close', 'reset'] as const) {
  scenario(`option abortonclose: a client that ${how}s leaves the queue, CQ`, {}, async (t) => {
    const farm = await HeldFarm.of(t, ['a']);
    const log = await t.syslog();
    await t.start(`${httpLoggedTo(log.address)}
    option abortonclose
listen web
    bind ${t.ip}:8080
    cookie S insert indirect
    server a ${farm.address('a')} maxconn 1 cookie a
${farm.statistics}`);
    await farm.ask('/1');
    await farm.came(1);
    for (const [path, server, place] of [
      ['/any', '<NOSRV>', [0, 1]],
      ['/own', 'a', [1, 0]],
    ] as const) {
      const leaver = await farm.ask(path, ...(path === '/own' ? [COOKIE_A] : []));
      leaver[how]();
      const line = parseHttpLog(parseRfc3164(await log.line(`GET ${path} `)).message);
      assert.deepEqual(
        [line.server, line.status, line.bytes, line.flags.slice(0, 2)],
        [server, -1, 0, 'CQ'],
        path,
      );
      assert.deepEqual([line.srvQueue, line.backendQueue], place, path);
      assert.ok(line.timers.tw >= 0 && line.timers.tw === line.timers.ta, JSON.stringify(line.timers));
    }
    const next = await farm.ask('/next');
    await farm.answer('/1');
    await farm.answer('/next');
    await next.readToEnd();
    assert.deepEqual(farm.arrivals, ['/1@a', '/next@a']);
  });
}

for (const how of ['halfClose', 'reset'] as const) {
  scenario(`without abortonclose a client that did a ${how} keeps its place`, {}, async (t) => {
    const farm = await HeldFarm.of(t, ['a']);
    await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server a ${farm.address('a')} maxconn 1
${farm.statistics}`);
    await farm.ask('/1');
    await farm.came(1);
    const leaver = await farm.ask('/2');
    await farm.ask('/3');
    await leaver[how]();
    await farm.answer('/1');
    await farm.answer('/2');
    await farm.answer('/3');
    assert.deepEqual(farm.arrivals, ['/1@a', '/2@a', '/3@a']);
  });
}

scenario('TCP: sQ when the time is up, CD for a reset, CQ for a close with abortonclose', {}, async (t) => {
  const server = await t.tcpServer();
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${TCP_DEFAULTS}
    log global
    option tcplog
listen relay
    bind ${t.ip}:8080
    timeout queue 700ms
    option abortonclose
    server a ${server.address} maxconn 1
`);
  const first = await t.connect(8080);
  await first.send('1');
  const back = await server.accept();
  await back.read(1);
  for (const [end, flags] of [
    ['halfClose', 'CQ'],
    ['reset', 'CD'],
    ['stay', 'sQ'],
  ] as const) {
    const wire = await t.connect(8080);
    await wire.send('x');
    await wire.taken();
    if (end !== 'stay') await wire[end]();
    const line = parseTcpLog(parseRfc3164(await log.line(`:${wire.localPort} `)).message);
    const { server: name, bytes, srvQueue, backendQueue } = line;
    assert.deepEqual([name, line.flags, bytes, srvQueue, backendQueue], ['<NOSRV>', flags, 0, 0, 1]);
    if (end === 'stay') assert.ok(line.timers.tw >= 690, `tw ${line.timers.tw}`);
    assert.equal(line.timers.tc, -1);
  }
  await first.halfClose();
  await back.halfClose();
  assert.equal(server.connectionCount, 1);
});
