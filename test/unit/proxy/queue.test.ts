// The queue over threads that run at the same time, with thousands of streams: nobody is forgotten, no slot is lost or
// given twice, and each line is served in the order in which streams joined it, whichever thread they belong to.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../../../src/os/constants.ts';
import { close, eventfd } from '../../../src/os/libc.ts';
import { QueueMemory } from '../../../src/state/queue-memory.ts';
import {
  BE_QUEUED,
  BE_SERVED,
  SharedState,
  SRV_MAXCONN,
  SRV_PENDING,
  SRV_QUEUED,
  SRV_SERVED,
} from '../../../src/state/shared-state.ts';
import type { Passage, QueueReport, QueueTask } from './queue-thread.ts';

const SERVERS = 3;
const SLOTS = 2;
const AT_ONCE = 40;
const TIMEOUT_MS = 60_000;

interface Outcome {
  readonly shared: SharedState;
  readonly reports: readonly QueueReport[];
  /** Of each thread. */
  readonly streams: number;
}

async function play(threads: number, streams: number): Promise<Outcome> {
  const shared = SharedState.create({ threads, proxies: 1, servers: SERVERS, listeners: 0 });
  for (let at = 0; at < SERVERS; at++) shared.words[shared.serverWords(at) + SRV_MAXCONN] = SLOTS;
  const queues = QueueMemory.create({ ...shared.sizes, tickets: threads * AT_ONCE });
  const wakeFds = Array.from({ length: threads }, () => eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const workers = wakeFds.map((_, at) => {
    const task: QueueTask = {
      thread: at + 1,
      shared: shared.buffers,
      queues,
      wakeFds,
      servers: SERVERS,
      streams,
      atOnce: AT_ONCE,
      // Made shared above.
      gate: gate.buffer as SharedArrayBuffer,
    };
    return new Worker(new URL(`./queue-thread.${extension}`, import.meta.url), { workerData: task });
  });
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const results = workers.map(async (worker) => {
    const [report] = (await once(worker, 'message')) as [QueueReport];
    return report;
  });
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  const reports = await Promise.all(results);
  for (const fd of wakeFds) close(fd);
  return { shared, reports, streams };
}

function check({ shared, reports, streams }: Outcome): void {
  for (const { served, left, overLimit } of reports) {
    assert.equal(served + left, streams);
    assert.equal(overLimit, 0);
  }
  const backend = shared.proxyWords(0);
  const gauges = [backend + BE_QUEUED, backend + BE_SERVED];
  for (let at = 0; at < SERVERS; at++) {
    const server = shared.serverWords(at);
    gauges.push(server + SRV_SERVED, server + SRV_QUEUED, server + SRV_PENDING);
  }
  assert.deepEqual(
    gauges.map((gauge) => shared.words[gauge]),
    gauges.map(() => 0),
  );
  const lines = new Map<number, Passage[]>();
  for (const passage of reports.flatMap(({ passages }) => passages)) {
    const line = lines.get(passage.line);
    if (line === undefined) lines.set(passage.line, [passage]);
    else line.push(passage);
  }
  assert.equal(lines.size, SERVERS + 1);
  for (const passages of lines.values()) {
    // Otherwise there was no queue to speak of.
    assert.ok(passages.length > streams / 20, `${passages.length} waited`);
    passages.sort((a, b) => a.arrival - b.arrival);
    let last = 0;
    for (const { order } of passages) {
      assert.ok(order > last, 'somebody was overtaken');
      last = order;
    }
  }
}

test('one thread: first come, first served, and all slots come back', { timeout: TIMEOUT_MS }, async () => {
  check(await play(1, 10_000));
});

test('two threads: the same over both', { timeout: TIMEOUT_MS }, async () => {
  check(await play(2, 10_000));
});

test('four threads: the same over all', { timeout: TIMEOUT_MS }, async () => {
  check(await play(4, 2000));
});
