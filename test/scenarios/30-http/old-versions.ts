// HTTP/1.0 on either side, and bodies that end with the connection.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { answer, type HttpHandler, type HttpServer } from '../../harness/http-server.ts';
import { scenario } from '../../harness/scenario.ts';

async function web(t: ScenarioContext, handler: HttpHandler | string = 'ok'): Promise<HttpServer> {
  const server = await t.httpServer(handler);
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  return server;
}

scenario('an HTTP/1.0 client without keep-alive is closed after the response', {}, async (t) => {
  const server = await web(t);
  const client = await t.connect(8080);
  const response = await exchange(client, 'GET / HTTP/1.0\r\nHost: x\r\n\r\n');
  assert.equal(response.rawHead, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n');
  assert.equal(await client.ended(), 'fin');
  assert.equal(
    (await server.request()).rawHead,
    'GET / HTTP/1.0\r\nhost: x\r\nconnection: keep-alive\r\n\r\n',
  );
});

scenario('an HTTP/1.0 client with keep-alive is kept', {}, async (t) => {
  const server = await web(t);
  const client = await t.connect(8080);
  const response = await exchange(client, 'GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n');
  assert.equal(response.rawHead, 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n');
  assert.equal(
    (await server.request()).rawHead,
    'GET / HTTP/1.0\r\nhost: x\r\nconnection: keep-alive\r\n\r\n',
  );
  assert.equal((await exchange(client, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')).text, 'ok');
});

scenario('an HTTP/1.0 client without Host is served', {}, async (t) => {
  const server = await web(t);
  const response = await t.request(8080, 'GET /plain HTTP/1.0\r\n\r\n');
  assert.equal(response.status, 200);
  assert.equal((await server.request()).startLine, 'GET /plain HTTP/1.0');
});

scenario('a chunked response passes chunked to an HTTP/1.0 client', {}, async (t) => {
  await web(t, () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n');
  const client = await t.connect(8080);
  const response = await exchange(client, 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  assert.equal(
    response.rawHead,
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: keep-alive\r\n\r\n',
  );
  assert.equal(response.rawBody.toString(), '5\r\nhello\r\n0\r\n\r\n');
});

scenario('the version of an HTTP/1.0 server passes, with Connection: keep-alive added', {}, async (t) => {
  await web(t, () => ({ raw: 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', afterwards: 'close' }));
  const client = await t.connect(8080);
  const response = await exchange(client, get());
  assert.equal(response.rawHead, 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\n');
  assert.equal((await exchange(client, get())).text, 'ok');
});

scenario('an HTTP/1.0 server with keep-alive keeps its connection', {}, async (t) => {
  const server = await web(t, () => ({
    raw: 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok',
    afterwards: 'keep',
  }));
  const client = await t.connect(8080);
  for (let at = 0; at < 2; at++) assert.equal((await exchange(client, get())).text, 'ok');
  assert.equal(server.connectionCount, 1);
});

scenario(
  'a body that ends with the server connection ends with the client connection as well',
  {},
  async (t) => {
    await web(t, () => ({ raw: 'HTTP/1.1 200 OK\r\n\r\nuntil the end', afterwards: 'close' }));
    const client = await t.connect(8080);
    const response = await exchange(client, get());
    assert.equal(response.rawHead, 'HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n');
    assert.equal(response.rawBody.toString(), 'until the end');
  },
);

scenario('a body that ends with the server connection closes an HTTP/1.0 client', {}, async (t) => {
  await web(t, () => ({ raw: 'HTTP/1.0 200 OK\r\n\r\nuntil the end', afterwards: 'close' }));
  const client = await t.connect(8080);
  const response = await exchange(client, 'GET / HTTP/1.0\r\n\r\n');
  assert.equal(response.rawHead, 'HTTP/1.0 200 OK\r\n\r\n');
  assert.equal(response.text, 'until the end');
});

scenario('a response with HTTP/1.0 client and close-delimited body that the server resets', {}, async (t) => {
  const server = await web(t, () => ({ raw: answer(200, 'whole'), afterwards: 'reset' }));
  const client = await t.connect(8080);
  assert.equal((await exchange(client, get())).text, 'whole');
  assert.equal(server.connectionCount, 1);
});
