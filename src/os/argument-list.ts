/** The memory that /proc/PID/cmdline shows: the arguments that the process was started with, each with a NUL behind it. */
import { readFileSync } from 'node:fs';
import { viewMemory } from './libc.ts';

/** Position of `arg_start` and `arg_end` behind the command's name in /proc/PID/stat (proc(5): fields 48 and 49). */
const ARG_START = 45;
const ARG_END = 46;

/**
 * Undefined where the system does not tell. The runtime works on copies of its arguments, so this memory is only ever read
 * by the kernel, and may be written.
 */
export function argumentList(): Buffer | undefined {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const start = Number(fields[ARG_START]);
  const end = Number(fields[ARG_END]);
  if (!(start > 0) || !(end > start)) return undefined;
  return Buffer.from(viewMemory(start, end - start));
}
