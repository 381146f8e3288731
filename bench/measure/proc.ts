// Owns: what /proc says of a process: CPU of all its threads and children, resident memory.
// Must not: sample by itself or keep state; callers take two readings and subtract.
// Specification: proc(5).
import { readdirSync, readFileSync } from 'node:fs';

export interface CpuReading {
  /** Time on a processor, from the scheduler, in microseconds. */
  microseconds: number;
  /** Time spent ready to run while something else had the processor. */
  waitedMicroseconds: number;
  /** The kernel's division into user and system, in ticks of 10 ms: too coarse for a short run by itself. */
  userTicks: number;
  systemTicks: number;
}

/** The process and all that descend from it, found by the parent named in /proc/PID/stat. */
export function processTree(root: number): number[] {
  const childrenOf = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const fields = statFields(pid);
    if (fields === undefined) continue;
    const parent = Number(fields[1]);
    const siblings = childrenOf.get(parent);
    if (siblings === undefined) childrenOf.set(parent, [pid]);
    else siblings.push(pid);
  }
  const found = [root];
  for (let i = 0; i < found.length; i++) found.push(...(childrenOf.get(found[i]!) ?? []));
  return found;
}

/** Fields of /proc/PID/stat from the state on (index 0), or undefined when the process is gone. */
function statFields(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name may hold spaces and parentheses, so the fields begin after the last one.
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

export function readCpu(pids: readonly number[]): CpuReading {
  let nanoseconds = 0;
  let waitedNanoseconds = 0;
  let userTicks = 0;
  let systemTicks = 0;
  for (const pid of pids) {
    const fields = statFields(pid);
    if (fields === undefined) continue;
    userTicks += Number(fields[11]);
    systemTicks += Number(fields[12]);
    // A process's own schedstat covers its first thread only: the threads are added up one by one.
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const [ran, waited] = threadNanoseconds(pid, thread);
      nanoseconds += ran;
      waitedNanoseconds += waited;
    }
  }
  return {
    microseconds: nanoseconds / 1000,
    waitedMicroseconds: waitedNanoseconds / 1000,
    userTicks,
    systemTicks,
  };
}

/** Time that a thread ran, and time that it was ready to run and did not. */
function threadNanoseconds(pid: number, thread: string): [ran: number, waited: number] {
  try {
    const fields = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ');
    return [Number(fields[0]), Number(fields[1])];
  } catch {
    return [0, 0];
  }
}

export function readResidentBytes(pids: readonly number[]): number {
  let sizeBytes = 0;
  for (const pid of pids) {
    const match = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
    if (match !== null) sizeBytes += Number(match[1]) * 1024;
  }
  return sizeBytes;
}

/** A process that ends during a run makes every figure of it worthless, so callers ask. */
export function isAlive(pid: number): boolean {
  const fields = statFields(pid);
  return fields !== undefined && fields[0] !== 'Z';
}
