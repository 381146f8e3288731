/**
 * The way out of the process that asks nobody: no thread is stopped, no handler runs.
 */
import { exitNow } from './libc.ts';

export function leaveAtOnce(status: number): never {
  return exitNow(status);
}
