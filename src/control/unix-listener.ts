/**
 * Listening sockets in the file system and in the abstract name space. A path is bound under a temporary name and then
 * renamed over the old one, so that at no moment a client finds nobody: not at a restart, and not when this start fails.
 * Specification: configuration manual 5.1 (`mode`, `user`, `group`); HAProxy 2.6's behaviour for names and messages.
 */
import { linkSync, renameSync, unlinkSync } from 'node:fs';
import type { BindConfig } from '../config/model.ts';
import { base, reserve, u8 } from '../os/arena.ts';
import { AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_STREAM } from '../os/constants.ts';
import { EADDRINUSE, errnoText } from '../os/errno.ts';
import { bindSocket, chmod, chown, close, errno, listen, socket } from '../os/libc.ts';
import { SOCKADDR_MAX_BYTES, SocketAddress } from '../protocol/socket-address.ts';
import type { OpenResult } from './listening-socket.ts';

const SOCKET_TYPE = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
const sockaddr = reserve(SOCKADDR_MAX_BYTES + 2, 8);
/** "Leave as it is" for chown(2). */
const UNCHANGED_ID = 0xffff_ffff;

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
      close(result.fd);
      remove(temporary);
      remove(backup);
      return refused(`cannot switch final and temporary UNIX sockets (${reasonOf(error)}) ${where}`);
    }
  }
  remove(backup);
  return result;
}

function bindTemporary(temporary: string, bind: BindConfig, backlog: number, where: string): OpenResult {
  const fd = socket(AF_UNIX, SOCKET_TYPE, 0);
  if (fd < 0) return refused(`cannot create receiving socket (${errnoText(errno())}) ${where}`);
  const fail = (what: string): OpenResult => {
    const text = `${what} (${errnoText(errno())}) ${where}`;
    close(fd);
    remove(temporary);
    return refused(text);
  };
  const length = SocketAddress.unix(temporary).writeSockaddr(u8, sockaddr);
  if (length === 0) {
    close(fd);
    return refused(`socket path is too long ${where}`);
  }
  if (bindSocket(fd, base + sockaddr, length) < 0) return fail('cannot bind UNIX socket');
  const { unixUid, unixGid, unixMode } = bind;
  const ownerChanges = unixUid !== undefined || unixGid !== undefined;
  if (ownerChanges && chown(temporary, unixUid ?? UNCHANGED_ID, unixGid ?? UNCHANGED_ID) < 0) {
    return fail('cannot change UNIX socket ownership');
  }
  if (unixMode !== undefined && chmod(temporary, unixMode) < 0) {
    return fail('cannot change UNIX socket permissions');
  }
  // Before the rename: whoever finds the name finds somebody listening.
  if (listen(fd, backlog) < 0) return fail('cannot listen on UNIX socket');
  return { fd, warnings: [] };
}

export function openAbstractSocket(name: string, backlog: number): OpenResult {
  const where = `[abns@${name}]`;
  const fd = socket(AF_UNIX, SOCKET_TYPE, 0);
  if (fd < 0) return refused(`cannot create receiving socket (${errnoText(errno())}) ${where}`);
  const length = SocketAddress.unix(`\0${name}`).writeSockaddr(u8, sockaddr);
  if (length === 0 || bindSocket(fd, base + sockaddr, length) < 0 || listen(fd, backlog) < 0) {
    const code = errno();
    close(fd);
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
function attempt(call: () => void, expected: string): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === expected) return undefined;
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  const number = error instanceof Error && 'errno' in error ? Math.abs(Number(error.errno)) : 0;
  return errnoText(number);
}
