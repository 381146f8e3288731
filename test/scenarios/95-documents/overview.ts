// The overview of features (002), as far as its points have no better place: protocols that share a port, farms that know
// of each other, what only goes on if it is allowed.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { ask, farm } from '../../harness/farm.ts';
import { HeldFarm } from '../../harness/held-farm.ts';
import { scenario } from '../../harness/scenario.ts';
import { logTo, switchedHealth } from '../../harness/switched-health.ts';

scenario('002-7: HTTP, TLS and SSH on one port', {}, async (t) => {
  const server = (name: string) => t.tcpServer({ name, script: (wire) => wire.send(name) });
  const [http, tls, ssh] = [await server('http'), await server('tls'), await server('ssh')];
  await t.start(`${TCP_DEFAULTS}
frontend all
    bind ${t.ip}:8080
    tcp-request inspect-delay 300ms
    tcp-request content accept if { req.proto_http }
    tcp-request content accept if { req.ssl_hello_type 1 }
    use_backend http if { req.proto_http }
    use_backend tls if { req.ssl_hello_type 1 }
    default_backend ssh
backend http
    server s ${http.address}
backend tls
    server s ${tls.address}
backend ssh
    server s ${ssh.address}
`);
  // A client of SSH waits for the server's word.
  const hello = Buffer.from(
    `16030100${'2d010000290303'}${'00'.repeat(32)}00${'0002'}${'002f'}${'0100'}`,
    'hex',
  );
  for (const [said, name] of [
    [get(), 'http'],
    [hello, 'tls'],
    ['', 'ssh'],
  ] as const) {
    const client = await t.connect(8080);
    if (said.length > 0) await client.send(said);
    assert.equal((await client.read(name.length)).toString(), name);
    client.close();
  }
});

scenario('002-26: only what is allowed goes on', {}, async (t) => {
  const { lines, server } = await farm(t, ['a']);
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    acl allowed-method method GET HEAD
    acl allowed-path path_beg /public
    http-request deny unless allowed-method allowed-path
    default_backend farm
backend farm
${lines()}
`);
  assert.equal((await t.request(8080, get('/public/x'))).text, 'a');
  assert.equal((await t.request(8080, get('/private'))).status, 403);
  const posted = 'POST /public/x HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n';
  assert.equal((await t.request(8080, posted)).status, 403);
  assert.equal(server('a').requests.length, 1);
});

scenario(
  '002-47, 54: a farm that lost its servers is told to others, and to the balancer above',
  {},
  async (t) => {
    const health = await switchedHealth(t);
    const log = await t.syslog();
    const main = await farm(t, ['a', 'b']);
    const other = await farm(t, ['c']);
    await t.start(`${logTo(log.address)}
${HTTP_DEFAULTS}
    log global
frontend web
    bind ${t.ip}:8080
    monitor-uri /alive
    monitor fail if { nbsrv(main) lt 2 }
    use_backend other if { path /state } !{ srv_is_up(main/a) }
    use_backend other if { nbsrv(main) lt 2 } { path / }
    default_backend main
backend main
${main.lines({ a: health.check })}
backend other
${other.lines()}
`);
    const alive = async (): Promise<number> => (await t.request(8080, get('/alive'))).status;
    const state = async (): Promise<string> =>
      (await t.request(8080, get('/state', 'Connection: close'))).text;
    assert.equal(await alive(), 200);
    assert.deepEqual((await ask(t, 8080, 2)).sort(), ['a', 'b']);
    assert.notEqual(await state(), 'c');
    await health.fail();
    await log.line(/main\/a is DOWN/);
    assert.equal(await alive(), 503);
    assert.deepEqual(await ask(t, 8080, 2), ['c', 'c']);
    assert.equal(await state(), 'c');
    await health.recover();
    await log.line(/main\/a is UP/);
    assert.equal(await alive(), 200);
    assert.deepEqual((await ask(t, 8080, 2)).sort(), ['a', 'b']);
  },
);

scenario('002-68: how busy a farm is decides where requests go', {}, async (t) => {
  const held = await HeldFarm.of(t, ['a', 'b', 'rest']);
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    use_backend rest if { queue(main) gt 0 }
    use_backend second if { srv_conn(main/a) ge 1 } { srv_conn(second/b) eq 0 }
    default_backend main
backend main
    server a ${held.address('a')} maxconn 1
backend second
    server b ${held.address('b')}
backend rest
    server rest ${held.address('rest')}
${held.statistics}`);
  for (const path of ['/1', '/2']) await held.ask(path);
  await held.came(2);
  await held.ask('/3');
  await held.ask('/4');
  await held.came(3);
  for (const path of ['/4', '/2', '/1', '/3']) await held.answer(path);
  assert.deepEqual(held.arrivals, ['/1@a', '/2@b', '/4@rest', '/3@a']);
});
