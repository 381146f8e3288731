// Headers that the proxy adds: X-Forwarded-For and X-Original-To.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import type { HttpServer } from '../../harness/http-server.ts';
import { scenario } from '../../harness/scenario.ts';

async function web(t: ScenarioContext, options: string): Promise<HttpServer> {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    ${options}
    server s1 ${server.address}
`);
  return server;
}

scenario('option forwardfor appends the client address at the end of the headers', {}, async (t) => {
  const server = await web(t, 'option forwardfor');
  await t.request(8080, get('/', 'X-Forwarded-For: 10.0.0.1', 'Accept: */*'), { from: '127.7.7.7' });
  assert.equal(
    (await server.request()).rawHead,
    'GET / HTTP/1.1\r\nhost: www.example.test\r\nx-forwarded-for: 10.0.0.1\r\naccept: */*\r\nx-forwarded-for: 127.7.7.7\r\n\r\n',
  );
});

scenario('forwardfor stands before the Connection header that the proxy adds', {}, async (t) => {
  const server = await web(t, 'option forwardfor\n    option httpclose');
  await t.request(8080, get(), { from: '127.7.7.7' });
  assert.equal(
    (await server.request()).rawHead,
    'GET / HTTP/1.1\r\nhost: www.example.test\r\nx-forwarded-for: 127.7.7.7\r\nconnection: close\r\n\r\n',
  );
});

scenario('forwardfor except leaves clients of a network alone', {}, async (t) => {
  const server = await web(t, 'option forwardfor except 127.7.0.0/16');
  await t.request(8080, get(), { from: '127.7.7.7' });
  assert.equal((await server.request()).header('x-forwarded-for'), undefined);
  await t.request(8080, get(), { from: '127.8.7.7' });
  assert.equal((await server.request()).header('x-forwarded-for'), '127.8.7.7');
});

scenario('forwardfor header chooses the name, in lower case', {}, async (t) => {
  const server = await web(t, 'option forwardfor header X-Client');
  await t.request(8080, get(), { from: '127.7.7.7' });
  assert.deepEqual((await server.request()).headers.at(-1), ['x-client', '127.7.7.7']);
});

scenario('forwardfor if-none adds nothing to what is there', {}, async (t) => {
  const server = await web(t, 'option forwardfor if-none');
  await t.request(8080, get('/', 'X-Forwarded-For: 10.0.0.1'), { from: '127.7.7.7' });
  assert.equal((await server.request()).header('x-forwarded-for'), '10.0.0.1');
  await t.request(8080, get(), { from: '127.7.7.7' });
  assert.equal((await server.request()).header('x-forwarded-for'), '127.7.7.7');
});

scenario(
  'forwardfor in frontend and backend adds one header, under the name of the backend',
  {},
  async (t) => {
    const server = await t.httpServer('ok');
    await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    option forwardfor
    default_backend farm
backend farm
    option forwardfor header X-Backend
    server s1 ${server.address}
`);
    await t.request(8080, get(), { from: '127.7.7.7' });
    assert.equal(
      (await server.request()).rawHead,
      'GET / HTTP/1.1\r\nhost: www.example.test\r\nx-backend: 127.7.7.7\r\n\r\n',
    );
  },
);

scenario('each request of a kept-alive connection gets its header', {}, async (t) => {
  const server = await web(t, 'option forwardfor');
  const client = await t.connect(8080, { from: '127.7.7.7' });
  for (let at = 0; at < 3; at++) {
    await exchange(client, get());
    assert.equal((await server.request()).header('x-forwarded-for'), '127.7.7.7');
  }
});

scenario('option originalto appends the address that the client connected to', {}, async (t) => {
  const server = await web(t, 'option originalto');
  await t.request(8080, get());
  assert.deepEqual((await server.request()).headers.at(-1), ['x-original-to', t.ip]);
});

scenario('originalto except and header', {}, async (t) => {
  const server = await t.httpServer('ok');
  const other = t.address();
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080,${other}:8080
    option originalto except ${other} header X-Local
    server s1 ${server.address}
`);
  await t.request(8080, get());
  assert.equal((await server.request()).header('x-local'), t.ip);
  await t.request({ host: other, port: 8080 }, get());
  assert.equal((await server.request()).header('x-local'), undefined);
});
