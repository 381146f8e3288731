// Connections kept alive on both sides, their reuse, pipelining, and the modes that close them.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { answer, type HttpHandler, type HttpServer } from '../../harness/http-server.ts';
import { scenario } from '../../harness/scenario.ts';

async function web(
  t: ScenarioContext,
  options = '',
  handler: HttpHandler | string = 'ok',
): Promise<HttpServer> {
  const server = await t.httpServer(handler);
  await t.start(`${HTTP_DEFAULTS}
    ${options}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  return server;
}

scenario('three requests on one client connection use one server connection', {}, async (t) => {
  const server = await web(t);
  const client = await t.connect(8080);
  for (let at = 0; at < 3; at++) {
    const response = await exchange(client, get());
    assert.equal(response.header('connection'), undefined);
    assert.equal((await server.request()).header('connection'), undefined);
  }
  assert.equal(server.connectionCount, 1);
});

scenario('Connection: close of the client closes its side only; the server is not told', {}, async (t) => {
  const server = await web(t);
  const client = await t.connect(8080);
  const response = await exchange(client, get('/', 'Connection: close'));
  assert.equal(response.header('connection'), 'close');
  assert.equal(await client.ended(), 'fin');
  assert.equal((await server.request()).header('connection'), undefined);
});

scenario('Connection: close of the server closes only its own side', {}, async (t) => {
  const server = await web(t, '', () => ({
    raw: answer(200, 'ok', ['Connection: close']),
    afterwards: 'close',
  }));
  const client = await t.connect(8080);
  for (let at = 0; at < 2; at++)
    assert.equal((await exchange(client, get())).header('connection'), undefined);
  assert.equal(server.connectionCount, 2);
});

scenario(
  'keep-alive and close are taken out of Connection; other tokens and the headers they name pass',
  {},
  async (t) => {
    const server = await web(t, '', () =>
      answer(200, 'ok', ['Connection: X-Hop', 'X-Hop: 2', 'Keep-Alive: timeout=5']),
    );
    const response = await t.request(
      8080,
      get('/', 'Connection: keep-alive, X-Mine', 'X-Mine: 1', 'Keep-Alive: 300'),
    );
    assert.equal(
      (await server.request()).rawHead,
      'GET / HTTP/1.1\r\nhost: www.example.test\r\nconnection: X-Mine\r\nx-mine: 1\r\nkeep-alive: 300\r\n\r\n',
    );
    assert.equal(
      response.rawHead,
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: X-Hop\r\nx-hop: 2\r\nkeep-alive: timeout=5\r\n\r\n',
    );
  },
);

scenario('option httpclose closes both sides after each request', {}, async (t) => {
  const server = await web(t, 'option httpclose');
  const client = await t.connect(8080);
  const response = await exchange(client, get());
  assert.equal(response.header('connection'), 'close');
  assert.equal(await client.ended(), 'fin');
  assert.equal((await server.request()).header('connection'), 'close');
});

scenario('option http-server-close keeps the client side and closes the server side', {}, async (t) => {
  const server = await web(t, 'option http-server-close');
  const client = await t.connect(8080);
  for (let at = 0; at < 2; at++) {
    assert.equal((await exchange(client, get())).header('connection'), undefined);
    assert.equal((await server.request()).header('connection'), 'close');
  }
  assert.equal(server.connectionCount, 2);
});

scenario('option http-pretend-keepalive hides the close from the server', {}, async (t) => {
  const server = await web(t, 'option http-server-close\n    option http-pretend-keepalive');
  const client = await t.connect(8080);
  for (let at = 0; at < 2; at++) {
    assert.equal((await exchange(client, get())).status, 200);
    assert.equal((await server.request()).header('connection'), undefined);
  }
  assert.equal(server.connectionCount, 2);
});

scenario('no option httpclose in the section beats the defaults', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
    option httpclose
listen web
    bind ${t.ip}:8080
    no option httpclose
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  for (let at = 0; at < 2; at++) assert.equal((await exchange(client, get())).status, 200);
  assert.equal(server.connectionCount, 1);
});

scenario('option httpclose in the backend alone closes the server side only', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    option http-keep-alive
    default_backend farm
backend farm
    option httpclose
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  const response = await exchange(client, get());
  assert.equal(response.header('connection'), undefined);
  assert.equal((await server.request()).header('connection'), 'close');
});

scenario('pipelined requests are answered in order', {}, async (t) => {
  const server = await web(t, '', ({ target }) => answer(200, target));
  const client = await t.connect(8080);
  const targets = Array.from({ length: 50 }, (_, at) => `/p${at}`);
  await client.send(targets.map((target) => get(target)).join(''));
  for (const target of targets) assert.equal((await exchange(client, '', { method: 'GET' })).text, target);
  assert.equal(server.requests.length, 50);
});

scenario('a pipelined request behind a body is found', {}, async (t) => {
  const server = await web(t, '', ({ target }) => answer(200, target));
  const client = await t.connect(8080);
  await client.send(`POST /one HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello${get('/two')}`);
  assert.equal((await exchange(client, '', { method: 'POST' })).text, '/one');
  assert.equal((await exchange(client, '', { method: 'GET' })).text, '/two');
  assert.equal(server.requests[0]?.body.toString(), 'hello');
});

scenario('a response that comes before the request is complete still ends both', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  await client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf-');
  const back = await server.accept();
  await back.readUntil('half-');
  await back.send('HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno');
  assert.match((await client.readUntil('\r\n\r\nno')).toString(), /^HTTP\/1.1 403 No/);
});

for (const [mode, connections] of [
  ['never', 2],
  ['safe', 2],
  ['aggressive', 1],
  ['always', 1],
] as const) {
  scenario(
    `http-reuse ${mode}: the first request of a second client uses connection ${connections}`,
    // Idle connections are shared by the streams of a thread, and the second client may be on another one.
    { nbthread: connections === 1 ? 1 : 'both' },
    async (t) => {
      const server = await web(t, `http-reuse ${mode}`);
      const first = await t.connect(8080);
      // Two requests prove to `aggressive` that the server keeps its connections.
      for (let at = 0; at < 2; at++) await exchange(first, get());
      first.close();
      const second = await t.connect(8080);
      await exchange(second, get());
      assert.equal(server.connectionCount, connections);
    },
  );
}

scenario('http-reuse safe: later requests of a client share idle connections', {}, async (t) => {
  const server = await web(t, 'http-reuse safe');
  const first = await t.connect(8080);
  const second = await t.connect(8080);
  await exchange(first, get());
  await exchange(second, get());
  assert.equal(server.connectionCount, 2);
  for (let at = 0; at < 4; at++) {
    await exchange(first, get());
    await exchange(second, get());
  }
  assert.equal(server.connectionCount, 2);
});

scenario('pool-max-conn 0 keeps no idle connection', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
    http-reuse always
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} pool-max-conn 0
`);
  const first = await t.connect(8080);
  await exchange(first, get());
  first.close();
  await exchange(await t.connect(8080), get());
  assert.equal(server.connectionCount, 2);
});

