// Answers for whoever watches the proxy itself: monitor-uri and monitor-net.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

const READY = `<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n`;
const HEAD =
  'HTTP/1.1 200 OK\r\ncontent-length: 58\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n';

scenario('monitor-uri: answered by the proxy, not logged', {}, async (t) => {
  const server = await t.httpServer('server');
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    monitor-uri /watch
    server s1 ${server.address}
`);
  const plain = await t.request(8080, get('/watch'));
  assert.equal(plain.rawHead, `${HEAD}\r\n`);
  assert.equal(plain.text, READY);
  const absolute = await t.request(8080, get('http://www.example.test/watch'));
  assert.equal(absolute.rawHead, `${HEAD}\r\n`);
  const old = await t.request(8080, 'GET /watch HTTP/1.0\r\n\r\n');
  assert.equal(old.rawHead, `${HEAD}connection: close\r\n\r\n`);
  const head = await t.request(8080, get('/watch').replace('GET', 'HEAD'));
  assert.equal(head.rawHead, `${HEAD}\r\n`);
  assert.equal(head.text, '');
  const post = await t.request(
    8080,
    'POST /watch HTTP/1.1\r\nHost: www.example.test\r\nContent-Length: 2\r\n\r\nxx',
  );
  assert.equal(post.rawHead, `${HEAD}\r\n`);
  const others = ['/watch?x', '/watch/', '/Watch'];
  for (const other of others) assert.equal((await t.request(8080, get(other))).text, 'server', other);
  // Of all these requests only those three are logged; with several threads in any order.
  const logged = [await log.line(), await log.line(), await log.line()];
  const targets = logged.map((line) => /"GET (\S+) HTTP/.exec(line)?.[1]);
  assert.deepEqual(targets.sort(), [...others].sort());
});

const LEGACY = 'HAProxy 2.6 refuses monitor-net; Sluice does as HAProxy 1.4 did';

scenario(
  'monitor-net in TCP mode: closed at once, neither forwarded nor logged',
  { differs: LEGACY },
  async (t) => {
    const server = await t.tcpServer({
      script: async (wire) => {
        await wire.send('hello');
        await wire.halfClose();
      },
    });
    const log = await t.syslog();
    const watcher = t.address();
    await t.start(`
global
    log ${log.address} local0
${TCP_DEFAULTS}
    log global
    option tcplog
listen front
    bind ${t.ip}:8080
    monitor-net ${watcher}/32
    server s1 ${server.address}
`);
    const watching = await t.connect(8080, { from: watcher });
    assert.equal((await watching.readToEnd()).toString(), '');
    const client = await t.connect(8080, { from: t.ip });
    assert.equal((await client.readToEnd()).toString(), 'hello');
    client.close();
    await log.line();
    assert.equal(server.connectionCount, 1);
  },
);

scenario('monitor-net in HTTP mode: 200 without waiting for a request', { differs: LEGACY }, async (t) => {
  const server = await t.httpServer('server');
  const watcher = t.address();
  await t.start(`${HTTP_DEFAULTS}
listen front
    bind ${t.ip}:8080
    monitor-net ${watcher}
    server s1 ${server.address}
`);
  const watching = await t.connect(8080, { from: watcher });
  assert.equal((await watching.readToEnd()).toString(), 'HTTP/1.0 200 OK\r\n\r\n');
  assert.equal((await t.request(8080, get(), { from: t.ip })).text, 'server');
});
