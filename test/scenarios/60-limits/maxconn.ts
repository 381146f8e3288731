// Limits of connections: who is over one waits.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { parseHttpLog, parseRfc3164, parseTcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

/** Connects until the limit, sees the next one wait, and serves it when one of the first has gone. */
async function limitOfTwo(t: ScenarioContext, global: string, section: string): Promise<void> {
  const server = await t.tcpServer();
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
    ${global}
${TCP_DEFAULTS}
    log global
    option tcplog
listen relay
    ${section}
    server s1 ${server.address}
`);
  const first = await t.connect(8080);
  await first.send('1');
  const firstBack = await server.accept();
  const second = await t.connect(8080);
  await second.send('2');
  await server.accept();
  // The kernel accepts the third; the proxy does not.
  const third = await t.connect(8080);
  await third.send('3');
  const line = (async () => parseTcpLog(parseRfc3164(await log.line(/ relay /)).message))();
  assert.equal(server.connectionCount, 2);
  first.close();
  await firstBack.ended();
  firstBack.close();
  assert.equal((await line).feconn, 2);
  const thirdBack = await server.accept();
  assert.equal((await thirdBack.read(1)).toString(), '3');
}

scenario('maxconn of a proxy: the next connection waits until one ends', {}, async (t) => {
  await limitOfTwo(t, '', `bind ${t.ip}:8080\n    maxconn 2`);
});

scenario('maxconn on a bind line', {}, async (t) => {
  await limitOfTwo(t, '', `bind ${t.ip}:8080 maxconn 2`);
});

scenario('maxconn of the process: the next connection waits until one ends', {}, async (t) => {
  await limitOfTwo(t, 'maxconn 2', `bind ${t.ip}:8080`);
});

scenario(
  'maxconn of a server: requests over it wait in the queue, in order, and the log tells',
  // What was read first need not have been queued first on two threads; 65-queues looks at those.
  { nbthread: 1 },
  async (t) => {
    const server = await t.tcpServer();
    const log = await t.syslog();
    await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} maxconn 1
`);
    const first = await t.connect(8080);
    await first.send(get('/1', 'Connection: close'));
    const back = await server.accept();
    await back.readUntil('\r\n\r\n');
    const second = await t.connect(8080);
    await second.send(get('/2', 'Connection: close'));
    await second.taken();
    const third = await t.connect(8080);
    await third.send(get('/3', 'Connection: close'));
    await third.taken();
    await back.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    await back.halfClose();
    for (const path of ['/2', '/3']) {
      const next = await server.accept();
      assert.match((await next.readUntil('\r\n\r\n')).toString(), new RegExp(`^GET ${path} `));
      await next.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      await next.halfClose();
    }
    const queued = parseHttpLog(parseRfc3164(await log.line(/GET \/2 /)).message);
    assert.deepEqual([queued.srvQueue, queued.backendQueue], [0, 1]);
    const last = parseHttpLog(parseRfc3164(await log.line(/GET \/3 /)).message);
    assert.deepEqual([last.srvQueue, last.backendQueue], [0, 2]);
  },
);

scenario('timeout queue: a request that waits too long gets 503 and sQ--', {}, async (t) => {
  const server = await t.tcpServer();
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
    timeout queue 200ms
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} maxconn 1
`);
  const first = await t.connect(8080);
  await first.send(get('/1'));
  await (await server.accept()).readUntil('\r\n\r\n');
  const response = await t.request(8080, get('/2'));
  assert.equal(response.status, 503);
  const line = parseHttpLog(parseRfc3164(await log.line(/GET \/2 /)).message);
  assert.equal(line.flags, 'sQ--');
  assert.ok(line.timers.tw >= 190, `tw ${line.timers.tw}`);
  assert.equal(server.connectionCount, 1);
});

scenario('option abortonclose: a client that leaves the queue never reaches the server', {}, async (t) => {
  const server = await t.tcpServer();
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
    option abortonclose
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} maxconn 1
`);
  const first = await t.connect(8080);
  await first.send(get('/1', 'Connection: close'));
  const back = await server.accept();
  await back.readUntil('\r\n\r\n');
  const second = await t.connect(8080);
  await second.send(get('/2'));
  await second.taken();
  second.close();
  const line = parseHttpLog(parseRfc3164(await log.line(/GET \/2 /)).message);
  assert.equal(line.flags, 'CQ--');
  await back.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
  await back.halfClose();
  await log.line(/GET \/1 /);
  assert.equal(server.connectionCount, 1);
});

scenario('with servers busy the queue of the backend serves whichever is free first', {}, async (t) => {
  const a = await t.tcpServer({ name: 'a' });
  const b = await t.tcpServer({ name: 'b' });
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance leastconn
    server a ${a.address} maxconn 1
    server b ${b.address} maxconn 1
`);
  for (const path of ['/1', '/2']) {
    const client = await t.connect(8080);
    await client.send(get(path));
    await poll(
      () => a.connectionCount + b.connectionCount === Number(path.slice(1)) || undefined,
      `the server of ${path}`,
    );
  }
  const waiting = await t.connect(8080);
  await waiting.send(get('/3'));
  await waiting.taken();
  const back = await b.accept();
  await back.readUntil('\r\n\r\n');
  await back.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
  const free = await Promise.race([
    back.readUntil('\r\n\r\n'),
    b.accept().then((wire) => wire.readUntil('\r\n\r\n')),
  ]);
  assert.match(free.toString(), /^GET \/3 /);
});

scenario('keep-alive connections do not count against maxconn of a server while they idle', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} maxconn 1
`);
  const first = await t.connect(8080);
  const second = await t.connect(8080);
  for (let at = 0; at < 3; at++) {
    assert.equal((await exchange(first, get())).text, 'ok');
    assert.equal((await exchange(second, get())).text, 'ok');
  }
});
