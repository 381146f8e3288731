// Owns: a client connection of the soak: writes that may fail, waits that always end.
// Must not: keep more of what it receives than a test looks at; a soak moves gigabytes.
import { connect, type Socket } from 'node:net';

const KEPT_BYTES = 64 << 10;

export interface Address {
  host: string;
  port: number;
}

export class SoakConnection {
  readonly socket: Socket;
  receivedBytes = 0;
  /** The other end has closed or reset. */
  hasEnded = false;
  private kept = '';
  private readonly waiters = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.receivedBytes += bytes.length;
      if (this.kept.length < KEPT_BYTES) this.kept += bytes.toString('latin1');
      this.notify();
    });
    const end = (): void => {
      this.hasEnded = true;
      this.notify();
    };
    socket.on('end', end);
    socket.on('close', end);
    // A reset is an ending like any other here.
    socket.on('error', end);
  }

  /** Resolves also when the connection is refused: then it has ended. */
  static async open(address: Address, deadlineMs: number): Promise<SoakConnection> {
    const connection = new SoakConnection(connect({ ...address, allowHalfOpen: true }));
    connection.socket.once('connect', () => connection.notify());
    await connection.until(() => connection.hasEnded || !connection.socket.connecting, deadlineMs);
    return connection;
  }

  /** The beginning of what was received, as latin1. */
  get text(): string {
    return this.kept;
  }

  /** Status of the first final response; 0 when there is none (yet). */
  get status(): number {
    for (const match of this.kept.matchAll(/HTTP\/1\.[01] (\d{3})/g)) {
      const status = Number(match[1]);
      if (status >= 200 || status === 101) return status;
    }
    return 0;
  }

  write(data: string | Buffer): void {
    if (this.socket.writable) this.socket.write(data);
  }

  /** Whether the condition came true before the deadline. */
  async until(condition: () => boolean, deadlineMs: number): Promise<boolean> {
    if (condition()) return true;
    return await new Promise((resolve) => {
      const finish = (result: boolean): void => {
        clearTimeout(timer);
        this.waiters.delete(look);
        resolve(result);
      };
      const look = (): void => {
        if (condition()) finish(true);
      };
      const timer = setTimeout(() => finish(false), deadlineMs);
      this.waiters.add(look);
    });
  }

  async ended(deadlineMs: number): Promise<boolean> {
    return await this.until(() => this.hasEnded, deadlineMs);
  }

  halfClose(): void {
    this.socket.end();
  }

  reset(): void {
    this.socket.resetAndDestroy();
  }

  close(): void {
    this.socket.destroy();
  }

  private notify(): void {
    for (const wake of [...this.waiters]) wake();
  }
}
