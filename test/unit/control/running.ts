/** A control plane over stand-in data threads: everything real but the traffic. */
import type { Configuration } from '../../../src/config/model.ts';
import type { ControlLog } from '../../../src/control/control-log.ts';
import { DataThreadWorker } from '../../../src/control/data-thread-worker.ts';
import { DataThreads, type ThreadEvents } from '../../../src/control/data-threads.ts';
import { createSharedState } from '../../../src/control/initial-state.ts';
import { planListeners } from '../../../src/control/listener-plan.ts';
import { Listeners } from '../../../src/control/listeners.ts';
import { OldProcesses } from '../../../src/control/old-processes.ts';
import { Reports } from '../../../src/control/reports.ts';
import { QueueMemory } from '../../../src/state/queue-memory.ts';
import type { SharedState } from '../../../src/state/shared-state.ts';
import { keptMessages } from './configurations.ts';

const ARENA_BYTES = 1 << 20;
const entry = new URL('./stand-in-thread.js', import.meta.url);

export interface Running {
  readonly configuration: Configuration;
  readonly shared: SharedState;
  readonly threads: DataThreads;
  readonly listeners: Listeners;
  readonly reports: Reports;
  /** Lines of standard error. */
  readonly lines: string[];
  /** Lines of the logs: `proxy level text`. */
  readonly logged: string[];
  /** What the first data thread was told, oldest first. */
  seen(): Promise<string[]>;
}

export async function runStandIns(
  configuration: Configuration,
  count: number,
  events: Partial<ThreadEvents> = {},
): Promise<Running> {
  const planned = planListeners(configuration, count, 100);
  const listeners = new Listeners(configuration);
  const { messages, lines } = keptMessages();
  if (!(await listeners.openAll(planned, new OldProcesses([], 'SIGUSR1'), messages))) {
    throw new Error(lines.join('\n'));
  }
  const logged: string[] = [];
  const log: ControlLog = {
    send: (proxy, level, text) => void logged.push(`${proxy.name} ${level} ${text}`),
    sendGlobal: (level, text) => void logged.push(`${level} ${text}`),
  };
  const shared = createSharedState(configuration, count, planned.length, Date.now());
  const threads = new DataThreads({
    onBug: () => {},
    onDeath: () => {},
    onDrained: () => {},
    onWarning: () => {},
    ...events,
  });
  const workers = Array.from({ length: count }, () => new DataThreadWorker(ARENA_BYTES, entry));
  await threads.start(workers, {
    configuration,
    shared: shared.buffers,
    listeners: [],
    process: {
      pid: process.pid,
      hostname: 'here',
      startTimeMs: Date.now(),
      maxconn: 100,
      maxPipes: 0,
      poolLowConnections: 0,
      poolHighConnections: 0,
    },
    queues: QueueMemory.create({ ...shared.sizes, tickets: 100 }),
    patterns: { memory: new SharedArrayBuffer(0), names: new Map() },
    balanceMemory: [],
  });
  return {
    configuration,
    shared,
    threads,
    listeners,
    reports: new Reports(messages, log),
    lines,
    logged,
    // The stand-in answers with this (stand-in-thread.ts).
    seen: async () => ((await threads.ask({ ask: 'sessions' }))[0] as { seen: string[] }).seen,
  };
}

/** Ends the threads and closes the sockets. */
export async function endStandIns({ threads, listeners }: Running): Promise<void> {
  await threads.stop(5000);
  listeners.close(listeners.held);
}
