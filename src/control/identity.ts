/**
 * Who the process runs as: jail, group, user, in that order. Everything that needs a file or a privilege has to be done
 * before. libc's calls change all threads of the process at once, which is why the data threads may already run.
 * Specification: configuration manual 3.1 (`chroot`, `uid`, `gid`, `user`, `group`, `set-dumpable`,
 * `insecure-setuid-wanted`).
 */
import { processFacet } from '../config/keywords/global-process.ts';
import type { GlobalConfig } from '../config/model.ts';
import { RLIMIT_CORE, RLIMIT_FSIZE } from '../os/constants.ts';
import { allowCoreDumps, changeRoot, forbidNewPrivileges } from '../os/identity.ts';
import { setLimit } from '../os/resource-limits.ts';
import type { OperatorMessages } from './operator-messages.ts';

/** False when the process must not go on; the reason has been said. */
export function takeIdentity(global: GlobalConfig, messages: OperatorMessages): boolean {
  const { chroot: jail, uid, gid } = global;
  if (jail !== undefined && !changeRoot(jail)) {
    messages.alert(`[haproxy.main()] Cannot chroot(${jail}).`);
    return false;
  }
  // 0 stands for "not said", as for HAProxy.
  if (gid) {
    // Node.js counts the group itself among them.
    const others = (process.getgroups?.() ?? []).filter((group) => group !== process.getegid?.());
    if (others.length > 0 && !succeeds(() => process.setgroups?.([]))) {
      messages.warning(
        "[haproxy.main()] Failed to drop supplementary groups. Using 'gid'/'group' without 'uid'/'user' is generally useless.",
      );
    }
    if (!succeeds(() => process.setgid?.(gid))) {
      messages.alert(`[haproxy.main()] Cannot set gid ${gid}.`);
      return false;
    }
  }
  if (uid && !succeeds(() => process.setuid?.(uid))) {
    messages.alert(`[haproxy.main()] Cannot set uid ${uid}.`);
    return false;
  }
  // Nothing that is started from here may get back what was given up.
  if (processFacet.read(global)?.allowsSetuid !== true) forbidNewPrivileges();
  if (global.setDumpable) makeDumpable(messages);
  return true;
}

function makeDumpable(messages: OperatorMessages): void {
  const unlimited = { soft: Number.POSITIVE_INFINITY, hard: Number.POSITIVE_INFINITY };
  setLimit(RLIMIT_FSIZE, unlimited);
  setLimit(RLIMIT_CORE, unlimited);
  if (!allowCoreDumps()) {
    messages.warning('[haproxy.main()] Failed to set the dumpable flag.');
  }
}

function succeeds(call: () => void): boolean {
  try {
    call();
    return true;
  } catch {
    return false;
  }
}
