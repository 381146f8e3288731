// Options that say what is logged, and when.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { parseHttpLog, parseRfc3164, parseTcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';

async function web(t: ScenarioContext, options: string): Promise<LogReceiver> {
  const server = await t.httpServer(({ target }) =>
    target === '/bad'
      ? 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n'
      : 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
  );
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
    ${options}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  return log;
}

scenario('option dontlognull: a connection without data leaves no line', {}, async (t) => {
  const log = await web(t, 'option dontlognull');
  (await t.connect(8080)).close();
  await t.request(8080, get('/after'));
  assert.match(await log.line(), /GET \/after /);
});

scenario('without dontlognull a connection without data is logged', {}, async (t) => {
  const log = await web(t, '');
  (await t.connect(8080)).close();
  const line = parseHttpLog(parseRfc3164(await log.line()).message);
  assert.equal(line.request, '<BADREQ>');
  assert.equal(line.flags, 'CR--');
  assert.equal(line.status, 400);
  assert.equal(line.bytes, 0);
});

scenario('option dontlognull in TCP mode', {}, async (t) => {
  const server = await t.tcpServer();
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${TCP_DEFAULTS}
    log global
    option tcplog
    option dontlognull
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const silent = await t.connect(8080);
  const firstBack = await server.accept();
  silent.close();
  await firstBack.ended();
  firstBack.close();
  const client = await t.connect(8080);
  const back = await server.accept();
  await client.send('data');
  await back.read(4);
  client.close();
  await back.ended();
  back.close();
  assert.equal(parseTcpLog(parseRfc3164(await log.line()).message).clientPort, client.localPort);
});

scenario('option dontlog-normal: only what failed is logged', {}, async (t) => {
  const log = await web(t, 'option dontlog-normal');
  await t.request(8080, get('/good'));
  await t.request(8080, get('/bad'));
  assert.match(await log.line(), /GET \/bad /);
});

scenario('option log-separate-errors raises the severity of failures', {}, async (t) => {
  const log = await web(t, 'option log-separate-errors');
  await t.request(8080, get('/good'));
  assert.equal(parseRfc3164(await log.line(/good/)).severity, 6);
  await t.request(8080, get('/bad'));
  assert.equal(parseRfc3164(await log.line(/bad/)).severity, 3);
});

scenario('option logasap logs at the response head, with + before time and size', {}, async (t) => {
  const server = await t.tcpServer();
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
    option logasap
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  await client.send(get());
  const back = await server.accept();
  await back.readUntil('\r\n\r\n');
  await back.send('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
  const message = parseRfc3164(await log.line()).message;
  assert.equal(parseHttpLog(message).early, true);
  assert.match(message, / 200 \+\d+ - - ---- /);
});

scenario('log-format replaces the format', {}, async (t) => {
  const log = await web(t, 'log-format "%ci %HM %HP %ST [%ci] %{+Q}r"');
  await t.request(8080, get('/x?y'));
  assert.equal(
    parseRfc3164(await log.line()).message,
    '127.0.0.1 GET /x 200 [127.0.0.1] "GET /x?y HTTP/1.1"',
  );
});

scenario('no log silences a proxy', {}, async (t) => {
  const server = await t.httpServer('ok');
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen quiet
    no log
    bind ${t.ip}:8080
    server s1 ${server.address}
listen loud
    bind ${t.ip}:8081
    server s1 ${server.address}
`);
  await t.request(8080, get('/quiet'));
  await t.request(8081, get('/loud'));
  assert.match(await log.line(/ (quiet|loud) /), /GET \/loud /);
});

scenario('characters that would break a line are escaped', {}, async (t) => {
  const log = await web(t, '');
  await t.request(8080, 'GET /a"b HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.match(await log.line(), /"GET \/a#22b HTTP\/1\.1"/);
});
