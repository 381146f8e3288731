/**
 * The name under which ps, pidof and killall find the process: the one it was started by. The kernel calls a script
 * after its interpreter (`node`), and scripts that watch a proxy look for `haproxy`; so a link of that name is enough.
 */
import { writeFileSync } from 'node:fs';
import { argumentList } from '../os/argument-list.ts';

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
  const list = argumentList();
  if (list === undefined) return;
  const words = list.toString('latin1').split('\0');
  const script = words.findIndex((word, index) => index > 0 && !word.startsWith('-'));
  if (script < 0) return;
  const skip = words.slice(0, script).reduce((sum, word) => sum + word.length + 1, 0);
  list.copyWithin(0, skip);
  list.fill(0, list.length - skip);
}
