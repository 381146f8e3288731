/**
 * One listening socket over IPv4 or IPv6, or one that was inherited, with the options of its bind line. What an option
 * cannot do is a warning and the socket listens without it; what keeps it from listening at all is an error.
 * Specification: configuration manual 5.1; which calls HAProxy 2.6 makes was seen from outside.
 */
import type { GlobalConfig } from '../config/model.ts';
import {
  AF_INET,
  AF_INET6,
  IP_FREEBIND,
  IP_TRANSPARENT,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_TRANSPARENT,
  IPV6_V6ONLY,
  SO_BINDTODEVICE,
  SO_RCVBUF,
  SO_REUSEADDR,
  SO_REUSEPORT,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  TCP_FASTOPEN,
  TCP_MAXSEG,
  TCP_NODELAY,
  TCP_QUICKACK,
  TCP_USER_TIMEOUT,
} from '../os/constants.ts';
import { EADDRINUSE, EAFNOSUPPORT, errnoText } from '../os/errno.ts';
import { FAMILY_INET6, SocketAddress } from '../protocol/socket-address.ts';
import type { Namespaces } from '../transport/namespaces.ts';
import { adoptDescriptor, bindTo, closeDescriptor, lastError, listenOn } from '../transport/socket.ts';
import { setIntOption, setTextOption } from '../transport/socket-options.ts';
import type { PlannedListener } from './listener-plan.ts';

export type OpenResult =
  | { readonly fd: number; readonly warnings: readonly string[] }
  | {
      readonly fd: -1;
      /** Without the place, as `cannot bind socket (Address already in use) for [127.0.0.1:80]`. */
      readonly error: string;
      /** An old process that lets go of its sockets could help. */
      readonly inUse: boolean;
      readonly warnings: readonly string[];
    };

/** Seconds that the kernel waits for data before it hands out the connection all the same. */
const DEFER_ACCEPT_S = 1;

export function openInetSocket(
  address: { readonly host: string; readonly port: number; readonly family: 'inet' | 'inet6' },
  planned: PlannedListener,
  global: GlobalConfig,
  namespaces: Namespaces,
): OpenResult {
  const { bind, backlog } = planned;
  const warnings: string[] = [];
  const target = new SocketAddress();
  target.setText(address.host, address.port);
  const where = `[${address.host}:${address.port}]`;
  const isInet6 = target.family === FAMILY_INET6;
  const fd = namespaces.socket(
    bind.namespace,
    isInet6 ? AF_INET6 : AF_INET,
    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
  );
  if (fd < 0) {
    const code = lastError();
    const reason = code === EAFNOSUPPORT ? 'address family not supported' : errnoText(code);
    return {
      fd: -1,
      error: `cannot create receiving socket (${reason}) for ${where}`,
      inUse: false,
      warnings,
    };
  }
  const warn = (what: string): void => {
    warnings.push(`cannot ${what} (${errnoText(lastError())}) for ${where}`);
  };
  if (setIntOption(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0) warn('do so_reuseaddr');
  // Lets a new process bind while this one still listens, which makes a restart without a gap.
  if (global.reusePort) setIntOption(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  if (bind.transparent && !makeTransparent(fd, isInet6)) warn('make listening socket transparent');
  if (bind.interface !== undefined && setTextOption(fd, SOL_SOCKET, SO_BINDTODEVICE, bind.interface) < 0) {
    warn(`bind receiver to device '${bind.interface}'`);
  }
  // Left to the system where the line says nothing.
  if (isInet6 && bind.v4v6 !== undefined) setIntOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, bind.v4v6 ? 0 : 1);
  setBufferSizes(fd, global);
  if (bindTo(fd, target) < 0) {
    return failed(fd, lastError(), 'cannot bind socket', where, warnings);
  }
  setTcpOptions(fd, planned, warn);
  if (listenOn(fd, backlog) < 0) {
    return failed(fd, lastError(), 'cannot listen to socket', where, warnings);
  }
  delayAcks(fd, planned);
  return { fd, warnings };
}

/** A descriptor that whoever started the process has opened and bound (`fd@`): it only has to listen. */
export function adoptSocket(
  fd: number,
  planned: PlannedListener,
  global: GlobalConfig,
  isUnix: boolean,
): OpenResult {
  const warnings: string[] = [];
  const where = `[fd ${fd}]`;
  adoptDescriptor(fd);
  if (!isUnix) {
    setBufferSizes(fd, global);
    setTcpOptions(fd, planned, (what) => {
      warnings.push(`cannot ${what} (${errnoText(lastError())}) for ${where}`);
    });
  }
  if (listenOn(fd, planned.backlog) < 0) {
    const error = lastError();
    return {
      fd: -1,
      error: `cannot listen to socket (${errnoText(error)}) for ${where}`,
      inUse: error === EADDRINUSE,
      warnings,
    };
  }
  if (!isUnix) delayAcks(fd, planned);
  return { fd, warnings };
}

/** Accepted sockets inherit it; listen(2) itself would undo it. */
function delayAcks(fd: number, { delaysAcks }: PlannedListener): void {
  if (delaysAcks) setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
}

/** The real thing needs a privilege; without it, binding to a foreign address at least is allowed. */
function makeTransparent(fd: number, isInet6: boolean): boolean {
  const done = isInet6
    ? setIntOption(fd, IPPROTO_IPV6, IPV6_TRANSPARENT, 1)
    : setIntOption(fd, IPPROTO_IP, IP_TRANSPARENT, 1);
  return done === 0 || setIntOption(fd, IPPROTO_IP, IP_FREEBIND, 1) === 0;
}

/** Before listen(2), as the window that is announced to a client depends on the buffer; accepted sockets inherit both. */
function setBufferSizes(fd: number, global: GlobalConfig): void {
  const { rcvbufClient, sndbufClient } = global.tune;
  if (rcvbufClient !== undefined) setIntOption(fd, SOL_SOCKET, SO_RCVBUF, rcvbufClient);
  if (sndbufClient !== undefined) setIntOption(fd, SOL_SOCKET, SO_SNDBUF, sndbufClient);
}

function setTcpOptions(fd: number, planned: PlannedListener, warn: (what: string) => void): void {
  const { bind, backlog } = planned;
  // Accepted sockets inherit it, which saves one system call for each connection. Messages are put together before
  // they are sent, so holding back small segments would only delay them.
  setIntOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  if (bind.mss !== undefined && bind.mss > 0 && setIntOption(fd, IPPROTO_TCP, TCP_MAXSEG, bind.mss) < 0) {
    warn('set MSS');
  }
  if (bind.tcpUserTimeoutMs !== undefined) {
    if (setIntOption(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, bind.tcpUserTimeoutMs) < 0)
      warn('set TCP User Timeout');
  }
  if (bind.deferAccept && setIntOption(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, DEFER_ACCEPT_S) < 0) {
    warn('enable DEFER_ACCEPT');
  }
  if (bind.tfo && setIntOption(fd, IPPROTO_TCP, TCP_FASTOPEN, backlog) < 0) warn('enable TCP_FASTOPEN');
}

function failed(
  fd: number,
  code: number,
  what: string,
  where: string,
  warnings: readonly string[],
): OpenResult {
  closeDescriptor(fd);
  return { fd: -1, error: `${what} (${errnoText(code)}) for ${where}`, inUse: code === EADDRINUSE, warnings };
}
