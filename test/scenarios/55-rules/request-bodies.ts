// Rules that look at a request's body: what of it they see, what waits for it, and what becomes of a client that does
// not send it.

import assert from 'node:assert/strict';
import type { ScenarioContext } from '../../harness/context.ts';
import { readResponse } from '../../harness/http-reader.ts';
import type { HttpServer } from '../../harness/http-server.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { startRuled } from '../../harness/ruled-farm.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';

const TELL =
  'http-request return status 200 content-type text/plain lf-string "%[req.body_len] %[req.body_size] [%[req.body]] [%[req.body_param(a)]] [%[req.body_param]]"';
const MARK = 'http-request set-header x-body "%[req.body_len] %[req.body_size]"';
const LENGTH_8 = 'Content-Length: 8\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';

const post = (lines: string, body = ''): string => `POST / HTTP/1.1\r\nHost: x\r\n${lines}\r\n${body}`;

async function serve(
  t: ScenarioContext,
  front: readonly string[],
  back: readonly string[] = [],
): Promise<{ readonly server: HttpServer; readonly log: LogReceiver }> {
  const server = await t.httpServer('ok');
  const log = await startRuled(t, { mode: 'http', logs: 'option httplog', front, back, server });
  return { server, log };
}

async function lineOf(log: LogReceiver): Promise<ReturnType<typeof parseHttpLog>> {
  return parseHttpLog(parseRfc3164(await log.line()).message);
}

