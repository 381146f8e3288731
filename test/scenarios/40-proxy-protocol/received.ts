// PROXY protocol headers that clients send: `accept-proxy`.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import type { HttpServer } from '../../harness/http-server.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { buildLocalV2, buildV2 } from '../../harness/proxy-header.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';

async function web(t: ScenarioContext): Promise<{ server: HttpServer; log: LogReceiver }> {
  const server = await t.httpServer('ok');
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
    option forwardfor
    option originalto
    timeout client 400ms
listen web
    bind ${t.ip}:8080 accept-proxy
    server s1 ${server.address}
`);
  return { server, log };
}

scenario('a version 1 line gives the client address and the destination', {}, async (t) => {
  const { server, log } = await web(t);
  const client = await t.connect(8080);
  assert.equal(
    (await exchange(client, `PROXY TCP4 192.0.2.7 198.51.100.9 4711 443\r\n${get()}`, { method: 'GET' }))
      .text,
    'ok',
  );
  const request = await server.request();
  assert.equal(request.header('x-forwarded-for'), '192.0.2.7');
  assert.equal(request.header('x-original-to'), '198.51.100.9');
  const line = parseHttpLog(parseRfc3164(await log.line()).message);
  assert.deepEqual([line.clientIp, line.clientPort], ['192.0.2.7', 4711]);
});

scenario('a version 1 line for IPv6', {}, async (t) => {
  const { server } = await web(t);
  const client = await t.connect(8080);
  await exchange(client, `PROXY TCP6 2001:db8::1 2001:db8::2 4711 443\r\n${get()}`, { method: 'GET' });
  assert.equal((await server.request()).header('x-forwarded-for'), '2001:db8::1');
});

scenario('PROXY UNKNOWN keeps the real address', {}, async (t) => {
  const { server } = await web(t);
  const client = await t.connect(8080, { from: '127.6.6.6' });
  await exchange(client, `PROXY UNKNOWN\r\n${get()}`, { method: 'GET' });
  assert.equal((await server.request()).header('x-forwarded-for'), '127.6.6.6');
});

scenario('a header that does not arrive whole at once ends the connection', {}, async (t) => {
  const { server, log } = await web(t);
  const client = await t.connect(8080);
  await client.send('PROXY TCP4 192');
  assert.equal((await client.readToEnd()).length, 0);
  assert.match(await log.line(), /web\/1: Truncated PROXY protocol header received/);
  assert.equal(server.connectionCount, 0);
});

scenario('a version 2 header, with a TLV that nobody knows', {}, async (t) => {
  const { server } = await web(t);
  const client = await t.connect(8080);
  const header = buildV2('192.0.2.8', 999, '198.51.100.9', 80, [
    { type: 0xe0, value: Buffer.from('custom') },
  ]);
  await exchange(client, Buffer.concat([header, Buffer.from(get())]), { method: 'GET' });
  assert.equal((await server.request()).header('x-forwarded-for'), '192.0.2.8');
});

scenario('a version 2 header that does not arrive whole at once ends the connection', {}, async (t) => {
  const { log } = await web(t);
  const client = await t.connect(8080);
  await client.send(buildV2('192.0.2.8', 999, '198.51.100.9', 80).subarray(0, 20));
  assert.equal((await client.readToEnd()).length, 0);
  assert.match(await log.line(), /web\/1: Truncated PROXY protocol header received/);
});

scenario('a version 2 LOCAL header keeps the real address', {}, async (t) => {
  const { server } = await web(t);
  const client = await t.connect(8080, { from: '127.6.6.6' });
  await exchange(client, Buffer.concat([buildLocalV2(), Buffer.from(get())]), { method: 'GET' });
  assert.equal((await server.request()).header('x-forwarded-for'), '127.6.6.6');
});

for (const [title, first, message] of [
  ['no header at all', get(), 'Received something which does not look like a PROXY protocol header'],
  [
    'an unknown family',
    'PROXY UDP4 192.0.2.7 198.51.100.9 4711 443\r\n',
    'Received an unhandled protocol in the PROXY protocol header',
  ],
  [
    'a wrong signature',
    '\r\n\r\n\0\r\nQUIX\n\x21\x11\0\x0c',
    'Received something which does not look like a PROXY protocol header',
  ],
] as const) {
  scenario(`${title} ends the connection without an answer`, {}, async (t) => {
    const { server, log } = await web(t);
    const client = await t.connect(8080);
    await client.send(first);
    assert.equal((await client.readToEnd()).length, 0);
    assert.equal(server.connectionCount, 0);
    assert.match(await log.line(), new RegExp(`\\] web/1: ${message}\n?$`));
  });
}

scenario('no byte of a header before timeout client ends the connection without an answer', {}, async (t) => {
  const { log } = await web(t);
  const client = await t.connect(8080);
  assert.equal((await client.readToEnd()).length, 0);
  assert.match(await log.line(), /web\/1: Timeout while waiting for PROXY protocol header\n?$/);
});
