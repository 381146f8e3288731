// Rules that look at what a server sends, in HTTP and in TCP: what of it they see, what waits for it, and what becomes of
// a response that they do not let pass.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { readResponse } from '../../harness/http-reader.ts';
import { parseHttpLog, parseRfc3164, parseTcpLog } from '../../harness/log-line.ts';
import { startRuled } from '../../harness/ruled-farm.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';
import type { TcpServer } from '../../harness/tcp-server.ts';

const TELL = 'http-response set-header x-body "%[res.body_len] %[res.body_size] [%[res.body]]"';
const HEAD = 'HTTP/1.1 200 OK\r\n';
const LENGTH_8 = `${HEAD}Content-Length: 8\r\n\r\n`;
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

interface Farm {
  readonly server: TcpServer;
  readonly log: LogReceiver;
}

async function farm(
  t: ScenarioContext,
  mode: 'http' | 'tcp',
  back: readonly string[],
  front: readonly string[] = [],
): Promise<Farm> {
  const server = await t.tcpServer();
  const log = await startRuled(t, { mode, logs: `option ${mode}log`, front, back, server });
  return { server, log };
}

async function httpLine(log: LogReceiver): Promise<ReturnType<typeof parseHttpLog>> {
  return parseHttpLog(parseRfc3164(await log.line()).message);
}

async function tcpLine(log: LogReceiver): Promise<ReturnType<typeof parseTcpLog>> {
  return parseTcpLog(parseRfc3164(await log.line()).message);
}

/** Of the frontend, the server and the backend. */
async function counts(t: ScenarioContext, field: string): Promise<number[]> {
  const [header = '', ...rows] = (await t.request(8081, get('/s;csv'))).text.split('\n');
  const at = header.replace('# ', '').split(',').indexOf(field);
  return ['front,FRONTEND', 'back,s', 'back,BACKEND'].map((name) =>
    Number(rows.find((row) => row.startsWith(`${name},`))?.split(',')[at]),
  );
}

/** A request, and the server's end of it. */
async function asked(t: ScenarioContext, { server }: Farm) {
  const client = await t.connect(8080);
  await client.send(get('/'));
  const back = await server.accept();
  await back.readUntil('\r\n\r\n');
  return { client, back };
}

scenario('a response in pieces is waited for', {}, async (t) => {
  const both = await farm(t, 'http', ['http-response wait-for-body time 9s', TELL]);
  const { client, back } = await asked(t, both);
  await back.sendSplit(`${LENGTH_8}b=2&a=15`, LENGTH_8.length, LENGTH_8.length + 3);
  const response = await readResponse(client);
  assert.equal(response.header('x-body'), '8 8 [b=2&a=15]');
  assert.equal(response.text, 'b=2&a=15');
  await client.send(get('/'));
  await back.readUntil('\r\n\r\n');
  const chunked = `${CHUNKED}3\r\nb=2\r\n5;x=y\r\n&a=15\r\n0\r\n\r\n`;
  await back.sendSplit(chunked, CHUNKED.length + 1, CHUNKED.length + 9, chunked.length - 1);
  const second = await readResponse(client);
  assert.equal(second.header('x-body'), '8 8 [b=2&a=15]');
  assert.equal(second.text, 'b=2&a=15');
  assert.equal((await httpLine(both.log)).flags, '----');
});

scenario('a response until the end of the connection is waited for', {}, async (t) => {
  const both = await farm(t, 'http', [], ['http-response wait-for-body time 9s', TELL]);
  const { client, back } = await asked(t, both);
  await back.sendSplit(`${HEAD}\r\nb=2&a=15`, HEAD.length + 5);
  back.close();
  const response = await readResponse(client);
  assert.equal(response.header('x-body'), '8 8 [b=2&a=15]');
  assert.equal(response.text, 'b=2&a=15');
});

scenario('so much of a response is enough, and one that has no body', {}, async (t) => {
  const both = await farm(t, 'http', ['http-response wait-for-body time 9s at-least 3', TELL]);
  const { client, back } = await asked(t, both);
  await back.send(`${LENGTH_8}b=2`);
  await back.taken();
  await back.send('&a=15');
  const response = await readResponse(client);
  assert.equal(response.header('x-body'), '3 8 [b=2]');
  assert.equal(response.text, 'b=2&a=15');
  await client.send('HEAD / HTTP/1.1\r\nHost: x\r\n\r\n');
  await back.readUntil('\r\n\r\n');
  await back.send(LENGTH_8);
  assert.equal((await readResponse(client, { method: 'HEAD' })).header('x-body'), '0 0 []');
});

scenario('a response that is longer than the buffer is not waited for any longer', {}, async (t) => {
  const both = await farm(t, 'http', [
    'http-response wait-for-body time 9s',
    TELL.replace('res.body]]', 'res.body,length]]'),
  ]);
  const { client, back } = await asked(t, both);
  await back.send(`${HEAD}Content-Length: 40000\r\n\r\n${'x'.repeat(40_000)}`);
  const response = await readResponse(client);
  assert.equal(response.header('x-body'), '15227 40000 [15227]');
  assert.equal(response.body.length, 40_000);
});

