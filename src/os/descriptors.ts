/** Descriptors that are neither sockets nor files with a name: pipes, files in memory, copies. */
import { base, reserve, view } from './arena.ts';
import { O_CLOEXEC } from './constants.ts';
import { dup2, memfdCreate, pipe2 } from './libc.ts';

const scratch = reserve(8, 8);

/** Undefined where the system has no descriptors left. */
export function makePipe(): { readonly readFd: number; readonly writeFd: number } | undefined {
  if (pipe2(base + scratch, O_CLOEXEC) < 0) return undefined;
  return { readFd: view.getInt32(scratch, true), writeFd: view.getInt32(scratch + 4, true) };
}

/** A file without a name, in memory only; negative where the system has none. Programs that are started inherit it. */
export function makeMemoryFile(name: string): number {
  return memfdCreate(name, 0);
}

/** Makes the descriptor `to` stand for what `from` stands for. */
export function duplicateOnto(from: number, to: number): void {
  dup2(from, to);
}
