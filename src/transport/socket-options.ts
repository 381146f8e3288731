/**
 * Socket options by value, so that nobody above has to lay them out in memory.
 */
import { base, bytes, reserve, view } from '../os/arena.ts';
import { SO_LINGER, SOL_SOCKET } from '../os/constants.ts';
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
