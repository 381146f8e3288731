// Pairs of connected TCP sockets on the loopback interface, as bare descriptors.

import type { EventLoop } from '../../../src/loop/event-loop.ts';
import { base, reserve, u8, view } from '../../../src/os/arena.ts';
import {
  AF_INET,
  SO_RCVBUF,
  SO_SNDBUF,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../../../src/os/constants.ts';
import {
  accept4,
  bindSocket,
  close,
  connect,
  errno,
  fcntl,
  getsockname,
  listen,
  socket,
} from '../../../src/os/libc.ts';
import { Connection, type ConnectionUser } from '../../../src/transport/connection.ts';
import { setIntOption } from '../../../src/transport/socket-options.ts';

const SOCKADDR_BYTES = 16;
const F_SETFL = 4;
// Reserved when the module is loaded: later the buffer pool has all that is left.
const address = reserve(SOCKADDR_BYTES, 8);
const lengthCell = reserve(8, 8);

function check(result: number, what: string): number {
  if (result < 0) throw new Error(`${what}: error ${errno()}`);
  return result;
}

function openListener(): number {
  const fd = check(socket(AF_INET, SOCK_STREAM, 0), 'socket');
  u8.fill(0, address, address + SOCKADDR_BYTES);
  view.setUint16(address, AF_INET, true);
  u8.set([127, 0, 0, 1], address + 4);
  check(bindSocket(fd, base + address, SOCKADDR_BYTES), 'bind');
  check(listen(fd, 8), 'listen');
  view.setInt32(lengthCell, SOCKADDR_BYTES, true);
  check(getsockname(fd, base + address, base + lengthCell), 'getsockname');
  return fd;
}

/** A connection object around an open descriptor. */
export function connectionOf(loop: EventLoop, fd: number, user: ConnectionUser): Connection {
  const connection = new Connection(loop, user);
  connection.open(fd);
  return connection;
}

/** Two ends that do not block. With `smallBuffers` the kernel holds little between them. */
export function loopbackPair(smallBuffers = false): [number, number] {
  const listener = openListener();
  if (smallBuffers) setIntOption(listener, SOL_SOCKET, SO_RCVBUF, 4096);
  const near = check(socket(AF_INET, SOCK_STREAM, 0), 'socket');
  if (smallBuffers) setIntOption(near, SOL_SOCKET, SO_SNDBUF, 4096);
  check(connect(near, base + address, SOCKADDR_BYTES), 'connect');
  const far = check(accept4(listener, 0, 0, SOCK_NONBLOCK), 'accept');
  check(fcntl(near, F_SETFL, SOCK_NONBLOCK), 'fcntl');
  close(listener);
  return [near, far];
}
