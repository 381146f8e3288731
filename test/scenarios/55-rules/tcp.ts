// Rules for TCP: of the connection, of the session behind a PROXY header, of the first bytes.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { parseRfc3164, parseTcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';
import type { TcpServer } from '../../harness/tcp-server.ts';
import { poll } from '../../harness/waiting.ts';
import type { Wire } from '../../harness/wire.ts';
import { clientHello } from './client-hello.ts';

interface Farm {
  readonly a: TcpServer;
  readonly b: TcpServer;
  readonly log: LogReceiver;
}

/** A frontend with these lines before two backends, and a page of statistics. */
async function farm(
  t: ScenarioContext,
  lines: readonly string[],
  more: { readonly bind?: string; readonly backend?: readonly string[] } = {},
): Promise<Farm> {
  const a = await t.tcpServer({ name: 'a' });
  const b = await t.tcpServer({ name: 'b' });
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${TCP_DEFAULTS}
    log global
    option tcplog
frontend front
    bind ${t.ip}:8080 ${more.bind ?? ''}
    ${lines.join('\n    ')}
    default_backend to-a
backend to-a
    ${(more.backend ?? []).join('\n    ')}
    server a ${a.address}
backend to-b
    server b ${b.address}
listen stats
    mode http
    no log
    bind ${t.ip}:8081
    stats enable
    stats uri /s
`);
  return { a, b, log };
}

/** Ends a relayed connection on both sides, which is when it is logged. */
async function ends(client: Wire, back: Wire): Promise<void> {
  client.close();
  await back.ended();
  back.close();
}

/** Fields of the frontend's line in the statistics. */
async function counts(t: ScenarioContext, ...fields: readonly string[]): Promise<number[]> {
  const [header = '', ...rows] = (await t.request(8081, get('/s;csv'))).text.split('\n');
  const names = header.replace('# ', '').split(',');
  const row = rows.find((line) => line.startsWith('front,FRONTEND')) ?? '';
  return fields.map((field) => Number(row.split(',')[names.indexOf(field)]));
}

async function lineOf(log: LogReceiver): Promise<ReturnType<typeof parseTcpLog>> {
  return parseTcpLog(parseRfc3164(await log.line()).message);
}

scenario('a connection is refused by its source: counted, not logged', {}, async (t) => {
  const { a, log } = await farm(t, ['tcp-request connection reject if { src 127.66.0.0/16 }']);
  const refused = await t.connect(8080, { from: '127.66.1.1' }).catch(() => undefined);
  await refused?.ended();
  const client = await t.connect(8080, { from: '127.67.1.1' });
  await client.send('hello');
  const back = await a.accept();
  assert.equal((await back.read(5)).toString(), 'hello');
  await ends(client, back);
  assert.equal((await lineOf(log)).clientIp, '127.67.1.1');
  assert.deepEqual(await counts(t, 'dcon', 'dses', 'dreq', 'stot', 'conn_tot'), [1, 0, 0, 1, 2]);
  assert.equal(a.connectionCount, 1);
});

scenario('the first rule that ends the set counts', {}, async (t) => {
  const { a } = await farm(t, [
    'tcp-request connection accept if { src 127.66.1.1 }',
    'tcp-request connection reject',
  ]);
  await t.connect(8080, { from: '127.66.1.1' });
  await a.accept();
  const refused = await t.connect(8080, { from: '127.66.1.2' }).catch(() => undefined);
  await refused?.ended();
  assert.equal(a.connectionCount, 1);
});

scenario('session rules see what a PROXY header tells, connection rules do not', {}, async (t) => {
  const { a, log } = await farm(
    t,
    [
      'tcp-request connection reject if { src 192.0.2.0/24 }',
      'tcp-request session reject if { src 192.0.2.7 }',
    ],
    { bind: 'accept-proxy' },
  );
  const refused = await t.connect(8080);
  await refused.send('PROXY TCP4 192.0.2.7 198.51.100.9 4711 443\r\n');
  await refused.ended();
  assert.match(await log.line(), /192\.0\.2\.7:4711 \[.*\] front\/1: Success/);
  const client = await t.connect(8080);
  await client.send('PROXY TCP4 192.0.2.8 198.51.100.9 4711 443\r\nhello');
  const back = await a.accept();
  assert.equal((await back.read(5)).toString(), 'hello');
  await ends(client, back);
  assert.equal((await lineOf(log)).clientIp, '192.0.2.8');
  assert.deepEqual(await counts(t, 'dcon', 'dses', 'dreq', 'stot'), [0, 1, 0, 1]);
});

scenario('session rules of connections without a header', {}, async (t) => {
  const { a, log } = await farm(t, ['tcp-request session reject if { src 127.66.1.1 }']);
  const refused = await t.connect(8080, { from: '127.66.1.1' });
  await refused.ended();
  const client = await t.connect(8080, { from: '127.66.1.2' });
  await ends(client, await a.accept());
  assert.equal((await lineOf(log)).clientIp, '127.66.1.2');
  assert.deepEqual(await counts(t, 'dcon', 'dses', 'dreq', 'stot'), [0, 1, 0, 1]);
});

scenario('a PROXY header is expected from some clients only', {}, async (t) => {
  const { a, log } = await farm(t, ['tcp-request connection expect-proxy layer4 if { src 127.66.1.1 }']);
  const balancer = await t.connect(8080, { from: '127.66.1.1' });
  await balancer.send('PROXY TCP4 192.0.2.8 198.51.100.9 4711 443\r\nhello');
  const first = await a.accept();
  assert.equal((await first.read(5)).toString(), 'hello');
  await ends(balancer, first);
  assert.equal((await lineOf(log)).clientIp, '192.0.2.8');
  const client = await t.connect(8080, { from: '127.66.1.2' });
  await client.send('PROXY');
  const back = await a.accept();
  assert.equal((await back.read(5)).toString(), 'PROXY');
  await ends(client, back);
  assert.equal((await lineOf(log)).clientIp, '127.66.1.2');
});

scenario('the addresses of the client are set', {}, async (t) => {
  const { a, log } = await farm(t, [
    'tcp-request connection set-src src,ipmask(8)',
    'tcp-request connection set-src-port int(4711)',
    'tcp-request content reject unless { src 127.0.0.0 } { src_port 4711 } { fc_src 127.0.0.0 }',
  ]);
  const client = await t.connect(8080, { from: '127.66.1.1' });
  await client.send('hello');
  const back = await a.accept();
  await back.read(5);
  await ends(client, back);
  const line = await lineOf(log);
  assert.deepEqual([line.clientIp, line.clientPort], ['127.0.0.0', 4711]);
});

scenario('content rules wait for the bytes that decide', {}, async (t) => {
  const { a, log } = await farm(t, [
    'tcp-request inspect-delay 8s',
    'tcp-request content accept if { req.payload(0,5) -m bin 68656c6c6f }',
    'tcp-request content reject if { req.len gt 0 }',
  ]);
  const client = await t.connect(8080);
  await client.sendByteByByte('hello');
  const back = await a.accept();
  assert.equal((await back.read(5)).toString(), 'hello');
  await ends(client, back);
  await log.line();
  const refused = await t.connect(8080);
  await refused.send('HELLO');
  await refused.ended();
  const line = await lineOf(log);
  assert.deepEqual([line.flags, line.backend, line.server], ['PR', 'front', '<NOSRV>']);
  assert.deepEqual(await counts(t, 'dreq', 'dcon', 'stot'), [1, 0, 2]);
  assert.equal(a.connectionCount, 1);
});

scenario('when the delay is over, what is there has to do', {}, async (t) => {
  const { b } = await farm(t, [
    'tcp-request inspect-delay 300ms',
    'tcp-request content accept if { req.len ge 5 }',
    'tcp-request content accept if WAIT_END',
    'tcp-request content reject',
    'use_backend to-b if { req.payload(0,3) -m bin 68656c }',
  ]);
  const client = await t.connect(8080);
  await client.send('hel');
  assert.equal((await (await b.accept()).read(3)).toString(), 'hel');
});

scenario('a client that has finished is not waited for', {}, async (t) => {
  const { log } = await farm(t, [
    'tcp-request inspect-delay 8s',
    'tcp-request content reject unless { req.len ge 5 }',
  ]);
  const client = await t.connect(8080);
  await client.send('hel');
  await client.halfClose();
  await client.ended();
  assert.equal((await lineOf(log)).flags, 'PR');
});

scenario('the name that a TLS client asks for chooses the backend', {}, async (t) => {
  const { a, b } = await farm(t, [
    'tcp-request inspect-delay 8s',
    'tcp-request content reject if { req.ssl_sni -i bad.example }',
    'tcp-request content accept if { req.ssl_hello_type 1 }',
    'use_backend to-b if { req.ssl_sni -m end .b.example }',
  ]);
  const hello = clientHello('www.b.example');
  const client = await t.connect(8080);
  await client.sendSplit(hello, 3, 60, hello.length - 1);
  assert.deepEqual(await (await b.accept()).read(hello.length), hello);
  const other = await t.connect(8080);
  await other.send(clientHello('www.a.example'));
  await a.accept();
  const refused = await t.connect(8080);
  await refused.send(clientHello('BAD.example'));
  await refused.ended();
  assert.deepEqual([a.connectionCount, b.connectionCount], [1, 1]);
});

scenario("the backend's content rules are asked with its own delay", {}, async (t) => {
  const { a, log } = await farm(t, [], {
    backend: ['tcp-request inspect-delay 8s', 'tcp-request content reject unless { req.len ge 5 }'],
  });
  const client = await t.connect(8080);
  await client.sendByteByByte('hello');
  await ends(client, await a.accept());
  await log.line();
  const refused = await t.connect(8080);
  await refused.send('hel');
  await refused.halfClose();
  await refused.ended();
  const line = await lineOf(log);
  assert.deepEqual([line.flags, line.backend, line.server], ['PR', 'to-a', '<NOSRV>']);
});

scenario('variables of the session reach later rules', {}, async (t) => {
  const { b } = await farm(
    t,
    [
      'tcp-request connection set-var(sess.net) src,ipmask(16)',
      'tcp-request session set-var-fmt(sess.text) "%[src]-%[fe_name]-%[so_name]"',
      'use_backend to-b if { var(sess.net) -m ip 127.66.0.0 } { var(sess.text) -m str 127.66.1.1-front-side }',
    ],
    { bind: 'name side' },
  );
  await t.connect(8080, { from: '127.66.1.1' });
  await b.accept();
});

scenario('in HTTP mode connection and content rules come before the request rules', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    tcp-request inspect-delay 5s
    tcp-request connection reject if { src 127.66.1.1 }
    tcp-request content reject if { path /no }
    http-request return status 201 if { path /no }
    server s ${server.address}
`);
  assert.equal((await t.request(8080, get('/'))).status, 200);
  const refused = await t.connect(8080, { from: '127.66.1.1' }).catch(() => undefined);
  await refused?.ended();
  const client = await t.connect(8080);
  await client.send(get('/no'));
  assert.equal((await client.readToEnd()).length, 0);
});

