/**
 * The calls that make, bind and accept sockets, by descriptor and by offset into the arena: addresses of memory stay
 * below. Each returns what the kernel returns; after a failure `lastError` tells why, before anything else is called.
 */
import { base, reserve, u8, view } from '../os/arena.ts';
import {
  AF_UNIX,
  EFD_CLOEXEC,
  F_SETFD,
  F_SETFL,
  FD_CLOEXEC,
  MSG_NOSIGNAL,
  O_NONBLOCK,
  SHUT_RD,
  SO_DOMAIN,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../os/constants.ts';
import {
  accept4,
  bindSocket,
  close,
  connect,
  dup,
  dup2,
  errno,
  eventfd,
  fcntl,
  getsockopt,
  listen,
  send,
  shutdown,
  socket,
} from '../os/libc.ts';
import { SOCKADDR_MAX_BYTES, type SocketAddress } from '../protocol/socket-address.ts';

const ACCEPT_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC;
/** Where `accept` puts the client's address behind its length. */
const ADDRESS_OFFSET = 8;
const scratch = reserve(SOCKADDR_MAX_BYTES + 2, 8);

/** The error number of the call made just before on this thread. */
export function lastError(): number {
  return errno();
}

export function closeDescriptor(fd: number): void {
  close(fd);
}

export function newUnixSocket(): number {
  return socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/** -1 when the kernel refuses, or the address has no form that it takes. */
export function bindTo(fd: number, address: SocketAddress): number {
  const length = address.writeSockaddr(u8, scratch);
  return length === 0 ? -1 : bindSocket(fd, base + scratch, length);
}

export function listenOn(fd: number, backlog: number): number {
  return listen(fd, backlog);
}

/** Connects to the kernel's form of an address that lies at an offset. */
export function connectTo(fd: number, sockaddr: number, lengthBytes: number): number {
  return connect(fd, base + sockaddr, lengthBytes);
}

/** Accepts a connection; its address comes to lie at `at`, for `readPeer`. */
export function accept(fd: number, at: number): number {
  view.setInt32(at, SOCKADDR_MAX_BYTES, true);
  return accept4(fd, base + at + ADDRESS_OFFSET, base + at, ACCEPT_FLAGS);
}

/** The address that `accept` left at `at`. A dual-stack socket shows IPv4 clients in IPv6 clothes: they are taken off. */
export function readPeer(at: number, into: SocketAddress): void {
  into.readSockaddr(u8, at + ADDRESS_OFFSET, view.getInt32(at, true));
  into.unmapToInet4();
}

/** Sends what fits, without waiting. */
export function sendOnce(fd: number, offset: number, lengthBytes: number): number {
  return send(fd, base + offset, lengthBytes, MSG_NOSIGNAL);
}

export function isUnixSocket(fd: number): boolean {
  view.setInt32(scratch + 4, 4, true);
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, base + scratch, base + scratch + 4) < 0) return false;
  return view.getInt32(scratch, true) === AF_UNIX;
}

/** A descriptor that came from elsewhere gets the flags that one made here has. */
export function adoptDescriptor(fd: number): void {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/** A listening TCP socket listens no more, and keeps its address. */
export function stopListening(fd: number): void {
  shutdown(fd, SHUT_RD);
}

/** A descriptor for which no event ever comes. */
export function silentDescriptor(): number {
  return eventfd(0, EFD_CLOEXEC);
}

export function duplicate(fd: number): number {
  return dup(fd);
}

/** The descriptor's number is given to what `from` stands for, and `from` is closed. */
export function putInPlace(from: number, to: number): void {
  dup2(from, to);
  close(from);
}
