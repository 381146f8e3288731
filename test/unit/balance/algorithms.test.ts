/** The balance algorithms over shared memory alone: who may be chosen, in what shares, and that threads agree. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { ALL_FULL, NO_SERVER } from '../../../src/proxy/balancing.ts';
import { LocalFarm, type LocalServer } from './local-farm.ts';
import type { PickingTask } from './picking-thread.ts';

const ALGORITHMS = ['roundrobin', 'static-rr', 'leastconn', 'first', 'random', 'source'];
/** Those that keep away from full servers; `source` sticks to the server it computed, `random` to the one it drew. */
const MINDING_LIMITS = ALGORITHMS.filter((name) => name !== 'source' && name !== 'random');

function weights(...list: number[]): LocalServer[] {
  return list.map((weight) => ({ weight }));
}

function shares(picks: readonly number[], servers: number): number[] {
  const counts = new Array<number>(servers).fill(0);
  for (const server of picks) counts[server] = (counts[server] as number) + 1;
  return counts;
}

for (const algorithm of ['roundrobin', 'static-rr']) {
  test(`${algorithm} gives every server exactly its share of each round`, () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 256 }), { minLength: 1, maxLength: 8 }), (list) => {
        const farm = LocalFarm.create(algorithm, weights(...list));
        const round = list.reduce((sum, weight) => sum + weight, 0);
        const counts = shares(farm.sequence(round), list.length);
        // The clock of roundrobin may jump when nobody is due, which shifts a round by a few picks.
        const slack = algorithm === 'static-rr' ? 0 : 2;
        counts.forEach((count, server) => {
          assert.ok(Math.abs(count - (list[server] as number)) <= slack, `${list} → ${counts}`);
        });
      }),
      { numRuns: 60 },
    );
  });
}

for (const algorithm of ALGORITHMS) {
  test(`${algorithm} picks no server that is down, in maintenance or of weight 0`, () => {
    const farm = LocalFarm.create(algorithm, weights(1, 1, 1, 0));
    assert.ok(!farm.sequence(50).includes(3));
    farm.setState(0, 'down');
    farm.setState(1, 'maint');
    assert.deepEqual(farm.sequence(3), [2, 2, 2]);
    farm.setState(2, 'down');
    assert.equal(farm.pick(), NO_SERVER);
    farm.setWeight(3, 1);
    assert.equal(farm.pick(), 3);
    farm.setState(0, 'up');
    farm.setState(1, 'up');
    farm.setState(2, 'up');
    const seen = new Set(Array.from({ length: 400 }, (_, at) => farm.pick(`192.0.2.${at % 250}`)));
    assert.deepEqual([...seen].sort(), algorithm === 'first' ? [0] : [0, 1, 2, 3]);
  });

  test(`${algorithm} uses backups only when no active server is left`, () => {
    const servers = [{}, { backup: true }, { backup: true }, {}];
    for (const all of [false, true]) {
      const farm = LocalFarm.create(algorithm, servers, all ? ['option allbackups'] : []);
      const active = new Set(Array.from({ length: 100 }, (_, at) => farm.pick(`192.0.2.${at}`)));
      assert.deepEqual([...active].sort(), algorithm === 'first' ? [0] : [0, 3]);
      farm.setState(0, 'down');
      assert.deepEqual(new Set(farm.sequence(10)), new Set([3]));
      farm.setState(3, 'down');
      const backups = new Set(Array.from({ length: 100 }, (_, at) => farm.pick(`192.0.2.${at}`)));
      assert.deepEqual([...backups].sort(), all && algorithm !== 'first' ? [1, 2] : [1]);
      farm.setState(3, 'up');
      assert.deepEqual(new Set(farm.sequence(10)), new Set([3]));
    }
  });
}

for (const algorithm of MINDING_LIMITS) {
  test(`${algorithm} passes over full servers and says when all are full`, () => {
    const farm = LocalFarm.create(algorithm, [{ maxconn: 2 }, { maxconn: 1 }, { maxconn: 3 }]);
    const held = Array.from({ length: 6 }, () => farm.hold());
    assert.deepEqual(shares(held, 3), [2, 1, 3]);
    assert.equal(farm.hold(), ALL_FULL);
    for (const server of [1, 2, 0]) {
      farm.release(server);
      assert.equal(farm.hold(), server);
      assert.equal(farm.hold(), ALL_FULL);
    }
    farm.setMaxconn(1, 2);
    assert.equal(farm.hold(), 1);
    for (const server of [0, 0, 1, 1, 2, 2, 2]) farm.release(server);
    assert.deepEqual(
      [0, 1, 2].map((server) => farm.served(server)),
      [0, 0, 0],
    );
    assert.ok(farm.hold() >= 0);
  });

  test(`${algorithm} chooses the server to avoid only when there is no other`, () => {
    const farm = LocalFarm.create(algorithm, [{ maxconn: 5 }, { maxconn: 1 }]);
    for (let at = 0; at < 20; at++) assert.equal(farm.pick(undefined, 0), 1);
    assert.equal(farm.hold(undefined, 0), 1);
    assert.equal(farm.hold(undefined, 0), 0, 'the other is full');
    farm.setState(1, 'down');
    assert.equal(farm.hold(undefined, 0), 0, 'the other is down');
  });
}

