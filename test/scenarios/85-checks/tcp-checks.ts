// Health checks: a server that dies gets no more connections and comes back; state changes are logged.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { ask, farm } from '../../harness/farm.ts';
import { parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('a server that dies gets no more requests, and gets them again when it is back', {}, async (t) => {
  const { lines, server } = await farm(t, ['a', 'b']);
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
listen web
    bind ${t.ip}:8080
    option dontlognull
${lines({ '*': 'check inter 100ms fall 2 rise 2' })}
`);
  assert.equal((await ask(t, 8080, 4)).join(''), 'abab');
  await server('a').stop();
  const down = parseRfc3164(await log.line(/is DOWN/));
  assert.equal(down.severity, 1);
  assert.match(
    down.message,
    /^Server web\/a is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: \d+ms\. 1 active and 0 backup servers left\. 0 sessions active, 0 requeued, 0 remaining in queue\.$/,
  );
  assert.equal((await ask(t, 8080, 3)).join(''), 'bbb');
  await server('a').restart();
  const up = parseRfc3164(await log.line(/is UP/));
  assert.equal(up.severity, 5);
  assert.match(
    up.message,
    /^Server web\/a is UP, reason: Layer4 check passed, check duration: \d+ms\. 2 active and 0 backup servers online\. 0 sessions requeued, 0 total in queue\.$/,
  );
  assert.equal(new Set(await ask(t, 8080, 4)).size, 2);
});

scenario('when the last server dies the backend says so, and 503 follows', {}, async (t) => {
  const { lines, server } = await farm(t, ['a']);
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
listen web
    bind ${t.ip}:8080
${lines({ '*': 'check inter 100ms fall 1' })}
`);
  await ask(t, 8080, 1);
  await server('a').stop();
  const line = parseRfc3164(await log.line(/has no server/));
  assert.equal(line.message, 'proxy web has no server available!');
  assert.equal(line.severity, 0);
  assert.deepEqual(await ask(t, 8080, 1), ['503']);
});

scenario('a backup takes over when a check has failed', {}, async (t) => {
  const { lines, server } = await farm(t, ['a', 'x']);
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
listen web
    bind ${t.ip}:8080
${lines({ a: 'check inter 100ms fall 1', x: 'check inter 100ms backup' })}
`);
  assert.deepEqual(await ask(t, 8080, 2), ['a', 'a']);
  await server('a').stop();
  assert.match(
    parseRfc3164(await log.line(/is DOWN/)).message,
    /0 active and 1 backup servers left\. Running on backup\. /,
  );
  assert.deepEqual(await ask(t, 8080, 2), ['x', 'x']);
});

scenario('check port and addr look at another place than the traffic', {}, async (t) => {
  const server = await t.httpServer('traffic');
  const health = await t.tcpServer({ name: 'health', host: t.address() });
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} check inter 100ms fall 1 addr ${health.host} port ${health.port}
`);
  assert.deepEqual(await ask(t, 8080, 1), ['traffic']);
  await health.stop();
  await log.line(/Server web\/s1 is DOWN/);
  assert.deepEqual(await ask(t, 8080, 1), ['503']);
});

scenario('a check that is not answered times out', {}, async (t) => {
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${TCP_DEFAULTS}
    log global
    timeout check 100ms
listen relay
    bind ${t.ip}:8080
    server s1 ${await t.silentAddress()} check inter 150ms fall 1
`);
  assert.match(
    parseRfc3164(await log.line(/is DOWN/)).message,
    /reason: Layer4 timeout, check duration: \d+ms/,
  );
});

scenario('fastinter and downinter change the pace', {}, async (t) => {
  const { lines, server } = await farm(t, ['a']);
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
listen web
    bind ${t.ip}:8080
${lines({ a: 'check inter 300ms fastinter 50ms downinter 60ms fall 3 rise 2' })}
`);
  await ask(t, 8080, 1);
  await server('a').stop();
  await log.line(/is DOWN/);
  const downSince = performance.now();
  await server('a').restart();
  await log.line(/is UP/);
  // One check at downinter finds it, another at fastinter confirms it; at inter alone these would be 600 ms.
  assert.ok(performance.now() - downSince < 450);
});

scenario('checks of a server with send-proxy send a PROXY header of their own', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address} check inter 100ms send-proxy
`);
  const check = await server.accept();
  await check.ended();
  const own = t.ip.replaceAll('.', '\\.');
  assert.match(
    (await check.readToEnd()).toString(),
    new RegExp(`^PROXY TCP4 127\\.0\\.0\\.1 ${own} \\d+ ${server.port}\\r\\n$`),
  );
});

scenario('option httpchk HEAD /index.html HTTP/1.0: the request, and what answers mean', {}, async (t) => {
  let status = 200;
  const server = await t.httpServer(({ method }) => ({
    raw: `HTTP/1.0 ${method === 'HEAD' ? status : 200} Status\r\nContent-Length: 0\r\n\r\n`,
    afterwards: 'close',
  }));
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httpchk HEAD /index.html HTTP/1.0
    timeout check 10s
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} check inter 100ms fall 2 rise 1
`);
  assert.equal((await server.request()).rawHead, 'HEAD /index.html HTTP/1.0\r\n\r\n');
  status = 302;
  await server.request();
  await server.request();
  assert.equal(log.lines.length, 0);
  status = 404;
  assert.match(
    parseRfc3164(await log.line(/is DOWN/)).message,
    /reason: Layer7 wrong status, code: 404, info: "Status", check duration: \d+ms/,
  );
  status = 200;
  assert.match(
    parseRfc3164(await log.line(/is UP/)).message,
    /reason: Layer7 check passed, code: 200, check duration: \d+ms/,
  );
});

scenario('a check that only connects is over before the server could accept it', {}, async (t) => {
  const knocked = await t.tcpServer({ name: 'knocked', host: t.address() });
  const seen = await t.tcpServer({ name: 'seen', host: t.address() });
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${knocked.address} check inter 100ms
backend visible
    option tcp-check
    tcp-check connect linger
    server s1 ${seen.address} check inter 100ms
`);
  for (let count = 0; count < 10; count++) await seen.accept();
  // On a machine that is very busy the kernel may complete one now and then.
  assert.ok(knocked.connectionCount < 5, `${knocked.connectionCount} were seen`);
});
