/** That no program started from the calling thread gains privileges by its set-user-id bit: prctl(2). */
import { PR_SET_NO_NEW_PRIVS } from './constants.ts';
import { prctl } from './libc.ts';

export function forbidNewPrivileges(): void {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}
