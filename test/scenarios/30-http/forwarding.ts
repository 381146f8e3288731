// What a request and a response look like after they have passed: start line, header order and case, bodies.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import type { HttpHandler, HttpServer } from '../../harness/http-server.ts';
import { scenario } from '../../harness/scenario.ts';

async function web(t: ScenarioContext, handler: HttpHandler | string, options = ''): Promise<HttpServer> {
  const server = await t.httpServer(handler);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    ${options}
    server s1 ${server.address}
`);
  return server;
}

scenario('a request reaches the server with its names in lower case and in order', {}, async (t) => {
  const server = await web(t, 'ok');
  await t.request(
    8080,
    'GET /a/b?c=d&e HTTP/1.1\r\nHost: www.Example.test\r\nUser-AGENT:  curl  \r\nX-Empty:\r\nAccept: */*\r\nX-Twice: 1\r\nx-twice: 2\r\n\r\n',
  );
  assert.equal(
    (await server.request()).rawHead,
    'GET /a/b?c=d&e HTTP/1.1\r\nhost: www.Example.test\r\nuser-agent: curl\r\nx-empty: \r\naccept: */*\r\nx-twice: 1\r\nx-twice: 2\r\n\r\n',
  );
});

scenario(
  'a response reaches the client with its names in lower case, reason and order kept',
  {},
  async (t) => {
    await web(
      t,
      () =>
        'HTTP/1.1 200 All Right\r\nServer: X\r\nContent-Length: 2\r\nSet-Cookie: a=b\r\nX-Empty:\r\n\r\nok',
    );
    const response = await t.request(8080, get());
    assert.equal(
      response.rawHead,
      'HTTP/1.1 200 All Right\r\nserver: X\r\ncontent-length: 2\r\nset-cookie: a=b\r\nx-empty: \r\n\r\n',
    );
    assert.equal(response.text, 'ok');
  },
);

scenario('h1-case-adjust brings chosen names back', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`
global
    h1-case-adjust host Host
    h1-case-adjust content-length Content-Length
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    option h1-case-adjust-bogus-client
    option h1-case-adjust-bogus-server
    server s1 ${server.address}
`);
  const response = await t.request(8080, get('/', 'X-Other: 1'));
  assert.equal(response.rawHead, 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n');
  assert.equal(
    (await server.request()).rawHead,
    'GET / HTTP/1.1\r\nHost: www.example.test\r\nx-other: 1\r\n\r\n',
  );
});

scenario('a body with Content-Length passes both ways', {}, async (t) => {
  const body = Buffer.alloc(100_000, '0123456789');
  const server = await web(t, (request) => {
    assert.deepEqual(request.body, body);
    return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]);
  });
  const client = await t.connect(8080);
  const head = `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`;
  const response = await exchange(client, Buffer.concat([Buffer.from(head), body]), { method: 'POST' });
  assert.deepEqual(response.body, body);
  assert.equal(server.requests[0]?.header('content-length'), '100000');
});

scenario('a chunked request stays chunked, with its trailers', {}, async (t) => {
  const server = await web(t, 'ok');
  const client = await t.connect(8080);
  await client.send('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n');
  await client.sendSplit('5\r\nhello\r\n6;ext=1\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n', 10, 26);
  const response = await exchange(client, '', { method: 'POST' });
  assert.equal(response.status, 200);
  const request = await server.request();
  assert.equal(
    request.rawHead,
    'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ntrailer: X-Sum\r\n\r\n',
  );
  assert.equal(request.body.toString(), 'hello world');
  assert.deepEqual(request.trailers, [['x-sum', '11']]);
});

scenario('a chunked response stays chunked, with its trailers', {}, async (t) => {
  await web(
    t,
    () =>
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0006;x\r\n world\r\n0\r\nX-Sum: 11\r\n\r\n',
  );
  const response = await t.request(8080, get());
  assert.equal(response.rawHead, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n');
  assert.equal(response.text, 'hello world');
  assert.deepEqual(response.trailers, [['x-sum', '11']]);
});

scenario('chunk sizes are written in upper-case hexadecimal', {}, async (t) => {
  await web(
    t,
    () => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n00aB\r\n${'y'.repeat(0xab)}\r\n0\r\n\r\n`,
  );
  const response = await t.request(8080, get());
  assert.equal(response.body.length, 0xab);
  assert.equal(response.rawBody.toString().replace(/y+/, 'yyy'), 'AB\r\nyyy\r\n0\r\n\r\n');
});

