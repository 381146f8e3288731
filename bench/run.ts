// Owns: one workload from start to end: programs up, load in turn, programs down, figures out of the results.
// Must not: print; report.ts does.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProxyShape } from './configs/shape.ts';
import { runPlan } from './load/driver.ts';
import type { IdleResult, LoadPlan, LoadResult, SliceResult } from './load/plan.ts';
import { readResidentBytes } from './measure/proc.ts';
import { median, type Ratio, ratioOverRounds } from './measure/statistics.ts';
import { freePorts, obstacle, type ProgramName, type RunningProgram, startProgram } from './programs.ts';
import type {
  CpuWorkload,
  IdleWorkload,
  RestWorkload,
  ThreadsWorkload,
  Workload,
} from './workloads/workload.ts';

export interface Settings {
  programs: readonly ProgramName[];
  rounds: number;
  secondsPerSlice: number;
  pin: boolean;
}

/** CPU of one program in one workload. */
export interface CpuFigures {
  kind: 'cpu';
  label: string;
  unit: 'request' | 'MB';
  /** Medians over rounds, in microseconds per unit. */
  totalMicroseconds: number;
  userMicroseconds: number;
  systemMicroseconds: number;
  minMicroseconds: number;
  maxMicroseconds: number;
  requestsPerSecond: number;
  /** Share of one processor that the program used: 1 when it had no idle time. */
  busy: number;
  /** Share of the time that it was ready to run while something else had its processor: other work on the machine. */
  waited: number;
  medianLatencyMicroseconds: number;
  errors: number;
  /** Log lines per request, where the workload logs. */
  logLinesPerRequest: number | undefined;
  ratios: Record<string, Ratio>;
  perRound: number[];
}

export interface IdleFigures {
  kind: 'idle';
  label: string;
  connections: number;
  kilobytesPerConnection: number;
  residentMegabytesBefore: number;
  residentMegabytesOpen: number;
  residentMegabytesAfter: number;
  errors: number;
}

export interface RestFigures {
  kind: 'rest';
  label: string;
  residentMegabytes: number;
  acceptingAfterMs: number;
  acceptingAfterMsMin: number;
  acceptingAfterMsMax: number;
}

export type Figures = CpuFigures | IdleFigures | RestFigures;

export interface WorkloadReport {
  workload: Workload;
  figures: Figures[];
  /** Why a program is missing. */
  notes: string[];
}

interface Contender {
  program: ProgramName;
  label: string;
  shape: ProxyShape;
}

const WARM_UP_MS = 1500;
/** HAProxy cost 15.5 µs in one run and 17.5 µs in another on equal work: no single process should decide a figure. */
const GENERATIONS = 3;

