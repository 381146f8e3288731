// Samples from the state of proxies and servers, from the process, and constants.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

const PROXIES = `
backend active
    server one 127.0.0.1:1 maxconn 10 maxqueue 4
    server spare 127.0.0.1:1 maxconn 3 maxqueue 2 backup
backend spares
    option allbackups
    server one 127.0.0.1:1 maxconn 3 maxqueue 2 backup
    server two 127.0.0.1:1 maxconn 4 maxqueue 2 backup
backend unlimited
    server one 127.0.0.1:1
    server off 127.0.0.1:1 disabled weight 7 maxconn 10
backend weightless
    server one 127.0.0.1:1 weight 0 maxconn 2 maxqueue 2
    server two 127.0.0.1:1 maxconn 3 maxqueue 2
`;

function backendFormat(name: string): string {
  return ['nbsrv', 'be_conn', 'be_conn_free', 'connslots', 'queue', 'avg_queue', 'be_sess_rate']
    .map((each) => `%[${each}(${name})]`)
    .join(' ');
}

function serverFormat(name: string): string {
  return ['conn', 'conn_free', 'is_up', 'queue', 'weight', 'uweight', 'iweight', 'sess_rate']
    .map((each) => `%[srv_${each}(${name})]`)
    .join(' ');
}

scenario('backends and servers tell their state', {}, async (t) => {
  const lines = [
    ...['active', 'spares', 'unlimited', 'weightless'].map(backendFormat),
    ...['unlimited/one', 'unlimited/off', 'weightless/one'].map(serverFormat),
  ];
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    http-request return status 200 content-type text/plain lf-string "${lines.join('|')}"
${PROXIES}`);
  const response = await t.request(8080, get());
  assert.deepEqual(response.body.toString().split('|'), [
    '1 0 10 19 0 0 0',
    '2 0 7 11 0 0 0',
    '1 0 -1 -1 0 0 0',
    '1 0 3 9 0 0 0',
    '0 -1 1 0 1 1 1 0',
    '0 10 0 0 7 7 7 0',
    '0 2 1 0 0 0 0 0',
  ]);
});

scenario('the exchange tells which proxies and server it has', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
frontend web
    id 77
    bind ${t.ip}:8080
    timeout client 2500ms
    unique-id-format %[fe_name]-%ci
    http-request set-header x-front "%[fe_id] %[fe_name] %[fe_defbe] %[fe_client_timeout] %[fe_conn] %[unique-id]"
    http-request set-header x-rule "%[last_rule_line] %[prio_class] %[prio_offset]"
    default_backend app
backend app
    id 88
    timeout server 4s
    timeout tunnel 7s
    http-request set-header x-back "%[be_id] %[be_name] %[be_server_timeout] %[be_tunnel_timeout] %[be_conn] %[srv_is_up(s1)]"
    http-response set-header x-server "%[srv_id] %[srv_name] %[srv_conn(s1)] %[be_name]"
    server s1 ${server.address} maxconn 5
`);
  const response = await t.request(8080, get());
  const request = await server.request();
  assert.equal(request.header('x-front'), '77 web app 2500 1 web-127.0.0.1');
  assert.equal(request.header('x-rule'), '0 0');
  assert.equal(request.header('x-back'), '88 app 4000 7000 1 1');
  assert.equal(response.header('x-server'), '1 s1 1 app');
});

scenario('constants, the process, the clock and chance', {}, async (t) => {
  await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    http-request set-header x-is yes if { meth(GET) -m str GET } { bool(true) } !{ bool(0) } { int(5) gt 4 }
    http-request return status 200 content-type text/plain lf-string "%[req.hdr(x-is)] %[int(-5)] %[int(5000000000)] %[bool(TRUE)] %[bin(48656c6c6f)] %[bin(00ff),hex] %[ipv4(1.2.3.4)] %[ipv6(::1)] %[meth(FOO)] %[env(NO_SUCH_VARIABLE)] %[proc] %[nbproc] %[stopping] %[rand(1)] %[uuid,length] %[uuid(4),length] %[date_us,div(1000000)] %[date(-9999999999),div(9999999999)]"
`);
  const response = await t.request(8080, get());
  assert.equal(response.body.toString(), 'yes -5 5000000000 1 Hello 00FF 1.2.3.4 ::1 FOO  1 1 0 0 36 36 0 0');
});
