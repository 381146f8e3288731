/**
 * What a data thread's worker runs: the features register themselves, then the thread links its configuration.
 */
import '../features/all.ts';
import { type MessagePort, workerData } from 'node:worker_threads';
import { runDataThread } from '../proxy/data-thread.ts';
import type { DataThreadStart } from '../state/messages.ts';

// The control plane passes exactly this (control/data-threads.ts).
const { start, port } = workerData as { start: DataThreadStart; port: MessagePort };
runDataThread(start, port);
