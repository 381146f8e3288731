// Captured headers, cookies and samples: what the default log formats and log-format show of them, byte for byte.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { readResponse } from '../../harness/http-reader.ts';
import { answer } from '../../harness/http-server.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';

interface Site {
  /** Lines of the frontend. */
  readonly lines: string;
  readonly global?: string;
  readonly log?: string;
  readonly backend?: string;
  /** Header lines of the server's answer. */
  readonly response?: readonly string[];
  /** The server's whole answer; undefined: it closes. */
  readonly raw?: string;
}

const CAPTURES = `
    capture request header Host len 5
    capture request header X-A len 20
    capture request header X-None len 20
    capture response header Server len 20
    capture response header X-R len 6`;

async function site(t: ScenarioContext, options: Site): Promise<LogReceiver> {
  const { lines, global = '', log = 'option httplog', backend = '', response = [], raw } = options;
  const server = await t.httpServer(() => raw ?? answer(200, 'ok', response));
  const receiver = await t.syslog();
  await t.start(`
global
    log ${receiver.address} local0
    ${global}
${HTTP_DEFAULTS}
    log global
    ${log}
frontend web
    bind ${t.ip}:8080
    ${lines}
    default_backend farm
backend farm
    ${backend}
    server s1 ${server.address}
`);
  return receiver;
}

/** Sends requests on one connection; result: what the client got back of each. */
async function ask(t: ScenarioContext, ...requests: string[]): Promise<string[]> {
  const client = await t.connect(8080);
  const answers: string[] = [];
  for (const request of requests) {
    await client.send(Buffer.from(request, 'latin1'));
    const response = await readResponse(client, { method: request.split(' ', 1)[0] ?? '' });
    answers.push(response.rawHead);
  }
  client.close();
  return answers;
}

/** A line of the HTTP log from the status on, without the numbers that hang on time and load. */
function told(line: string): string {
  const { message } = parseRfc3164(line);
  const rest = /^.*? (?:-?[0-9]+\/){4}\+?[0-9]+ (.*)\n?$/s.exec(message)?.[1] ?? message;
  return rest.replace(/ [0-9]+\/[0-9]+\/[0-9]+\/[0-9]+\/[0-9]+ [0-9]+\/[0-9]+ /, ' ');
}

function get1(path: string, ...headers: string[]): string {
  return [
    'GET ',
    path,
    ' HTTP/1.1\r\nHost: www.example.com\r\n',
    ...headers.map((line) => `${line}\r\n`),
    '\r\n',
  ].join('');
}

scenario('captured headers and cookies', {}, async (t) => {
  const log = await site(t, {
    lines: `capture request header Host len 5
    capture request header X-None len 5
    capture response header Server len 20
    capture cookie SID len 8`,
    response: ['Server: tiny', 'Set-Cookie: SID=abc; path=/'],
  });
  await t.request(8080, get('/', 'Cookie: a=b; SID=wanted-and-long'));
  const line = parseHttpLog(parseRfc3164(await log.line()).message);
  assert.equal(line.captures, '{www.e|} {tiny}');
  assert.equal(line.requestCookie, 'SID=want');
  assert.equal(line.responseCookie, 'SID=abc');
});

const headerCases: readonly (readonly [what: string, headers: readonly string[], captured: string])[] = [
  ['absent', [], 'www.e||'],
  ['empty', ['X-A:'], 'www.e||'],
  ['a list', ['X-A: a, b'], 'www.e|a, b|'],
  ['several lines', ['X-A: one', 'x-a: two, three'], 'www.e|two, three|'],
  ['too long', ['X-A: 0123456789012345678901234'], 'www.e|01234567890123456789|'],
  ['what delimits', ['X-A: |a"b{c}[d]\\e#'], 'www.e|#7Ca#22b#7Bc#7D[d]\\e#23|'],
  ['beyond ASCII', ['X-A: \xe9\xff\tz'], 'www.e|#E9#FF#09z|'],
];

