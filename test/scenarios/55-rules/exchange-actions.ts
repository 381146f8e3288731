// Actions that change how one exchange is treated: its timeouts, its addresses, what the client hears early or never.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { answer, type HttpHandler, type HttpServer } from '../../harness/http-server.ts';
import { parseRfc3164 } from '../../harness/log-line.ts';
import { startRuled } from '../../harness/ruled-farm.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';
import { poll } from '../../harness/waiting.ts';

const FORMAT = '%ci %fi %ST %ts %TR %B %r cur=%[cur_server_timeout]/%[cur_tunnel_timeout]';

interface Farm {
  readonly server: HttpServer;
  readonly log: LogReceiver;
}

/** A frontend and a backend with these lines, and a page of statistics. */
async function farm(
  t: ScenarioContext,
  front: readonly string[],
  back: readonly string[] = [],
  handler: HttpHandler = () => answer(200, 'ok'),
): Promise<Farm> {
  const server = await t.httpServer(handler);
  const log = await startRuled(t, { mode: 'http', logs: `log-format "${FORMAT}"`, front, back, server });
  return { server, log };
}

async function lineOf(log: LogReceiver): Promise<string> {
  return parseRfc3164(await log.line()).message;
}

async function denied(t: ScenarioContext): Promise<number> {
  const [header = '', ...rows] = (await t.request(8081, get('/s;csv'))).text.split('\n');
  const row = rows.find((line) => line.startsWith('front,FRONTEND')) ?? '';
  return Number(row.split(',')[header.replace('# ', '').split(',').indexOf('dreq')]);
}

/** Everything that the client gets until the connection ends. */
async function all(t: ScenarioContext, request: string): Promise<string> {
  const client = await t.connect(8080);
  await client.send(request);
  return (await client.readToEnd()).toString('latin1');
}

