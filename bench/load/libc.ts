// Owns: the few libc calls of the load process, and its one block of memory. Kept apart from src/os on purpose:
// the measuring instrument must not change when the measured thing does.
// Must not: know anything about HTTP, plans or targets.
import { arch } from 'node:os';
import koffi from 'koffi';

const lib = koffi.load('libc.so.6');

export const socket: (family: number, type: number, protocol: number) => number =
  lib.func('int socket(int, int, int)');
export const bind: (fd: number, address: number, length: number) => number = lib.func(
  'int bind(int, int64_t, int)',
);
export const listen: (fd: number, backlog: number) => number = lib.func('int listen(int, int)');
export const connect: (fd: number, address: number, length: number) => number = lib.func(
  'int connect(int, int64_t, int)',
);
export const accept4: (fd: number, address: number, length: number, flags: number) => number = lib.func(
  'int accept4(int, int64_t, int64_t, int)',
);
export const recv: (fd: number, address: number, length: number, flags: number) => number = lib.func(
  'int64_t recv(int, int64_t, int64_t, int)',
);
export const send: (fd: number, address: number, length: number, flags: number) => number = lib.func(
  'int64_t send(int, int64_t, int64_t, int)',
);
export const close: (fd: number) => number = lib.func('int close(int)');
const setsockopt: (fd: number, level: number, name: number, value: number, length: number) => number =
  lib.func('int setsockopt(int, int, int, int64_t, int)');
const epollCreate1: (flags: number) => number = lib.func('int epoll_create1(int)');
const epollCtl: (epoll: number, operation: number, fd: number, event: number) => number = lib.func(
  'int epoll_ctl(int, int, int, int64_t)',
);
const epollWaitCall: (epoll: number, events: number, max: number, timeoutMs: number) => number = lib.func(
  'int epoll_wait(int, int64_t, int, int)',
);
const mmap: (a: number, n: number, prot: number, flags: number, fd: number, off: number) => unknown =
  lib.func('void *mmap(int64_t, int64_t, int, int, int, int64_t)');

export const AF_INET = 2;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_NONBLOCK = 0x800;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
export const EPOLLET = 0x80000000 | 0;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_RCVBUF = 8;
const SO_LINGER = 13;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;

/** The kernel packs struct epoll_event on x86-64 only. */
const EVENT_BYTES = arch() === 'x64' ? 12 : 16;
const EVENT_FD_OFFSET = arch() === 'x64' ? 4 : 8;
export const MAX_EVENTS = 512;

const MEMORY_BYTES = 8 << 20;
const EVENTS_AT = 0;
const SCRATCH_AT = 16 << 10;
/** Offset and size of the area that the caller may use as it likes. */
export const USER_AT = 64 << 10;
export const USER_BYTES = MEMORY_BYTES - USER_AT;

const pointer = mmap(0, MEMORY_BYTES, 3, 0x22, -1, 0);
/** Address of offset 0; addresses of user space fit a double exactly. */
export const memory = Number(koffi.address(pointer));
export const bytes = new Uint8Array(koffi.view(pointer, MEMORY_BYTES));
const view = new DataView(bytes.buffer, bytes.byteOffset);

const epoll = epollCreate1(0);

export function watch(fd: number, events: number): void {
  const at = SCRATCH_AT + 64;
  view.setInt32(at, events, true);
  view.setInt32(at + EVENT_FD_OFFSET, fd, true);
  if (epollCtl(epoll, 1, fd, memory + at) < 0) throw new Error(`epoll_ctl failed for descriptor ${fd}`);
}

export function waitForEvents(timeoutMs: number): number {
  return epollWaitCall(epoll, memory + EVENTS_AT, MAX_EVENTS, timeoutMs);
}

export function eventMask(index: number): number {
  return view.getInt32(EVENTS_AT + index * EVENT_BYTES, true);
}

export function eventFd(index: number): number {
  return view.getInt32(EVENTS_AT + index * EVENT_BYTES + EVENT_FD_OFFSET, true);
}

/** Writes a sockaddr_in for 127.0.0.1 and returns its address; good until the next call. */
function loopbackAddress(port: number): number {
  view.setUint16(SCRATCH_AT, AF_INET, true);
  view.setUint16(SCRATCH_AT + 2, port, false);
  view.setUint32(SCRATCH_AT + 4, 0x7f000001, false);
  return memory + SCRATCH_AT;
}

function setNumber(fd: number, level: number, name: number, value: number): void {
  view.setInt32(SCRATCH_AT + 128, value, true);
  setsockopt(fd, level, name, memory + SCRATCH_AT + 128, 4);
}

export function setNoDelay(fd: number): void {
  setNumber(fd, IPPROTO_TCP, TCP_NODELAY, 1);
}

/** Closes with a reset, so that no TIME_WAIT entry is left behind. */
export function closeHard(fd: number): void {
  view.setInt32(SCRATCH_AT + 128, 1, true);
  view.setInt32(SCRATCH_AT + 132, 0, true);
  setsockopt(fd, SOL_SOCKET, SO_LINGER, memory + SCRATCH_AT + 128, 8);
  close(fd);
}

export function listenOn(port: number): number {
  const fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setNumber(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (bind(fd, loopbackAddress(port), 16) < 0) throw new Error(`cannot bind port ${port}`);
  if (listen(fd, 4096) < 0) throw new Error(`cannot listen on port ${port}`);
  return fd;
}

export function bindDatagram(port: number): number {
  const fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  setNumber(fd, SOL_SOCKET, SO_RCVBUF, 4 << 20);
  if (bind(fd, loopbackAddress(port), 16) < 0) throw new Error(`cannot bind datagram port ${port}`);
  return fd;
}

/**
 * Connects in blocking mode: on loopback the handshake is done by the time the call would sleep, so this is one
 * system call and no event. Returns -1 when refused.
 */
export function connectTo(port: number): number {
  const fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0) return -1;
  if (connect(fd, loopbackAddress(port), 16) < 0) {
    close(fd);
    return -1;
  }
  setNoDelay(fd);
  return fd;
}
