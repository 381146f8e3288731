// What threads share: the layout has no overlaps, lanes add up, gauges and the lock hold over two threads that run at
// the same time.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import {
  BACKEND_COUNTERS,
  BE_LOCK,
  BE_RATE,
  counterOffsets,
  FRONTEND_COUNTERS,
  LI_CONNECTIONS_MAX,
  LISTENER_COUNTERS,
  PROCESS_COUNTERS,
  RATE_MAX,
  SharedState,
  SRV_OBSERVED_FAILURES,
  SRV_SERVED,
} from '../../../src/state/shared-state.ts';
import type { CountingTask } from './counting-thread.ts';

const ROUNDS = 200_000;
const THREADS = 2;
const SIZES = { threads: THREADS, proxies: 3, servers: 4, listeners: 2 };

function range(start: number, length: number): number[] {
  return Array.from({ length }, (_, at) => start + at);
}

test('every counter has a place of its own in the lane, and the lane is full', () => {
  const shared = SharedState.create(SIZES);
  const places = [
    ...range(0, PROCESS_COUNTERS.length),
    ...range(0, SIZES.proxies).flatMap((proxy) => [
      ...range(shared.frontendCounters(proxy), FRONTEND_COUNTERS.length),
      ...range(shared.backendCounters(proxy), BACKEND_COUNTERS.length),
    ]),
    ...range(0, SIZES.servers).flatMap((at) => range(shared.serverCounters(at), BACKEND_COUNTERS.length)),
    ...range(0, SIZES.listeners).flatMap((at) =>
      range(shared.listenerCounters(at), LISTENER_COUNTERS.length),
    ),
  ];
  assert.deepEqual(places, range(0, shared.laneLength));
  assert.equal(shared.counters.length, shared.laneLength * (THREADS + 1));
  assert.deepEqual(Object.values(counterOffsets(BACKEND_COUNTERS)), range(0, BACKEND_COUNTERS.length));
});

test('the words of proxies and servers do not overlap', () => {
  const shared = SharedState.create(SIZES);
  const blocks: readonly (readonly [first: (at: number) => number, count: number, last: number])[] = [
    [(at) => shared.proxyWords(at), SIZES.proxies, BE_RATE + RATE_MAX],
    [(at) => shared.serverWords(at), SIZES.servers, SRV_OBSERVED_FAILURES],
    [(at) => shared.listenerWords(at), SIZES.listeners, LI_CONNECTIONS_MAX],
  ];
  for (const [at, [first, count, last]] of blocks.entries()) {
    // Each one ends before the next one begins, and each kind where the next kind does.
    for (let i = 0; i < count; i++) assert.ok(first(i) + last < first(i + 1));
    assert.equal(first(count), blocks[at + 1]?.[0](0) ?? shared.words.length);
  }
});

test('two threads count exactly: in lanes, on a gauge, under the lock', async () => {
  const shared = SharedState.create(SIZES);
  const guarded = new Float64Array(new SharedArrayBuffer(8));
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workers: Worker[] = [];
  for (let thread = 1; thread <= THREADS; thread++) {
    const task: CountingTask = {
      thread,
      buffers: shared.buffers,
      rounds: ROUNDS,
      gauge: shared.serverWords(2) + SRV_SERVED,
      lockWord: shared.proxyWords(1) + BE_LOCK,
      // Both were made shared above.
      guarded: guarded.buffer as SharedArrayBuffer,
      gate: gate.buffer as SharedArrayBuffer,
    };
    const worker = new Worker(new URL(`./counting-thread.${extension}`, import.meta.url), {
      workerData: task,
    });
    workers.push(worker);
  }
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const exits = workers.map((worker) => once(worker, 'exit'));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  for (const [code] of await Promise.all(exits)) assert.equal(code, 0);
  assert.equal(guarded[0], ROUNDS * THREADS);
  const offset = shared.serverCounters(0);
  assert.equal(shared.sum(offset), ROUNDS * THREADS);
  assert.equal(shared.lane(1)[offset], ROUNDS);
  assert.equal(shared.maximum(offset + 1), 20);
  const touched = [...shared.words.entries()].filter(([, value]) => value !== 0);
  assert.deepEqual(touched, []);
});