export async function runWorkload(workload: Workload, settings: Settings): Promise<WorkloadReport> {
  const notes: string[] = [];
  const contenders = contendersOf(workload, settings, notes);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  try {
    if (contenders.length === 0) return { workload, figures: [], notes };
    if (workload.kind === 'rest') {
      return { workload, figures: await runRest(workload, contenders, settings, folder), notes };
    }
    if (workload.kind === 'idle') {
      const results = await runGeneration(workload, contenders, 1, settings, folder);
      return { workload, figures: (results as IdleResult[]).map(idleFigures), notes };
    }
    const results: LoadResult[] = [];
    for (let left = settings.rounds, generation = GENERATIONS; left > 0; generation--) {
      const rounds = Math.ceil(left / generation);
      results.push(...(await runGeneration(workload, contenders, rounds, settings, folder)));
      left -= rounds;
    }
    return { workload, figures: cpuFigures(workload, results as SliceResult[]), notes };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Fresh processes, some rounds over them, and their end. */
async function runGeneration(
  workload: CpuWorkload | ThreadsWorkload | IdleWorkload,
  contenders: readonly Contender[],
  rounds: number,
  settings: Settings,
  folder: string,
): Promise<LoadResult[]> {
  const running: RunningProgram[] = [];
  try {
    const isPinned = settings.pin && workload.kind !== 'threads' && availableParallelism() >= 2;
    for (const contender of contenders) {
      running.push(await start(contender, workload, folder, isPinned ? '0' : undefined));
    }
    const plan = planOf(workload, rounds, settings, running);
    return await runPlan(plan, folder, isPinned ? '1' : undefined);
  } finally {
    for (const program of running) await program.stop();
  }
}

function contendersOf(workload: Workload, settings: Settings, notes: string[]): Contender[] {
  const contenders: Contender[] = [];
  for (const program of settings.programs) {
    const left = workload.kind === 'cpu' ? workload.without?.[program] : undefined;
    const reason = left === undefined ? obstacle(program, workload.shape) : `${program}: ${left}`;
    if (reason !== undefined) {
      notes.push(reason);
      continue;
    }
    if (workload.kind !== 'threads') {
      contenders.push({ program, label: program, shape: workload.shape });
      continue;
    }
    // nginx's workers are processes that share nothing, which is another question.
    if (program === 'nginx') continue;
    for (const threads of [1, 2]) {
      contenders.push({ program, label: `${program}-${threads}`, shape: { ...workload.shape, threads } });
    }
  }
  return contenders;
}

async function start(
  contender: Contender,
  workload: Workload,
  folder: string,
  cpus: string | undefined,
): Promise<RunningProgram> {
  const [listen, server, log] = await freePorts(3);
  if (listen === undefined || server === undefined || log === undefined) throw new Error('no free ports');
  const ports = { listen, server, log: workload.shape.logged ? log : 0 };
  const own = join(folder, contender.label);
  mkdirSync(own, { recursive: true });
  return await startProgram(contender.program, contender.label, contender.shape, ports, own, cpus);
}

function planOf(
  workload: CpuWorkload | ThreadsWorkload | IdleWorkload,
  rounds: number,
  settings: Settings,
  running: readonly RunningProgram[],
): LoadPlan {
  const isIdle = workload.kind === 'idle';
  return {
    protocol: workload.shape.mode,
    clientConnections: isIdle ? 'kept' : workload.clientConnections,
    serverConnections: workload.shape.serverConnections,
    clients: isIdle ? 64 : workload.clients,
    requestBytes: isIdle ? 0 : workload.requestBytes,
    // A server in the middle: what searches its way to it is seen.
    ...(workload.shape.cookie ? { cookie: `SERVER=s${Math.ceil(workload.shape.servers / 2)}` } : {}),
    responseBytes: isIdle ? 100 : workload.responseBytes,
    mode: isIdle ? 'idle' : 'slices',
    rounds,
    sliceMs: settings.secondsPerSlice * 1000,
    warmUpMs: WARM_UP_MS,
    idleConnections: isIdle ? workload.connections : 0,
    targets: running.map((program) => ({
      name: program.name,
      port: program.ports.listen,
      serverPort: program.ports.server,
      logPort: program.ports.log,
      pids: program.pids,
    })),
  };
}

function cpuFigures(workload: CpuWorkload | ThreadsWorkload, results: readonly SliceResult[]): CpuFigures[] {
  const unit = workload.kind === 'cpu' ? workload.unit : 'request';
  const unitsPerRequest = unit === 'MB' ? workload.responseBytes / 1_000_000 : 1;
  const perRound = new Map<string, number[]>();
  for (const slice of results) {
    const cost = slice.cpuMicroseconds / (slice.requests * unitsPerRequest);
    const costs = perRound.get(slice.target);
    if (costs === undefined) perRound.set(slice.target, [cost]);
    else costs.push(cost);
  }
  return [...perRound].map(([label, costs]) => {
    const slices = results.filter((slice) => slice.target === label);
    const total = median(costs);
    const userTicks = sum(slices.map((slice) => slice.userTicks));
    const systemTicks = sum(slices.map((slice) => slice.systemTicks));
    const userShare = userTicks / Math.max(1, userTicks + systemTicks);
    const requests = sum(slices.map((slice) => slice.requests));
    const ratios: Record<string, Ratio> = {};
    for (const [other, otherCosts] of perRound) {
      if (other !== label) ratios[other] = ratioOverRounds(costs, otherCosts);
    }
    return {
      kind: 'cpu',
      label,
      unit,
      totalMicroseconds: total,
      userMicroseconds: total * userShare,
      systemMicroseconds: total * (1 - userShare),
      minMicroseconds: Math.min(...costs),
      maxMicroseconds: Math.max(...costs),
      requestsPerSecond: median(slices.map((slice) => (slice.requests / slice.elapsedMs) * 1000)),
      busy: median(slices.map((slice) => slice.cpuMicroseconds / (slice.elapsedMs * 1000))),
      waited: median(slices.map((slice) => slice.waitedMicroseconds / (slice.elapsedMs * 1000))),
      medianLatencyMicroseconds: median(slices.map((slice) => slice.medianLatencyMicroseconds)),
      errors: sum(slices.map((slice) => slice.errors)),
      logLinesPerRequest: workload.shape.logged ? sum(slices.map((s) => s.logLines)) / requests : undefined,
      ratios,
      perRound: costs,
    };
  });
}

function idleFigures(result: IdleResult): IdleFigures {
  const grown = result.residentBytesOpen - result.residentBytesBefore;
  return {
    kind: 'idle',
    label: result.target,
    connections: result.connections,
    kilobytesPerConnection: grown / 1024 / result.connections,
    residentMegabytesBefore: result.residentBytesBefore / 1e6,
    residentMegabytesOpen: result.residentBytesOpen / 1e6,
    residentMegabytesAfter: result.residentBytesAfter / 1e6,
    errors: result.errors,
  };
}

async function runRest(
  workload: RestWorkload,
  contenders: readonly Contender[],
  settings: Settings,
  folder: string,
): Promise<RestFigures[]> {
  const times = new Map<string, number[]>();
  const sizes = new Map<string, number[]>();
  for (let round = 0; round < settings.rounds; round++) {
    for (const contender of contenders) {
      const program = await start(contender, workload, folder, undefined);
      try {
        times.set(contender.label, [...(times.get(contender.label) ?? []), program.acceptingAfterMs]);
        const megabytes = readResidentBytes(program.pids) / 1e6;
        sizes.set(contender.label, [...(sizes.get(contender.label) ?? []), megabytes]);
      } finally {
        await program.stop();
      }
    }
  }
  return [...times].map(([label, accepting]) => ({
    kind: 'rest',
    label,
    residentMegabytes: median(sizes.get(label) ?? []),
    acceptingAfterMs: median(accepting),
    acceptingAfterMsMin: Math.min(...accepting),
    acceptingAfterMsMax: Math.max(...accepting),
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
