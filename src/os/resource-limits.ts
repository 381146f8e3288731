/** The process's resource limits as numbers: getrlimit(2) and setrlimit(2). */
import { base, reserve, view } from './arena.ts';
import { getrlimit, setrlimit } from './libc.ts';

export interface ResourceLimit {
  /** Number.POSITIVE_INFINITY where there is none. */
  readonly soft: number;
  readonly hard: number;
}

const INFINITE = 0xffff_ffff_ffff_ffffn;
const scratch = reserve(16, 8);

export function readLimit(resource: number): ResourceLimit {
  getrlimit(resource, base + scratch);
  return {
    soft: fromKernel(view.getBigUint64(scratch, true)),
    hard: fromKernel(view.getBigUint64(scratch + 8, true)),
  };
}

/** False where the kernel refuses. */
export function setLimit(resource: number, limit: ResourceLimit): boolean {
  view.setBigUint64(scratch, toKernel(limit.soft), true);
  view.setBigUint64(scratch + 8, toKernel(limit.hard), true);
  return setrlimit(resource, base + scratch) === 0;
}

function fromKernel(value: bigint): number {
  return value === INFINITE ? Number.POSITIVE_INFINITY : Number(value);
}

function toKernel(value: number): bigint {
  return value === Number.POSITIVE_INFINITY ? INFINITE : BigInt(value);
}
