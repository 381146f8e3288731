/** What the kernel knows of a TCP connection (`struct tcp_info`, tcp(7)). */
import { base, reserve, view } from '../os/arena.ts';
import { IPPROTO_TCP, TCP_INFO } from '../os/constants.ts';
import { getsockopt } from '../os/libc.ts';

/** As far as the fields go that somebody asks for. */
const SIZE_BYTES = 104;
const scratch = reserve(SIZE_BYTES + 8, 8);

/** The 32-bit field at this offset; -1 where the kernel does not tell. */
export function readTcpInfo(fd: number, offset: number): number {
  view.setInt32(scratch, SIZE_BYTES, true);
  if (fd < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, base + scratch + 8, base + scratch) < 0) return -1;
  if (view.getInt32(scratch, true) < offset + 4) return -1;
  return view.getUint32(scratch + 8 + offset, true);
}
