// Owns: the servers behind the programs under test, one port each, and the sink for their log lines.
// Must not: parse more than it needs: every request of a plan has the same form, and a response is always the same bytes.
import * as libc from './libc.ts';
import type { LoadPlan } from './plan.ts';

const MAX_FD = 1 << 17;
const NONE = 0;
const LISTENER = 1;
const CONNECTION = 2;
const SINK = 3;

const RECEIVE_BYTES = 64 << 10;
const RECEIVE_AT = libc.USER_AT;
const RESPONSE_AT = libc.USER_AT + RECEIVE_BYTES;

/** Body bytes are all this one, so that a client can see that the end of a body is a body's end. */
export const BODY_BYTE = 0x73;

export function responseText(plan: LoadPlan): string {
  if (plan.protocol === 'tcp') return '';
  const connection = plan.serverConnections === 'per-request' ? 'Connection: close\r\n' : '';
  return `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ${plan.responseBytes}\r\n${connection}\r\n`;
}

export class ServerSide {
  logLines = 0;
  private readonly kinds = new Uint8Array(MAX_FD);
  /** Bytes of the current request received, or of the current response still to send. */
  private readonly received = new Int32Array(MAX_FD);
  private readonly unsent = new Int32Array(MAX_FD);
  private readonly isHttp: boolean;
  private readonly closes: boolean;
  private readonly requestBytes: number;
  private readonly responseSizeBytes: number;

  constructor(plan: LoadPlan) {
    const head = Buffer.from(responseText(plan), 'latin1');
    libc.bytes.set(head, RESPONSE_AT);
    libc.bytes.fill(BODY_BYTE, RESPONSE_AT + head.length, RESPONSE_AT + head.length + plan.responseBytes);
    this.responseSizeBytes = head.length + plan.responseBytes;
    this.isHttp = plan.protocol === 'http';
    this.closes = plan.serverConnections === 'per-request';
    this.requestBytes = plan.requestBytes;
    for (const target of plan.targets) {
      const fd = libc.listenOn(target.serverPort);
      this.kinds[fd] = LISTENER;
      libc.watch(fd, libc.EPOLLIN);
      if (target.logPort === 0) continue;
      const sink = libc.bindDatagram(target.logPort);
      this.kinds[sink] = SINK;
      libc.watch(sink, libc.EPOLLIN);
    }
  }

  /** False when the descriptor is not one of the servers'. */
  handle(fd: number, mask: number): boolean {
    const kind = this.kinds[fd];
    if (kind === CONNECTION) this.serve(fd, mask);
    else if (kind === LISTENER) this.accept(fd);
    else if (kind === SINK) this.drainSink(fd);
    else return false;
    return true;
  }

  private accept(listener: number): void {
    const fd = libc.accept4(listener, 0, 0, libc.SOCK_NONBLOCK);
    if (fd < 0) return;
    libc.setNoDelay(fd);
    this.kinds[fd] = CONNECTION;
    this.received[fd] = 0;
    this.unsent[fd] = 0;
    libc.watch(fd, libc.EPOLLIN | libc.EPOLLOUT | libc.EPOLLRDHUP | libc.EPOLLET);
  }

  private drainSink(fd: number): void {
    while (libc.recv(fd, libc.memory + RECEIVE_AT, RECEIVE_BYTES, 0) > 0) this.logLines++;
  }

  private drop(fd: number): void {
    this.kinds[fd] = NONE;
    libc.close(fd);
  }

  private serve(fd: number, mask: number): void {
    if ((mask & libc.EPOLLOUT) !== 0 && this.unsent[fd]! > 0 && !this.sendRest(fd)) return;
    if ((mask & libc.EPOLLIN) !== 0) {
      const count = libc.recv(fd, libc.memory + RECEIVE_AT, RECEIVE_BYTES, 0);
      if (count === 0) {
        this.drop(fd);
        return;
      }
      if (count > 0 && this.isComplete(fd, count)) {
        this.received[fd] = 0;
        this.unsent[fd] = this.responseSizeBytes;
        if (!this.sendRest(fd)) return;
      }
    }
    if ((mask & (libc.EPOLLRDHUP | libc.EPOLLHUP | libc.EPOLLERR)) !== 0) this.drop(fd);
  }

  /** HTTP requests have no body and are not pipelined, so one ends where an empty line ends what was received. */
  private isComplete(fd: number, count: number): boolean {
    if (!this.isHttp) {
      const total = this.received[fd]! + count;
      this.received[fd] = total;
      return total >= this.requestBytes;
    }
    const end = RECEIVE_AT + count;
    const { bytes } = libc;
    return count >= 4 && bytes[end - 1] === 10 && bytes[end - 2] === 13 && bytes[end - 3] === 10;
  }

  /** False when the connection is closed. */
  private sendRest(fd: number): boolean {
    const left = this.unsent[fd]!;
    const at = libc.memory + RESPONSE_AT + this.responseSizeBytes - left;
    const count = libc.send(fd, at, left, libc.MSG_NOSIGNAL);
    if (count < 0) return true;
    this.unsent[fd] = left - count;
    if (count < left) return this.sendRest(fd);
    if (!this.closes) return true;
    this.drop(fd);
    return false;
  }
}
