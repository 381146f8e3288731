// Owns: the clients of one program under test: a closed loop of N connections, each with one request in flight.
// Must not: be clever about broken answers: whatever is not the expected answer is an error and a new connection.
import * as libc from './libc.ts';
import type { LoadPlan, LoadTarget } from './plan.ts';
import { BODY_BYTE } from './servers.ts';

const MAX_FD = 1 << 17;
const RECEIVE_BYTES = 256 << 10;
const RECEIVE_AT = libc.USER_AT + (4 << 20);
const REQUEST_AT = RECEIVE_AT + RECEIVE_BYTES;
const HEAD_LIMIT_BYTES = 4096;
/** Latencies are kept in a ring: the last ones of a slice are as good as all of them. */
const LATENCIES = 1 << 16;

/** What a client's connection is doing. */
const UNUSED = 0;
const RESTING = 1;
const WAITING_HEAD = 2;
const WAITING_BODY = 3;
const WAITING_CLOSE = 4;

const states = new Uint8Array(MAX_FD);
const bodyLeft = new Int32Array(MAX_FD);
const sentAt = new Float64Array(MAX_FD);

export class ClientGroup {
  static readonly ofFd: (ClientGroup | undefined)[] = [];
  readonly target: LoadTarget;
  issuing = false;
  inFlight = 0;
  completed = 0;
  errors = 0;
  private readonly plan: LoadPlan;
  private readonly isHttp: boolean;
  private readonly perRequest: boolean;
  private readonly requestAt: number;
  private readonly requestSizeBytes: number;
  private readonly open = new Set<number>();
  private readonly latencies = new Float64Array(LATENCIES);
  private latencyCount = 0;
  /** Length of the last response head; the next one is nearly always as long, which saves the search. */
  private headBytes = 0;

  constructor(plan: LoadPlan, target: LoadTarget) {
    this.plan = plan;
    this.target = target;
    this.isHttp = plan.protocol === 'http';
    this.perRequest = plan.clientConnections === 'per-request';
    const request = this.isHttp ? httpRequest(plan) : Buffer.alloc(plan.requestBytes, 0x71);
    this.requestAt = REQUEST_AT;
    this.requestSizeBytes = request.length;
    libc.bytes.set(request, REQUEST_AT);
  }

  resetCounters(): void {
    this.completed = 0;
    this.errors = 0;
    this.latencyCount = 0;
  }

  latencyQuantile(quantile: number): number {
    const count = Math.min(this.latencyCount, LATENCIES);
    if (count === 0) return 0;
    const sorted = this.latencies.slice(0, count).sort();
    return sorted[Math.min(count - 1, Math.floor(count * quantile))]! * 1000;
  }

  /** Sets every client going; connections that still stand open are used again. */
  start(): void {
    this.issuing = true;
    for (const fd of this.open) if (states[fd] === RESTING) this.request(fd);
    while (this.open.size < this.plan.clients) if (!this.connectAndRequest()) return;
  }

  abandonStuck(): void {
    for (const fd of this.open) {
      if (states[fd] === RESTING) continue;
      // A connection whose answer is complete only lacks the other end's close: that is no lost request.
      if (states[fd] !== WAITING_CLOSE) this.errors++;
      this.forget(fd, true);
    }
    this.inFlight = 0;
  }

  closeAll(): void {
    for (const fd of this.open) this.forget(fd, true);
  }

  /** Opens connections that make one request each and then stay; `turn` runs the loop meanwhile. */
  openIdle(count: number, turn: (timeoutMs: number) => void): number {
    this.issuing = false;
    const limit = performance.now() + 20000;
    while (this.open.size < count && this.errors === 0 && performance.now() < limit) {
      this.connectAndRequest();
      while (this.inFlight >= this.plan.clients && performance.now() < limit) turn(20);
    }
    while (this.inFlight > 0 && performance.now() < limit) turn(20);
    return this.open.size;
  }

  handle(fd: number, mask: number): void {
    if ((mask & libc.EPOLLIN) !== 0) this.receive(fd, mask);
    else if ((mask & (libc.EPOLLHUP | libc.EPOLLERR | libc.EPOLLRDHUP)) !== 0) this.closedByPeer(fd);
  }

  private connectAndRequest(): boolean {
    const fd = libc.connectTo(this.target.port);
    if (fd < 0) {
      this.errors++;
      return false;
    }
    this.open.add(fd);
    ClientGroup.ofFd[fd] = this;
    libc.watch(fd, libc.EPOLLIN | libc.EPOLLRDHUP | libc.EPOLLET);
    this.request(fd);
    return true;
  }

  private request(fd: number): void {
    states[fd] = this.isHttp ? WAITING_HEAD : WAITING_BODY;
    bodyLeft[fd] = this.plan.responseBytes;
    sentAt[fd] = performance.now();
    this.inFlight++;
    const flags = libc.MSG_NOSIGNAL | libc.MSG_DONTWAIT;
    if (libc.send(fd, libc.memory + this.requestAt, this.requestSizeBytes, flags) !== this.requestSizeBytes) {
      this.fail(fd);
    }
  }