scenario('a connection is dropped without the client being told', {}, async (t) => {
  const { a } = await farm(t, [
    'tcp-request connection silent-drop if { src 127.66.1.1 }',
    'tcp-request inspect-delay 8s',
    'tcp-request content silent-drop if { req.payload(0,3) -m bin 626164 }',
    'tcp-request content accept if { req.len ge 3 }',
  ]);
  const dropped = await t.connect(8080, { from: '127.66.1.1' });
  const bad = await t.connect(8080);
  await bad.send('bad');
  const good = await t.connect(8080);
  await good.send('good');
  await a.accept();
  await poll(async () => ((await counts(t, 'scur'))[0] === 1 ? true : undefined), 'the drop');
  assert.deepEqual([dropped.ending, bad.ending], [undefined, undefined]);
  assert.deepEqual(await counts(t, 'dcon', 'dreq'), [0, 2]);
});

scenario('the version that a TLS client names, and the cookie of RDP', {}, async (t) => {
  const { a, b } = await farm(t, [
    'tcp-request inspect-delay 8s',
    'tcp-request content accept if { req.ssl_ver 3.3 }',
    'tcp-request content accept if { req.rdp_cookie_cnt(mstshash) gt 0 }',
    'tcp-request content reject if { req.len ge 40 }',
    'use_backend to-b if { req.rdp_cookie(mstshash) -m beg jo }',
  ]);
  const tls = await t.connect(8080);
  await tls.send(clientHello('www.example'));
  await a.accept();
  const rdp = await t.connect(8080);
  await rdp.send(Buffer.concat([Buffer.alloc(11, 3), Buffer.from('Cookie: mstshash=john\r\n')]));
  await b.accept();
  const other = await t.connect(8080);
  await other.send('x'.repeat(40));
  await other.ended();
  assert.deepEqual([a.connectionCount, b.connectionCount], [1, 1]);
});
