/**
 * Socket options by value, so that nobody above has to lay them out in memory.
 */
import { base, bytes, reserve, view } from '../os/arena.ts';
import {
  IP_TTL,
  IPPROTO_IP,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_UNICAST_HOPS,
  SO_LINGER,
  SOL_SOCKET,
  TCP_QUICKACK,
  TCP_REPAIR,
} from '../os/constants.ts';
import { setsockopt } from '../os/libc.ts';

const scratch = reserve(64, 8);

/** 0, or -1 with errno. */
export function setIntOption(fd: number, level: number, option: number, value: number): number {
  view.setInt32(scratch, value, true);
  return setsockopt(fd, level, option, base + scratch, 4);
}

/** A short text such as an interface's name, with its NUL. */
export function setTextOption(fd: number, level: number, option: number, value: string): number {
  const length = bytes.write(value.slice(0, 32), scratch, 'latin1');
  bytes[scratch + length] = 0;
  return setsockopt(fd, level, option, base + scratch, length + 1);
}

/** `struct linger`: with 0 seconds closing resets the connection. */
export function setLingerOption(fd: number, on: boolean, seconds: number): number {
  view.setInt32(scratch, on ? 1 : 0, true);
  view.setInt32(scratch + 4, seconds, true);
  return setsockopt(fd, SOL_SOCKET, SO_LINGER, base + scratch, 8);
}

/**
 * Nothing of the end of this connection is to reach the peer: under repair closing sends nothing. Where the system does
 * not allow that, what is sent gets no further than the first router.
 */
export function hideEnd(fd: number): void {
  // What has been received is confirmed while there is a socket: the peer would send it again, and be told then.
  setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
  if (setIntOption(fd, IPPROTO_TCP, TCP_REPAIR, 1) === 0) return;
  setIntOption(fd, IPPROTO_IP, IP_TTL, 1);
  setIntOption(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 1);
}