scenario('captured headers in option httplog', {}, async (t) => {
  const log = await site(t, { lines: CAPTURES, response: ['Server: tiny', 'X-R: 1', 'X-R: 2, 3456789'] });
  for (const [what, headers, captured] of headerCases) {
    await ask(t, get1('/', ...headers));
    const line = told(await log.line());
    assert.equal(line, `200 78 - - ---- {${captured}} {tiny|2, 345} "GET / HTTP/1.1"`, what);
  }
});

scenario('captures of one request are not those of the next', {}, async (t) => {
  const log = await site(t, {
    lines: `${CAPTURES}\n    capture cookie SID len 9`,
    response: ['Server: tiny'],
  });
  const cookie = 'Cookie: SID=1';
  await ask(t, get1('/1', 'X-A: k', cookie), get1('/2'), get1('/3', 'X-A: zz'), get1('/4', cookie));
  const lines = [];
  for (let i = 0; i < 4; i++) lines.push(told(await log.line()));
  assert.deepEqual(lines, [
    '200 61 SID=1 - ---- {www.e|k|} {tiny|} "GET /1 HTTP/1.1"',
    '200 61 - - ---- {www.e||} {tiny|} "GET /2 HTTP/1.1"',
    '200 61 - - ---- {www.e|zz|} {tiny|} "GET /3 HTTP/1.1"',
    '200 61 SID=1 - ---- {www.e||} {tiny|} "GET /4 HTTP/1.1"',
  ]);
});

scenario('lengths of captures that are no numbers, zero, or negative', {}, async (t) => {
  const log = await site(t, {
    lines: `
    capture request header Host len 0
    capture request header Host len x
    capture request header Host len -1
    capture request header Host len 10x
    capture response header Server len -5`,
    response: ['Server: tiny'],
  });
  await ask(t, get1('/'));
  assert.equal(
    told(await log.line()),
    '200 61 - - ---- {||www.example.com|www.exampl} {tiny} "GET / HTTP/1.1"',
  );
});

scenario('a request that could not be read has no captures', {}, async (t) => {
  const log = await site(t, { lines: CAPTURES });
  await ask(t, 'nonsense\r\n\r\n');
  assert.equal(told(await log.line()), '400 0 - - PR-- "<BADREQ>"');
  await ask(t, get1('/', 'X-A: a', 'Content-Length: x'));
  assert.equal(told(await log.line()), '400 0 - - PR-- "<BADREQ>"');
  await ask(t, get1('/', 'X-A: a'), 'nonsense\r\n\r\n');
  assert.equal(told(await log.line()), '200 51 - - ---- {www.e|a|} {|} "GET / HTTP/1.1"');
  assert.equal(told(await log.line()), '400 0 - - PR-- "<BADREQ>"');
});

