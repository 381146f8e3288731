/**
 * Messages between the control plane and a data thread: a message port for the content, an eventfd to wake the thread
 * out of epoll_wait. The data thread's end; the control plane's end is in control/.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { base, reserve } from '../os/arena.ts';
import { EPOLLIN } from '../os/constants.ts';
import { read } from '../os/libc.ts';
import { type EventLoop, FdHandler } from './event-loop.ts';

export class Mailbox<Message> extends FdHandler {
  private readonly fd: number;
  private readonly port: MessagePort;
  private readonly receive: (message: Message) => void;
  private readonly scratch = reserve(8, 8);

  constructor(loop: EventLoop, fd: number, port: MessagePort, receive: (message: Message) => void) {
    super();
    this.fd = fd;
    this.port = port;
    this.receive = receive;
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
  }

  override onBug(error: unknown): void {
    throw error;
  }
}
