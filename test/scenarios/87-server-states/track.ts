// `track`: a server follows the state of another one, through chains, into maintenance and out of traffic.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { ask } from '../../harness/farm.ts';
import { parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import { logTo, switchedHealth } from '../../harness/switched-health.ts';

scenario('a chain of tracking servers goes down and comes up with the one that is checked', {}, async (t) => {
  const health = await switchedHealth(t);
  const log = await t.syslog();
  const [first, second] = [await t.httpServer('first'), await t.httpServer('second')];
  await t.start(`${logTo(log.address)}${HTTP_DEFAULTS}
    log global
backend checked
    server s1 ${first.address} ${health.check}
listen web
    bind ${t.ip}:8080
    option dontlognull
    server w1 ${first.address} track checked/s1
    server w2 ${second.address}
listen other
    bind ${t.ip}:8081
    server o1 ${second.address} track web/w1
`);
  assert.deepEqual(new Set(await ask(t, 8080, 4)), new Set(['first', 'second']));
  await health.fail();
  const down = [];
  for (let line = 0; line < 5; line++) down.push(parseRfc3164(await log.line(/is DOWN|no server/)));
  const left = (active: number): string =>
    `${active} active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.`;
  assert.match(down[0]?.message ?? '', /^Server checked\/s1 is DOWN, reason: Layer4 connection problem/);
  assert.deepEqual(
    down.slice(1).map(({ severity, message }) => [severity, message]),
    [
      [0, 'backend checked has no server available!'],
      [1, `Server web/w1 is DOWN via checked/s1. ${left(1)}`],
      [1, `Server other/o1 is DOWN via web/w1. ${left(0)}`],
      [0, 'proxy other has no server available!'],
    ],
  );
  assert.deepEqual(await ask(t, 8080, 3), ['second', 'second', 'second']);
  assert.deepEqual(await ask(t, 8081, 1), ['503']);
  await health.recover();
  await log.line(/Server checked\/s1 is UP, reason: Layer4 check passed/);
  assert.equal(
    parseRfc3164(await log.line(/web\/w1/)).message,
    'Server web/w1 is UP via checked/s1. 2 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.',
  );
  assert.equal(
    parseRfc3164(await log.line(/other\/o1/)).message,
    'Server other/o1 is UP via web/w1. 1 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.',
  );
  assert.deepEqual(new Set(await ask(t, 8080, 4)), new Set(['first', 'second']));
  assert.deepEqual(await ask(t, 8081, 1), ['second']);
});

scenario('who tracks a disabled server gets nothing from the start', {}, async (t) => {
  const server = await t.httpServer('a');
  await t.start(`${HTTP_DEFAULTS}
backend checked
    server s1 ${server.address} check disabled
listen web
    bind ${t.ip}:8080
    server w1 ${server.address} track checked/s1
    server w2 ${(await t.httpServer('b')).address} backup
`);
  assert.deepEqual(await ask(t, 8080, 2), ['b', 'b']);
});

scenario(
  'a stopping server (404) takes those that track it out of balancing, not out of persistence',
  {},
  async (t) => {
    let status = 200;
    const checked = await t.httpServer(() => `HTTP/1.0 ${status} Status\r\nContent-Length: 0\r\n\r\n`);
    const [a, b] = [await t.httpServer('a'), await t.httpServer('b')];
    const log = await t.syslog();
    await t.start(`${logTo(log.address)}${HTTP_DEFAULTS}
    log global
    option httpchk
    http-check disable-on-404
backend checked
    server s1 ${checked.address} check inter 500ms
listen web
    bind ${t.ip}:8080
    option dontlognull
    cookie S insert
    server a ${a.address} cookie a track checked/s1
    server b ${b.address} cookie b
`);
    status = 404;
    const line = parseRfc3164(await log.line(/Server web\/a/));
    assert.equal(
      line.message,
      'Server web/a is stopping via checked/s1. 1 active and 0 backup servers online. 0 sessions requeued, 0 total in queue.',
    );
    assert.equal(line.severity, 5);
    assert.deepEqual(await ask(t, 8080, 3), ['b', 'b', 'b']);
    assert.deepEqual(await ask(t, 8080, 1, { headers: ['Cookie: S=a'] }), ['a']);
  },
);

for (const [title, lines, message] of [
  [
    'a server that is not there',
    'server a 127.0.0.1:1 track x',
    "unable to find required server 'x' for tracking.",
  ],
  [
    'a proxy that is not there',
    'server a 127.0.0.1:1 track p/x',
    "unable to find required proxy 'p' for tracking.",
  ],
  [
    'a server without a check',
    'server a 127.0.0.1:1\n    server b 127.0.0.1:1 track a',
    'unable to use web/a for tracking as it does not have any check nor agent enabled.',
  ],
  [
    'a chain that leads back',
    'server a 127.0.0.1:1 track b\n    server b 127.0.0.1:1 track c\n    server c 127.0.0.1:1 track b',
    'unable to track web/b as it belongs to a tracking chain looping back to web/c.',
  ],
  [
    'itself',
    'server a 127.0.0.1:1 track a',
    'unable to track web/a as it belongs to a tracking chain looping back to web/a.',
  ],
  [
    'another server while it is checked itself',
    'server b 127.0.0.1:1 check\n    server a 127.0.0.1:1 check track b',
    'unable to enable checks and tracking at the same time!',
  ],
] as const) {
  scenario(`refused: a server that tracks ${title}`, {}, async (t) => {
    const result = await t.check(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    ${lines}
`);
    assert.equal(result.status, 1);
    assert.match(result.stderr, new RegExp(`: ${message.replace(/[/.!']/g, '\\$&')}$`, 'm'));
  });
}
