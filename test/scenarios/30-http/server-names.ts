// http-send-name-header: servers are told the name that the configuration gives them.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { answer } from '../../harness/http-server.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('http-send-name-header tells the server its name, behind all other headers', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    option forwardfor
    option http-server-close
    http-send-name-header X-Srv
    server s1 ${server.address}
`);
  await t.request(8080, get('/', 'X-Srv: mine', 'x-srv: other', 'X-B: 1'), { from: '127.7.7.7' });
  const { headers } = await server.request();
  assert.deepEqual(headers, [
    ['host', 'www.example.test'],
    ['x-b', '1'],
    ['x-forwarded-for', '127.7.7.7'],
    ['connection', 'close'],
    ['x-srv', 's1'],
  ]);
});

scenario('http-send-name-header: each attempt has the name of its server', {}, async (t) => {
  const server = await t.httpServer(({ target }) => answer(target === '/ok' ? 200 : 500, 'x'));
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance roundrobin
    retry-on 500
    retries 1
    option redispatch 1
    http-send-name-header X-Srv
    server first ${server.address}
    server the-second-one ${server.address}
`);
  const body = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody';
  const response = await t.request(8080, body);
  assert.equal(response.status, 500);
  const one = await server.request();
  const two = await server.request();
  assert.deepEqual([one.header('x-srv'), two.header('x-srv')], ['first', 'the-second-one']);
  assert.deepEqual([one.body.toString(), two.body.toString()], ['body', 'body']);
});

scenario('http-send-name-header: a target without a name gets none', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    http-send-name-header X-Srv
    dispatch ${server.address}
`);
  await t.request(8080, get('/'));
  assert.equal((await server.request()).header('x-srv'), undefined);
});
