/**
 * A data thread: links the configuration for itself, accepts, and runs its loop until it is told to stop.
 * Started by the control plane as a worker, through cli/data-thread.ts, which knows the features.
 */
import type { MessagePort } from 'node:worker_threads';
import { DEFAULT_POLL_EVENTS } from '../config/initial-values.ts';
import { cpuMap } from '../config/keywords/cpu-map.ts';
import { processFacet } from '../config/keywords/global-process.ts';
import { PatternStore } from '../expr/patterns/pattern-store.ts';
import { EventLoop } from '../loop/event-loop.ts';
import { Mailbox } from '../loop/mailbox.ts';
import { Timer, type TimerOwner } from '../loop/timer-wheel.ts';
import { runOn } from '../os/affinity.ts';
import { forbidNewPrivileges } from '../os/identity.ts';
import { layoutOf } from '../state/layout.ts';
import type {
  DataThreadStart,
  FromDataThread,
  OpenListener,
  SessionShutdown,
  ToDataThread,
} from '../state/messages.ts';
import { QueueMemory } from '../state/queue-memory.ts';
import { PROCESS_PIPES, SharedState } from '../state/shared-state.ts';
import { PipePool } from '../transport/pipe.ts';
import { Backend } from './backend.ts';
import { Frontend } from './frontend.ts';
import { Listener } from './listener.ts';
import { type LiveSession, Plane } from './plane.ts';
import { StreamLogger } from './stream-log.ts';
import { CONTINUOUS_COUNT_MS } from './traffic-count.ts';

/** Counts the bytes of streams that go on for long, where a frontend has `option contstats`. */
class ContinuousCount implements TimerOwner {
  private readonly plane: Plane;
  private readonly timer = new Timer(this);

  constructor(plane: Plane) {
    this.plane = plane;
    this.arm();
  }

  private arm(): void {
    const { timers, now } = this.plane.loop;
    timers.arm(this.timer, (now + CONTINUOUS_COUNT_MS) | 0);
  }

  onTimer(): void {
    for (let session = this.plane.sessions; session !== null; session = session.nextSession) {
      session.countProgress();
    }
    this.arm();
  }
}

const TRIM_INTERVAL_MS = 5000;

class DataThread implements TimerOwner {
  private readonly plane: Plane;
  private readonly port: MessagePort;
  private readonly listeners = new Map<number, Listener>();
  private readonly trimTimer = new Timer(this);

  constructor(start: DataThreadStart, port: MessagePort) {
    this.port = port;
    const { configuration } = start;
    takePlace(start);
    const loop = new EventLoop(configuration.global.tune.maxPollEvents ?? DEFAULT_POLL_EVENTS);
    const mailbox = new Mailbox<ToDataThread>(
      loop,
      start.wakeFds[start.thread - 1] as number,
      port,
      (message) => this.receive(message),
      () => this.plane.onWake(),
    );
    const plane = new Plane({
      thread: start.thread,
      loop,
      configuration,
      shared: SharedState.attach(start.shared),
      queueMemory: new QueueMemory(start.queues),
      patterns: PatternStore.attach(start.patterns),
      process: start.process,
      wakeFds: start.wakeFds,
    });
    this.plane = plane;
    plane.onBug = (error) => this.report(error);
    plane.warn = (text) => this.post({ kind: 'warning', text });
    plane.onServerErrors = (errors) => this.post({ kind: 'serverErrors', errors });
    plane.postRequest = (id, request) => this.post({ kind: 'request', id, request });
    plane.onDrained = () => this.post({ kind: 'drained' });
    plane.logger = new StreamLogger(plane);
    plane.pipes = new PipePool(
      plane.words,
      PROCESS_PIPES,
      start.process.maxPipes,
      configuration.global.tune.pipeSize,
    );
    this.link(start);
    plane.finishLayout();
    for (const facts of start.listeners) this.openListener(facts);
    if (plane.frontends.some((frontend) => frontend?.continuousCounts === true)) new ContinuousCount(plane);
    loop.timers.arm(this.trimTimer, (loop.now + TRIM_INTERVAL_MS) | 0);
    this.post({ kind: 'ready' });
    void mailbox;
  }

  run(): void {
    this.plane.loop.run();
  }

  onTimer(): void {
    this.plane.pool.trim();
    this.plane.pipes.trim();
    this.plane.loop.timers.arm(this.trimTimer, (this.plane.loop.now + TRIM_INTERVAL_MS) | 0);
  }