scenario('captures in option httplog clf and in error-log-format', {}, async (t) => {
  const log = await site(t, {
    lines: `${CAPTURES}\n    capture cookie SID len 20`,
    log: 'option httplog clf',
    response: ['Server: tiny', 'Set-Cookie: SID=2'],
  });
  await ask(t, get1('/', 'X-A: hello "q"', 'Cookie: SID="1"'));
  assert.match(
    await log.line(),
    / [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+ [0-9]+ "SID="1"" "SID=2" "www.e" "hello #22q#22" "" "tiny" ""\n?$/,
  );
  await ask(t, 'nonsense\r\n\r\n');
  // A blank is left of the two lists.
  assert.match(await log.line(), / 0 0 "" "" \n?$/);
});

scenario('captures with flags and as lists', {}, async (t) => {
  const log = await site(t, {
    lines: `${CAPTURES}
    capture cookie SID len 20
    log-format "%hr %{+Q}hr %{+E}hr %{+Q,+E}hr %{+X}hr|%hrl|%{+Q}hrl|%{+E}hrl|%{+Q,+E}hrl|%hsl|%{+Q}hs|%CC %{+Q}CC %{+E}CC %{+Q,+E}CC|%CS %{+Q}CS"
    error-log-format "E %hr %hs %CC %CS %hrl E"`,
    response: ['Server: t"i\\n]y'],
  });
  const line = async (): Promise<string> => parseRfc3164(await log.line()).message.trimEnd();
  await ask(t, get1('/', 'X-A: a|b]\\ \xe9', 'Cookie: SID="o\\]|#{\xe9'));
  assert.equal(
    await line(),
    '{www.e|a#7Cb]\\ #E9|} "{www.e|a#7Cb]\\ #E9|}" {www.e|a#7Cb\\]\\\\ #E9|} "{www.e|a#7Cb\\]\\\\ #E9|}" {www.e|a#7Cb]\\ #E9|}|www.e a#7Cb]\\ #E9 -|"www.e" "a#7Cb]\\ #E9" ""|www.e a#7Cb\\]\\\\ #E9 -|"www.e" "a#7Cb\\]\\\\ #E9" ""|t#22i\\n]y -|"{t#22i\\n]y|}"|SID="o\\]|#{\xe9 "SID="o\\]|#{\xe9" SID=\\"o\\\\\\]|#{\xe9 "SID=\\"o\\\\\\]|#{\xe9"|- ""',
  );
  await ask(t, get1('/', 'X-A:'));
  assert.equal(
    await line(),
    '{www.e||} "{www.e||}" {www.e||} "{www.e||}" {www.e||}|www.e  -|"www.e" "" ""|www.e  -|"www.e" "" ""|t#22i\\n]y -|"{t#22i\\n]y|}"|- "" - ""|- ""',
  );
  await ask(t, 'nonsense\r\n\r\n');
  assert.equal(await line(), 'E - - E');
});

scenario('what rules change is captured before, cookies after', {}, async (t) => {
  const log = await site(t, {
    lines: `${CAPTURES}
    capture cookie SID len 9
    http-request set-header X-A changed
    http-request del-header Host
    http-request set-header Cookie "SID=%[path]"
    http-response set-header Server changed
    http-response set-header Set-Cookie SID=rule`,
    response: ['Server: tiny', 'Set-Cookie: SID=orig'],
  });
  await ask(t, get1('/', 'X-A: hello', 'Cookie: SID=orig'));
  assert.equal(told(await log.line()), '200 79 SID=/ SID=rule ---- {www.e|hello|} {tiny|} "GET / HTTP/1.1"');
});

scenario('captures of requests that rules answer', {}, async (t) => {
  const log = await site(t, {
    lines: `${CAPTURES}
    capture cookie SID len 9
    timeout tarpit 10ms
    http-request deny deny_status 429 if { path /deny }
    http-request tarpit if { path /tarpit }
    http-request return status 200 hdr Server me hdr X-R yes if { path /return }
    http-request redirect location /x if { path /redirect }
    http-request auth if { path /auth }`,
    backend: 'http-request deny if { path /late }',
  });
  const cookie = 'Cookie: SID=1';
  const lines: string[] = [];
  for (const path of ['/deny', '/tarpit', '/return', '/redirect', '/auth', '/late']) {
    await ask(t, get1(path, 'X-A: a', cookie));
    lines.push(told(await log.line()).replace(/ [0-9]+ /, ' '));
  }
  assert.deepEqual(lines, [
    '429 SID=1 - PR-- {www.e|a|} {|} "GET /deny HTTP/1.1"',
    '500 SID=1 - PT-- {www.e|a|} {|} "GET /tarpit HTTP/1.1"',
    '200 - - LR-- {www.e|a|} {|} "GET /return HTTP/1.1"',
    '302 - - LR-- {www.e|a|} {|} "GET /redirect HTTP/1.1"',
    '401 - - LR-- {www.e|a|} {|} "GET /auth HTTP/1.1"',
    '403 SID=1 - PR-- {www.e|a|} {|} "GET /late HTTP/1.1"',
  ]);
});

scenario('a request that content rules refuse has no captured headers', {}, async (t) => {
  const log = await site(t, {
    lines: `${CAPTURES}
    tcp-request inspect-delay 4s
    tcp-request content set-var(txn.early) str(yes) if { capture.req.hdr(0) -m found }
    tcp-request content set-var(txn.early) str(yes) if { capture.req.method -m found }
    tcp-request content capture path len 9
    tcp-request content reject if { path /x }
    http-response set-header X-Early "%[var(txn.early)]"`,
  });
  const client = await t.connect(8080);
  await client.send(get1('/x', 'X-A: a'));
  await client.readToEnd();
  assert.equal(told(await log.line()), '-1 0 - - PR-- {|||/x} {|} "<BADREQ>"');
  const [head] = await ask(t, get1('/y'));
  assert.match(head ?? '', /x-early: \r\n/);
  assert.equal(told(await log.line()), '200 51 - - ---- {www.e|||/y} {|} "GET /y HTTP/1.1"');
});

scenario('captures of responses that do not get through', {}, async (t) => {
  const lines = `${CAPTURES}\n    http-response deny if { res.hdr(X-R) -m found }`;
  const log = await site(t, { lines, response: ['Server: tiny', 'X-R: 1'] });
  await ask(t, get1('/'));
  assert.match(
    told(await log.line()),
    /^502 [0-9]+ - - PH-- \{www\.e\|\|\} \{tiny\|1\} "GET \/ HTTP\/1\.1"$/,
  );
});

scenario('captures of a malformed response', {}, async (t) => {
  const log = await site(t, { lines: CAPTURES, raw: 'HTTP/1.1 200 OK\r\nServer: tiny\r\nfoo bar\r\n\r\n' });
  await ask(t, get1('/'));
  assert.equal(told(await log.line()), '502 209 - - PH-- {www.e||} {|} "GET / HTTP/1.1"');
});

scenario('1xx responses are not captured', {}, async (t) => {
  const log = await site(t, {
    lines: CAPTURES,
    raw: `HTTP/1.1 103 Early Hints\r\nServer: early\r\nX-R: yes\r\n\r\n${answer(200, 'ok', ['Server: tiny'])}`,
  });
  const client = await t.connect(8080);
  await client.send(get1('/'));
  await client.readUntil('ok');
  assert.match(told(await log.line()), / \{www\.e\|\|\} \{tiny\|\} "GET \/ HTTP\/1\.1"$/);
});

scenario('option logasap has the captures of both directions', {}, async (t) => {
  const log = await site(t, {
    lines: `${CAPTURES}\n    capture cookie SID len 9\n    option logasap`,
    response: ['Server: tiny', 'Set-Cookie: SID=2'],
  });
  await ask(t, get1('/', 'X-A: k', 'Cookie: SID=1'));
  assert.match(told(await log.line()), /^200 \+[0-9]+ SID=1 SID=2 ---- \{www\.e\|k\|\} \{tiny\|\} "GET/);
});

const cookieCases: readonly (readonly [header: string, captured: string])[] = [
  ['a=b; SID=wanted-and-long', 'SID=wanted-a'],
  ['sid=x', '-'],
  ['SIDDY=1; SID=2', 'SIDDY=1'],
  ['SID', '-'],
  ['SID=; SID=5', 'SID='],
  ['SID; SID=2', 'SID=2'],
  ['SID X=1', 'SID X=1'],
  ['a  =  1; SID = 4; b = 3', 'SID=4'],
  ['SID="a;b"; c', 'SID="a;b"'],
  ['a="SID=3"; SID=4', 'SID=4'],
  ['a=1, SID=3', 'SID=3'],
  ['$Version=1; $SID=3; SID=4', 'SID=4'],
  ['SID=a\tb c', 'SID=a\tb c'],
];

scenario('capture cookie: which one, and how much of it', {}, async (t) => {
  const log = await site(t, { lines: 'capture cookie SID len 12' });
  for (const [header, captured] of cookieCases) {
    await ask(t, get1('/', `Cookie: ${header}`));
    assert.equal(told(await log.line()), `200 51 ${captured} - ---- "GET / HTTP/1.1"`, header);
  }
  await ask(t, get1('/', 'Cookie: a=1', 'Cookie: SID=2', 'Cookie: SID=3'));
  assert.equal(told(await log.line()), '200 51 SID=2 - ---- "GET / HTTP/1.1"');
});

scenario('the search for a captured cookie closes up the blanks around equals signs', {}, async (t) => {
  const server = await t.httpServer(() =>
    answer(200, 'ok', ['Set-Cookie: SID = 4 ; path = /', 'Set-Cookie: x = 5']),
  );
  await t.start(`
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    capture cookie SID len 12
    server s1 ${server.address}
`);
  const [head] = await ask(t, get1('/', 'Cookie: a  =  1; SID = 4; b = 3'));
  assert.equal((await server.request()).header('cookie'), 'a=1; SID=4; b=3');
  assert.match(head ?? '', /set-cookie: SID=4 ; path = \/\r\nset-cookie: x=5\r\n/i);
});

const setCookieCases: readonly (readonly [headers: readonly string[], captured: string])[] = [
  [['Set-Cookie: SID=wanted-and-long; path=/'], 'SID=wanted-a'],
  [['Set-Cookie: a=b; SID=3'], '-'],
  [['Set-Cookie: a=b, SID=3'], '-'],
  [['Set-Cookie: a=b', 'Set-Cookie: SID=3', 'Set-Cookie: SID=4'], 'SID=3'],
  [['Set-Cookie: SID'], '-'],
  [['Set-Cookie: SIDa, x=3'], 'SIDa, x=3'],
  [['Set-Cookie2: SID,x=3'], '-'],
  [['Set-Cookie2: SID=3'], 'SID=3'],
  [['Set-Cookie: SID="a,b";path'], 'SID="a,b"'],
  [['Set-Cookie: SID = 3 , SID=4'], 'SID=3'],
];

scenario('capture cookie in responses', {}, async (t) => {
  let headers: readonly string[] = [];
  const server = await t.httpServer(() => answer(200, 'ok', headers));
  const log = await t.syslog();
  await t.start(`
${HTTP_DEFAULTS}
    log ${log.address} local0
listen web
    bind ${t.ip}:8080
    log-format "%CS"
    capture cookie SID len 12
    server s1 ${server.address}
`);
  for (const [lines, captured] of setCookieCases) {
    headers = lines;
    await ask(t, get1('/'));
    assert.equal(parseRfc3164(await log.line()).message.trimEnd(), captured, lines.join());
  }
});

scenario('capture cookie sees what persistence hides or rewrites', {}, async (t) => {
  const log = await site(t, {
    lines: 'capture cookie SID len 12',
    backend: 'cookie SID prefix',
    response: ['Set-Cookie: SID=orig'],
  });
  await ask(t, get1('/', 'Cookie: SID=one~abc'));
  assert.match(told(await log.line()), /^200 [0-9]+ SID=one~abc SID=orig --/);
});

scenario('tune.http.cookielen bounds captured cookies', {}, async (t) => {
  const log = await site(t, { lines: 'capture cookie SID len 100', global: 'tune.http.cookielen 20' });
  await ask(t, get1('/', `Cookie: SID=${'0123456789'.repeat(5)}`));
  assert.equal(told(await log.line()), '200 51 SID=0123456789012345 - ---- "GET / HTTP/1.1"');
});

scenario('a cookie that is cut to nothing is not a missing one', {}, async (t) => {
  const log = await site(t, { lines: 'capture cookie SID len 0' });
  await ask(t, get1('/', 'Cookie: SID=1'));
  assert.equal(told(await log.line()), '200 51  - ---- "GET / HTTP/1.1"');
});

scenario('rules capture into slots of their own and into declared ones', {}, async (t) => {
  const log = await site(t, {
    lines: `
    capture request header Host len 5
    http-request capture path len 4
    declare capture request len 3
    http-request capture req.hdr(X-A) id 1 if { path /over }
    http-request capture req.hdr(X-B) id 2
    http-request capture req.hdr(X-C) len 30
    http-request capture req.hdr(X-D) id 0
    http-request capture int(-5) len 9
    http-request capture bool(1) len 9
    http-request capture src len 4
    declare capture response len 4
    http-response capture res.hdr(Server) id 0
    http-response capture capture.req.hdr(1) id 0 if { capture.req.hdr(1) abcd }`,
    response: ['Server: tinyserver'],
  });
  const lines: string[] = [];
  for (const request of [
    get1('/12345', 'X-A: aa', 'X-B: abcdef', 'X-C: long value', 'X-D: 12345678'),
    get1('/over', 'X-A: abcdefg'),
    get1('/over', 'X-A:'),
  ]) {
    await ask(t, request);
    lines.push(told(await log.line()));
  }
  assert.deepEqual(lines, [
    '200 67 - - ---- {12345|/123|abc|long value|-5|1|127.} {tiny} "GET /12345 HTTP/1.1"',
    '200 67 - - ---- {www.e|abcd|||-5|1|127.} {abcd} "GET /over HTTP/1.1"',
    '200 67 - - ---- {www.e||||-5|1|127.} {tiny} "GET /over HTTP/1.1"',
  ]);
});

scenario('rules of a backend capture into the slots of the frontend, if it has them', {}, async (t) => {
  const log = await site(t, {
    lines: 'declare capture request len 10\n    declare capture response len 10',
    backend: `
    http-request capture path id 0
    http-request capture path id 1
    http-request capture path id -1
    http-response capture res.hdr(Server) id 0
    http-response capture res.hdr(Server) id 7`,
    response: ['Server: tiny'],
  });
  await ask(t, get1('/12345'));
  assert.equal(told(await log.line()), '200 61 - - ---- {/12345} {tiny} "GET /12345 HTTP/1.1"');
});

scenario('http-after-response captures from replies of the proxy too', {}, async (t) => {
  const log = await site(t, {
    lines: `
    declare capture response len 10
    http-after-response capture status id 0
    http-request deny if { path /deny }`,
  });
  await ask(t, get1('/'));
  assert.equal(told(await log.line()), '200 51 - - ---- {200} "GET / HTTP/1.1"');
  await ask(t, get1('/deny'));
  assert.equal(told(await log.line()), '403 192 - - PR-- {403} "GET /deny HTTP/1.1"');
});

scenario('capture.req.* and capture.res.* outlive what they are taken from', {}, async (t) => {
  const fetches = [
    '0<%[capture.req.hdr(0)]> 1<%[capture.req.hdr(1)]> 2<%[capture.req.hdr(2)]> 9<%[capture.req.hdr(9)]>',
    'r0<%[capture.res.hdr(0)]> r1<%[capture.res.hdr(1)]>',
    'm<%[capture.req.method]> u<%[capture.req.uri]> v<%[capture.req.ver]> rv<%[capture.res.ver]>',
  ].join(' ');
  const log = await site(t, {
    lines: `${CAPTURES}
    log-format "${fetches}"
    http-request return status 204 if { path /none }
    http-request set-method PUT
    http-request set-path /new
    http-response set-header X-Cap "${fetches}"`,
    response: ['Server: tiny'],
  });
  const line = async (): Promise<string> => parseRfc3164(await log.line()).message.trimEnd();
  const [head] = await ask(t, get1('http://www.example.com/a/b?c', 'X-A: aa'));
  const all = '0<www.e> 1<aa> 2<> 9<> r0<tiny> r1<> m<GET> u</a/b?c> v<HTTP/1.1> rv<HTTP/1.1>';
  assert.ok(head?.includes(`x-cap: ${all}\r\n`), head);
  assert.equal(await line(), all.replaceAll('<>', '<->'));
  await ask(t, get1('*').replace('GET', 'OPTIONS'));
  assert.match(await line(), /m<OPTIONS> u<-> v<HTTP\/1\.1> rv<HTTP\/1\.1>$/);
  await ask(t, get1('/none'));
  assert.match(await line(), /r0<-> r1<-> m<GET> u<\/none> v<HTTP\/1\.1> rv<->$/);
  await ask(t, 'nonsense\r\n\r\n');
  assert.equal(await line(), '0<-> 1<-> 2<-> 9<-> r0<-> r1<-> m<-> u<-> v<-> rv<->');
});

scenario('capture.req.uri works where nothing is logged', {}, async (t) => {
  const server = await t.httpServer(() => answer(200, 'ok'));
  await t.start(`
global
    tune.http.logurilen 20
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    http-request set-path /
    http-request set-header X-U "%[capture.req.method] %[capture.req.uri] %[capture.req.ver]%[capture.res.ver]"
    server s1 ${server.address}
`);
  await ask(t, get1('/short'), get1(`/${'a'.repeat(30)}`), get1('/x').replace('GET', 'B'.repeat(19)));
  assert.equal((await server.request()).header('x-u'), 'GET /short HTTP/1.1');
  assert.equal((await server.request()).header('x-u'), 'GET /aaaaaaaaaaaaaaa HTTP/1.1');
  assert.equal((await server.request()).header('x-u'), `${'B'.repeat(19)}  HTTP/1.1`);
});

scenario('capture-req and capture-res keep what passes, and pass it on whole', {}, async (t) => {
  const server = await t.httpServer(() => answer(200, 'ok', ['Server: tinyserver']));
  const log = await t.syslog();
  await t.start(`
${HTTP_DEFAULTS}
    log ${log.address} local0
    option httplog
listen web
    bind ${t.ip}:8080
    declare capture request len 3
    declare capture request len 10
    declare capture response len 4
    http-request set-header X-1 "%[req.hdr(Host),capture-req(0),upper]"
    http-request set-header X-2 "%[int(12345),capture-req(1)]"
    http-request set-header X-3 "<%[req.hdr(Host),capture-req(5)]%[src,capture-res(-1)]>"
    http-response set-header X-4 "%[res.hdr(server),capture-res(0)]"
    server s1 ${server.address}
`);
  const [head] = await ask(t, get1('/'));
  const seen = await server.request();
  assert.equal(seen.header('x-1'), 'WWW.EXAMPLE.COM');
  assert.equal(seen.header('x-2'), '12345');
  assert.equal(seen.header('x-3'), '<>');
  assert.match(head ?? '', /x-4: tinyserver\r\n/);
  assert.match(told(await log.line()), / \{www\|12345\} \{tiny\} "GET/);
});

scenario('captures in TCP mode', {}, async (t) => {
  const server = await t.httpServer('ok');
  const log = await t.syslog();
  await t.start(`
${TCP_DEFAULTS}
    log ${log.address} local0
listen relay
    bind ${t.ip}:8080
    tcp-request inspect-delay 4s
    capture request header Host len 10
    tcp-request content capture src len 20
    tcp-request content capture req.payload(0,4) len 3
    tcp-request content capture req.len len 3
    declare capture response len 3
    log-format "%hr %hs %hrl 1<%[capture.req.hdr(1)]>"
    server s1 ${server.address}
`);
  for (let i = 0; i < 2; i++) {
    const client = await t.connect(8080, { from: '127.3.3.3' });
    // What a rule wants may come in pieces: it waits.
    await client.send('GE');
    await client.taken();
    await client.send('T / HTTP/1.0\r\n\r\n');
    await client.readUntil('ok');
    client.close();
    const { message } = parseRfc3164(await log.line());
    assert.equal(message.trimEnd(), '{|127.3.3.3|GET|18} {} - 127.3.3.3 GET 18 1<127.3.3.3>');
  }
});

scenario('slots of a defaults section come before those of the frontend', {}, async (t) => {
  const server = await t.httpServer('ok');
  const log = await t.syslog();
  await t.start(`
${HTTP_DEFAULTS.replace('defaults', 'defaults front')}
    log ${log.address} local0
    option httplog
    http-request capture path len 4
    http-request capture int(5) len 2
${HTTP_DEFAULTS.replace('defaults', 'defaults back')}
frontend web from front
    bind ${t.ip}:8080
    declare capture request len 2
    http-request capture str(yz) len 5
    default_backend farm
backend farm from back
    server s1 ${server.address}
`);
  await ask(t, get1('/12345678'));
  assert.match(told(await log.line()), / \{\/123\|5\|\|yz\} "GET/);
});

scenario('the statistics page has response headers to capture', {}, async (t) => {
  const log = await site(t, {
    lines: `capture response header Cache-Control len 20
    capture cookie SID len 9
    stats enable
    stats uri /s`,
  });
  const client = await t.connect(8080);
  await client.send(get1('/s;csv', 'Cookie: SID=1'));
  await client.readUntil('\r\n0\r\n\r\n');
  client.close();
  assert.match(told(await log.line()), /^200 [0-9]+ - - LR-- \{no-cache\} "GET/);
});
