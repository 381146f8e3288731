/**
 * The start of the process, as one list in its order; and what runs from then on. Everything that needs a file or a
 * privilege happens before the identity changes: sockets, pid file, modules of all threads.
 */
import { availableParallelism, hostname } from 'node:os';
import { statsSockets } from '../config/keywords/stats-socket.ts';
import type { Configuration } from '../config/model.ts';
import { PatternStore } from '../expr/patterns/pattern-store.ts';
import { RLIMIT_NOFILE } from '../os/constants.ts';
import { leaveAtOnce } from '../os/process-exit.ts';
import { readLimit } from '../os/resource-limits.ts';
import type { ProcessFacts } from '../state/messages.ts';
import { QueueMemory } from '../state/queue-memory.ts';
import type { SharedState } from '../state/shared-state.ts';
import { SyslogControlLog } from './control-log.ts';
import { arenaBytes, DataThreadWorker } from './data-thread-worker.ts';
import { DataThreads } from './data-threads.ts';
import { takeIdentity } from './identity.ts';
import { createSharedState, setFullconns } from './initial-state.ts';
import { computeLimits, type Limits, raiseDescriptorLimit } from './limits.ts';
import { planListeners } from './listener-plan.ts';
import { Listeners } from './listeners.ts';
import type { OldProcesses } from './old-processes.ts';
import type { OperatorMessages } from './operator-messages.ts';
import { Pausing } from './pausing.ts';
import { writePidfile } from './pidfile.ts';
import { Reports } from './reports.ts';
import type { SignalDesk } from './signals.ts';
import { SoftStop } from './soft-stop.ts';
import { dumpServers, poolLines } from './state-dump.ts';

const MOST_THREADS = 64;
const DEFAULT_STATS_CONNECTIONS = 10;

export interface StartOptions {
  /** `-n` */
  readonly maxconn: number | undefined;
  /** `-m` */
  readonly memoryMegabytes: number | undefined;
  /** Written only by a process in the background. */
  readonly pidfile: string | undefined;
  readonly verbose: boolean;
  readonly startTimeMs: number;
}

export interface StartParts {
  readonly configuration: Configuration;
  readonly options: StartOptions;
  readonly messages: OperatorMessages;
  readonly signals: SignalDesk;
  readonly old: OldProcesses;
  /** By proxy index: what the balance algorithms share. */
  readonly balanceMemory: readonly (SharedArrayBuffer | undefined)[];
  /** Called before any thread sees the shared memory. */
  readonly prepareShared?: (shared: SharedState) => void;
  /** A worker that was started while the configuration was read, where it fits. */
  readonly earlyWorker: DataThreadWorker;
}

/** What a process that serves has, for the features of the control plane. */
export interface RunningProcess {
  readonly shared: SharedState;
  readonly threads: DataThreads;
  readonly patterns: PatternStore;
  readonly reports: Reports;
  /** Called when the last listener closes. */
  atSoftStop(callback: () => void): void;
}

