// One end of a TCP or unix connection in a test, client side or server side: sends exact bytes, waits for bytes,
// half-closes, resets, stalls. It records everything. It knows no protocol; readers of HTTP stand in http-reader.ts.

import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Ends, segmentsIn, unreadBytes } from './socket-diagnosis.ts';
import { tcpSockets } from './socket-table.ts';
import type { Transcript } from './transcript.ts';
import { Condition, DEFAULT_DEADLINE_MS, poll, within } from './waiting.ts';

/** How the other side ended its direction. */
export type Ending = 'fin' | 'reset';

export class Wire {
  readonly label: string;
  readonly socket: Socket;
  readonly #transcript: Transcript;
  readonly #changed = new Condition();
  #chunks: Buffer[] = [];
  #buffered: Buffer = Buffer.alloc(0);
  #receivedBytes = 0;
  #ending: Ending | undefined;
  #localPort = 0;
  #remotePort = 0;
  #remoteAddress = '';
  #closed = false;

  constructor(socket: Socket, label: string, transcript: Transcript) {
    this.socket = socket;
    this.label = label;
    this.#transcript = transcript;
    socket.setNoDelay(true);
    this.#noteEnds();
    // Before this is connected there are no ends; afterwards node forgets them.
    socket.on('connect', () => this.#noteEnds());
    socket.on('data', (bytes: Buffer) => {
      this.#receivedBytes += bytes.length;
      this.#chunks.push(bytes);
      transcript.bytes(label, 'received', bytes);
      this.#changed.notify();
    });
    socket.on('end', () => this.#end('fin'));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      transcript.event(label, `error ${error.code ?? error.message}`);
      // EPIPE is the second write after a reset that the kernel had already told by closing: the peer is gone as well.
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') this.#end('reset');
    });
    socket.on('close', () => {
      this.#closed = true;
      this.#changed.notify();
    });
  }

