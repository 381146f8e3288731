// Log formats: envelopes of each syslog format and the fields of tcplog, httplog, CLF and the default format.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { answer } from '../../harness/http-server.ts';
import { FACILITIES, parseHttpLog, parseRfc3164, parseRfc5424, parseTcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';

interface WebOptions {
  readonly log?: string;
  readonly global?: string;
  readonly options?: string;
}

/** A logging web proxy; `logWords` follow the address on the log line. */
async function web(
  t: ScenarioContext,
  { log = 'local0', global = '', options = 'option httplog' }: WebOptions,
): Promise<LogReceiver> {
  const server = await t.httpServer(() => answer(200, 'hello'));
  const receiver = await t.syslog();
  await t.start(`
global
    log ${receiver.address} ${log}
    ${global}
${HTTP_DEFAULTS}
    log global
    ${options}
frontend web
    bind ${t.ip}:8080
    default_backend farm
backend farm
    server s1 ${server.address}
`);
  return receiver;
}

const ACCEPT_DATE = /^\d\d\/(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\/\d{4}:\d\d:\d\d:\d\d\.\d{3}$/;

scenario('option httplog: every field', {}, async (t) => {
  const log = await web(t, {});
  const client = await t.connect(8080, { from: '127.6.6.6' });
  await client.send(get('/path?q=1'));
  await client.readUntil('hello');
  const envelope = parseRfc3164(await log.line());
  assert.equal(envelope.facility, FACILITIES['local0']);
  assert.equal(envelope.severity, 6);
  assert.equal(envelope.tag, 'haproxy');
  assert.equal(envelope.host, undefined);
  const line = parseHttpLog(envelope.message);
  const { timers, acceptDate, ...rest } = line;
  assert.match(acceptDate, ACCEPT_DATE);
  for (const timer of Object.values(timers)) assert.ok(timer >= 0 && timer < 5000);
  assert.ok(timers.ta >= timers.tr);
  assert.deepEqual(rest, {
    clientIp: '127.6.6.6',
    clientPort: client.localPort,
    frontend: 'web',
    backend: 'farm',
    server: 's1',
    status: 200,
    // Not what goes over the wire: 20 for the head, the lengths of version, status, reason, names and values, 1, the body.
    bytes: 20 + 8 + 3 + 2 + 'content-length5'.length + 1 + 5,
    requestCookie: '-',
    responseCookie: '-',
    flags: '----',
    captures: '',
    request: 'GET /path?q=1 HTTP/1.1',
    early: false,
    actconn: 1,
    feconn: 1,
    beconn: 0,
    srvconn: 0,
    retries: 0,
    redispatched: false,
    srvQueue: 0,
    backendQueue: 0,
  });
});

scenario('option tcplog: every field', {}, async (t) => {
  const server = await t.tcpServer({ script: (wire) => wire.send('hello').then(() => wire.halfClose()) });
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local3
${TCP_DEFAULTS}
    log global
    option tcplog
frontend relay
    bind ${t.ip}:8080
    default_backend farm
backend farm
    server s1 ${server.address}
`);
  const client = await t.connect(8080, { from: '127.6.6.6' });
  await client.readToEnd();
  await client.halfClose();
  const envelope = parseRfc3164(await log.line());
  assert.equal(envelope.facility, FACILITIES['local3']);
  const { timers, acceptDate, ...rest } = parseTcpLog(envelope.message);
  assert.match(acceptDate, ACCEPT_DATE);
  assert.ok(timers.tw >= 0 && timers.tc >= 0 && timers.tt >= timers.tc);
  assert.deepEqual(rest, {
    clientIp: '127.6.6.6',
    clientPort: client.localPort,
    frontend: 'relay',
    backend: 'farm',
    server: 's1',
    bytes: 5,
    flags: '--',
    early: false,
    actconn: 1,
    feconn: 1,
    beconn: 0,
    srvconn: 0,
    retries: 0,
    redispatched: false,
    srvQueue: 0,
    backendQueue: 0,
  });
});

scenario('option httplog clf', {}, async (t) => {
  const log = await web(t, { options: 'option httplog clf' });
  const client = await t.connect(8080, { from: '127.6.6.6' });
  await client.send(get('/path?q=1'));
  await client.readUntil('hello');
  assert.match(
    parseRfc3164(await log.line()).message,
    /^127\.6\.6\.6 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET \/path\?q=1 HTTP\/1\.1" 200 54 "" "" \d+ \d{3} "web" "farm" "s1" \d+ 0 \d+ \d+ \d+ ---- 1 1 0 0 0 0 0 "" "" $/,
  );
});

scenario('the default format, without httplog or tcplog', {}, async (t) => {
  const log = await web(t, { options: '' });
  await t.request(8080, get());
  assert.match(
    parseRfc3164(await log.line()).message,
    new RegExp(`^Connect from 127\\.0\\.0\\.1:\\d+ to ${t.ip.replaceAll('.', '\\.')}:8080 \\(web/HTTP\\)$`),
  );
});

scenario('requests on one connection are logged one by one', {}, async (t) => {
  const log = await web(t, {});
  const client = await t.connect(8080);
  for (const path of ['/1', '/2']) {
    await client.send(get(path));
    await client.readUntil('hello');
    assert.equal(parseHttpLog(parseRfc3164(await log.line()).message).request, `GET ${path} HTTP/1.1`);
  }
});

scenario('format rfc5424', {}, async (t) => {
  const log = await web(t, { log: 'format rfc5424 local0' });
  await t.request(8080, get());
  const envelope = parseRfc5424(await log.line());
  assert.match(envelope.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  assert.equal(envelope.tag, 'haproxy');
  assert.equal(envelope.host, '-');
  assert.deepEqual([envelope.messageId, envelope.structuredData], ['-', '-']);
  assert.equal(parseHttpLog(envelope.message).status, 200);
});

scenario('log-send-hostname puts a name before the tag, log-tag changes the tag', {}, async (t) => {
  const log = await web(t, { global: 'log-send-hostname lb.test\n    log-tag edge' });
  await t.request(8080, get());
  const envelope = parseRfc3164(await log.line());
  assert.equal(envelope.host, 'lb.test');
  assert.equal(envelope.tag, 'edge');
});

for (const [format, pattern] of [
  ['local', /^<134>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d haproxy\[\d+\]: 127\.0\.0\.1:.*\n$/s],
  ['raw', /^127\.0\.0\.1:\d+ \[.*"GET \/ HTTP\/1\.1"\n$/s],
  ['short', /^<6>127\.0\.0\.1:\d+ \[.*"GET \/ HTTP\/1\.1"\n$/s],
  ['priority', /^<134>127\.0\.0\.1:\d+ \[.*"GET \/ HTTP\/1\.1"\n$/s],
  ['timed', /^<6>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 127\.0\.0\.1:\d+ \[.*"GET \/ HTTP\/1\.1"\n$/s],
  ['iso', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00 127\.0\.0\.1:\d+ \[.*"GET \/ HTTP\/1\.1"\n$/s],
] as const) {
  scenario(`format ${format}`, {}, async (t) => {
    const log = await web(t, { log: `format ${format} local0` });
    await t.request(8080, get());
    assert.match(await log.line(/GET/), pattern);
  });
}

scenario('len cuts the line', {}, async (t) => {
  const log = await web(t, { log: 'len 100 local0' });
  await t.request(8080, get());
  const line = await log.line();
  // The line feed comes on top.
  assert.equal(line.length, 101);
  assert.ok(line.endsWith('\n'));
});

scenario('logs to a unix socket', {}, async (t) => {
  const server = await t.httpServer('ok');
  const log = t.syslogUnix();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  await t.request(8080, get());
  assert.equal(parseHttpLog(parseRfc3164(await log.line(/GET/)).message).status, 200);
});

for (const stream of ['stdout', 'stderr'] as const) {
  scenario(`logs to ${stream} in raw format`, {}, async (t) => {
    const server = await t.httpServer('ok');
    const program = await t.start(`
global
    log ${stream} format raw local0
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
    await t.request(8080, get());
    assert.equal(parseHttpLog(await program[stream].line(/GET/)).status, 200);
  });
}

scenario('two targets, the second from level notice: only changes of state reach it', {}, async (t) => {
  const server = await t.httpServer('ok');
  const all = await t.syslog();
  const notices = await t.syslog();
  await t.start(`
global
    log ${all.address} local0
    log ${notices.address} local1 notice
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} check inter 100ms fall 1
`);
  await t.request(8080, get());
  await all.line(/GET/);
  await server.stop();
  const envelope = parseRfc3164(await notices.line());
  assert.equal(envelope.facility, FACILITIES['local1']);
  assert.doesNotMatch(envelope.message, /GET/);
  assert.match(notices.lines.join(''), /Server web\/s1 is DOWN/);
});

scenario('the minimum level lowers what is more urgent', {}, async (t) => {
  const server = await t.httpServer('ok');
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0 debug err
${HTTP_DEFAULTS}
    log global
    option httplog
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} check inter 100ms fall 1
`);
  await t.request(8080, get());
  assert.equal(parseRfc3164(await log.line(/GET/)).severity, 6);
  await server.stop();
  // An alert by itself.
  assert.equal(parseRfc3164(await log.line(/is DOWN/)).severity, 3);
});

scenario('a long URI is cut so that the request line has 1023 characters', {}, async (t) => {
  const log = await web(t, { log: 'len 4096 local0' });
  await t.request(8080, get(`/${'u'.repeat(3000)}`));
  const { request } = parseHttpLog(parseRfc3164(await log.line()).message);
  assert.equal(request.length, 1023);
});

scenario('a long line is cut at 1024 characters', {}, async (t) => {
  const log = await web(t, {});
  await t.request(8080, get(`/${'u'.repeat(3000)}`));
  assert.equal((await log.line()).length, 1025);
});

// One thread: the lines of two threads may come in either order.
scenario('sampling keeps the chosen lines of each window', { nbthread: 1 }, async (t) => {
  const log = await web(t, { log: 'sample 2:4 local0' });
  for (let at = 1; at <= 8; at++) await t.request(8080, get(`/${at}`));
  await log.line(/GET \/6 /);
  assert.deepEqual(
    log.lines.map((line) => parseHttpLog(parseRfc3164(line).message).request),
    ['GET /2 HTTP/1.1', 'GET /6 HTTP/1.1'],
  );
});