scenario('idle server connections are closed after pool-purge-delay', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
    http-reuse always
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} pool-purge-delay 100ms
`);
  const client = await t.connect(8080);
  await exchange(client, get());
  client.close();
  const wire = server.tcp.wires[0];
  assert.ok(wire);
  // With a RST, which leaves no TIME_WAIT behind on the proxy.
  assert.equal(await wire.ended(), 'reset');
});

scenario('option prefer-last-server stays on the server of the last request', {}, async (t) => {
  const a = await t.httpServer('a');
  const b = await t.httpServer('b');
  await t.start(`${HTTP_DEFAULTS}
    option prefer-last-server
    http-reuse never
listen web
    bind ${t.ip}:8080
    balance roundrobin
    server a ${a.address}
    server b ${b.address}
`);
  const client = await t.connect(8080);
  const names: string[] = [];
  for (let at = 0; at < 4; at++) names.push((await exchange(client, get())).text);
  assert.equal(new Set(names).size, 1);
});

scenario('without prefer-last-server a kept-alive client goes round', {}, async (t) => {
  const a = await t.httpServer('a');
  const b = await t.httpServer('b');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance roundrobin
    server a ${a.address}
    server b ${b.address}
`);
  const client = await t.connect(8080);
  const names: string[] = [];
  for (let at = 0; at < 4; at++) names.push((await exchange(client, get())).text);
  assert.equal(names.join(''), 'abab');
});