  private receive(fd: number, mask: number): void {
    // Edge-triggered: read until a call gives less than was asked for, or to the end when the other side has closed.
    for (;;) {
      const state = states[fd];
      // What is left of a body is thrown away in the kernel: the load process must stay cheaper than the proxy.
      const discard = state === WAITING_BODY && bodyLeft[fd]! > HEAD_LIMIT_BYTES;
      const wanted = discard ? bodyLeft[fd]! - 1 : RECEIVE_BYTES;
      const flags = discard ? libc.MSG_DONTWAIT | libc.MSG_TRUNC : libc.MSG_DONTWAIT;
      const count = libc.recv(fd, discard ? 0 : libc.memory + RECEIVE_AT, wanted, flags);
      if (count === 0) {
        this.closedByPeer(fd);
        return;
      }
      if (count < 0) return;
      if (state === WAITING_HEAD) {
        const head = this.head(count);
        if (head <= 0) {
          this.fail(fd);
          return;
        }
        states[fd] = WAITING_BODY;
        bodyLeft[fd]! -= count - head;
      } else if (state === WAITING_BODY) bodyLeft[fd]! -= count;
      else {
        this.fail(fd);
        return;
      }
      if (bodyLeft[fd]! <= 0) {
        const last = libc.bytes[RECEIVE_AT + count - 1];
        if (bodyLeft[fd]! < 0 || last !== BODY_BYTE) this.fail(fd);
        else this.answered(fd, mask);
        return;
      }
      if (count < wanted && (mask & libc.EPOLLRDHUP) === 0) return;
    }
  }

  /** Length of the response head at the receive buffer, 0 when it is not the expected response. */
  private head(count: number): number {
    const { bytes } = libc;
    const known = this.headBytes;
    if (known > 0 && known <= count && isHeadEnd(RECEIVE_AT + known) && bytes[RECEIVE_AT + 9] === 0x32) {
      return known;
    }
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + RECEIVE_AT, Math.min(count, HEAD_LIMIT_BYTES));
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return 0;
    const headText = text.toString('latin1', 0, end + 2);
    if (!headText.startsWith('HTTP/1.1 200 ')) return 0;
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(headText);
    if (length === null || Number(length[1]) !== this.plan.responseBytes) return 0;
    this.headBytes = end + 4;
    return this.headBytes;
  }

  private answered(fd: number, mask: number): void {
    this.completed++;
    this.inFlight--;
    this.latencies[this.latencyCount++ % LATENCIES] = performance.now() - sentAt[fd]!;
    if (!this.perRequest) {
      states[fd] = RESTING;
      if (this.issuing) this.request(fd);
      return;
    }
    // In HTTP the proxy was asked to close, so a client waits for that as a careful one does; in TCP it closes itself.
    if (this.isHttp && (mask & libc.EPOLLRDHUP) === 0) {
      states[fd] = WAITING_CLOSE;
      this.inFlight++;
      return;
    }
    this.forget(fd, false);
    if (this.issuing) this.connectAndRequest();
  }

  private closedByPeer(fd: number): void {
    const state = states[fd];
    if (state === UNUSED) return;
    if (state === WAITING_CLOSE) {
      this.inFlight--;
      this.forget(fd, false);
      if (this.issuing) this.connectAndRequest();
      return;
    }
    // An idle connection may be closed at any time; it is only an error while a request is under way.
    if (state === RESTING) this.forget(fd, false);
    else this.fail(fd);
  }

  private fail(fd: number): void {
    this.errors++;
    if (states[fd] !== RESTING) this.inFlight--;
    this.forget(fd, true);
    // A program that refuses everything must not spin the load process.
    if (this.issuing && this.errors < 1000) this.connectAndRequest();
  }

  private forget(fd: number, hard: boolean): void {
    states[fd] = UNUSED;
    this.open.delete(fd);
    ClientGroup.ofFd[fd] = undefined;
    if (hard) libc.closeHard(fd);
    else libc.close(fd);
  }
}

function isHeadEnd(at: number): boolean {
  const { bytes } = libc;
  return bytes[at - 1] === 10 && bytes[at - 2] === 13 && bytes[at - 3] === 10 && bytes[at - 4] === 13;
}

function httpRequest(plan: LoadPlan): Buffer {
  const connection = plan.clientConnections === 'per-request' ? 'Connection: close\r\n' : '';
  const cookie = plan.cookie === undefined ? '' : `Cookie: ${plan.cookie}\r\n`;
  return Buffer.from(
    `GET /bench/object?id=42 HTTP/1.1\r\nHost: bench.example\r\nUser-Agent: bench/1\r\nAccept: */*\r\n${cookie}${connection}\r\n`,
    'latin1',
  );
}
