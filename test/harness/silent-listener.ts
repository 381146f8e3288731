// An address that never answers a connection request, on loopback: a listening socket whose queue is full, so that the
// kernel drops further SYNs. Node always accepts, so libc is called through koffi.

import { connect, type Socket } from 'node:net';
import koffi from 'koffi';

const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const SOCKADDR_IN_BYTES = 16;

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
const listen = libc.func('int listen(int fd, int backlog)');
const getsockname = libc.func('int getsockname(int fd, _Out_ uint8_t *address, _Inout_ uint32_t *length)');
const close = libc.func('int close(int fd)');

export class SilentListener {
  readonly address: string;
  readonly #fd: number;
  readonly #fillers: readonly Socket[];

  private constructor(fd: number, address: string, fillers: readonly Socket[]) {
    this.#fd = fd;
    this.address = address;
    this.#fillers = fillers;
  }

  static async open(host: string): Promise<SilentListener> {
    const fd: number = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const name = Buffer.alloc(SOCKADDR_IN_BYTES);
    name.writeUInt16LE(AF_INET, 0);
    name.set(host.split('.').map(Number), 4);
    if (fd < 0 || bind(fd, name, name.length) !== 0 || listen(fd, 0) !== 0)
      throw new Error(`cannot listen on ${host}`);
    getsockname(fd, name, [SOCKADDR_IN_BYTES]);
    const port = name.readUInt16BE(2);
    // A queue of length 0 holds one connection.
    const filler = connect({ host, port });
    await new Promise<void>((resolve, reject) => {
      filler.once('connect', resolve);
      filler.once('error', reject);
    });
    filler.on('error', () => undefined);
    return new SilentListener(fd, `${host}:${port}`, [filler]);
  }

  close(): void {
    for (const filler of this.#fillers) filler.destroy();
    close(this.#fd);
  }
}