/** Resolves when the process serves; ends the process with status 1 when it cannot. */
export async function start(parts: StartParts): Promise<RunningProcess> {
  const { configuration, options, messages, old } = parts;
  const threadCount = threadsOf(configuration);
  const limits = limitsOf(configuration, options, threadCount);
  if (options.verbose && limits.automatic) {
    messages.raw(`Note: setting global.maxconn to ${limits.maxconn}.\n`);
  }
  if (!raiseDescriptorLimit(limits, configuration, messages)) leaveAtOnce(1);

  const planned = planListeners(configuration, threadCount, limits.maxconn);
  const listeners = new Listeners(configuration);
  if (!(await listeners.openAll(planned, old, messages))) leaveAtOnce(1);
  if (planned.length === 0) {
    messages.alert("[haproxy.main()] No enabled listener found (check for 'bind' directives) ! Exiting.");
    leaveAtOnce(1);
  }
  if (options.pidfile !== undefined && !writePidfile(options.pidfile, process.pid)) {
    messages.alert(`[haproxy.main()] Cannot create pidfile ${options.pidfile}`);
    leaveAtOnce(1);
  }

  const facts: ProcessFacts = {
    pid: process.pid,
    hostname: hostname(),
    startTimeMs: options.startTimeMs,
    maxconn: limits.maxconn,
    maxPipes: limits.maxPipes,
    poolLowConnections: limits.poolLowConnections,
    poolHighConnections: limits.poolHighConnections,
  };
  const shared = createSharedState(configuration, threadCount, planned.length, options.startTimeMs);
  setFullconns(shared, configuration, limits.maxconn);
  parts.prepareShared?.(shared);
  // Made of the files that were read with the configuration, which keeps nothing of them.
  const patterns = PatternStore.ofConfiguration(configuration);
  if (patterns === undefined) {
    messages.alert('[haproxy.main()] The files of patterns and maps are too large together.');
    leaveAtOnce(1);
  }
  const reports = new Reports(messages, new SyslogControlLog(configuration.global, facts));
  const threads = new DataThreads({
    onBug: (thread, text) =>
      reports.bug(`data thread ${thread}: a stream ended by an internal error: ${text}`),
    onDeath: (thread, reason) => fatal(reports, `data thread ${thread} is lost: ${reason}`),
    onWarning: (text) => reports.warning(text),
    onDrained: (thread) => softStop.onDrained(thread),
  });
  const softStop = new SoftStop({ configuration, shared, threads, listeners, reports, exit: leaveAtOnce });
  process.on('uncaughtException', (error) => fatal(reports, error.stack ?? error.message));

  try {
    // The threads load all they need first, and accept only once the process is who it should be.
    const arena = arenaBytes(limits.maxconn, configuration.global.tune.bufsize, threadCount);
    await threads.start(workersFor(threadCount, arena, parts.earlyWorker), {
      configuration,
      shared: shared.buffers,
      queues: QueueMemory.create({ ...shared.sizes, tickets: limits.maxconn }),
      patterns: patterns.buffers,
      listeners: [],
      process: facts,
      balanceMemory: parts.balanceMemory,
    });
  } catch (error) {
    fatal(reports, error instanceof Error ? error.message : String(error));
  }
  if (!takeIdentity(configuration.global, messages)) leaveAtOnce(1);
  threads.post({ kind: 'resume', listeners: listeners.describe() });
  old.dismiss();

  const pausing = new Pausing({ configuration, threads, listeners, reports });
  messages.running();
  parts.signals.serve({
    softStop: () => softStop.begin(),
    pause: () => pausing.pause(),
    resume: () => pausing.resume(),
    dumpServers: () => dumpServers(configuration, shared, reports),
    dumpPools: () => void threads.ask({ ask: 'pools' }).then((answers) => messages.raw(poolLines(answers))),
    exit: leaveAtOnce,
  });
  return { shared, threads, patterns, reports, atSoftStop: (callback) => softStop.callbacks.push(callback) };
}

function threadsOf({ global }: Configuration): number {
  return global.nbthread ?? Math.min(availableParallelism(), MOST_THREADS);
}

function workersFor(count: number, arena: number, early: DataThreadWorker): DataThreadWorker[] {
  const workers: DataThreadWorker[] = [];
  if (early.arenaBytes >= arena) workers.push(early);
  else early.discard();
  while (workers.length < count) workers.push(new DataThreadWorker(arena, early.entry));
  return workers;
}

function limitsOf(configuration: Configuration, options: StartOptions, threads: number): Limits {
  const stats = statsSockets.read(configuration.global);
  const sockets = stats?.sockets.reduce((sum, bind) => sum + bind.addresses.length, 0) ?? 0;
  return computeLimits({
    configuration,
    threads,
    listeners: planListeners(configuration, threads, 0).length,
    statsDescriptors: sockets === 0 ? 0 : sockets + (stats?.maxconn ?? DEFAULT_STATS_CONNECTIONS),
    maxconn: options.maxconn,
    memoryMegabytes: options.memoryMegabytes,
    descriptorLimit: readLimit(RLIMIT_NOFILE),
  });
}

/** What is left of the process is not to be trusted: it ends, and whoever watches it starts it again. */
function fatal(reports: Reports, reason: string): never {
  reports.bug(`[sluice] ${reason}`);
  reports.messages.alert('[sluice] This is a bug. Exiting.');
  return leaveAtOnce(1);
}
