/**
 * Sockets in other network namespaces: a thread steps into the namespace, makes the socket, and steps back. The
 * descriptors of the namespaces are opened before privileges are dropped.
 */
import { openSync, readlinkSync } from 'node:fs';
import { CLONE_NEWNET } from '../os/constants.ts';
import { setns, socket } from '../os/libc.ts';

const DIRECTORY = '/var/run/netns';

export class Namespaces {
  private readonly fds = new Map<string, number>();
  private own = -1;

  /** Opens a namespace by name. Throws when there is none. */
  open(name: string): void {
    if (this.fds.has(name)) return;
    if (this.own < 0) this.own = openSync(`/proc/self/task/${threadId()}/ns/net`, 'r');
    this.fds.set(name, openSync(`${DIRECTORY}/${name}`, 'r'));
  }

  /** As socket(2), in the namespace, or in the process's own. */
  socket(name: string | undefined, family: number, type: number): number {
    if (name === undefined) return socket(family, type, 0);
    const fd = this.fds.get(name);
    if (fd === undefined || setns(fd, CLONE_NEWNET) < 0) return -1;
    const result = socket(family, type, 0);
    if (setns(this.own, CLONE_NEWNET) < 0) throw new Error('cannot return from a network namespace');
    return result;
  }
}

function threadId(): string {
  // /proc/thread-self is a link to PID/task/TID of the calling thread.
  return readlinkSync('/proc/thread-self').split('/').pop() ?? 'self';
}
