// What options do with requests before they reach a server: restricted header names, clients of a proxy.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

const ODD_NAMES = ['X_Forwarded_For: 192.0.2.1', 'b.c: 3', 'X-Plain-1: yes'] as const;

scenario(
  'http-restrict-req-hdr-names delete drops headers with other characters in their names',
  {},
  async (t) => {
    const server = await t.httpServer('ok');
    await t.start(`${HTTP_DEFAULTS}
frontend web
    bind ${t.ip}:8080
    default_backend app
backend app
    option http-restrict-req-hdr-names delete
    server s1 ${server.address}
`);
    assert.equal((await t.request(8080, get('/', ...ODD_NAMES))).status, 200);
    const request = await server.request();
    assert.equal(request.header('x_forwarded_for'), undefined);
    assert.equal(request.header('b.c'), undefined);
    assert.equal(request.header('x-plain-1'), 'yes');
  },
);

scenario(
  'http-restrict-req-hdr-names reject answers 403, in the frontend or in the backend',
  {},
  async (t) => {
    const log = await t.syslog();
    const server = await t.httpServer('ok');
    await t.start(`${HTTP_DEFAULTS}
    log ${log.address} local0
    log-format "%ft %ST %tsc"
frontend front
    bind ${t.ip}:8080
    option http-restrict-req-hdr-names reject
    default_backend plain
frontend back
    bind ${t.ip}:8081
    default_backend strict
backend plain
    server s1 ${server.address}
backend strict
    option http-restrict-req-hdr-names reject
    server s1 ${server.address}
`);
    for (const [port, name] of [
      [8080, 'front'],
      [8081, 'back'],
    ] as const) {
      assert.equal((await t.request(port, get('/', ...ODD_NAMES))).status, 403);
      await log.line(new RegExp(`${name} 403 PR`));
      assert.equal((await t.request(port, get('/', 'X-Plain-1: yes'))).status, 200);
      await log.line(new RegExp(`${name} 200 --`));
    }
    assert.equal(server.requests.length, 2);
  },
);

scenario('header names are looked at behind monitor-uri and before the statistics page', {}, async (t) => {
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    option http-restrict-req-hdr-names reject
    monitor-uri /alive
    stats uri /stats
`);
  assert.equal((await t.request(8080, get('/alive', ...ODD_NAMES))).status, 200);
  assert.equal((await t.request(8080, get('/stats', ...ODD_NAMES))).status, 403);
  assert.equal((await t.request(8080, get('/stats;csv'))).status, 200);
});

scenario(
  'http-use-proxy-header asks clients that take this for a proxy for a proxy password',
  {},
  async (t) => {
    await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    option http-use-proxy-header
    stats uri /stats
    stats auth user:word
listen other
    bind ${t.ip}:8081
    stats uri /stats
    stats auth user:word
`);
    const password = `Basic ${Buffer.from('user:word').toString('base64')}`;
    const asked = async (port: number, target: string, ...headers: string[]) => {
      const response = await t.request(port, get(target, ...headers));
      const challenge = ['www-authenticate', 'proxy-authenticate'].filter((name) => response.header(name));
      return `${response.status} ${challenge.join()}`;
    };
    assert.equal(await asked(8080, 'http://www.example.test/stats;csv'), '407 proxy-authenticate');
    assert.equal(
      await asked(8080, 'http://www.example.test/stats;csv', `Authorization: ${password}`),
      '407 proxy-authenticate',
    );
    assert.equal(
      await asked(8080, 'http://www.example.test/stats;csv', `Proxy-Authorization: ${password}`),
      '200 ',
    );
    assert.equal(await asked(8080, '/stats;csv', `Proxy-Authorization: ${password}`), '401 www-authenticate');
    assert.equal(await asked(8080, '/stats;csv', `Authorization: ${password}`), '200 ');
    assert.equal(await asked(8081, 'http://www.example.test/stats;csv'), '401 www-authenticate');
    assert.equal(
      await asked(8081, 'http://www.example.test/stats;csv', `Authorization: ${password}`),
      '200 ',
    );
  },
);
