// Cookies that tie a client to a server: prefix mode and insert mode.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { answer } from '../../harness/http-server.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('cookie prefix: the server name goes in front of the value, and comes off again', {}, async (t) => {
  const a = await t.httpServer(() => answer(200, 'a', ['Set-Cookie: JSESSIONID=123; path=/']));
  const b = await t.httpServer(() => answer(200, 'b', ['Set-Cookie: JSESSIONID=456']));
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    cookie JSESSIONID prefix
    server s1 ${a.address} cookie A
    server s2 ${b.address} cookie B
`);
  assert.equal((await t.request(8080, get())).header('set-cookie'), 'JSESSIONID=A~123; path=/');
  assert.equal((await t.request(8080, get())).header('set-cookie'), 'JSESSIONID=B~456');
  for (let at = 0; at < 3; at++) {
    assert.equal((await t.request(8080, get('/', 'Cookie: x=y; JSESSIONID=B~456'))).text, 'b');
  }
  const requests = b.requests.slice(-3).map((request) => request.header('cookie'));
  assert.deepEqual(requests, ['x=y; JSESSIONID=456', 'x=y; JSESSIONID=456', 'x=y; JSESSIONID=456']);
});

scenario('cookie insert indirect nocache: set once, and hidden from the server', {}, async (t) => {
  const a = await t.httpServer('a');
  const b = await t.httpServer('b');
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    cookie SRV insert indirect nocache
    server s1 ${a.address} cookie A
    server s2 ${b.address} cookie B
`);
  const first = await t.request(8080, get());
  assert.equal(first.rawHead, 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\nset-cookie: SRV=A; path=/\r\n\r\n');
  assert.equal(parseHttpLog(parseRfc3164(await log.line()).message).flags, '--NI');
  const second = await t.request(8080, get('/', 'Cookie: SRV=B; other=1'));
  assert.equal(second.text, 'b');
  assert.equal(second.header('set-cookie'), undefined);
  assert.equal((await b.request()).header('cookie'), 'other=1');
  assert.equal(parseHttpLog(parseRfc3164(await log.line()).message).flags, '--VN');
});

scenario('a cookie of an unknown or dead server leads to another one and a new cookie', {}, async (t) => {
  const a = await t.httpServer('a');
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    cookie SRV insert indirect nocache
    server s1 ${a.address} cookie A
    server s2 ${a.address} cookie B disabled
`);
  const unknown = await t.request(8080, get('/', 'Cookie: SRV=Z'));
  assert.equal(unknown.header('set-cookie'), 'SRV=A; path=/');
  assert.equal(parseHttpLog(parseRfc3164(await log.line()).message).flags, '--II');
  const dead = await t.request(8080, get('/', 'Cookie: SRV=B'));
  assert.equal(dead.header('set-cookie'), 'SRV=A; path=/');
  assert.equal(parseHttpLog(parseRfc3164(await log.line()).message).flags, '--DI');
});
