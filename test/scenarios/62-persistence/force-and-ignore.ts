// force-persist and ignore-persist: who stays with a server that is down, and who is balanced in spite of a cookie.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { HeldFarm } from '../../harness/held-farm.ts';
import { scenario } from '../../harness/scenario.ts';
import { logTo, switchedHealth } from '../../harness/switched-health.ts';
import { visit, visitScenario } from '../../harness/visits.ts';

const COOKIE = 'cookie S insert indirect';
const FORCE = 'force-persist if { hdr(f) 1 }';
const IGNORE = 'ignore-persist if { hdr(i) 1 }';
const forced = ['F: 1'];
const ignored = ['I: 1'];

visitScenario(
  'force-persist: a cookie leads to its server even when that is down',
  [COOKIE, FORCE],
  { a: 'cookie A disabled', b: 'cookie B' },
  [
    { headers: forced, cookie: 'S=A', server: 'a', flags: '--DN' },
    { headers: forced, cookie: 'S=B', server: 'b', flags: '--VN' },
    { headers: forced, server: 'b', setCookie: 'S=B; path=/', flags: '--NI' },
    { cookie: 'S=A', server: 'b', setCookie: 'S=B; path=/', flags: '--DI' },
  ],
);

visitScenario(
  'ignore-persist: cookies count for nothing, and none is set',
  [COOKIE, IGNORE],
  { a: 'cookie A', b: 'cookie B' },
  [
    { headers: ignored, cookie: 'S=B', server: 'a', flags: '--UN' },
    { headers: ignored, cookie: 'S=B', server: 'b', flags: '--UN' },
    { headers: ignored, cookie: 'S=B', server: 'a', flags: '--UN' },
    { headers: ignored, cookie: 'S=Z', server: 'b', flags: '--UN' },
    { headers: ignored, server: 'a', flags: '--NN' },
    { cookie: 'S=B', server: 'b', flags: '--VN' },
  ],
);

visitScenario(
  'ignore-persist: outdated cookies are told of',
  ['cookie S insert indirect maxlife 1000 maxidle 100', IGNORE],
  { a: 'cookie A' },
  [
    { headers: ignored, cookie: 'S=A', server: 'a', flags: '--UN' },
    { headers: ignored, cookie: 'S=A|AAAAB|AAAAB', server: 'a', flags: '--ON' },
    { headers: ignored, cookie: 'S=A|AAAAB', server: 'a', flags: '--EN' },
  ],
);

for (const [order, expected] of [
  [[IGNORE, FORCE], { server: 'b', flags: '--UN' }],
  [[FORCE, IGNORE], { server: 'a', flags: '--DN' }],
] as const) {
  visitScenario(
    `of force-persist and ignore-persist the first counts: ${order.join(', ')}`,
    [COOKIE, ...order],
    { a: 'cookie A disabled', b: 'cookie B' },
    [{ headers: [...forced, ...ignored], cookie: 'S=A', ...expected }],
  );
}

visitScenario(
  'ignore-persist goes before option persist',
  [COOKIE, 'option persist', IGNORE],
  { a: 'cookie A disabled', b: 'cookie B' },
  [
    { headers: ignored, cookie: 'S=A', server: 'b', flags: '--UN' },
    { cookie: 'S=A', server: 'a', flags: '--DN' },
  ],
);

visitScenario(
  'both are asked before the backend’s own rules',
  ['http-request set-header I 1', 'http-request set-header F 1', IGNORE, FORCE, COOKIE],
  { a: 'cookie A disabled', b: 'cookie B' },
  [
    { cookie: 'S=A', server: 'b', setCookie: 'S=B; path=/', flags: '--DI' },
    { cookie: 'S=B', server: 'b', flags: '--VN' },
  ],
  { apart: true },
);

scenario('force-persist: no redispatch, neither of a balanced request', {}, async (t) => {
  const addresses = { d: await t.refusingAddress() };
  await visit(
    t,
    [COOKIE, 'option redispatch', FORCE, 'balance first'],
    { d: 'cookie D', a: 'cookie A', e: 'cookie E disabled' },
    [
      { headers: forced, cookie: 'S=D', status: 503, flags: 'SCVN', retries: '1' },
      { headers: forced, status: 503, flags: 'SCNN', retries: '1' },
      { cookie: 'S=D', server: 'a', setCookie: 'S=A; path=/', flags: '--DI', retries: '+1' },
    ],
    { addresses },
  );
});

scenario('option persist: a dead server is tried once, then left by a redispatch', {}, async (t) => {
  const addresses = { d: await t.refusingAddress() };
  await visit(
    t,
    [COOKIE, 'option redispatch', 'option persist', FORCE],
    { a: 'cookie A', d: 'cookie D disabled' },
    [
      { cookie: 'S=D', server: 'a', setCookie: 'S=A; path=/', flags: '--DI', retries: '+1' },
      { headers: forced, cookie: 'S=D', status: 503, flags: 'SCDN', retries: '1' },
    ],
    { addresses },
  );
});

scenario('force-persist: who waits for a server that goes down stays, others are requeued', {}, async (t) => {
  const farm = await HeldFarm.of(t, ['a', 'b']);
  const health = await switchedHealth(t);
  const log = await t.syslog();
  await t.start(`${logTo(log.address)}
${HTTP_DEFAULTS}
    log global
    option httplog
    timeout queue 30s
listen web
    bind ${t.ip}:8080
    ${COOKIE}
    option redispatch
    force-persist if { path /forced }
    server a ${farm.address('a')} cookie a maxconn 1 ${health.check}
    server b ${farm.address('b')} cookie b
${farm.statistics}`);
  for (const path of ['/1', '/forced', '/3']) await farm.ask(path, 'Cookie: S=a');
  await farm.came(1);
  await health.fail();
  await log.line(/web\/a is DOWN/);
  await farm.answer('/3');
  await farm.answer('/1');
  await farm.answer('/forced');
  assert.deepEqual(farm.arrivals, ['/1@a', '/3@b', '/forced@a']);
});
