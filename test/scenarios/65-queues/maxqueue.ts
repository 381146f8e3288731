// maxqueue: what becomes of a request whose server has as many in its queue as it may have.

import assert from 'node:assert/strict';
import { httpLoggedTo } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { HeldFarm } from '../../harness/held-farm.ts';
import { type HttpLog, parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

const COOKIE_A = 'Cookie: S=a';

async function begin(
  t: ScenarioContext,
  proxy: string,
  servers: Readonly<Record<string, string>>,
): Promise<{ farm: HeldFarm; logged: (path: string) => Promise<HttpLog> }> {
  const farm = await HeldFarm.of(t, Object.keys(servers));
  const log = await t.syslog();
  const lines = Object.entries(servers).map(
    ([name, parameters]) => `    server ${name} ${farm.address(name)} ${parameters}`,
  );
  await t.start(`${httpLoggedTo(log.address)}
listen web
    bind ${t.ip}:8080
    ${proxy}
${lines.join('\n')}
${farm.statistics}`);
  const logged = async (path: string): Promise<HttpLog> =>
    parseHttpLog(parseRfc3164((await log.allOf([new RegExp(`GET ${path} `)]))[0] ?? '').message);
  return { farm, logged };
}

scenario('maxqueue: without redispatch who is bound to a full server gets 503 at once, SQ', {}, async (t) => {
  const { farm, logged } = await begin(t, 'cookie S insert indirect', {
    a: 'maxconn 1 maxqueue 1 cookie a',
    b: 'maxconn 1 maxqueue 1 cookie b',
  });
  await farm.ask('/1', COOKIE_A);
  await farm.came(1);
  await farm.ask('/2', COOKIE_A);
  const refused = await farm.send(8080, '/3', COOKIE_A);
  assert.match((await refused.readToEnd()).toString(), /^HTTP\/1\.1 503 /);
  const line = await logged('/3');
  assert.deepEqual(
    [line.server, line.flags, line.timers.tw, line.srvconn, line.srvQueue, line.backendQueue],
    ['a', 'SQVN', -1, 1, 0, 0],
  );
  await farm.answer('/1');
  await farm.answer('/2');
  assert.deepEqual(farm.arrivals, ['/1@a', '/2@a']);
});

scenario('maxqueue with redispatch: who is bound to a full server goes to another one', {}, async (t) => {
  const { farm, logged } = await begin(t, 'cookie S insert indirect\n    option redispatch', {
    a: 'maxconn 1 maxqueue 1 cookie a',
    b: 'maxconn 1 maxqueue 1 cookie b',
  });
  await farm.ask('/1', COOKIE_A);
  await farm.came(1);
  await farm.ask('/2', COOKIE_A);
  await farm.ask('/3', COOKIE_A);
  await farm.came(2);
  // Both are full now: the next one waits for whichever is free first.
  await farm.ask('/4', COOKIE_A);
  await farm.answer('/1');
  await farm.answer('/2');
  await farm.answer('/4');
  await farm.answer('/3');
  assert.deepEqual(farm.arrivals, ['/1@a', '/3@b', '/2@a', '/4@a']);
  const third = await logged('/3');
  assert.deepEqual([third.server, third.flags, third.redispatched, third.retries], ['b', '--DI', true, 0]);
  const fourth = await logged('/4');
  assert.deepEqual([fourth.flags, fourth.redispatched, fourth.backendQueue], ['--DI', true, 1]);
});

scenario('maxqueue does not limit the queue of the backend', {}, async (t) => {
  const { farm } = await begin(t, '', { a: 'maxconn 1 maxqueue 1' });
  for (const path of ['/1', '/2', '/3', '/4']) await farm.ask(path);
  for (const path of ['/1', '/2', '/3', '/4']) await farm.answer(path);
  assert.deepEqual(farm.arrivals, ['/1@a', '/2@a', '/3@a', '/4@a']);
});

scenario(
  'maxqueue with a hash: the client waits for its server, then 503, redispatch or not',
  {},
  async (t) => {
    const { farm, logged } = await begin(t, 'balance source\n    option redispatch', {
      a: 'maxconn 1 maxqueue 1',
      b: 'maxconn 1 maxqueue 1',
    });
    await farm.ask('/1');
    await farm.came(1);
    await farm.ask('/2');
    const refused = await farm.send(8080, '/3');
    assert.match((await refused.readToEnd()).toString(), /^HTTP\/1\.1 503 /);
    assert.equal((await logged('/3')).flags, 'SQ--');
    await farm.answer('/1');
    await farm.answer('/2');
    const [first, second] = farm.arrivals;
    assert.equal(first?.split('@')[1], second?.split('@')[1]);
    assert.deepEqual([(await logged('/2')).srvQueue], [1]);
  },
);

scenario('balance leastconn fills the queues of servers that have a maxqueue', {}, async (t) => {
  const { farm, logged } = await begin(t, 'balance leastconn\n    timeout queue 1500ms', {
    a: 'maxconn 1 maxqueue 2',
    b: 'maxconn 1 maxqueue 1',
  });
  for (const path of ['/1', '/2']) await farm.ask(path);
  await farm.came(2);
  for (const path of ['/3', '/4', '/5', '/6', '/7']) await farm.ask(path);
  const waited: string[] = [];
  for (const path of ['/3', '/4', '/5', '/6', '/7']) {
    const line = await logged(path);
    waited.push(`${line.server} ${line.flags} ${line.srvQueue}/${line.backendQueue}`);
  }
  const expected = ['a sQ-- 1/0', 'a sQ-- 1/0', 'b sQ-- 1/0', '<NOSRV> sQ-- 0/1', '<NOSRV> sQ-- 0/1'];
  assert.deepEqual(waited, expected);
});
