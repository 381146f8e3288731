/**
 * Streams that wait for a slot of a server, first come first served, one queue per backend and thread. The shared gauge
 * says that there are waiting streams on any thread, so that whoever frees a slot can wake the others.
 */
import { BE_QUEUED, BE_QUEUED_MAX, raiseGauge, SRV_QUEUED, SRV_QUEUED_MAX } from '../state/shared-state.ts';
import type { Backend } from './backend.ts';
import type { Plane } from './plane.ts';
import type { Server } from './server.ts';
import type { Stream } from './stream.ts';

export class StreamQueue {
  private readonly plane: Plane;
  private readonly backend: Backend;
  private first: Stream | null = null;
  private last: Stream | null = null;

  constructor(plane: Plane, backend: Backend) {
    this.plane = plane;
    this.backend = backend;
  }

  get empty(): boolean {
    return this.first === null;
  }

  /** Appends a stream; `server` is the only one that it may go to, or null. */
  add(stream: Stream, server: Server | null): void {
    stream.queued = true;
    stream.queuedFor = server;
    stream.nextQueued = null;
    stream.previousQueued = this.last;
    if (this.last !== null) this.last.nextQueued = stream;
    else this.first = stream;
    this.last = stream;
    const gauge = server === null ? this.backend.words + BE_QUEUED : server.words + SRV_QUEUED;
    const highest = server === null ? this.backend.words + BE_QUEUED_MAX : server.words + SRV_QUEUED_MAX;
    // Its place in the line, which the log tells.
    const place = raiseGauge(this.plane.words, gauge, highest);
    if (server === null) stream.backendQueue = place;
    else stream.serverQueue = place;
    this.plane.queuedBackends.add(this.backend);
  }

  remove(stream: Stream): void {
    if (!stream.queued) return;
    stream.queued = false;
    if (stream.previousQueued !== null) stream.previousQueued.nextQueued = stream.nextQueued;
    else this.first = stream.nextQueued;
    if (stream.nextQueued !== null) stream.nextQueued.previousQueued = stream.previousQueued;
    else this.last = stream.previousQueued;
    stream.nextQueued = null;
    stream.previousQueued = null;
    const server = stream.queuedFor;
    const gauge = server === null ? this.backend.words + BE_QUEUED : server.words + SRV_QUEUED;
    Atomics.sub(this.plane.words, gauge, 1);
    if (this.first === null) this.plane.queuedBackends.delete(this.backend);
  }

  /** Whoever waits for a server that takes nobody any more waits for any other, where the configuration has it so. */
  requeueLost(): void {
    if (!this.backend.requeues) return;
    for (let stream = this.first; stream !== null; ) {
      const next = stream.nextQueued;
      if (stream.queued && stream.queuedFor?.usable === false) stream.requeue();
      stream = next;
    }
  }

  /** From here on the stream waits for any server, in its place of the line. */
  unbind(stream: Stream): void {
    const { words } = this.plane;
    Atomics.sub(words, (stream.queuedFor as Server).words + SRV_QUEUED, 1);
    stream.queuedFor = null;
    stream.backendQueue = raiseGauge(
      words,
      this.backend.words + BE_QUEUED,
      this.backend.words + BE_QUEUED_MAX,
    );
  }

  /** A slot has become free, here or on another thread, or a server has come back: lets in as many as find a place. */
  serve(): void {
    for (let stream = this.first; stream !== null; ) {
      const next = stream.nextQueued;
      if (!stream.tryLeaveQueue()) {
        // Those that may go anywhere all fail when one does; those bound to a server are asked one by one.
        if (stream.queuedFor === null) break;
      }
      stream = next;
    }
  }

  /** A stream has given up its slot. */
  onSlotFree(server: Server): void {
    if (this.first !== null) {
      this.serve();
      return;
    }
    const words = this.plane.words;
    if (
      Atomics.load(words, this.backend.words + BE_QUEUED) > 0 ||
      Atomics.load(words, server.words + SRV_QUEUED) > 0
    ) {
      this.plane.wakeOthers();
    }
  }
}
