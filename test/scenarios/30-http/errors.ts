// The answers that the proxy gives itself, byte for byte, and the ways to change them.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { type HttpLog, parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';

function errorBody(status: number, reason: string, text: string): string {
  return `<html><body><h1>${status} ${reason}</h1>\n${text}\n</body></html>\n`;
}

/** What the HTTP parser itself answers, before there is a stream: other case, other order, and always a close. */
function parserError(status: number, reason: string, text: string): string {
  const body = errorBody(status, reason, text);
  return `HTTP/1.1 ${status} ${reason}\r\nContent-length: ${body.length}\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n${body}`;
}

function defaultError(status: number, reason: string, text: string, extra = ''): string {
  const body = errorBody(status, reason, text);
  return `HTTP/1.1 ${status} ${reason}\r\ncontent-length: ${body.length}\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n${extra}\r\n${body}`;
}

async function web(t: ScenarioContext, server: string, options = ''): Promise<LogReceiver> {
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
    ${server}
`);
  return log;
}

async function logged(log: LogReceiver): Promise<HttpLog> {
  return parseHttpLog(parseRfc3164(await log.line(/ web /)).message);
}

scenario('503 without a server, byte for byte', {}, async (t) => {
  await web(t, '');
  const client = await t.connect(8080);
  await client.send(get());
  assert.equal(
    (await client.readUntil('</html>\n')).toString(),
    defaultError(503, 'Service Unavailable', 'No server is available to handle this request.'),
  );
});

scenario('400 for a malformed request, byte for byte, and the connection ends', {}, async (t) => {
  const log = await web(t, '');
  const client = await t.connect(8080);
  await client.send('GET / HTTP/1.1\r\nbad header\r\n\r\n');
  assert.equal(
    (await client.readToEnd()).toString(),
    parserError(400, 'Bad request', 'Your browser sent an invalid request.'),
  );
  const line = await logged(log);
  assert.equal(line.flags, 'PR--');
  assert.equal(line.status, 400);
  assert.equal(line.request, '<BADREQ>');
  assert.equal(line.server, '<NOSRV>');
  assert.equal(line.backend, 'web');
});

scenario('408 when the request does not come in time, byte for byte', {}, async (t) => {
  const log = await web(t, '', 'timeout http-request 200ms');
  const client = await t.connect(8080);
  await client.send('GET / HTTP/1.1\r\nHost:');
  assert.equal(
    (await client.readToEnd()).toString(),
    parserError(408, 'Request Time-out', "Your browser didn't send a complete request in time."),
  );
  const line = await logged(log);
  assert.equal(line.flags, 'cR--');
  assert.equal(line.status, 408);
  assert.equal(line.request, '<BADREQ>');
  assert.ok(line.timers.ta >= 190);
});

scenario('408 without a single byte of a request', {}, async (t) => {
  const log = await web(t, '', 'timeout http-request 200ms');
  const client = await t.connect(8080);
  assert.match((await client.readToEnd()).toString(), /^HTTP\/1.1 408 /);
  assert.equal((await logged(log)).flags, 'cR--');
});

scenario('option http-ignore-probes: no answer and no log for a silent connection', {}, async (t) => {
  const log = await web(
    t,
    '',
    'timeout http-request 200ms\n    option http-ignore-probes\n    option dontlognull',
  );
  const client = await t.connect(8080);
  assert.equal((await client.readToEnd()).length, 0);
  await t.request(8080, get('/after'));
  assert.match(await log.line(/ web /), /after/);
});

scenario(
  'timeout http-keep-alive closes an idle kept-alive connection without a word or a log line',
  {},
  async (t) => {
    const server = await t.httpServer('ok');
    const log = await web(t, `server s1 ${server.address}`, 'timeout http-keep-alive 200ms');
    const client = await t.connect(8080);
    await exchange(client, get('/one'));
    assert.equal((await client.readToEnd()).length, 0);
    await t.request(8080, get('/two'));
    assert.match(await log.line(/ web /), /one/);
    assert.match(await log.line(/ web /), /two/);
  },
);

scenario(
  'timeout client does not count in the middle of a body: timeout server does, 504 and sH--',
  {},
  async (t) => {
    const server = await t.tcpServer();
    const log = await web(t, `server s1 ${server.address}`, 'timeout client 200ms\n    timeout server 600ms');
    const client = await t.connect(8080);
    await client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
    const back = await server.accept();
    // The rest of the body can no longer come, so the client connection ends as well.
    assert.equal(
      (await client.readToEnd()).toString(),
      defaultError(504, 'Gateway Time-out', "The server didn't respond in time.", 'connection: close\r\n'),
    );
    await back.ended();
    const line = await logged(log);
    assert.equal(line.flags, 'sH--');
    assert.ok(line.timers.ta >= 590);
  },
);

scenario('504 when the server does not answer in time, byte for byte', {}, async (t) => {
  const server = await t.tcpServer();
  const log = await web(t, `server s1 ${server.address}`, 'timeout server 200ms');
  const client = await t.connect(8080);
  await client.send(get());
  assert.equal(
    (await client.readUntil('</html>\n')).toString(),
    defaultError(504, 'Gateway Time-out', "The server didn't respond in time."),
  );
  const line = await logged(log);
  assert.equal(line.flags, 'sH--');
  assert.equal(line.status, 504);
  assert.equal(line.timers.tr, -1);
});

scenario('502 for a malformed response, byte for byte', {}, async (t) => {
  const server = await t.tcpServer({ script: (wire) => wire.send('NOT HTTP AT ALL\r\n\r\n') });
  const log = await web(t, `server s1 ${server.address}`);
  const client = await t.connect(8080);
  await client.send(get());
  assert.equal(
    (await client.readUntil('</html>\n')).toString(),
    defaultError(502, 'Bad Gateway', 'The server returned an invalid or incomplete response.'),
  );
  const line = await logged(log);
  assert.equal(line.flags, 'PH--');
  assert.equal(line.status, 502);
});

for (const [title, raw] of [
  ['two different lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'],
  ['a bad chunked coding order', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n'],
  ['an illegal header name', 'HTTP/1.1 200 OK\r\nbad name: 1\r\nContent-Length: 0\r\n\r\n'],
  ['an illegal status', 'HTTP/1.1 2xx OK\r\nContent-Length: 0\r\n\r\n'],
] as const) {
  scenario(`502 for a response with ${title}`, {}, async (t) => {
    const server = await t.tcpServer({
      script: async (wire) => {
        await wire.readUntil('\r\n\r\n');
        await wire.send(raw);
      },
    });
    const log = await web(t, `server s1 ${server.address}`);
    assert.equal((await t.request(8080, get())).status, 502);
    assert.equal((await logged(log)).flags, 'PH--');
  });
}

scenario('a response cut off in its body ends the client connection: SD--', {}, async (t) => {
  const server = await t.httpServer(() => ({
    raw: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this',
    afterwards: 'close',
  }));
  const log = await web(t, `server s1 ${server.address}`);
  const client = await t.connect(8080);
  await client.send(get());
  assert.match((await client.readToEnd()).toString(), /\r\n\r\nonly this$/);
  const line = await logged(log);
  assert.equal(line.flags, 'SD--');
  assert.equal(line.status, 200);
});

scenario(
  'a bad chunk size in a response whose head has passed ends the client connection: SD--',
  {},
  async (t) => {
    const server = await t.tcpServer();
    const log = await web(t, `server s1 ${server.address}`);
    const client = await t.connect(8080);
    await client.send(get());
    const back = await server.accept();
    await back.readUntil('\r\n\r\n');
    await back.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await client.readUntil('3\r\nabc\r\n');
    await back.send('xyz\r\n');
    assert.equal((await client.readToEnd()).toString(), '');
    assert.equal((await logged(log)).flags, 'SD--');
  },
);

scenario('a bad chunk size that comes together with the head gives 502', {}, async (t) => {
  const server = await t.httpServer(
    () => 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nxyz\r\n',
  );
  const log = await web(t, `server s1 ${server.address}`);
  assert.equal((await t.request(8080, get())).status, 502);
  assert.equal((await logged(log)).flags, 'PH--');
});

scenario('a client that goes away while the server works: CH--', {}, async (t) => {
  const server = await t.tcpServer();
  const log = await web(t, `server s1 ${server.address}`, 'option abortonclose');
  const client = await t.connect(8080);
  await client.send(get());
  const back = await server.accept();
  await back.readUntil('\r\n\r\n');
  client.close();
  await back.ended();
  const line = await logged(log);
  assert.equal(line.flags, 'CH--');
  assert.equal(line.status, 400);
});

scenario('a request with a FIN behind it is still answered', {}, async (t) => {
  const server = await t.httpServer('ok');
  await web(t, `server s1 ${server.address}`);
  const client = await t.connect(8080);
  await client.send(get());
  await client.halfClose();
  assert.match((await client.readToEnd()).toString(), /^HTTP\/1.1 200 OK\r\n[\s\S]*ok$/);
});

scenario('a client that leaves in the middle of its request: CR--', {}, async (t) => {
  const log = await web(t, '');
  const client = await t.connect(8080);
  await client.send('GET / HT');
  await client.taken();
  client.close();
  const line = await logged(log);
  assert.equal(line.flags, 'CR--');
  assert.equal(line.status, 400);
  assert.equal(line.request, '<BADREQ>');
});

scenario('option http-buffer-request waits for the body before it chooses a server', {}, async (t) => {
  const server = await t.httpServer('ok');
  await web(t, `server s1 ${server.address}`, 'option http-buffer-request\n    timeout http-request 300ms');
  const client = await t.connect(8080);
  await client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf');
  assert.match((await client.readToEnd()).toString(), /^HTTP\/1.1 408 /);
  assert.equal(server.connectionCount, 0);
  const whole = await t.request(8080, 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody');
  assert.equal(whole.status, 200);
});

scenario('the time that a buffered body takes counts as that of the request', {}, async (t) => {
  const pauseMs = 250;
  const server = await t.httpServer('ok');
  const log = await web(t, `server s1 ${server.address}`, 'option http-buffer-request');
  const client = await t.connect(8080);
  await client.send('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf ');
  await client.taken();
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  await client.send('more.');
  assert.match((await client.readUntil('ok')).toString(), /^HTTP\/1.1 200 /);
  const { timers } = await logged(log);
  // One clock's grain of difference between the two programs.
  assert.ok(timers.tq >= pauseMs - 5, `TR is ${timers.tq} ms after a pause of ${pauseMs} ms`);
});

scenario('errorfile replaces an answer with the file, its header names in lower case', {}, async (t) => {
  const file = t.file(
    '503.http',
    'HTTP/1.0 503 Sorry\r\nContent-Type: text/plain\r\nX-Mine: 1\r\n\r\nsorry\n',
  );
  await web(t, '', `errorfile 503 ${file}`);
  const client = await t.connect(8080);
  await client.send(get());
  assert.equal(
    (await client.readUntil('sorry\n')).toString(),
    'HTTP/1.0 503 Sorry\r\ncontent-type: text/plain\r\nx-mine: 1\r\n\r\nsorry\n',
  );
});

scenario('errorloc redirects with 302', {}, async (t) => {
  await web(t, '', 'errorloc 503 http://sorry.test/');
  assert.equal(
    (await t.request(8080, get())).rawHead,
    'HTTP/1.1 302 Found\r\ncache-control: no-cache\r\ncontent-length: 0\r\nlocation: http://sorry.test/\r\n\r\n',
  );
});

scenario('errorloc303 redirects with 303', {}, async (t) => {
  await web(t, '', 'errorloc303 503 /sorry');
  assert.equal(
    (await t.request(8080, get())).rawHead,
    'HTTP/1.1 303 See Other\r\ncache-control: no-cache\r\ncontent-length: 0\r\nlocation: /sorry\r\n\r\n',
  );
});

scenario('http-errors and errorfiles take answers from a named group', {}, async (t) => {
  const file = t.file('mine.http', 'HTTP/1.1 503 Group\r\nContent-Length: 5\r\n\r\ngroup');
  await t.start(`
http-errors site
    errorfile 503 ${file}
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    errorfiles site 503
`);
  const response = await t.request(8080, get());
  assert.equal(response.reason, 'Group');
  assert.equal(response.text, 'group');
});

scenario('monitor-uri answers 200 itself and logs nothing', {}, async (t) => {
  const server = await t.httpServer('ok');
  const log = await web(t, `server s1 ${server.address}\n    monitor-uri /alive`);
  const client = await t.connect(8080);
  await client.send('GET /alive HTTP/1.0\r\n\r\n');
  assert.equal(
    (await client.readToEnd()).toString(),
    defaultError(200, 'OK', 'Service ready.', 'connection: close\r\n'),
  );
  await t.request(8080, get('/other'));
  assert.match(await log.line(/ web /), /other/);
  assert.equal(server.requests.length, 1);
});

scenario('an errorfile that is not HTTP is refused by -c', {}, async (t) => {
  const result = await t.check(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    errorfile 503 ${join(t.directory, 'missing.http')}
`);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /missing\.http/);
});
