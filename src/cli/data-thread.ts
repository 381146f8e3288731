/**
 * What a data thread's worker runs: the features register themselves, then the thread waits for its start, links its
 * configuration, and serves until it is told to stop.
 */
import '../features/all.ts';
import { type MessagePort, workerData } from 'node:worker_threads';
import { runDataThread } from '../proxy/data-thread.ts';
import type { DataThreadStart } from '../state/messages.ts';

// The control plane passes exactly this (control/data-thread-worker.ts).
const { port } = workerData as { port: MessagePort };
port.once('message', (start: DataThreadStart | null) => {
  // Null: the worker is not needed after all.
  if (start !== null) runDataThread(start, port);
  // Nothing keeps the worker from ending now.
  port.close();
});
