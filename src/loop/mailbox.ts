/**
 * Messages between the control plane and a data thread: a message port for the content, an eventfd to wake the thread
 * out of epoll_wait. The data thread's end; the control plane's end is in control/.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { base, reserve, view } from '../os/arena.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK, EPOLLIN } from '../os/constants.ts';
import { eventfd, read, write } from '../os/libc.ts';
import { type EventLoop, FdHandler } from './event-loop.ts';

/** The eventfd of a data thread that is about to be started. */
export function newWakeFd(): number {
  return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

/** Wakes the data thread whose eventfd this is. */
export function wakeThread(wakeFd: number): void {
  view.setInt32(wakeScratch, 1, true);
  view.setInt32(wakeScratch + 4, 0, true);
  write(wakeFd, base + wakeScratch, 8);
}
const wakeScratch = reserve(8, 8);

export class Mailbox<Message> extends FdHandler {
  private readonly fd: number;
  private readonly port: MessagePort;
  private readonly receive: (message: Message) => void;
  private readonly woken: () => void;
  private readonly scratch = reserve(8, 8);

  /** `woken` is called at every wake-up, which other data threads cause too, without a message. */
  constructor(
    loop: EventLoop,
    fd: number,
    port: MessagePort,
    receive: (message: Message) => void,
    woken: () => void,
  ) {
    super();
    this.fd = fd;
    this.port = port;
    this.receive = receive;
    this.woken = woken;
    if (!loop.watch(fd, this, EPOLLIN)) throw new Error('cannot watch the mailbox');
  }

  override onEvents(): void {
    read(this.fd, base + this.scratch, 8);
    for (
      let item = receiveMessageOnPort(this.port);
      item !== undefined;
      item = receiveMessageOnPort(this.port)
    ) {
      // Both ends of the port are ours and speak the same message type.
      this.receive(item.message as Message);
    }
    this.woken();
  }

  override onBug(error: unknown): void {
    throw error;
  }
}
