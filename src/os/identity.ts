/** What a process or thread may do: its root directory, its core dumps, the privileges of programs that it starts. */
import { PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS } from './constants.ts';
import { chdir, chroot, prctl } from './libc.ts';

/** False where the system refuses. */
export function changeRoot(directory: string): boolean {
  return chroot(directory) === 0 && chdir('/') === 0;
}

/** The process may dump core although it has changed its user. False where the system refuses. */
export function allowCoreDumps(): boolean {
  return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) === 0;
}

/** No program that is started from the calling thread gains privileges by its set-user-id bit. */
export function forbidNewPrivileges(): void {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
