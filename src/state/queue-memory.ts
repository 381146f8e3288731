/**
 * The memory of the queues, the same for all threads: waiting lines that are ordered over all of them, one for each
 * server and one for each backend, and the tickets that stand in them. A ticket belongs to one stream of one thread,
 * which alone takes it and gives it back.
 * Owns the layout and the pool of tickets, which is bounded: there are as many as the process may have streams. What is
 * done with lines stands in waiting-line.ts, who takes the locks in proxy/queue.ts.
 */
import { lock, unlock } from './spin-lock.ts';

/** Levels of a line's skip list: a ticket reaches the next higher one by a chance of 1 in 8, enough for 8^5 waiting. */
export const LEVELS = 5;

// Words of a line.
/** First and last ticket of each level, or 0. */
export const LINE_FIRST = 0;
export const LINE_LAST = LINE_FIRST + LEVELS;
/** Tickets that have been let in so far. */
export const LINE_SERVED = LINE_LAST + LEVELS;
const LINE_WORDS = 12;

// Words of a backend, in front of its line; behind it each thread has two.
export const QUEUE_LOCK = 0;
/** Counts the slots that became free: whoever was refused sees whether that changed while it took its place. */
export const QUEUE_FREED = 1;
/** Counts tickets as they join any line of the backend: this is their order. */
export const QUEUE_ARRIVALS = 2;
/** Millisecond of the last arrival. */
export const QUEUE_CLOCK = 3;
const QUEUE_LINE = 4;
const QUEUE_GRANTS = QUEUE_LINE + LINE_WORDS;
/** Tickets of a thread that have been let in and that it does not know of yet: a list. */
export const GRANTS_FIRST = 0;
export const GRANTS_LAST = 1;
const GRANTS_WORDS = 2;

// Words of a ticket. Its number is the index of its first word.
/** Neighbours on each level of its line. Of one that was let in, the first word leads to the next of its thread. */
export const TICKET_NEXT = 0;
export const TICKET_PREVIOUS = TICKET_NEXT + LEVELS;
/** What it is ordered by, in this sequence. */
export const TICKET_CLASS = TICKET_PREVIOUS + LEVELS;
export const TICKET_TIME = TICKET_CLASS + 1;
export const TICKET_ARRIVAL = TICKET_TIME + 1;
/** Levels that it stands on; 0: in no line. */
export const TICKET_HEIGHT = TICKET_ARRIVAL + 1;
export const TICKET_THREAD = TICKET_HEIGHT + 1;
/** While it waits: LINE_SERVED as it came. Once let in: how many were, up to this one. */
export const TICKET_PLACE = TICKET_THREAD + 1;
const TICKET_WORDS = 16;
/** The server that let it in; a ticket that is let in stands on no level, so the words of one are free. */
export const TICKET_SERVER = TICKET_PREVIOUS;

// The pool of tickets, at the beginning.
const POOL_LOCK = 0;
/** Given back: a list. */
const POOL_FIRST = 1;
/** Of those never used yet. */
const POOL_UNUSED = 2;
const POOL_WORDS = 16;
/** Tickets that move between a thread and the pool at once, and twice as many that a thread may keep. */
const BATCH = 64;

export interface QueueSizes {
  readonly threads: number;
  readonly proxies: number;
  readonly servers: number;
  /** Streams that can wait at the same time. */
  readonly tickets: number;
}

/** Plain data for a thread's start. */
export interface QueueBuffers {
  readonly sizes: QueueSizes;
  readonly words: SharedArrayBuffer;
}

function proxyWords(sizes: QueueSizes): number {
  return QUEUE_GRANTS + sizes.threads * GRANTS_WORDS;
}

function ticketsAt(sizes: QueueSizes): number {
  const lines = POOL_WORDS + sizes.proxies * proxyWords(sizes) + sizes.servers * LINE_WORDS;
  return Math.ceil(lines / TICKET_WORDS) * TICKET_WORDS;
}

export class QueueMemory {
  readonly words: Int32Array;
  private readonly sizes: QueueSizes;
  private readonly end: number;
  /** Free tickets that this thread keeps at hand. */
  private readonly spare = new Int32Array(BATCH * 2);
  private spares = 0;

  /** The system gives pages of it only as they are used. */
  static create(sizes: QueueSizes): QueueBuffers {
    const tickets = sizes.tickets + sizes.threads * BATCH * 2;
    const words = new SharedArrayBuffer((ticketsAt(sizes) + tickets * TICKET_WORDS) * 4);
    new Int32Array(words)[POOL_UNUSED] = ticketsAt(sizes);
    return { sizes, words };
  }

  /** As this thread sees it. */
  constructor(buffers: QueueBuffers) {
    this.words = new Int32Array(buffers.words);
    this.sizes = buffers.sizes;
    this.end = this.words.length;
  }

  /** Index of a backend's first word. */
  queue(proxy: number): number {
    return POOL_WORDS + proxy * proxyWords(this.sizes);
  }

  /** Index of the line for any server of the backend. */
  backendLine(proxy: number): number {
    return this.queue(proxy) + QUEUE_LINE;
  }

  /** Index of the line for one server. */
  serverLine(server: number): number {
    return POOL_WORDS + this.sizes.proxies * proxyWords(this.sizes) + server * LINE_WORDS;
  }

  /** Index of a thread's list of those of the backend that were let in. */
  grants(proxy: number, thread: number): number {
    return this.queue(proxy) + QUEUE_GRANTS + (thread - 1) * GRANTS_WORDS;
  }

  /** A number below the number of tickets for each ticket, to find its stream by. */
  ordinal(ticket: number): number {
    return (ticket - ticketsAt(this.sizes)) / TICKET_WORDS;
  }

  /** A ticket for a stream of this thread, or 0 when there is none left. */
  take(): number {
    if (this.spares === 0) this.fetch();
    if (this.spares === 0) return 0;
    return this.spare[--this.spares] as number;
  }

  give(ticket: number): void {
    if (this.spares === this.spare.length) this.yieldSome();
    this.spare[this.spares++] = ticket;
  }

  private fetch(): void {
    const { words } = this;
    lock(words, POOL_LOCK);
    while (this.spares < BATCH) {
      const first = words[POOL_FIRST] as number;
      if (first !== 0) {
        words[POOL_FIRST] = words[first + TICKET_NEXT] as number;
        this.spare[this.spares++] = first;
        continue;
      }
      const unused = words[POOL_UNUSED] as number;
      if (unused >= this.end) break;
      words[POOL_UNUSED] = unused + TICKET_WORDS;
      this.spare[this.spares++] = unused;
    }
    unlock(words, POOL_LOCK);
  }

  private yieldSome(): void {
    const { words } = this;
    lock(words, POOL_LOCK);
    for (let i = 0; i < BATCH; i++) {
      const ticket = this.spare[--this.spares] as number;
      words[ticket + TICKET_NEXT] = words[POOL_FIRST] as number;
      words[POOL_FIRST] = ticket;
    }
    unlock(words, POOL_LOCK);
  }
}