  private link(start: DataThreadStart): void {
    const plane = this.plane;
    const { proxies } = start.configuration;
    const layout = layoutOf(start.configuration);
    proxies.forEach((proxy, index) => {
      if (proxy.disabled) return;
      if (proxy.kind !== 'frontend') {
        const memory = start.balanceMemory[index];
        if (memory === undefined) throw new Error(`no balance memory for ${proxy.name}`);
        const backend = new Backend(plane, proxy, index, layout.firstServer[index] as number, memory);
        plane.backends[index] = backend;
        plane.backendsByName.set(proxy.name, backend);
      }
    });
    proxies.forEach((proxy, index) => {
      if (proxy.disabled || proxy.kind === 'backend') return;
      const frontend = new Frontend(plane, proxy, index);
      plane.frontends[index] = frontend;
      const target = proxy.defaultBackend;
      if (target !== undefined) frontend.defaultBackend = plane.backendsByName.get(target.name) ?? null;
      else if (proxy.kind === 'listen') frontend.defaultBackend = plane.backends[index] ?? null;
    });
  }

  private openListener(facts: OpenListener): void {
    const { listeners } = this.plane;
    if (!listeners.some(({ index }) => index === facts.index)) listeners.push(facts);
    if (facts.threads !== undefined) {
      const mine = facts.threads.some(
        (range) => range.from <= this.plane.thread && this.plane.thread <= range.to,
      );
      if (!mine) return;
    }
    const frontend = this.plane.frontends[facts.proxy];
    const bind = frontend?.config.binds[facts.bind];
    if (frontend === undefined || bind === undefined) return;
    const listener = new Listener(this.plane, frontend, facts, bind);
    this.listeners.set(facts.index, listener);
    listener.resume();
  }

  private receive(message: ToDataThread): void {
    const plane = this.plane;
    switch (message.kind) {
      case 'pause':
        for (const listener of this.listeners.values()) listener.suspend();
        return;
      case 'resume':
        for (const listener of this.listeners.values()) listener.resume();
        for (const facts of message.listeners) if (!this.listeners.has(facts.index)) this.openListener(facts);
        return;
      case 'softStop':
        this.softStop(message.listeners);
        return;
      case 'stop':
        for (const listener of this.listeners.values()) listener.retire();
        for (let session = plane.sessions; session !== null; ) {
          const next = session.nextSession;
          session.kill();
          session = next;
        }
        plane.loop.stop();
        return;
      case 'serversChanged':
        for (const shutdown of message.shutdowns) this.shutSessions(shutdown);
        plane.onServersChanged();
        return;
      case 'reply':
        plane.onReply(message.id, message.reply);
        return;
      case 'question':
        this.post({ kind: 'answer', id: message.id, answer: this.answer(message.question.ask) });
        return;
      default:
    }
  }

  /** A walk over all sessions: states change rarely, and servers need no list of their streams for it. */
  private shutSessions({ server, cause }: SessionShutdown): void {
    const words = this.plane.shared.serverWords(server);
    // The end of one may bring others to theirs: the list is not walked while it changes.
    const sessions: LiveSession[] = [];
    for (let session = this.plane.sessions; session !== null; session = session.nextSession)
      sessions.push(session);
    for (const session of sessions) session.shutServer(words, cause);
  }

  private softStop(listeners: readonly number[] | undefined): void {
    for (const [index, listener] of this.listeners) {
      if (listeners === undefined || listeners.includes(index)) listener.retire();
    }
    if (listeners !== undefined) return;
    const plane = this.plane;
    plane.beginStopping();
    for (let session = plane.sessions; session !== null; ) {
      const next = session.nextSession;
      session.onSoftStop();
      session = next;
    }
    if (plane.sessionCount === 0) this.post({ kind: 'drained' });
  }

  private answer(what: 'sessions' | 'pools'): unknown {
    const plane = this.plane;
    if (what === 'sessions') return { sessions: plane.sessionCount };
    return {
      buffers: { used: plane.pool.used, capacity: plane.pool.capacity, sizeBytes: plane.pool.sizeBytes },
      timers: plane.loop.timers.queued,
      sessions: plane.sessionCount,
      idleServerConnections: plane.backends.reduce(
        (sum, backend) => sum + (backend?.servers.reduce((n, server) => n + server.idle.size, 0) ?? 0),
        0,
      ),
    };
  }

  private report(error: unknown): void {
    this.post({ kind: 'bug', text: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }

  private post(message: FromDataThread): void {
    this.port.postMessage(message);
  }
}

/** What belongs to the thread and not to the process: where it runs, and what its children may become. */
function takePlace({ configuration, thread }: DataThreadStart): void {
  const cpus = cpuMap.read(configuration.global)?.byThread[thread];
  if (cpus !== undefined) runOn(cpus);
  if (processFacet.read(configuration.global)?.allowsSetuid !== true) forbidNewPrivileges();
}

/** Runs until the control plane says stop; returns then. */
export function runDataThread(start: DataThreadStart, port: MessagePort): void {
  new DataThread(start, port).run();
}
