/** Whether an address is one of this machine's: whoever can bind a socket to it, has it. */

import { base, reserve, u8 } from '../os/arena.ts';
import { SOCK_CLOEXEC, SOCK_STREAM } from '../os/constants.ts';
import { bindSocket, close, socket } from '../os/libc.ts';
import { FAMILY_INET, FAMILY_INET6, SOCKADDR_MAX_BYTES, SocketAddress } from '../protocol/socket-address.ts';

const scratch = reserve(SOCKADDR_MAX_BYTES + 2, 8);
const probe = new SocketAddress();

export function isLocalAddress(address: SocketAddress): boolean {
  if (address.family !== FAMILY_INET && address.family !== FAMILY_INET6) return false;
  probe.copyFrom(address);
  probe.port = 0;
  const fd = socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const length = probe.writeSockaddr(u8, scratch);
  const bound = bindSocket(fd, base + scratch, length) === 0;
  close(fd);
  return bound;
}
