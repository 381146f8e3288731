/**
 * The addresses of a socket's own end (getsockname(2)).
 */
import { base, reserve, u8, view } from '../os/arena.ts';
import { getsockname } from '../os/libc.ts';
import { SOCKADDR_MAX_BYTES, type SocketAddress } from '../protocol/socket-address.ts';

const scratch = reserve(SOCKADDR_MAX_BYTES + 8, 8);

/** False, and `into` unspecified, when the kernel does not tell. */
export function readSocketName(fd: number, into: SocketAddress): boolean {
  view.setInt32(scratch, SOCKADDR_MAX_BYTES, true);
  if (fd < 0 || getsockname(fd, base + scratch + 8, base + scratch) < 0) {
    into.clear();
    return false;
  }
  return into.readSockaddr(u8, scratch + 8, view.getInt32(scratch, true));
}
