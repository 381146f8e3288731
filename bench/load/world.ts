// Owns: the load process: clients and servers of all programs under test in one epoll loop, so that the world around
// a proxy costs one processor as little as can be. Runs a plan (argv[2], a JSON file), prints results as JSON lines.
// Must not: decide anything about the figures; it counts requests and reads /proc around each slice.
import { readFileSync, writeSync } from 'node:fs';
import { isAlive, readCpu, readResidentBytes } from '../measure/proc.ts';
import { ClientGroup } from './clients.ts';
import * as libc from './libc.ts';
import type { IdleResult, LoadPlan, LoadResult, LoadTarget, SliceResult } from './plan.ts';
import { ServerSide } from './servers.ts';

/** Answers still missing this long after the end of a slice are counted as errors. */
const DRAIN_LIMIT_MS = 2000;
/** Time for a program to finish closing what the last requests left, before its CPU is read. */
const SETTLE_MS = 8;
const IDLE_SETTLE_MS = 1500;

const plan = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as LoadPlan;
const servers = new ServerSide(plan);
const groups = plan.targets.map((target) => new ClientGroup(plan, target));

function turn(timeoutMs: number): void {
  const count = libc.waitForEvents(timeoutMs);
  for (let i = 0; i < count; i++) {
    const fd = libc.eventFd(i);
    const mask = libc.eventMask(i);
    if (servers.handle(fd, mask)) continue;
    const group = ClientGroup.ofFd[fd];
    if (group !== undefined) group.handle(fd, mask);
  }
}

function turnFor(durationMs: number): void {
  const end = performance.now() + durationMs;
  for (;;) {
    const left = end - performance.now();
    if (left <= 0) return;
    turn(Math.ceil(left));
  }
}

/** Sends until the time is over and waits for the last answers; returns the time it took in milliseconds. */
function drive(group: ClientGroup, durationMs: number): number {
  const begin = performance.now();
  const end = begin + durationMs;
  group.start();
  for (;;) {
    const left = end - performance.now();
    if (left <= 0) break;
    turn(Math.ceil(left));
  }
  group.issuing = false;
  const limit = end + DRAIN_LIMIT_MS;
  while (group.inFlight > 0 && performance.now() < limit) turn(20);
  const elapsedMs = performance.now() - begin;
  group.abandonStuck();
  turnFor(SETTLE_MS);
  return elapsedMs;
}

function report(result: LoadResult): void {
  writeSync(1, `${JSON.stringify(result)}\n`);
}

function requireAlive(target: LoadTarget): void {
  for (const pid of target.pids) {
    if (!isAlive(pid)) throw new Error(`${target.name} (process ${pid}) has ended during the run`);
  }
}

function slice(group: ClientGroup, round: number): SliceResult {
  const { target } = group;
  group.resetCounters();
  servers.logLines = 0;
  const before = readCpu(target.pids);
  const elapsedMs = drive(group, plan.sliceMs);
  const after = readCpu(target.pids);
  requireAlive(target);
  return {
    kind: 'slice',
    target: target.name,
    round,
    requests: group.completed,
    errors: group.errors,
    elapsedMs,
    cpuMicroseconds: after.microseconds - before.microseconds,
    waitedMicroseconds: after.waitedMicroseconds - before.waitedMicroseconds,
    userTicks: after.userTicks - before.userTicks,
    systemTicks: after.systemTicks - before.systemTicks,
    medianLatencyMicroseconds: group.latencyQuantile(0.5),
    worstLatencyMicroseconds: group.latencyQuantile(1),
    logLines: servers.logLines,
  };
}

function idle(group: ClientGroup): IdleResult {
  const { target } = group;
  // Traffic of the same kind first, so that what the program allocates once is there before the first reading.
  drive(group, plan.warmUpMs);
  group.closeAll();
  turnFor(IDLE_SETTLE_MS);
  group.resetCounters();
  const residentBytesBefore = readResidentBytes(target.pids);
  const opened = group.openIdle(plan.idleConnections, turn);
  turnFor(IDLE_SETTLE_MS);
  const residentBytesOpen = readResidentBytes(target.pids);
  const { errors } = group;
  group.closeAll();
  turnFor(IDLE_SETTLE_MS);
  requireAlive(target);
  const residentBytesAfter = readResidentBytes(target.pids);
  return {
    kind: 'idle',
    target: target.name,
    connections: opened,
    errors,
    residentBytesBefore,
    residentBytesOpen,
    residentBytesAfter,
  };
}

function main(): void {
  if (plan.mode === 'idle') {
    for (const group of groups) report(idle(group));
    return;
  }
  for (const group of groups) drive(group, plan.warmUpMs);
  for (let round = 0; round < plan.rounds; round++) {
    for (const group of groups) report(slice(group, round));
  }
}

main();
// Descriptors are closed by the kernel; leaving at once keeps the programs' last work out of the next figures.
process.exit(0);
