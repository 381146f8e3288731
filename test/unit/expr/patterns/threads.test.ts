// Threads that change one list and threads that read it at the same time: nobody sees half of anything, and in the end
// every thread sees the same.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { matchMethod } from '../../../../src/expr/patterns/match-method.ts';
import { PatternStore } from '../../../../src/expr/patterns/pattern-store.ts';
import type { EditingTask } from './editing-thread.ts';
import { KEYS, keyOf } from './editing-thread.ts';
import { source, storeOf, stringSample } from './local-lists.ts';

const ROUNDS = 30_000;

test('threads edit and read one list at the same time', { timeout: 120_000 }, async () => {
  const loaded = Array.from({ length: KEYS }, (_, i) => `${keyOf(i)} loaded\n`).join('');
  const store = storeOf([source('m.map', `anchor here\n${loaded}`, true)], 64 * 1024 * 1024);
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workers = [1, 2, 0, 0].map((digit) => {
    const task: EditingTask = {
      buffers: store.buffers,
      rounds: ROUNDS,
      digit,
      // It was made shared above.
      gate: gate.buffer as SharedArrayBuffer,
    };
    return new Worker(new URL(`./editing-thread.${extension}`, import.meta.url), { workerData: task });
  });
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const results = workers.map((worker) => once(worker, 'message'));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  for (const [wrong] of await Promise.all(results)) assert.deepEqual(wrong, []);
  const views = [store, PatternStore.attach(store.buffers)].map((each) =>
    matchMethod('str').lookup(each.list(0), false),
  );
  for (let i = 0; i < KEYS; i++) {
    const [first, second] = views.map((view) => {
      view.value(stringSample(keyOf(i)));
      return Buffer.from(view.u8.slice(view.start, view.end)).toString('latin1');
    });
    assert.equal(first, second);
  }
});