scenario('a server that does not send its response in time is given up', {}, async (t) => {
  const both = await farm(t, 'http', ['http-response wait-for-body time 400ms', TELL]);
  const { client, back } = await asked(t, both);
  await back.send(`${LENGTH_8}b=2`);
  assert.equal((await readResponse(client)).status, 504);
  const line = await httpLine(both.log);
  assert.deepEqual([line.flags, line.status, line.server], ['sR--', 504, 's']);
  assert.deepEqual(await counts(t, 'eresp'), [0, 0, 0]);
  // The client may ask again.
  await client.send(get('/'));
  const again = await both.server.accept();
  await again.readUntil('\r\n\r\n');
  await again.send(`${LENGTH_8}b=2&a=15`);
  assert.equal((await readResponse(client)).status, 200);
});

scenario('a response that breaks off while it is waited for goes on as it is', {}, async (t) => {
  const both = await farm(t, 'http', ['http-response wait-for-body time 9s', TELL]);
  const { client, back } = await asked(t, both);
  await back.send(`${LENGTH_8}b=2`);
  await back.taken();
  back.close();
  const got = (await client.readToEnd()).toString();
  assert.match(got, /x-body: 3 8 \[b=2\]\r\n\r\nb=2$/);
  const line = await httpLine(both.log);
  assert.deepEqual([line.flags, line.status], ['SD--', 200]);
});

scenario('a response whose chunks go wrong while they are waited for is none', {}, async (t) => {
  const both = await farm(t, 'http', ['http-response wait-for-body time 9s', TELL]);
  const { client, back } = await asked(t, both);
  await back.send(`${CHUNKED}3\r\nb=2\r\n`);
  await back.taken();
  await back.send('zz\r\n');
  assert.equal((await readResponse(client)).status, 502);
  assert.deepEqual((await httpLine(both.log)).flags, 'PH--');
});

scenario('a rule decides on a body that it has waited for', {}, async (t) => {
  const both = await farm(t, 'http', [
    'http-response wait-for-body time 9s',
    'http-response deny deny_status 503 if { res.body -m sub secret }',
  ]);
  const { client, back } = await asked(t, both);
  await back.send(`${LENGTH_8}a se`);
  await back.taken();
  await back.send('cret');
  assert.equal((await readResponse(client)).status, 503);
  assert.equal((await httpLine(both.log)).flags, 'PH--');
  assert.deepEqual(await counts(t, 'dresp'), [1, 1, 1]);
});

scenario("rules behind everything see the proxy's own body", {}, async (t) => {
  await farm(
    t,
    'http',
    [],
    [
      'http-after-response set-header x-body "%[res.body_len] %[res.body_size] [%[res.body]]"',
      'http-request return status 200 content-type text/plain string hello',
    ],
  );
  const response = await t.request(8080, get('/'));
  assert.equal(response.header('x-body'), '5 5 [hello]');
});

scenario(
  'content rules of HTTP without a delay decide before the server has said anything',
  {},
  async (t) => {
    const both = await farm(t, 'http', [
      'tcp-response content accept if { status 200 }',
      'tcp-response content reject',
    ]);
    const client = await t.connect(8080);
    await client.send(get('/'));
    assert.equal((await client.readToEnd()).length, 0);
    const line = await httpLine(both.log);
    assert.deepEqual([line.flags, line.status, line.bytes, line.server], ['PD--', -1, 0, 's']);
    assert.deepEqual(await counts(t, 'dresp'), [1, 1, 1]);
  },
);

scenario('content rules of HTTP wait for the head and for the body', {}, async (t) => {
  const both = await farm(t, 'http', [
    'tcp-response inspect-delay 9s',
    'tcp-response content accept if { res.hdr(x) yes }',
    'tcp-response content reject if { res.body -m sub secret }',
  ]);
  const first = await asked(t, both);
  await first.back.send(`${HEAD}X: yes\r\nContent-Length: 8\r\n\r\na secret`);
  assert.equal((await readResponse(first.client)).text, 'a secret');
  assert.equal((await httpLine(both.log)).flags, '----');
  await first.client.send(get('/'));
  await first.back.readUntil('\r\n\r\n');
  await first.back.send(`${LENGTH_8}a se`);
  await first.back.taken();
  await first.back.send('cret');
  assert.equal((await first.client.readToEnd()).length, 0);
  const line = await httpLine(both.log);
  assert.deepEqual([line.flags, line.status], ['PD--', 200]);
});

scenario('when the delay of HTTP content rules is over, what is there has to do', {}, async (t) => {
  const both = await farm(t, 'http', [
    'tcp-response inspect-delay 300ms',
    'tcp-response content reject if { res.body -m sub secret }',
  ]);
  const { client, back } = await asked(t, both);
  await back.send(`${LENGTH_8}a se`);
  await client.arrived(LENGTH_8.length);
  await back.send('cret');
  assert.equal((await readResponse(client)).text, 'a secret');
});

