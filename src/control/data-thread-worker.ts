/**
 * The worker that a data thread runs in. It can be started before anything is known of the configuration: it then loads
 * its modules while the configuration is read, and waits for its start.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { MessageChannel, type MessagePort, setEnvironmentData, Worker } from 'node:worker_threads';
import { ARENA_SIZE_KEY } from '../os/arena-size.ts';
import type { DataThreadStart } from '../state/messages.ts';

const MEBIBYTE = 1024 * 1024;
const ARENA_LEAST_BYTES = 32 * MEBIBYTE;
/**
 * For all threads together. The system has one gibibyte of addresses that stay small integers (MAP_32BIT), and not all
 * of it is free.
 */
const ARENAS_MOST_BYTES = 896 * MEBIBYTE;
const PAGE_BYTES = 4096;
/** A buffer's place in the arena beside its bytes. */
const BUFFER_OVERHEAD_BYTES = 64;
/** How much more than its fair share of the connections a thread may have to carry. */
const UNEVENNESS = 1.5;
const USUAL_BUFFER_BYTES = 16384;

/**
 * Address space for one thread's buffers: two for each connection that it may hold. Pages cost nothing until they are
 * touched.
 */
export function arenaBytes(maxconn: number, bufsize: number, threads: number): number {
  const share = threads === 1 ? maxconn : Math.ceil((maxconn * UNEVENNESS) / threads);
  const wanted = share * 2 * (bufsize + BUFFER_OVERHEAD_BYTES);
  const most = Math.max(ARENA_LEAST_BYTES, Math.floor(ARENAS_MOST_BYTES / Math.max(2, threads)));
  const clamped = Math.max(ARENA_LEAST_BYTES, Math.min(wanted, most));
  return Math.ceil(clamped / PAGE_BYTES) * PAGE_BYTES;
}

/** What a process with nothing else in its configuration would take. Found without loading the libc. */
export function usualArenaBytes(): number {
  const hardLimit = /^Max open files\s+\S+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  const cores = availableParallelism();
  // Enough for one thread, where two threads of that size would fit as well.
  return arenaBytes(Number(hardLimit ?? 0) / 2, USUAL_BUFFER_BYTES, cores <= 2 ? 1 : cores);
}

/** The compiled entry beside the compiled sources, or the source itself where Node runs the sources. */
export const dataThreadEntry = new URL(
  `../cli/data-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);

export class DataThreadWorker {
  readonly arenaBytes: number;
  readonly entry: URL;
  /** This side's end; the thread's messages come out of it. */
  readonly port: MessagePort;
  private readonly worker: Worker;
  private lost: string | undefined;
  private tellLost: ((reason: string) => void) | undefined;
  private readonly ended: Promise<void>;

  constructor(arena: number, entry = dataThreadEntry) {
    this.arenaBytes = arena;
    this.entry = entry;
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    // Workers take it over at their creation.
    setEnvironmentData(ARENA_SIZE_KEY, arena);
    this.worker = new Worker(entry, { workerData: { port: port2 }, transferList: [port2] });
    this.worker.once('error', (error) => this.lose(error.stack ?? error.message));
    this.ended = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        this.lose(`ended with status ${code}`);
        resolve();
      });
    });
  }

  private lose(reason: string): void {
    if (this.lost !== undefined) return;
    this.lost = reason;
    this.tellLost?.(reason);
  }

  /** Whom to tell when the thread ends, at once where it already has. */
  onLost(tell: (reason: string) => void): void {
    this.tellLost = tell;
    if (this.lost !== undefined) tell(this.lost);
  }

  begin(start: DataThreadStart): void {
    this.port.postMessage(start);
  }

  /** Resolves when the thread has ended. */
  gone(): Promise<void> {
    return this.ended;
  }

  /**
   * Lets a worker that has not begun end by itself, and the process end without it. To terminate it while it loads its
   * modules is not safe: Node.js aborts the process when that falls into the loading of a native one.
   */
  discard(): void {
    this.tellLost = undefined;
    this.port.postMessage(null);
    this.port.close();
    this.worker.unref();
  }
}