test('roundrobin and leastconn follow slow start and weight changes at once', () => {
  const farm = LocalFarm.create('roundrobin', weights(10, 10));
  farm.setWeight(1, 10, 1);
  assert.deepEqual(shares(farm.sequence(170), 2), [160, 10]);
  farm.setWeight(1, 10);
  farm.setWeight(0, 30);
  // The turns that were due by the old weights are still given.
  const [light = 0] = shares(farm.sequence(400), 2).slice(1);
  assert.ok(Math.abs(light - 100) <= 3, `${light}`);
  const least = LocalFarm.create('leastconn', weights(20, 20));
  least.setWeight(0, 20, 4);
  assert.deepEqual(
    shares(
      Array.from({ length: 25 }, () => least.hold()),
      2,
    ),
    [5, 20],
  );
});

test('roundrobin forgets no turns of the others when a server leaves and comes back', () => {
  const farm = LocalFarm.create('roundrobin', weights(1, 1, 1, 1));
  assert.deepEqual(farm.sequence(6), [0, 1, 2, 3, 0, 1]);
  farm.setState(3, 'down');
  assert.deepEqual(farm.sequence(5), [2, 0, 1, 2, 0]);
  farm.setState(3, 'up');
  assert.deepEqual(shares(farm.sequence(40), 4), [10, 10, 10, 10]);
});

test('first goes by identifier, not by place', () => {
  const farm = LocalFarm.create('first', [{ id: 30 }, { id: 7, maxconn: 1 }, { id: 20 }]);
  assert.deepEqual([farm.hold(), farm.hold(), farm.hold()], [1, 2, 2]);
});

test('random draws in proportion to weights, and more draws even out the loads', () => {
  const alone = LocalFarm.create('random(1)', weights(1, 3));
  const [light = 0, heavy = 0] = shares(alone.sequence(8000), 2);
  assert.ok(heavy / light > 2.6 && heavy / light < 3.4, `${light} ${heavy}`);
  const farm = LocalFarm.create('random(64)', weights(1, 1));
  const held = Array.from({ length: 200 }, () => farm.hold());
  assert.deepEqual(shares(held, 2), [100, 100]);
});

test('random draws full servers like others, and avoids a server as long as there is another one', () => {
  const farm = LocalFarm.create('random(1)', [{ maxconn: 1 }, { maxconn: 1 }]);
  const first = farm.pick();
  assert.ok(first >= 0);
  let busy = farm.hold();
  while (busy < 0) busy = farm.hold();
  const drawn = new Set(Array.from({ length: 200 }, () => farm.pick()));
  assert.deepEqual(drawn, new Set([ALL_FULL, 1 - busy]));
  for (let at = 0; at < 50; at++) assert.equal(farm.pick(undefined, busy), 1 - busy);
  for (let at = 0; at < 50; at++) assert.equal(farm.pick(undefined, 1 - busy), ALL_FULL);
  farm.setState(busy, 'down');
  assert.equal(farm.pick(undefined, 1 - busy), 1 - busy, 'there is no other');
});

test('source keeps a client on its server, full or not', () => {
  const farm = LocalFarm.create('source', [{ maxconn: 1 }, { maxconn: 1 }, { maxconn: 1 }]);
  const server = farm.hold('198.51.100.7');
  for (let at = 0; at < 5; at++) assert.equal(farm.hold('198.51.100.7'), server);
});

for (const algorithm of ALGORITHMS) {
  test(`${algorithm}: two threads that pick at once lose nothing`, { timeout: 20_000 }, async () => {
    const picks = 20_000;
    const servers = [{ maxconn: 1 }, { maxconn: 1 }, { maxconn: 1 }, { maxconn: 1 }];
    const roomy = algorithm === 'roundrobin' || algorithm === 'static-rr';
    const farm = LocalFarm.create(algorithm, roomy ? servers.map(() => ({})) : servers);
    const gate = new SharedArrayBuffer(4);
    const workers = [1, 2].map(() => {
      const workerData: PickingTask = { farm: farm.data, picks, gate };
      return new Worker(new URL('./picking-thread.js', import.meta.url), { workerData });
    });
    const results = workers.map(
      (worker) =>
        new Promise<{ counts: number[]; refused: number }>((resolve, reject) => {
          worker.once('error', reject);
          worker.on('message', (message) => {
            if (message !== 'ready') resolve(message);
          });
        }),
    );
    await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    const done = await Promise.all(results);
    await Promise.all(workers.map((worker) => worker.terminate()));
    const counts = servers.map((_, at) => done.reduce((sum, { counts }) => sum + (counts[at] ?? 0), 0));
    const refused = done.reduce((sum, result) => sum + result.refused, 0);
    assert.equal(
      counts.reduce((sum, count) => sum + count, refused),
      2 * picks,
    );
    if (roomy) assert.deepEqual(counts, [picks / 2, picks / 2, picks / 2, picks / 2]);
    assert.deepEqual(
      servers.map((_, at) => farm.served(at)),
      [0, 0, 0, 0],
    );
    // Whoever was laid aside as full on the way is back.
    if (algorithm === 'source' || algorithm === 'random') return;
    const all = servers.map(() => farm.hold());
    if (!roomy) assert.deepEqual(all.sort(), [0, 1, 2, 3]);
  });
}