scenario('a body that came with its head is seen without waiting', {}, async (t) => {
  await serve(t, [TELL]);
  const client = await t.connect(8080);
  await client.send(post(LENGTH_8, 'b=2&a=15'));
  assert.equal((await readResponse(client)).text, '8 8 [b=2&a=15] [15] [2]');
  await client.send(post(CHUNKED, '3\r\nb=2\r\n005;x=y\r\n&a=15\r\n0\r\nT: u\r\n\r\n'));
  assert.equal((await readResponse(client)).text, '8 8 [b=2&a=15] [15] [2]');
  await client.send('GET /?a=7 HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal((await readResponse(client)).text, '0 0 [] [] []');
  await client.send(post('Content-Length: 0\r\n'));
  assert.equal((await readResponse(client)).text, '0 0 [] [] []');
});

for (const [name, rule] of [
  ['a rule', 'http-request wait-for-body time 9s'],
  ['the option', 'option http-buffer-request'],
] as const) {
  scenario(`a body in pieces is waited for by ${name}, and the next request is served`, {}, async (t) => {
    await serve(t, [rule, TELL]);
    const client = await t.connect(8080);
    const request = post(LENGTH_8, 'b=2&a=15');
    await client.sendSplit(request, request.length - 8, request.length - 5, request.length - 1);
    assert.equal((await readResponse(client)).text, '8 8 [b=2&a=15] [15] [2]');
    const chunked = post(CHUNKED, '3\r\nb=2\r\n5;x=y\r\n&a=15\r\n0\r\nT: u\r\n\r\n');
    const body = chunked.indexOf('3\r\n');
    await client.sendSplit(
      chunked,
      body,
      body + 1,
      body + 6,
      body + 9,
      body + 15,
      body + 24,
      chunked.length - 1,
    );
    assert.equal((await readResponse(client)).text, '8 8 [b=2&a=15] [15] [2]');
    await client.send(post(LENGTH_8, 'a=1&b=22'));
    assert.equal((await readResponse(client)).text, '8 8 [a=1&b=22] [1] [1]');
  });

  scenario(`a body that never comes is not waited for longer than ${name} says`, {}, async (t) => {
    const { server, log } = await serve(t, [
      ...(rule.startsWith('option') ? [rule, 'timeout http-request 400ms'] : [rule.replace('9s', '400ms')]),
      TELL,
    ]);
    const client = await t.connect(8080);
    await client.send(post(LENGTH_8, 'b=2'));
    const response = await readResponse(client);
    assert.equal(response.status, 408);
    await client.ended();
    const line = await lineOf(log);
    assert.deepEqual([line.flags, line.status, line.backend, line.server], ['cR--', 408, 'front', '<NOSRV>']);
    assert.equal(server.connectionCount, 0);
  });

  scenario(`${name} gives the client leave to send the body`, {}, async (t) => {
    const { server } = await serve(t, [rule]);
    const client = await t.connect(8080);
    await client.send(post(`Expect: 100-continue\r\n${LENGTH_8}`));
    assert.equal((await client.readUntil('\r\n\r\n')).toString(), 'HTTP/1.1 100 Continue\r\n\r\n');
    await client.send('b=2&a=15');
    assert.equal((await readResponse(client)).status, 200);
    const request = await server.request();
    assert.equal(request.header('expect'), undefined);
    assert.equal(request.body.toString(), 'b=2&a=15');
  });

  scenario(`a client that leaves while ${name} waits reaches no server`, {}, async (t) => {
    const { server, log } = await serve(t, [rule]);
    const client = await t.connect(8080);
    await client.send(post(LENGTH_8, 'b=2'));
    await client.taken();
    await client.halfClose();
    assert.equal((await client.readToEnd()).length, 0);
    const line = await lineOf(log);
    assert.deepEqual([line.flags, line.status, line.backend, line.server], ['CR--', -1, 'back', '<NOSRV>']);
    assert.equal(server.connectionCount, 0);
  });
}

scenario('so much of the body is enough', {}, async (t) => {
  await serve(t, ['http-request wait-for-body time 9s at-least 3', TELL]);
  const client = await t.connect(8080);
  await client.sendSplit(post(LENGTH_8, 'b=2'), post(LENGTH_8, 'b=2').length - 1);
  const response = await readResponse(client);
  assert.equal(response.text, '3 8 [b=2] [] [2]');
  const chunks = await t.connect(8080);
  await chunks.send(post(CHUNKED, '2\r\nb=\r\n4\r\n2'));
  assert.equal((await readResponse(chunks)).text, '3 6 [b=2] [] [2]');
});

scenario('more than the whole body is not waited for', {}, async (t) => {
  await serve(t, ['http-request wait-for-body time 9s at-least 1k', TELL]);
  const client = await t.connect(8080);
  await client.send(post(LENGTH_8, 'b=2&a=15'));
  assert.equal((await readResponse(client)).text, '8 8 [b=2&a=15] [15] [2]');
});

scenario('a body that is longer than the buffer is not waited for any longer', {}, async (t) => {
  const { server } = await serve(t, [
    'http-request wait-for-body time 9s',
    MARK,
    'http-request set-header x-end "%[req.body,length]"',
  ]);
  const client = await t.connect(8080);
  await client.send(post('Content-Length: 40000\r\n', 'x'.repeat(40_000)));
  assert.equal((await readResponse(client)).status, 200);
  const request = await server.request();
  assert.equal(request.header('x-body'), '15214 40000');
  assert.equal(request.header('x-end'), '15214');
  assert.equal(request.body.length, 40_000);
});

scenario('small chunks take no more room than their data', {}, async (t) => {
  const { server } = await serve(t, ['http-request wait-for-body time 9s', MARK]);
  const client = await t.connect(8080);
  await client.send(post(CHUNKED, `${'1\r\nx\r\n'.repeat(9000)}0\r\nT: u\r\n\r\n`));
  assert.equal((await readResponse(client)).status, 200);
  const request = await server.request();
  assert.equal(request.header('x-body'), '9000 9000');
  assert.equal(request.body.toString(), 'x'.repeat(9000));
});

scenario('a malformed chunk ends the waiting', {}, async (t) => {
  const { server, log } = await serve(t, ['http-request wait-for-body time 9s']);
  const client = await t.connect(8080);
  await client.sendSplit(post(CHUNKED, '3\r\nb=2\r\nzz\r\n'), post(CHUNKED, '3\r\nb=2\r\n').length);
  assert.equal((await readResponse(client)).status, 400);
  await client.ended();
  assert.deepEqual((await lineOf(log)).flags, 'PR--');
  assert.equal(server.connectionCount, 0);
});

scenario('a rule answers a client that has left', {}, async (t) => {
  const { log } = await serve(t, ['http-request wait-for-body time 9s', 'http-request deny']);
  const client = await t.connect(8080);
  await client.send(post(LENGTH_8, 'b=2'));
  await client.taken();
  await client.halfClose();
  assert.equal((await client.readToEnd()).length, 0);
  const line = await lineOf(log);
  assert.deepEqual([line.flags, line.status, line.backend], ['PR--', 403, 'front']);
});

scenario("the backend's rules wait as well", {}, async (t) => {
  const { server } = await serve(t, [], ['http-request wait-for-body time 9s', MARK]);
  const client = await t.connect(8080);
  const request = post(LENGTH_8, 'b=2&a=15');
  await client.sendSplit(request, request.length - 3);
  assert.equal((await readResponse(client)).status, 200);
  assert.equal((await server.request()).header('x-body'), '8 8');
});

scenario('content rules wait for what decides about the body', {}, async (t) => {
  const { server, log } = await serve(t, [
    'tcp-request inspect-delay 9s',
    'tcp-request content reject if { req.body -m sub bad }',
  ]);
  const client = await t.connect(8080);
  const request = post(LENGTH_8, 'b=2&good');
  await client.sendSplit(request, request.length - 3);
  assert.equal((await readResponse(client)).status, 200);
  await server.request();
  await lineOf(log);
  const refused = await t.connect(8080);
  await refused.sendSplit(post(LENGTH_8, 'b=2&bad!'), request.length - 3);
  assert.equal((await refused.readToEnd()).length, 0);
  assert.equal((await lineOf(log)).flags, 'PR--');
});

scenario('a condition tries every parameter of a form', {}, async (t) => {
  await serve(t, [
    'option http-buffer-request',
    'http-request return status 201 if { req.body_param -m str 2 }',
    'http-request return status 202 if { req.body_param(c) -m str 3 } { req.body_size 9 }',
    'http-request return status 203',
  ]);
  const client = await t.connect(8080);
  const statuses: number[] = [];
  for (const body of ['a=1&b=2', 'a=1&b=4&c=3&c=5', 'c=5&a&c=3', 'C=3&d=44', ''])
    statuses.push(
      (
        await (async () => {
          await client.send(post(`Content-Length: ${body.length}\r\n`, body));
          return readResponse(client);
        })()
      ).status,
    );
  assert.deepEqual(statuses, [201, 203, 202, 203, 203]);
});
