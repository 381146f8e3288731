// Who comes next when a slot of a server becomes free.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS, httpLoggedTo } from '../../harness/config-text.ts';
import { HeldFarm } from '../../harness/held-farm.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';

const COOKIE_A = 'Cookie: S=a';
const COOKIE_B = 'Cookie: S=b';

scenario(
  'a slot goes to whoever has waited longer, in the queue of its server or in that of the backend',
  {},
  async (t) => {
    const farm = await HeldFarm.of(t, ['a', 'b']);
    const log = await t.syslog();
    await t.start(`${httpLoggedTo(log.address)}
listen web
    bind ${t.ip}:8080
    cookie S insert indirect
    server a ${farm.address('a')} maxconn 1 cookie a
    server b ${farm.address('b')} maxconn 1 cookie b
${farm.statistics}`);
    await farm.ask('/1', COOKIE_A);
    await farm.ask('/2', COOKIE_B);
    await farm.came(2);
    await farm.ask('/any1');
    await farm.ask('/a1', COOKIE_A);
    await farm.ask('/any2');
    await farm.ask('/a2', COOKIE_A);
    await farm.ask('/b1', COOKIE_B);
    await farm.ask('/any3');
    for (const path of ['/1', '/any1', '/a1', '/any2', '/a2']) await farm.answer(path);
    await farm.came(7);
    await farm.answer('/2');
    await farm.came(8);
    assert.deepEqual(farm.arrivals, [
      '/1@a',
      '/2@b',
      '/any1@a',
      '/a1@a',
      '/any2@a',
      '/a2@a',
      '/any3@a',
      '/b1@b',
    ]);
    await farm.answer('/any3');
    await farm.answer('/b1');
    // How many were let in before, in the queue that each waited in.
    const places = {
      '/any1': [0, 1],
      '/a1': [1, 0],
      '/any2': [0, 2],
      '/a2': [2, 0],
      '/any3': [0, 3],
      '/b1': [1, 0],
    };
    for (const [path, place] of Object.entries(places)) {
      const line = parseHttpLog(parseRfc3164(await log.line(`GET ${path} `)).message);
      assert.deepEqual([line.srvQueue, line.backendQueue], place, path);
    }
  },
);

scenario('who has left the queue counts for nobody behind', {}, async (t) => {
  const farm = await HeldFarm.of(t, ['a']);
  const log = await t.syslog();
  await t.start(`${httpLoggedTo(log.address)}
    option abortonclose
listen web
    bind ${t.ip}:8080
    server a ${farm.address('a')} maxconn 1
${farm.statistics}`);
  await farm.ask('/1');
  await farm.came(1);
  await farm.ask('/q1');
  const leaver = await farm.ask('/q2');
  await farm.ask('/q3');
  leaver.close();
  const left = parseHttpLog(parseRfc3164(await log.line('GET /q2 ')).message);
  assert.equal(left.backendQueue, 1);
  for (const path of ['/1', '/q1', '/q3']) await farm.answer(path);
  assert.deepEqual(farm.arrivals, ['/1@a', '/q1@a', '/q3@a']);
  // The lines are looked for in the order in which they are written.
  for (const [path, place] of [
    ['/q1', 1],
    ['/q3', 2],
  ] as const) {
    const line = parseHttpLog(parseRfc3164(await log.line(`GET ${path} `)).message);
    assert.equal(line.backendQueue, place, path);
  }
});

scenario(
  'balanced requests do not wait for a backup or a server of weight 0; its own clients do',
  {},
  async (t) => {
    const farm = await HeldFarm.of(t, ['a', 'spare', 'gone']);
    await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    cookie S insert indirect
    server a ${farm.address('a')} maxconn 1 cookie a
    server spare ${farm.address('spare')} maxconn 1 cookie spare backup
    server gone ${farm.address('gone')} maxconn 1 cookie gone weight 0
${farm.statistics}`);
    await farm.ask('/1');
    await farm.ask('/spare1', 'Cookie: S=spare');
    await farm.ask('/gone1', 'Cookie: S=gone');
    await farm.came(3);
    await farm.ask('/any1');
    await farm.ask('/any2');
    await farm.ask('/gone2', 'Cookie: S=gone');
    await farm.answer('/spare1');
    await farm.answer('/gone1');
    await farm.came(4);
    await farm.answer('/1');
    await farm.answer('/any1');
    await farm.came(6);
    assert.deepEqual(farm.arrivals.slice(3), ['/gone2@gone', '/any1@a', '/any2@a']);
  },
);

scenario('first come, first served, over all threads', {}, async (t) => {
  const farm = await HeldFarm.of(t, ['a']);
  // Each port belongs to one thread, so that clients of both stand in the queue by turns.
  const [first, second] = t.nbthread === 1 ? ['', ''] : ['thread 1', 'thread 2'];
  await t.start(`${HTTP_DEFAULTS}
    timeout queue 30s
listen web
    bind ${t.ip}:8080 ${first}
    bind ${t.ip}:8081 ${second}
    server a ${farm.address('a')} maxconn 1
${farm.statistics}`);
  await farm.ask('/first');
  await farm.came(1);
  const clients = 60;
  const expected: string[] = ['/first@a'];
  for (let at = 0; at < clients; at++) {
    await farm.askAt(at % 2 === 0 ? 8080 : 8081, `/${at}`);
    expected.push(`/${at}@a`);
  }
  for (let count = 2; count <= clients + 1; count++) {
    assert.ok(farm.answerOldest());
    await farm.came(count);
  }
  assert.deepEqual(farm.arrivals, expected);
});

scenario(
  'balance random: who is drawn a full server waits for any, while another one is free',
  {},
  async (t) => {
    const farm = await HeldFarm.of(t, ['a', 'b']);
    await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    balance random(1)
    server a ${farm.address('a')} maxconn 1
    server b ${farm.address('b')} maxconn 1
${farm.statistics}`);
    // Every second time the second request is drawn the server of the first one.
    for (let round = 1; round <= 40; round++) {
      await farm.ask(`/${round}a`);
      await farm.came(2 * round - 1);
      await farm.ask(`/${round}b`);
      const waits = (await farm.queued()) === 1;
      await farm.answer(`/${round}a`);
      await farm.answer(`/${round}b`);
      if (waits) return;
    }
    assert.fail('nobody had to wait');
  },
);
