/**
 * The data threads as the control plane sees them: starts them, sends them messages, asks them questions. A thread
 * sleeps in epoll_wait and not in Node's own loop, so every message is followed by a write to its eventfd.
 * A data thread that fails takes the process with it: what it held in memory is not to be trusted any more.
 */
import { MessageChannel, type MessagePort, setEnvironmentData, Worker } from 'node:worker_threads';
import { wakeThread } from '../loop/mailbox.ts';
import { ARENA_SIZE_KEY } from '../os/arena.ts';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../os/constants.ts';
import { eventfd } from '../os/libc.ts';
import type { DataThreadStart, FromDataThread, Question, ToDataThread } from '../state/messages.ts';

const ARENA_LEAST_BYTES = 32 * 1024 * 1024;
const ARENA_MOST_BYTES = 1024 * 1024 * 1024;
/** A buffer's place in the arena beside its bytes. */
const BUFFER_OVERHEAD_BYTES = 64;
/** How much more than its fair share of the connections a thread may have to carry. */
const UNEVENNESS = 1.5;

/**
 * Address space for one thread's buffers: two for each connection that it may hold. Pages cost nothing until they are
 * touched. The threads share the gigabyte in which addresses stay small integers, so none asks for all of it.
 */
export function arenaBytes(maxconn: number, bufsize: number, threads: number): number {
  const share = threads === 1 ? maxconn : Math.ceil((maxconn * UNEVENNESS) / threads);
  const wanted = share * 2 * (bufsize + BUFFER_OVERHEAD_BYTES);
  const clamped = Math.max(ARENA_LEAST_BYTES, Math.min(wanted, ARENA_MOST_BYTES));
  return Math.ceil(clamped / 4096) * 4096;
}

export interface ThreadEvents {
  /** A stream ended by an internal error; the thread goes on. */
  onBug(thread: number, text: string): void;
  /** The thread is lost. */
  onDeath(thread: number, reason: string): void;
  onDrained(thread: number): void;
}

/** What all data threads are started with. */
export type CommonStart = Omit<DataThreadStart, 'thread' | 'wakeFds'>;

interface DataThread {
  readonly number: number;
  readonly worker: Worker;
  readonly port: MessagePort;
}

/** The compiled entry beside the compiled sources, or the source itself where Node runs the sources. */
export const dataThreadEntry = new URL(
  `../cli/data-thread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`,
  import.meta.url,
);

export class DataThreads {
  private readonly threads: DataThread[] = [];
  private readonly wakeFds: number[] = [];
  private readonly events: ThreadEvents;
  private readonly answers = new Map<number, (answer: unknown) => void>();
  private lastQuestion = 0;
  private ending = false;

  constructor(events: ThreadEvents) {
    this.events = events;
  }

  get count(): number {
    return this.threads.length;
  }

  /** Starts `count` threads and resolves once all of them are ready. Rejects when one fails before. */
  async start(count: number, common: CommonStart, arena: number, entry = dataThreadEntry): Promise<void> {
    setEnvironmentData(ARENA_SIZE_KEY, arena);
    for (let i = 0; i < count; i++) this.wakeFds.push(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    await Promise.all(Array.from({ length: count }, (_, index) => this.startOne(index + 1, common, entry)));
  }

  private startOne(number: number, common: CommonStart, entry: URL): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const start: DataThreadStart = { ...common, thread: number, wakeFds: this.wakeFds };
    const worker = new Worker(entry, { workerData: { start, port: port2 }, transferList: [port2] });
    const thread: DataThread = { number, worker, port: port1 };
    this.threads.push(thread);
    return new Promise((resolve, reject) => {
      let ready = false;
      const lost = (reason: string): void => {
        if (this.ending) return;
        if (ready) this.events.onDeath(number, reason);
        else reject(new Error(`data thread ${number}: ${reason}`));
      };
      worker.once('error', (error) => lost(error.stack ?? error.message));
      worker.once('exit', (code) => lost(`ended with status ${code}`));
      port1.on('message', (message: FromDataThread) => {
        if (message.kind === 'ready') {
          ready = true;
          resolve();
        } else this.receive(number, message);
      });
    });
  }

  private receive(thread: number, message: FromDataThread): void {
    switch (message.kind) {
      case 'ready':
        return;
      case 'drained':
        this.events.onDrained(thread);
        return;
      case 'bug':
        this.events.onBug(thread, message.text);
        return;
      case 'answer': {
        const answer = this.answers.get(message.id);
        this.answers.delete(message.id);
        answer?.(message.answer);
        return;
      }
    }
  }

  /** To all threads. */
  post(message: ToDataThread): void {
    for (const thread of this.threads) this.postTo(thread, message);
  }

  private postTo(thread: DataThread, message: ToDataThread): void {
    thread.port.postMessage(message);
    wakeThread(this.wakeFds[thread.number - 1] as number);
  }

  /**
   * Every thread's answer. A thread takes its messages in order, so an answer also says that everything posted before
   * has been done.
   */
  ask(question: Question): Promise<unknown[]> {
    return Promise.all(
      this.threads.map((thread) => {
        const id = ++this.lastQuestion;
        return new Promise<unknown>((resolve) => {
          this.answers.set(id, resolve);
          this.postTo(thread, { kind: 'question', id, question });
        });
      }),
    );
  }

  /** Cuts all sessions and ends the threads; resolves when they are gone, or after a while in any case. */
  async stop(withinMs: number): Promise<void> {
    this.ending = true;
    const gone = this.threads.map(({ worker }) => new Promise((resolve) => worker.once('exit', resolve)));
    this.post({ kind: 'stop' });
    await Promise.race([Promise.all(gone), new Promise((resolve) => setTimeout(resolve, withinMs))]);
  }
}