scenario('the connection of an HTTP server is closed before it has answered', {}, async (t) => {
  const both = await farm(t, 'http', ['tcp-response content close']);
  const client = await t.connect(8080);
  await client.send(get('/'));
  assert.equal((await readResponse(client)).status, 502);
  const line = await httpLine(both.log);
  assert.deepEqual([line.flags, line.status], ['SH--', 502]);
});

scenario('content rules of TCP wait for the bytes that decide', {}, async (t) => {
  const { server, log } = await farm(t, 'tcp', [
    'tcp-response inspect-delay 9s',
    'tcp-response content accept if { res.payload(0,5) -m str hello }',
    'tcp-response content reject if { res.len gt 0 }',
  ]);
  const client = await t.connect(8080);
  const back = await server.accept();
  await back.sendByteByByte('hello');
  assert.equal((await client.read(5)).toString(), 'hello');
  // While the response is held the request goes on, and behind the rules both do.
  await client.send('question');
  assert.equal((await back.read(8)).toString(), 'question');
  await back.send('answer');
  assert.equal((await client.read(6)).toString(), 'answer');
  back.close();
  await client.ended();
  client.close();
  assert.equal((await tcpLine(log)).flags, '--');
  const refused = await t.connect(8080);
  const other = await server.accept();
  await other.send('HELLO');
  assert.equal((await refused.readToEnd()).length, 0);
  const line = await tcpLine(log);
  assert.deepEqual([line.flags, line.server, line.bytes], ['PD', 's', 5]);
  assert.deepEqual(await counts(t, 'dresp'), [1, 1, 1]);
});

scenario('content rules of TCP without a delay decide as soon as there is a connection', {}, async (t) => {
  const { log } = await farm(t, 'tcp', ['tcp-response content reject']);
  const client = await t.connect(8080);
  assert.equal((await client.readToEnd()).length, 0);
  const line = await tcpLine(log);
  assert.deepEqual([line.flags, line.bytes], ['PD', 0]);
});

scenario('a request passes while the response is held, until the delay is over', {}, async (t) => {
  const { server } = await farm(t, 'tcp', [
    'tcp-response inspect-delay 400ms',
    'tcp-response content reject if { res.payload(0,9) -m found }',
  ]);
  const client = await t.connect(8080);
  const back = await server.accept();
  await back.send('part');
  await client.send('question');
  assert.equal((await back.read(8)).toString(), 'question');
  assert.equal((await client.read(4)).toString(), 'part');
});

scenario('a server that has finished is not waited for', {}, async (t) => {
  const { server, log } = await farm(t, 'tcp', [
    'tcp-response inspect-delay 9s',
    'tcp-response content accept if { res.len gt 9 }',
    'tcp-response content reject',
  ]);
  const client = await t.connect(8080);
  const back = await server.accept();
  await back.send('part');
  back.close();
  assert.equal((await client.readToEnd()).length, 0);
  const line = await tcpLine(log);
  assert.deepEqual([line.flags, line.bytes], ['PD', 4]);
});

scenario('a full buffer is not waited for any longer', {}, async (t) => {
  const { server, log } = await farm(t, 'tcp', [
    'tcp-response inspect-delay 9s',
    'tcp-response content accept if { res.payload(0,16300) -m found }',
    'tcp-response content reject if { res.len gt 15000 }',
  ]);
  const client = await t.connect(8080);
  const back = await server.accept();
  await back.send('x'.repeat(20_000));
  assert.equal((await client.readToEnd()).length, 0);
  const line = await tcpLine(log);
  assert.deepEqual([line.flags, line.bytes], ['PD', 15_360]);
});

scenario('the connection of a TCP server is closed when it has said its last word', {}, async (t) => {
  const { server, log } = await farm(t, 'tcp', [
    'tcp-response inspect-delay 9s',
    'tcp-response content close if { res.payload(0,3) -m str bye }',
  ]);
  const client = await t.connect(8080);
  const back = await server.accept();
  await back.sendByteByByte('bye');
  assert.equal((await client.readToEnd()).toString(), 'bye');
  await back.ended();
  assert.equal((await tcpLine(log)).flags, '--');
});

scenario('variables, log levels and marks are set by content rules of the response', {}, async (t) => {
  const { server, log } = await farm(
    t,
    'tcp',
    [
      'tcp-response inspect-delay 9s',
      'tcp-response content set-var(txn.word) res.payload(1,3) if { res.len gt 3 }',
      'tcp-response content set-log-level err',
      'tcp-response content set-tos 0x10',
    ],
    ['log-format "%[var(txn.word)] %B"'],
  );
  const client = await t.connect(8080);
  const back = await server.accept();
  await back.sendByteByByte('\x03abc');
  assert.equal((await client.read(4)).toString(), '\x03abc');
  back.close();
  await client.ended();
  client.close();
  const line = parseRfc3164(await log.line());
  assert.deepEqual([line.severity, line.message], [3, 'abc 4']);
});
