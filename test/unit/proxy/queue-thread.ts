/**
 * A thread whose streams come, wait, are served and leave at random, together with others, through the real queue. It
 * looks for what it was let in for only when it is woken, as a thread that sleeps does.
 */
import { parentPort, workerData } from 'node:worker_threads';
import type { Deferred } from '../../../src/loop/event-loop.ts';
import { base, reserve } from '../../../src/os/arena.ts';
import { read } from '../../../src/os/libc.ts';
import type { Backend } from '../../../src/proxy/backend.ts';
import type { Plane } from '../../../src/proxy/plane.ts';
import { StreamQueue, WAITING } from '../../../src/proxy/queue.ts';
import type { Server } from '../../../src/proxy/server.ts';
import type { Stream } from '../../../src/proxy/stream.ts';
import {
  type QueueBuffers,
  QueueMemory,
  TICKET_ARRIVAL,
  TICKET_HEIGHT,
  TICKET_PLACE,
} from '../../../src/state/queue-memory.ts';
import { slotLimit, takeSlot } from '../../../src/state/server-slots.ts';
import {
  BE_SERVED,
  type SharedBuffers,
  SharedState,
  SRV_QUEUED,
  SRV_SERVED,
} from '../../../src/state/shared-state.ts';

export interface QueueTask {
  readonly thread: number;
  readonly shared: SharedBuffers;
  readonly queues: QueueBuffers;
  readonly wakeFds: readonly number[];
  readonly servers: number;
  readonly streams: number;
  readonly atOnce: number;
  /** Word that all threads wait on, so that they start together. */
  readonly gate: SharedArrayBuffer;
}

/** Where a stream stood in its line: it came as number `arrival`, and was let in as number `order`. */
export interface Passage {
  readonly line: number;
  readonly arrival: number;
  readonly order: number;
}

export interface QueueReport {
  readonly served: number;
  readonly left: number;
  readonly overLimit: number;
  readonly passages: readonly Passage[];
}

const ANY = -1;
const EVENTFD_BYTES = 8;

/** What the queue knows of a server. */
class StandInServer {
  readonly words: number;
  readonly line: number;
  readonly position: number;
  readonly maxQueue = 0;
  readonly usable = true;
  pending = 0;
  private readonly run: Run;

  constructor(run: Run, position: number) {
    this.run = run;
    this.position = position;
    this.words = run.shared.serverWords(position);
    this.line = run.memory.serverLine(position);
  }

  get queued(): number {
    return Atomics.load(this.run.words, this.words + SRV_QUEUED);
  }

  enter(): boolean {
    const { words, backendWords } = this.run;
    return this.queued === 0 && takeSlot(words, this.words, slotLimit(words, this.words, backendWords));
  }

  leave(): void {
    Atomics.sub(this.run.words, this.words + SRV_SERVED, 1);
  }
}

/** What the queue knows of a stream, and what becomes of it. */
class StandInStream {
  queued = false;
  ticket = 0;
  queuedFor: Server | null = null;
  admittedTo: Server | null = null;
  priorityClass = 0;
  priorityOffsetMs = 0;
  serverQueue = 0;
  backendQueue = 0;
  assigned = false;
  assignedAt = 0;
  backend: unknown = null;
  turnsLeft = 0;
  server: StandInServer | null = null;
  line = ANY;
  arrival = 0;
  entered = 0;
  isOrdered = false;
  private readonly run: Run;

  constructor(run: Run) {
    this.run = run;
  }

  startOn(server: Server): void {
    this.run.serve(this, server as unknown as StandInServer);
  }
}

class Run {
  readonly shared: SharedState;
  readonly memory: QueueMemory;
  readonly words: Int32Array;
  readonly backendWords: number;
  private readonly task: QueueTask;
  private readonly servers: StandInServer[] = [];
  private readonly queue: StreamQueue;
  private readonly deferred: Deferred[] = [];
  private readonly active = new Set<StandInStream>();
  private readonly loop = { now: 0, defer: (work: Deferred): void => void this.deferred.push(work) };
  private readonly passages: Passage[] = [];
  private served = 0;
  private left = 0;
  private overLimit = 0;
  private begun = 0;
  private readonly gate: Int32Array;
  private readonly mail = reserve(EVENTFD_BYTES, 8);

