/** A thread that picks from a farm it shares with others, and tells how often it got each server. */
import { parentPort, workerData } from 'node:worker_threads';
import { type FarmData, LocalFarm } from './local-farm.ts';

export interface PickingTask {
  readonly farm: FarmData;
  readonly picks: number;
  /** Word that all threads wait on, so that they start together. */
  readonly gate: SharedArrayBuffer;
}

if (parentPort !== null && workerData !== null) {
  // The test that starts this file hands it exactly this.
  const task = workerData as PickingTask;
  const farm = new LocalFarm(task.farm);
  const counts: number[] = task.farm.proxy.servers.map(() => 0);
  parentPort.postMessage('ready');
  Atomics.wait(new Int32Array(task.gate), 0, 0);
  let refused = 0;
  for (let at = 0; at < task.picks; at++) {
    const server = farm.hold();
    if (server < 0) {
      refused++;
      continue;
    }
    counts[server] = (counts[server] ?? 0) + 1;
    farm.release(server);
  }
  parentPort.postMessage({ counts, refused });
}
