/** Messages to and from data threads, and threads that fail. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arenaBytes } from '../../../src/control/data-thread-worker.ts';
import { configurationOf } from './configurations.ts';
import { endStandIns, runStandIns } from './running.ts';

test('every thread is ready before the start ends; questions are answered by all, in order', async () => {
  const running = await runStandIns(configurationOf('backend b'), 2);
  running.threads.post({ kind: 'pause' });
  const answers = await running.threads.ask({ ask: 'pools' });
  assert.deepEqual(answers, [
    { thread: 1, seen: ['pause'], stopping: 0 },
    { thread: 2, seen: ['pause'], stopping: 0 },
  ]);
  await endStandIns(running);
});

test('a thread that fails before it is ready fails the start', async () => {
  const configuration = configurationOf('backend b', 'description fails at start');
  await assert.rejects(runStandIns(configuration, 1), /data thread 1: Error: cannot start/);
});

test('a thread that fails later is told of', async () => {
  const death = new Promise<string>((resolve) => {
    void runStandIns(configurationOf('backend b', 'description fails later'), 1, {
      onDeath: (thread, reason) => resolve(`${thread} ${reason}`),
    }).then(({ threads }) => void threads.ask({ ask: 'sessions' }));
  });
  assert.match(await death, /^1 Error: lost/);
});

test('the arena holds two buffers for each connection, within its bounds', () => {
  const mebibyte = 1024 * 1024;
  assert.equal(arenaBytes(10, 16384, 1), 32 * mebibyte);
  assert.ok(arenaBytes(9993, 16384, 1) >= 9993 * 2 * (16384 + 64));
  assert.equal(arenaBytes(1_000_000, 16384, 1), 448 * mebibyte);
  // All threads together leave room in the first gibibyte, as long as they can.
  for (const threads of [2, 3, 8, 16]) {
    assert.ok(threads * arenaBytes(1_000_000, 16384, threads) <= 896 * mebibyte + threads * 4096);
  }
  assert.equal(arenaBytes(9993, 16384, 2) % 4096, 0);
});