  #noteEnds(): void {
    this.#localPort = this.socket.localPort ?? 0;
    this.#remotePort = this.socket.remotePort ?? 0;
    this.#remoteAddress = this.socket.remoteAddress ?? '';
  }

  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#transcript.event(this.label, `peer ended: ${ending}`);
    this.#changed.notify();
  }

  /** Bytes received since the connection began, read or not. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  /** The ends of the connection, also when it is gone; 0 and empty for unix sockets. */
  get localPort(): number {
    return this.#localPort;
  }

  get remotePort(): number {
    return this.#remotePort;
  }

  get remoteAddress(): string {
    return this.#remoteAddress;
  }

  /** TCP segments received so far, those without data included. The connection must still be there. */
  segmentsReceived(): number {
    const { localAddress, localPort, remoteAddress, remotePort } = this.socket;
    if (!localAddress || !localPort || !remoteAddress || !remotePort)
      throw new Error('not connected over TCP');
    const count = segmentsIn({ localAddress, localPort, remoteAddress, remotePort });
    if (count === undefined) throw new Error('the kernel knows nothing of the connection');
    return count;
  }

  /** Everything received and not yet taken by a read. */
  peek(): Buffer {
    if (this.#chunks.length > 0) {
      this.#buffered = Buffer.concat([this.#buffered, ...this.#chunks]);
      this.#chunks = [];
    }
    return this.#buffered;
  }

  #take(sizeBytes: number): Buffer {
    const all = this.peek();
    const taken = all.subarray(0, sizeBytes);
    this.#buffered = all.subarray(sizeBytes);
    return taken;
  }

  /** Resolves when the kernel has taken the bytes. With a peer that does not read, that may be never: do not await then. */
  send(data: string | Buffer): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    this.#transcript.bytes(this.label, 'sent', bytes);
    return new Promise((resolve) => {
      // A failed write is not an error of the test: the connection's end is what tests look at.
      this.socket.write(bytes, () => resolve());
    });
  }

  /** Sends the parts between the given offsets, each only after the other side has read the one before. */
  async sendSplit(data: string | Buffer, ...offsets: number[]): Promise<void> {
    const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : data;
    const bounds = [0, ...offsets, bytes.length];
    for (let part = 1; part < bounds.length; part++) {
      if (this.#ending !== undefined || this.#closed) return;
      await this.send(bytes.subarray(bounds[part - 1], bounds[part]));
      await this.taken();
    }
  }

  /** Sends one byte at a time, each only after the other side has read the one before. */
  sendByteByByte(data: string | Buffer): Promise<void> {
    const size = typeof data === 'string' ? Buffer.byteLength(data, 'latin1') : data.length;
    return this.sendSplit(data, ...Array.from({ length: Math.max(0, size - 1) }, (_, at) => at + 1));
  }

  /** Waits until the other process has read all that was sent (its receive queue is empty, or its socket is gone). */
  async taken(): Promise<void> {
    const { localAddress, localPort, remoteAddress, remotePort } = this.socket;
    if (!localAddress || !localPort || !remoteAddress || !remotePort) return;
    const ours = { localAddress, localPort, remoteAddress, remotePort };
    const theirs = {
      localAddress: remoteAddress,
      localPort: remotePort,
      remoteAddress: localAddress,
      remotePort: localPort,
    };
    // A kernel without sock_diag does not know even our own end; its tables are slow, but always there.
    const unread = unreadBytes(ours) === undefined ? unreadFromTable : unreadBytes;
    await poll(
      async () => ((await unread(theirs)) ?? 0) === 0 || undefined,
      () => `the peer of ${this.label} to read what was sent`,
    );
  }

  /** Waits until so many bytes have come in all, and leaves them to be read. */
  async arrived(sizeBytes: number, deadlineMs = DEFAULT_DEADLINE_MS): Promise<void> {
    await this.#changed.until(
      () => (this.#receivedBytes >= sizeBytes || this.#ending !== undefined ? true : undefined),
      () => `${sizeBytes} bytes in all on ${this.label}; ${this.#receivedBytes} came`,
      deadlineMs,
    );
  }

  /** Waits until `sizeBytes` more bytes are there and takes them. */
  async read(sizeBytes: number, deadlineMs = DEFAULT_DEADLINE_MS): Promise<Buffer> {
    await this.#changed.until(
      () => {
        if (this.peek().length >= sizeBytes) return true;
        this.#refuseIfEnded(`${sizeBytes} bytes`);
        return undefined;
      },
      () => `${sizeBytes} bytes on ${this.label}; there are ${this.peek().length}`,
      deadlineMs,
    );
    return this.#take(sizeBytes);
  }

  /** Takes everything up to and including the first match. */
  async readUntil(pattern: string | RegExp, deadlineMs = DEFAULT_DEADLINE_MS): Promise<Buffer> {
    const size = await this.#changed.until(
      () => {
        const end = endOfMatch(this.peek(), pattern);
        if (end !== undefined) return end;
        this.#refuseIfEnded(String(pattern));
        return undefined;
      },
      () => `${pattern} on ${this.label}; there is ${JSON.stringify(this.peek().toString('latin1'))}`,
      deadlineMs,
    );
    return this.#take(size);
  }

  #refuseIfEnded(wanted: string): void {
    if (this.#ending === undefined && !this.#closed) return;
    const rest = JSON.stringify(this.peek().toString('latin1').slice(0, 2000));
    throw new Error(`${this.label} ended (${this.#ending ?? 'closed'}) before ${wanted}; unread: ${rest}`);
  }

  /** Waits for the other side's FIN or RST. */
  ended(deadlineMs = DEFAULT_DEADLINE_MS): Promise<Ending> {
    return this.#changed.until(
      () => this.#ending ?? (this.#closed ? 'fin' : undefined),
      () =>
        `the end of ${this.label}; unread: ${JSON.stringify(this.peek().toString('latin1').slice(0, 500))}`,
      deadlineMs,
    );
  }

  /** Takes everything until the other side ends. */
  async readToEnd(deadlineMs = DEFAULT_DEADLINE_MS): Promise<Buffer> {
    await this.ended(deadlineMs);
    return this.#take(this.peek().length);
  }

  /** Waits until `sizeBytes` in all have come, without keeping them: for transfers too large to hold. */
  async digest(sizeBytes: number, deadlineMs = 30_000): Promise<string> {
    const hash = createHash('sha256');
    let seen = 0;
    await this.#changed.until(
      () => {
        const bytes = this.peek();
        this.#take(bytes.length);
        hash.update(bytes);
        seen += bytes.length;
        if (seen < sizeBytes) this.#refuseIfEnded(`${sizeBytes} bytes (${seen} came)`);
        return seen >= sizeBytes ? true : undefined;
      },
      () => `${sizeBytes} bytes on ${this.label}; ${seen} came`,
      deadlineMs,
    );
    if (seen !== sizeBytes) throw new Error(`${this.label}: ${seen} bytes came instead of ${sizeBytes}`);
    return hash.digest('hex');
  }

  /** Ends our direction with a FIN; the other stays open. */
  async halfClose(): Promise<void> {
    this.#transcript.event(this.label, 'half-closes');
    await within(new Promise<void>((resolve) => this.socket.end(() => resolve())), `FIN of ${this.label}`);
  }

  /** Ends the connection with a RST; a unix socket, which knows none, is closed. */
  reset(): void {
    this.#transcript.event(this.label, 'resets');
    if (this.socket.remotePort === undefined) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  /** Closes both directions at once, as close(2) does. */
  close(): void {
    this.#transcript.event(this.label, 'closes');
    this.socket.destroy();
  }

  stopReading(): void {
    this.#transcript.event(this.label, 'stops reading');
    this.socket.pause();
  }

  resumeReading(): void {
    this.#transcript.event(this.label, 'reads again');
    this.socket.resume();
  }
}

async function unreadFromTable(ends: Ends): Promise<number | undefined> {
  const row = (await tcpSockets()).find(
    (r) =>
      r.localPort === ends.localPort &&
      r.remotePort === ends.remotePort &&
      r.localAddress === ends.localAddress &&
      r.remoteAddress === ends.remoteAddress,
  );
  return row?.unread;
}

function endOfMatch(bytes: Buffer, pattern: string | RegExp): number | undefined {
  if (typeof pattern === 'string') {
    const at = bytes.indexOf(pattern, 0, 'latin1');
    return at < 0 ? undefined : at + pattern.length;
  }
  const match = pattern.exec(bytes.toString('latin1'));
  return match === null ? undefined : match.index + match[0].length;
}