const hints = (...lines: readonly string[]): string =>
  `HTTP/1.1 103 Early Hints\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok';

scenario('early hints come before the response; a condition begins a new one', {}, async (t) => {
  const { log } = await farm(t, [
    'http-request early-hint Link </a.css>',
    'http-request early-hint X-Path %[path]',
    'http-request early-hint Link one if TRUE',
    'http-request early-hint Link two',
    'http-request early-hint Link never if FALSE',
    'http-request early-hint Link three',
    'http-request set-var(txn.x) str(x)',
    'http-request early-hint Link four',
  ]);
  const early = [
    hints('link: </a.css>', 'x-path: /p'),
    hints('link: one', 'link: two'),
    hints('link: three'),
    hints('link: four'),
  ].join('');
  assert.equal(await all(t, get('/p', 'Connection: close')), early + OK);
  // The log counts all of them.
  assert.match(await lineOf(log), / 200 -- 0 274 GET /);
});

scenario('early hints before a refusal, and none for HTTP/1.0', {}, async (t) => {
  await farm(t, ['http-request early-hint Link a', 'http-request deny if { path /no }']);
  assert.match(
    await all(t, get('/no', 'Connection: close')),
    /^HTTP\/1.1 103 .*\r\nlink: a\r\n\r\nHTTP\/1.1 403 /,
  );
  assert.equal(await all(t, 'GET / HTTP/1.0\r\n\r\n'), OK);
});

scenario('early hints of pipelined requests stand before their responses', {}, async (t) => {
  await farm(t, ['http-request early-hint X-Path %[path]']);
  assert.equal(
    await all(t, get('/1') + get('/2', 'Connection: close')),
    `${hints('x-path: /1')}${OK.replace('connection: close\r\n', '')}${hints('x-path: /2')}${OK}`,
  );
});

scenario('addresses that a rule sets are those of one request only', {}, async (t) => {
  const { server, log } = await farm(
    t,
    [
      'option forwardfor',
      'tcp-request inspect-delay 8s',
      'tcp-request content set-src hdr(x-tcp)',
      'http-request set-src hdr(x-src)',
      'http-request set-src-port int(7) if { req.hdr(x-src) -m found }',
      'http-request set-dst hdr(x-dst)',
      'http-request set-dst-port hdr(x-port)',
    ],
    [
      'http-request set-header X-Seen %[src]:%[src_port],%[dst]:%[dst_port],%[fc_src],%[fc_dst]:%[fc_dst_port]',
    ],
  );
  const client = await t.connect(8080);
  const port = client.localPort;
  const own = `${t.ip}:8080`;
  const cases: [string, string, string][] = [
    ['X-Src: 1.2.3.4', `1.2.3.4:7,${own}`, '1.2.3.4'],
    ['X-None: 1', `127.0.0.1:${port},${own}`, '127.0.0.1'],
    ['X-Tcp: 5.6.7.8', `5.6.7.8:${port},${own}`, '5.6.7.8'],
    ['X-Src: ::9', `::9:7,${own}`, '::9'],
    ['X-Dst: 4.3.2.1', `127.0.0.1:${port},4.3.2.1:8080`, '127.0.0.1'],
    ['X-Port: 99', `127.0.0.1:${port},${t.ip}:99`, '127.0.0.1'],
    ['X-Src: no address', `127.0.0.1:7,${own}`, '127.0.0.1'],
  ];
  for (const [header, seen, forwarded] of cases) {
    await client.send(get('/', header));
    const request = await server.request();
    assert.equal(request.header('x-seen'), `${seen},127.0.0.1,${own}`, header);
    assert.equal(request.header('x-forwarded-for'), forwarded, header);
    await client.readUntil('ok');
    assert.equal((await lineOf(log)).split(' ', 1)[0], forwarded, header);
  }
});

scenario('a timeout of the server that a rule sets', {}, async (t) => {
  const { log } = await farm(
    t,
    [],
    [
      'http-request set-timeout server 150ms if { path /fixed }',
      'http-request set-timeout server req.hdr(x-time)',
      'http-request set-timeout tunnel 120ms',
      'http-response set-header X-Timeout %[cur_server_timeout],%[be_server_timeout],%[cur_tunnel_timeout]',
    ],
    ({ target }) => (target === '/quick' ? answer(200) : undefined),
  );
  assert.equal((await t.request(8080, get('/fixed'))).status, 504);
  assert.match(await lineOf(log), / 504 sH .*cur=150\/120$/);
  assert.equal((await t.request(8080, get('/', 'X-Time: 160'))).status, 504);
  assert.match(await lineOf(log), / 504 sH .*cur=160\/120$/);
  const quick = await t.request(8080, get('/quick', 'X-Time: 0'));
  assert.equal(quick.header('x-timeout'), '10000,10000,120');
});

scenario('a timeout of the tunnel that a rule sets', {}, async (t) => {
  const { log } = await farm(t, [], ['http-request set-timeout tunnel 150ms'], () => ({
    raw: 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n',
    afterwards: 'keep',
  }));
  const client = await t.connect(8080);
  await client.send(get('/', 'Upgrade: x', 'Connection: upgrade'));
  await client.readUntil('\r\n\r\n');
  assert.equal(await client.ended(), 'fin');
  assert.match(await lineOf(log), / 101 .D .*cur=150\/150$/);
});

scenario('silent-drop of a request: the client hears nothing', {}, async (t) => {
  const { log } = await farm(t, ['http-request silent-drop if { path /drop }']);
  const dropped = await t.connect(8080);
  await dropped.send(get('/drop'));
  assert.match(await lineOf(log), / -1 PR -1 0 GET \/drop /);
  const other = await t.connect(8080);
  await other.send(get('/', 'Connection: close'));
  await other.ended();
  assert.equal(dropped.ending, undefined);
  assert.equal(dropped.receivedBytes, 0);
  assert.equal(await denied(t), 1);
});

scenario('silent-drop of a response: the client hears nothing', {}, async (t) => {
  const { log, server } = await farm(t, [], ['http-response silent-drop']);
  const dropped = await t.connect(8080);
  await dropped.send(get('/drop'));
  await server.request();
  assert.match(await lineOf(log), / 200 PR 0 \d+ GET \/drop /);
  await poll(async () => ((await denied(t)) === 1 ? true : undefined), 'the counter');
  assert.equal(dropped.ending, undefined);
  assert.equal(dropped.receivedBytes, 0);
});

scenario('what content rules refuse was no request yet, to the log', {}, async (t) => {
  const { log } = await farm(t, [
    'tcp-request inspect-delay 8s',
    'tcp-request content silent-drop if { path /drop }',
    'tcp-request content reject if { path /reject }',
    'http-request reject if { path /refuse }',
  ]);
  const dropped = await t.connect(8080);
  await dropped.send(get('/drop'));
  assert.match(await lineOf(log), / -1 PR -1 0 <BADREQ> /);
  const rejected = await t.connect(8080);
  await rejected.send(get('/reject'));
  await rejected.ended();
  assert.match(await lineOf(log), / -1 PR -1 0 <BADREQ> /);
  const refused = await t.connect(8080);
  await refused.send(get('/refuse'));
  await refused.ended();
  assert.match(await lineOf(log), / -1 PR -1 0 GET \/refuse /);
  assert.equal(dropped.ending, undefined);
});

scenario('disable-l7-retry: a failed exchange is not tried again', {}, async (t) => {
  let requests = 0;
  await farm(
    t,
    ['http-request disable-l7-retry if { path /once }'],
    ['retry-on empty-response', 'retries 2'],
    () => {
      requests++;
      return { raw: '', afterwards: 'close' };
    },
  );
  assert.equal((await t.request(8080, get('/once'))).status, 502);
  assert.equal(requests, 1);
  assert.equal((await t.request(8080, get('/again'))).status, 502);
  assert.equal(requests, 4);
});

scenario('packets are marked and typed by rules on requests and responses', {}, async (t) => {
  await farm(
    t,
    ['http-request set-tos 0x20', 'http-request set-mark 7 if FALSE', 'http-request set-nice 5'],
    ['http-response set-tos 16', 'http-response set-nice x'],
  );
  assert.equal((await t.request(8080, get('/'))).status, 200);
});

scenario('a target that cannot be normalized is no request', {}, async (t) => {
  const log = await t.syslog();
  await t.start(`
global
    expose-experimental-directives
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    log-format "${FORMAT}"
frontend front
    bind ${t.ip}:8080
    http-request normalize-uri percent-to-uppercase strict
    http-request return status 200
`);
  assert.match(await all(t, get('/%zz')), /^HTTP\/1.1 400 Bad request\r\n/);
  assert.match(await lineOf(log), / 400 PR -1 206 GET \/%zz /);
  assert.match(await all(t, get('/%6f', 'Connection: close')), /^HTTP\/1.1 200 /);
});

scenario('what the system tells of the client connection', {}, async (t) => {
  await farm(t, [
    'http-request return status 200 content-type text/plain lf-string "%[fc_rtt(us)] %[fc_rtt] %[fc_rttvar(us)] %[fc_unacked] %[fc_sacked] %[fc_lost] %[fc_retrans] %[fc_fackets] %[fc_reordering] %[fc_err] %[fc_err_str] %[fc_http_major] %[internal.strm.is_htx]"',
  ]);
  const { text } = await t.request(8080, get('/'));
  // Times are what they are; of an orderly connection there is nothing else to tell.
  assert.match(text, /^[1-9]\d* \d+ [1-9]\d* 0 0 0 0 0 3 0 Success 1 1$/);
});
