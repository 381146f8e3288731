/**
 * Listening sockets in the file system and in the abstract name space. A path is bound under a temporary name and then
 * renamed over the old one, so that at no moment a client finds nobody: not at a restart, and not when this start fails.
 * Specification: configuration manual 5.1 (`mode`, `user`, `group`); HAProxy 2.6's behaviour for names and messages.
 */
import { chmodSync, chownSync, linkSync, renameSync, unlinkSync } from 'node:fs';
import type { BindConfig } from '../config/model.ts';
import { EADDRINUSE, errnoText } from '../os/errno.ts';
import { SOCKADDR_MAX_BYTES, SocketAddress } from '../protocol/socket-address.ts';
import { bindTo, closeDescriptor, lastError, listenOn, newUnixSocket } from '../transport/socket.ts';
import type { OpenResult } from './listening-socket.ts';

/** "Leave as it is" for chown(2). */
const UNCHANGED_ID = -1;

export function openUnixSocket(path: string, bind: BindConfig, backlog: number): OpenResult {
  const where = `[${path}]`;
  const temporary = `${path}.${process.pid}.tmp`;
  const backup = `${path}.${process.pid}.bak`;
  for (const name of [temporary, backup]) {
    const reason = attempt(() => unlinkSync(name), 'ENOENT');
    if (reason !== undefined) {
      return refused(`error when trying to unlink previous UNIX socket (${reason}) ${where}`);
    }
  }
  // The old socket stays reachable until the new one stands; where it cannot be linked, this start may not replace it.
  const reason = attempt(() => linkSync(path, backup), 'ENOENT');
  if (reason !== undefined) {
    return refused(`error when trying to preserve previous UNIX socket (${reason}) ${where}`);
  }
  const result = bindTemporary(temporary, bind, backlog, where);
  if (result.fd >= 0) {
    try {
      renameSync(temporary, path);
    } catch (error) {
      closeDescriptor(result.fd);
      remove(temporary);
      remove(backup);
      return refused(`cannot switch final and temporary UNIX sockets (${reasonOf(error)}) ${where}`);
    }
  }
  remove(backup);
  return result;
}

function bindTemporary(temporary: string, bind: BindConfig, backlog: number, where: string): OpenResult {
  const fd = newUnixSocket();
  if (fd < 0) return refused(`cannot create receiving socket (${errnoText(lastError())}) ${where}`);
  const fail = (what: string, reason = errnoText(lastError())): OpenResult => {
    const text = `${what} (${reason}) ${where}`;
    closeDescriptor(fd);
    remove(temporary);
    return refused(text);
  };
  const address = SocketAddress.unix(temporary);
  if (!isBindable(address)) {
    closeDescriptor(fd);
    return refused(`socket path is too long ${where}`);
  }
  if (bindTo(fd, address) < 0) return fail('cannot bind UNIX socket');
  const { unixUid, unixGid, unixMode } = bind;
  if (unixUid !== undefined || unixGid !== undefined) {
    const reason = attempt(() => chownSync(temporary, unixUid ?? UNCHANGED_ID, unixGid ?? UNCHANGED_ID));
    if (reason !== undefined) return fail('cannot change UNIX socket ownership', reason);
  }
  if (unixMode !== undefined) {
    const reason = attempt(() => chmodSync(temporary, unixMode));
    if (reason !== undefined) return fail('cannot change UNIX socket permissions', reason);
  }
  // Before the rename: whoever finds the name finds somebody listening.
  if (listenOn(fd, backlog) < 0) return fail('cannot listen on UNIX socket');
  return { fd, warnings: [] };
}

export function openAbstractSocket(name: string, backlog: number): OpenResult {
  const where = `[abns@${name}]`;
  const fd = newUnixSocket();
  if (fd < 0) return refused(`cannot create receiving socket (${errnoText(lastError())}) ${where}`);
  if (bindTo(fd, SocketAddress.unix(`\0${name}`)) < 0 || listenOn(fd, backlog) < 0) {
    const code = lastError();
    closeDescriptor(fd);
    const reason = code === EADDRINUSE ? 'already in use' : errnoText(code);
    return {
      fd: -1,
      error: `cannot bind UNIX socket (${reason}) ${where}`,
      inUse: code === EADDRINUSE,
      warnings: [],
    };
  }
  return { fd, warnings: [] };
}

/** Whether the kernel has a form for it: paths have a limit. */
function isBindable(address: SocketAddress): boolean {
  return address.writeSockaddr(new Uint8Array(SOCKADDR_MAX_BYTES + 2), 0) > 0;
}

function refused(error: string): OpenResult {
  return { fd: -1, error, inUse: false, warnings: [] };
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was not there.
  }
}

/** Undefined when the call succeeds or fails with the expected code; else the system's reason. */
function attempt(call: () => void, expected?: string): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (expected !== undefined && error instanceof Error && 'code' in error && error.code === expected) {
      return undefined;
    }
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  const number = error instanceof Error && 'errno' in error ? Math.abs(Number(error.errno)) : 0;
  return errnoText(number);
}
