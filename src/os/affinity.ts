/** On which processors the calling thread runs: sched_setaffinity(2). */
import { base, reserve, u8 } from './arena.ts';
import { schedSetAffinity } from './libc.ts';

const MASK_BYTES = 128;

/** False where the kernel knows none of them; the thread then runs where it ran before. */
export function runOn(cpus: readonly number[]): boolean {
  const mask = reserve(MASK_BYTES, 8);
  u8.fill(0, mask, mask + MASK_BYTES);
  for (const cpu of cpus) u8[mask + (cpu >> 3)] = (u8[mask + (cpu >> 3)] as number) | (1 << (cpu & 7));
  return schedSetAffinity(0, MASK_BYTES, base + mask) === 0;
}
