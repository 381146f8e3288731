/**
 * A descriptor that only asks whether somebody listens. The kernel holds back its last word of the handshake (that is
 * what TCP_QUICKACK at 0 means), and closing resets: the connection is gone before the server's program could accept it.
 */
import {
  AF_INET,
  AF_INET6,
  IPPROTO_TCP,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  TCP_QUICKACK,
} from '../os/constants.ts';
import { socket } from '../os/libc.ts';
import { setIntOption, setLingerOption } from './socket-options.ts';

/** An unconnected descriptor, or -1 with errno. */
export function knockSocket(family: 'inet' | 'inet6'): number {
  const domain = family === 'inet' ? AF_INET : AF_INET6;
  const fd = socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) return -1;
  // Without these it still asks, only so that the server notices.
  setIntOption(fd, IPPROTO_TCP, TCP_QUICKACK, 0);
  setLingerOption(fd, true, 0);
  return fd;
}
