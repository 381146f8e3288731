/**
 * The name under which ps, pidof and killall find the process: the one it was started by. The kernel calls a script
 * after its interpreter (`node`), and scripts that watch a proxy look for `haproxy`; so a link of that name is enough.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { viewMemory } from '../os/libc.ts';

/** Position of `arg_start` and `arg_end` behind the command's name in /proc/PID/stat (proc(5): fields 48 and 49). */
const ARG_START = 45;
const ARG_END = 46;

/** Gives the process its name. Must come before privileges are dropped; a system that refuses changes nothing. */
export function takeName(name: string): void {
  try {
    dropInterpreter();
    writeFileSync('/proc/self/comm', name);
  } catch {
    // No /proc: the process stays `node`, and works.
  }
}

/** Takes the interpreter's path out of the argument list that /proc/PID/cmdline shows; the arguments move up. */
function dropInterpreter(): void {
  const stat = readFileSync('/proc/self/stat', 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const start = Number(fields[ARG_START]);
  const end = Number(fields[ARG_END]);
  if (!(start > 0) || !(end > start)) return;
  // The runtime works on copies of its arguments, so this memory is only ever read by the kernel.
  const list = Buffer.from(viewMemory(start, end - start));
  const words = list.toString('latin1').split('\0');
  const script = words.findIndex((word, index) => index > 0 && !word.startsWith('-'));
  if (script < 0) return;
  const skip = words.slice(0, script).reduce((sum, word) => sum + word.length + 1, 0);
  list.copyWithin(0, skip);
  list.fill(0, list.length - skip);
}
