/**
 * Where finished log messages go: UDP, unix datagram sockets, file descriptors. Both the control plane and the data
 * threads send through here, each with sockets of its own. Nothing ever waits: what cannot be sent at once is dropped
 * and counted, as HAProxy does.
 */
import type { LogTarget } from '../config/model.ts';
import { base, reserve, u8 } from '../os/arena.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  MSG_DONTWAIT,
  MSG_NOSIGNAL,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
} from '../os/constants.ts';
import { sendto, socket, write } from '../os/libc.ts';
import {
  FAMILY_INET,
  FAMILY_INET6,
  FAMILY_UNIX,
  SOCKADDR_MAX_BYTES,
  SocketAddress,
} from '../protocol/socket-address.ts';

/** Sockets by family, one each for all targets of the thread. */
const sockets = new Map<number, number>();

function socketOf(family: number): number {
  let fd = sockets.get(family);
  if (fd === undefined) {
    fd = socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockets.set(family, fd);
  }
  return fd;
}

export class LogSink {
  readonly target: LogTarget;
  private readonly fd: number;
  private readonly sockaddr: number;
  private readonly sockaddrLength: number;
  private readonly plainFd: boolean;
  dropped = 0;

  constructor(target: LogTarget) {
    this.target = target;
    const address = target.address;
    this.sockaddr = reserve(SOCKADDR_MAX_BYTES + 2, 8);
    this.plainFd = address.family === 'fd';
    const to = new SocketAddress();
    switch (address.family) {
      case 'fd':
      case 'socketpair':
        this.fd = address.fd;
        break;
      case 'unix':
        to.setUnix(address.path);
        this.fd = socketOf(AF_UNIX);
        break;
      case 'abns':
        to.setUnix(`\0${address.name}`);
        this.fd = socketOf(AF_UNIX);
        break;
      case 'inet':
      case 'inet6':
        to.setText(address.host, address.port);
        this.fd = socketOf(to.family === FAMILY_INET6 ? AF_INET6 : AF_INET);
        break;
    }
    this.sockaddrLength = [FAMILY_INET, FAMILY_INET6, FAMILY_UNIX].includes(to.family as 2)
      ? to.writeSockaddr(u8, this.sockaddr)
      : 0;
  }

  /** Sends one message, its line feed included. */
  send(offset: number, lengthBytes: number): void {
    const count = this.plainFd
      ? write(this.fd, base + offset, lengthBytes)
      : sendto(
          this.fd,
          base + offset,
          lengthBytes,
          MSG_DONTWAIT | MSG_NOSIGNAL,
          base + this.sockaddr,
          this.sockaddrLength,
        );
    if (count < 0) this.dropped++;
  }
}