scenario('a chunked body sent byte by byte arrives whole', {}, async (t) => {
  const server = await web(t, 'ok');
  const client = await t.connect(8080);
  await client.sendByteByByte(
    'PUT /f HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  );
  assert.equal((await exchange(client, '', { method: 'PUT' })).status, 200);
  assert.equal((await server.request()).body.toString(), 'abc');
});

scenario('a response sent byte by byte arrives whole', {}, async (t) => {
  const raw = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n';
  await web(t, async ({ wire }) => {
    await wire.sendByteByByte(raw);
    return undefined;
  });
  assert.equal((await t.request(8080, get())).text, 'abc');
});

scenario('a large chunked response is relayed byte for byte', {}, async (t) => {
  const chunk = Buffer.alloc(65_536, 'abcdefgh');
  await web(t, async ({ wire }) => {
    await wire.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    for (let at = 0; at < 64; at++)
      await wire.send(Buffer.concat([Buffer.from('10000\r\n'), chunk, Buffer.from('\r\n')]));
    return '0\r\n\r\n';
  });
  const response = await t.request(8080, get());
  assert.equal(response.body.length, 64 * 65_536);
  assert.ok(response.body.subarray(-65_536).equals(chunk));
});

scenario(
  'Content-Length besides Transfer-Encoding is dropped, and the client connection closes',
  {},
  async (t) => {
    const server = await web(t, 'ok');
    const client = await t.connect(8080);
    const response = await exchange(
      client,
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    );
    assert.equal(response.status, 200);
    const request = await server.request();
    assert.equal(request.header('content-length'), undefined);
    assert.equal(request.body.toString(), 'abc');
    assert.equal(response.header('connection'), 'close');
  },
);

for (const [method, raw] of [
  ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n'],
  ['HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
  ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\nETag: "x"\r\n\r\n'],
] as const) {
  const title = `${method} answered ${raw.slice(9, 12)} ${raw.includes('chunked') ? 'chunked ' : ''}has no body and the connection goes on`;
  scenario(title, {}, async (t) => {
    await web(t, ({ index }) => (index === 0 ? raw : 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext'));
    const client = await t.connect(8080);
    const first = await exchange(client, get().replace('GET', method));
    assert.equal(
      first.rawHead,
      raw.replace(/[A-Z][\w-]+:/gi, (name) => name.toLowerCase()),
    );
    assert.equal((await exchange(client, get())).text, 'next');
  });
}

scenario('an absolute target and its Host pass unchanged', {}, async (t) => {
  const server = await web(t, 'ok');
  await t.request(8080, 'GET http://www.example.test/p?q HTTP/1.1\r\nHost: www.example.test\r\n\r\n');
  assert.equal((await server.request()).startLine, 'GET http://www.example.test/p?q HTTP/1.1');
});

scenario('OPTIONS * passes', {}, async (t) => {
  const server = await web(t, 'ok');
  await t.request(8080, 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal((await server.request()).startLine, 'OPTIONS * HTTP/1.1');
});

scenario('empty lines before a request are skipped', {}, async (t) => {
  const server = await web(t, 'ok');
  await t.request(8080, `\r\n\r\n${get('/after')}`, { method: 'GET' });
  assert.equal((await server.request()).startLine, 'GET /after HTTP/1.1');
});

scenario('bare LF line ends are accepted and become CRLF', {}, async (t) => {
  const server = await web(t, 'ok');
  await t.request(8080, 'GET /lf HTTP/1.1\nHost: x\n\n');
  assert.equal((await server.request()).rawHead, 'GET /lf HTTP/1.1\r\nhost: x\r\n\r\n');
});

scenario('100-continue: the server answers 100 and then gets the body', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  await client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
  const back = await server.accept();
  assert.match((await back.readUntil('\r\n\r\n')).toString(), /expect: 100-continue/);
  await back.send('HTTP/1.1 100 Continue\r\n\r\n');
  assert.equal((await client.readUntil('\r\n\r\n')).toString(), 'HTTP/1.1 100 Continue\r\n\r\n');
  await client.send('body');
  assert.equal((await back.read(4)).toString(), 'body');
  await back.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  assert.match((await client.readUntil('\r\n\r\nok')).toString(), /^HTTP\/1.1 200 OK/);
});

scenario('100-continue: a final answer without 100', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  await client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n');
  const back = await server.accept();
  await back.readUntil('\r\n\r\n');
  await back.send('HTTP/1.1 417 No\r\nContent-Length: 2\r\n\r\nno');
  assert.match((await client.readUntil('\r\n\r\nno')).toString(), /^HTTP\/1.1 417 No/);
});

scenario('interim responses 102 and 103 pass before the final one', {}, async (t) => {
  await web(
    t,
    () =>
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </s.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  );
  const client = await t.connect(8080);
  await client.send(get());
  assert.equal(
    (await client.readUntil('\r\n\r\nok')).toString(),
    'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </s.css>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  );
});
