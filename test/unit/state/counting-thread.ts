/** A thread that counts in shared memory together with others: in its own lane, on a gauge, and under a lock. */
import { parentPort, workerData } from 'node:worker_threads';
import { type SharedBuffers, SharedState } from '../../../src/state/shared-state.ts';
import { lock, unlock } from '../../../src/state/spin-lock.ts';

export interface CountingTask {
  readonly thread: number;
  readonly buffers: SharedBuffers;
  readonly rounds: number;
  readonly gauge: number;
  readonly lockWord: number;
  /** A double that is only touched under the lock. */
  readonly guarded: SharedArrayBuffer;
  /** Word that all threads wait on, so that they start together. */
  readonly gate: SharedArrayBuffer;
}

if (parentPort !== null && workerData !== null) {
  // The test that starts this file hands it exactly this.
  const task = workerData as CountingTask;
  const shared = SharedState.attach(task.buffers);
  const lane = shared.lane(task.thread);
  const offset = shared.serverCounters(0);
  const guarded = new Float64Array(task.guarded);
  parentPort.postMessage('ready');
  Atomics.wait(new Int32Array(task.gate), 0, 0);
  for (let round = 0; round < task.rounds; round++) {
    lane[offset] = (lane[offset] as number) + 1;
    Atomics.add(shared.words, task.gauge, 1);
    lock(shared.words, task.lockWord);
    guarded[0] = (guarded[0] as number) + 1;
    unlock(shared.words, task.lockWord);
    Atomics.sub(shared.words, task.gauge, 1);
  }
  lane[offset + 1] = task.thread * 10;
}