  constructor(task: QueueTask) {
    this.task = task;
    this.gate = new Int32Array(task.gate);
    this.shared = SharedState.attach(task.shared);
    this.memory = new QueueMemory(task.queues);
    this.words = this.shared.words;
    this.backendWords = this.shared.proxyWords(0);
    for (let at = 0; at < task.servers; at++) this.servers.push(new StandInServer(this, at));
    const plane = {
      thread: task.thread,
      loop: this.loop,
      sharedNow: 0,
      words: this.words,
      queueMemory: this.memory,
      wakeFds: task.wakeFds,
      queuedStreams: [],
      queuedBackends: new Set(),
    };
    const backend = {
      index: 0,
      words: this.backendWords,
      servers: this.servers,
      requeues: false,
      balancer: { served: () => {}, gaveUp: () => {}, uses: () => true },
    };
    // All that the queue touches of either is there; the rest of a thread is not needed for it.
    this.queue = new StreamQueue(plane as unknown as Plane, backend as unknown as Backend);
  }

  waitForStart(): void {
    Atomics.wait(this.gate, 0, 0);
  }

  run(): QueueReport {
    const { streams, atOnce } = this.task;
    while (this.begun < streams || this.active.size > 0) {
      this.loop.now++;
      while (this.active.size < atOnce && this.begun < streams) this.begin();
      if (read(this.task.wakeFds[this.task.thread - 1] as number, base + this.mail, EVENTFD_BYTES) > 0) {
        this.queue.collect();
      }
      const before = this.served + this.left;
      for (const stream of this.active) this.step(stream);
      for (const work of this.deferred.splice(0)) work.runDeferred();
      // Nothing happens here: the processor is better used by those who have slots to give back.
      if (this.served + this.left === before) Atomics.wait(this.gate, 0, 1, 1);
    }
    const { served, left, overLimit, passages } = this;
    return { served, left, overLimit, passages };
  }

  private begin(): void {
    const stream = new StandInStream(this);
    this.begun++;
    this.active.add(stream);
    // Half of them wait for any server. Some will not wait for ever.
    stream.line = Math.random() < 0.5 ? ANY : Math.floor(Math.random() * this.servers.length);
    stream.turnsLeft = Math.random() < 0.1 ? 1 + Math.floor(Math.random() * 200) : Number.POSITIVE_INFINITY;
    const { freed } = this.queue;
    const bound = stream.line === ANY ? null : (this.servers[stream.line] as StandInServer);
    if (bound !== null) {
      if (bound.enter()) this.serve(stream, bound);
      else this.wait(stream, bound, freed);
      return;
    }
    if (!this.queue.holdsBack) {
      for (const server of this.servers) {
        if (!server.enter()) continue;
        this.serve(stream, server);
        return;
      }
    }
    this.wait(stream, null, freed);
  }

  private wait(stream: StandInStream, server: StandInServer | null, freed: number): void {
    const verdict = this.queue.add(stream as unknown as Stream, server as unknown as Server | null, freed);
    if (verdict !== WAITING) throw new Error(`verdict ${verdict}`);
    const { ticket } = stream;
    if (ticket === 0) return;
    const { words } = this.memory;
    stream.arrival = Atomics.load(words, ticket + TICKET_ARRIVAL);
    stream.entered = Atomics.load(words, ticket + TICKET_PLACE);
    // Another thread may have let it in meanwhile, and then this is no longer where it came in.
    stream.isOrdered = Atomics.load(words, ticket + TICKET_HEIGHT) > 0;
  }

  serve(stream: StandInStream, server: StandInServer): void {
    const limit = slotLimit(this.words, server.words, this.backendWords);
    if (Atomics.load(this.words, server.words + SRV_SERVED) > limit) this.overLimit++;
    Atomics.add(this.words, this.backendWords + BE_SERVED, 1);
    stream.server = server;
    stream.turnsLeft = Math.floor(Math.random() * 4);
    this.served++;
    if (!stream.isOrdered) return;
    const place = stream.line === ANY ? stream.backendQueue : stream.serverQueue;
    this.passages.push({ line: stream.line, arrival: stream.arrival, order: stream.entered + place });
  }

  private step(stream: StandInStream): void {
    if (stream.turnsLeft-- > 0) return;
    this.active.delete(stream);
    const { server } = stream;
    if (server === null) {
      this.left++;
      this.queue.remove(stream as unknown as Stream);
      return;
    }
    server.leave();
    Atomics.sub(this.words, this.backendWords + BE_SERVED, 1);
    this.queue.onSlotFree(server as unknown as Server);
  }
}

if (parentPort !== null && workerData !== null) {
  // The test that starts this file hands it exactly this.
  const task = workerData as QueueTask;
  const run = new Run(task);
  parentPort.postMessage('ready');
  run.waitForStart();
  parentPort.postMessage(run.run());
}
