// A log receiver on a unix datagram socket (what /dev/log is). Node has no such sockets, so libc is called through
// koffi: the blocking recv runs on a thread of koffi's pool, and shutdown(2) wakes it at the end.

import { chmodSync } from 'node:fs';
import koffi from 'koffi';
import { LogReceiver } from './syslog.ts';
import type { Transcript } from './transcript.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SHUT_RD = 0;
const SOCKADDR_UN_BYTES = 110;
const LARGEST_DATAGRAM_BYTES = 65536;

const libc = koffi.load(null);
const socket = libc.func('int socket(int domain, int type, int protocol)');
const bind = libc.func('int bind(int fd, const uint8_t *address, uint32_t length)');
const recv = libc.func('int64_t recv(int fd, _Out_ uint8_t *buffer, uint64_t length, int flags)');
const shutdown = libc.func('int shutdown(int fd, int how)');
const close = libc.func('int close(int fd)');

export class UnixLogReceiver extends LogReceiver {
  readonly #fd: number;
  readonly #finished: Promise<void>;
  #closing = false;

  private constructor(fd: number, path: string, transcript: Transcript) {
    super(path, transcript);
    this.#fd = fd;
    this.#finished = this.#receive();
  }

  static listen(path: string, transcript: Transcript): UnixLogReceiver {
    const fd: number = socket(AF_UNIX, SOCK_DGRAM, 0);
    const address = Buffer.alloc(SOCKADDR_UN_BYTES);
    address.writeUInt16LE(AF_UNIX, 0);
    address.write(path, 2, 'latin1');
    if (fd < 0 || bind(fd, address, 2 + path.length + 1) !== 0)
      throw new Error(`cannot bind the datagram socket ${path}`);
    // The program under test may have changed to another user.
    chmodSync(path, 0o666);
    return new UnixLogReceiver(fd, path, transcript);
  }

  async #receive(): Promise<void> {
    const buffer = Buffer.alloc(LARGEST_DATAGRAM_BYTES);
    while (!this.#closing) {
      const size = await new Promise<number>((resolve, reject) => {
        recv.async(this.#fd, buffer, buffer.length, 0, (error: Error | null, result: number) =>
          error === null ? resolve(result) : reject(error),
        );
      });
      if (this.#closing || size < 0) break;
      this.add(buffer.toString('latin1', 0, size));
    }
  }

  async close(): Promise<void> {
    this.#closing = true;
    shutdown(this.#fd, SHUT_RD);
    await this.#finished;
    close(this.#fd);
  }
}
