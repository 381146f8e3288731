/**
 * The data threads as the control plane sees them: starts them, sends them messages, asks them questions. A thread
 * sleeps in epoll_wait and not in Node's own loop, so every message is followed by a write to its eventfd.
 * A data thread that fails takes the process with it: what it held in memory is not to be trusted any more.
 */
import { newWakeFd, wakeThread } from '../loop/mailbox.ts';
import type { DataThreadStart, FromDataThread, Question, ToDataThread } from '../state/messages.ts';
import type { ObservedErrors } from '../state/observed-errors.ts';
import type { DataThreadWorker } from './data-thread-worker.ts';

export interface ThreadEvents {
  /** A stream ended by an internal error; the thread goes on. */
  onBug(thread: number, text: string): void;
  /** The thread is lost. */
  onDeath(thread: number, reason: string): void;
  onDrained(thread: number): void;
  /** Something that the operator should know. */
  onWarning(text: string): void;
}

/** What all data threads are started with. */
export type CommonStart = Omit<DataThreadStart, 'thread' | 'wakeFds'>;

export class DataThreads {
  private readonly threads: DataThreadWorker[] = [];
  private readonly wakeFds: number[] = [];
  private readonly events: ThreadEvents;
  private readonly answers = new Map<number, (answer: unknown) => void>();
  private lastQuestion = 0;
  private ending = false;
  /** Set by whoever decides about servers. */
  onServerErrors: (errors: ObservedErrors) => void = () => undefined;
  private readonly performers = new Map<string, (what: unknown) => unknown>();

  constructor(events: ThreadEvents) {
    this.events = events;
  }

  get count(): number {
    return this.threads.length;
  }

  /** Has the workers begin, and resolves once all of them are ready. Rejects when one fails before. */
  async start(workers: readonly DataThreadWorker[], common: CommonStart): Promise<void> {
    for (let i = 0; i < workers.length; i++) this.wakeFds.push(newWakeFd());
    await Promise.all(workers.map((worker, index) => this.startOne(worker, index + 1, common)));
  }

  private startOne(worker: DataThreadWorker, number: number, common: CommonStart): Promise<void> {
    this.threads.push(worker);
    return new Promise((resolve, reject) => {
      let ready = false;
      worker.onLost((reason) => {
        if (this.ending) return;
        if (ready) this.events.onDeath(number, reason);
        else reject(new Error(`data thread ${number}: ${reason}`));
      });
      worker.port.on('message', (message: FromDataThread) => {
        if (message.kind === 'ready') {
          ready = true;
          resolve();
        } else this.receive(number, message);
      });
      worker.begin({ ...common, thread: number, wakeFds: this.wakeFds });
    });
  }

  private receive(thread: number, message: FromDataThread): void {
    switch (message.kind) {
      case 'ready':
        return;
      case 'drained':
        this.events.onDrained(thread);
        return;
      case 'warning':
        this.events.onWarning(message.text);
        return;
      case 'serverErrors':
        this.onServerErrors(message.errors);
        return;
      case 'request': {
        const { want, what } = message.request;
        const reply = this.performers.get(want)?.(what);
        this.postTo(this.threads[thread - 1] as DataThreadWorker, thread - 1, {
          kind: 'reply',
          id: message.id,
          reply,
        });
        return;
      }
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

  /** Who carries out what data threads want, and says what became of it. */
  perform(want: string, performer: (what: unknown) => unknown): void {
    this.performers.set(want, performer);
  }

  /** To all threads. */
  post(message: ToDataThread): void {
    this.threads.forEach((thread, index) => {
      this.postTo(thread, index, message);
    });
  }

  private postTo(thread: DataThreadWorker, index: number, message: ToDataThread): void {
    thread.port.postMessage(message);
    wakeThread(this.wakeFds[index] as number);
  }

  /**
   * Every thread's answer. A thread takes its messages in order, so an answer also says that everything posted before
   * has been done.
   */
  ask(question: Question): Promise<unknown[]> {
    return Promise.all(
      this.threads.map((thread, index) => {
        const id = ++this.lastQuestion;
        return new Promise<unknown>((resolve) => {
          this.answers.set(id, resolve);
          this.postTo(thread, index, { kind: 'question', id, question });
        });
      }),
    );
  }

  /** Cuts all sessions and ends the threads; resolves when they are gone, or after a while in any case. */
  async stop(withinMs: number): Promise<void> {
    this.ending = true;
    const gone = this.threads.map((thread) => thread.gone());
    this.post({ kind: 'stop' });
    await Promise.race([Promise.all(gone), new Promise((resolve) => setTimeout(resolve, withinMs))]);
  }
}
