/**
 * Moves one message's body from the connection that it comes from to the one that it goes to, as far as both let it: out
 * of a buffer while its framing has to be followed, through a pipe inside the kernel where a long rest needs no look.
 * Knows nothing of what a failure means for the exchange: it only tells what happened.
 */
import { u8 } from '../../os/arena.ts';
import { BODY_END, BODY_MALFORMED, type BodyScanner } from '../../protocol/http1/body-scanner.ts';
import { BODY_CHUNKED, BODY_NONE, BODY_UNTIL_CLOSE } from '../../protocol/http1/framing.ts';
import type { Channel } from '../../transport/channel.ts';
import { type Connection, END_OF_STREAM, FAILED, WOULD_BLOCK } from '../../transport/connection.ts';
import type { Pipe, PipePool } from '../../transport/pipe.ts';

/** Nothing more can be done before an event. */
export const FORWARD_WAIT = 0;
/** The whole message has been written. */
export const FORWARD_DONE = 1;
/** There is more to do, but others want their turn. */
export const FORWARD_AGAIN = 2;
/** The source ended, or broke, before the body did. */
export const FORWARD_SOURCE_ENDED = -1;
export const FORWARD_SOURCE_FAILED = -2;
export const FORWARD_SINK_FAILED = -3;
/** The body's framing is broken; nothing of what came together with the fault has been passed on. */
export const FORWARD_MALFORMED = -4;

/** Bodies with at least this much left go through a pipe (measured: the two extra system calls pay from here on). */
const SPLICE_FROM_BYTES = 64 * 1024;
const LONGEST_TURN = 64;

export class BodyForwarder {
  private readonly scanner: BodyScanner;
  private pipe: Pipe | null = null;
  private pipes: PipePool | null = null;
  /** The end of the body has been seen; what is ready is the rest of the message. */
  received = false;
  /** The sink is closed right after the message: the message's end and the connection's go in one packet. */
  closes = false;
  /** The source is not waited for any more. */
  cut = false;
  /** Something was written since this was last set to false. */
  moved = false;

  constructor(scanner: BodyScanner) {
    this.scanner = scanner;
  }

  /** For the next message. `pipes` is null where splicing is not wanted. */
  begin(kind: number, lengthBytes: number, pipes: PipePool | null): void {
    this.scanner.begin(kind, lengthBytes);
    this.received = kind === BODY_NONE;
    this.cut = false;
    this.closes = false;
    this.pipes = pipes;
  }

  /** Bytes of the body, without framing, that have passed or are ready. */
  get payload(): number {
    return this.scanner.payload;
  }

  /** Of these the data alone, and as many as are known to be still to come. */
  get dataBytes(): number {
    return this.scanner.payload - this.scanner.endBytes;
  }

  get missingBytes(): number {
    return this.received ? 0 : this.scanner.remaining;
  }

  get endless(): boolean {
    return this.scanner.kind === BODY_UNTIL_CLOSE;
  }

  get chunked(): boolean {
    return this.scanner.kind === BODY_CHUNKED;
  }

  /** Looks at what the channel has received. False when it is malformed: then nothing of it has become ready. */
  scan(channel: Channel): boolean {
    if (this.received || channel.ready === channel.tail) return true;
    const { head, ready } = channel;
    const verdict = this.scanner.scan(u8, channel);
    if (verdict === BODY_MALFORMED) {
      // What was ready before may have been moved to make room; it still begins at the head.
      channel.ready = ready + channel.head - head;
      return false;
    }
    this.received = verdict === BODY_END;
    return true;
  }

  run(channel: Channel, from: Connection, to: Connection): number {
    for (let round = 0; round < LONGEST_TURN; round++) {
      const verdict = this.pipe === null ? this.passBuffer(channel, from, to) : this.passPipe(from, to);
      if (verdict !== FORWARD_AGAIN) return verdict;
    }
    return FORWARD_AGAIN;
  }

  release(): void {
    if (this.pipe === null) return;
    this.pipes?.give(this.pipe);
    this.pipe = null;
  }

  private passBuffer(channel: Channel, from: Connection, to: Connection): number {
    if (!this.scan(channel)) {
      channel.drain(to);
      return FORWARD_MALFORMED;
    }
    const before = channel.head;
    if (channel.drain(to, this.closes && this.received) === FAILED) return FORWARD_SINK_FAILED;
    const drained = channel.head !== before;
    if (drained) this.moved = true;
    if (channel.head === channel.ready) {
      if (this.received) return FORWARD_DONE;
      // The scanner may have had to stop for want of room, which there is now.
      if (drained && channel.ready < channel.tail) return FORWARD_AGAIN;
    }
    if (this.cut) return channel.head < channel.ready ? FORWARD_WAIT : this.sourceVerdict(END_OF_STREAM);
    if (!from.readable) return FORWARD_WAIT;
    if (channel.head === channel.tail) {
      channel.clear();
      if (this.scanner.blind >= SPLICE_FROM_BYTES && this.openPipe()) return FORWARD_AGAIN;
    } else if (channel.room === 0) {
      channel.compact();
      // A line of the framing that is longer than a buffer.
      if (channel.room === 0) return channel.head === channel.ready ? FORWARD_MALFORMED : FORWARD_WAIT;
    }
    const count = channel.fill(from);
    return count > 0 ? FORWARD_AGAIN : this.sourceVerdict(count);
  }

  private passPipe(from: Connection, to: Connection): number {
    const pipe = this.pipe as Pipe;
    const scanner = this.scanner;
    const open = scanner.kind === BODY_UNTIL_CLOSE;
    if (pipe.pending > 0) {
      if (!to.writable) return FORWARD_WAIT;
      const count = pipe.drain(to, !open && scanner.remaining > 0);
      if (count === FAILED) return FORWARD_SINK_FAILED;
      if (count > 0) this.moved = true;
      if (pipe.pending > 0) return FORWARD_WAIT;
    }
    if (this.received || (!open && scanner.remaining === 0)) {
      this.release();
      this.received = true;
      return FORWARD_DONE;
    }
    if (!from.readable) return FORWARD_WAIT;
    const count = pipe.fill(from, open ? Number.MAX_SAFE_INTEGER : scanner.remaining);
    if (count <= 0) return this.sourceVerdict(count);
    scanner.skip(count);
    return FORWARD_AGAIN;
  }

  /** What it means that a read gave no bytes. */
  private sourceVerdict(count: number): number {
    if (count === WOULD_BLOCK) return FORWARD_WAIT;
    if (count === END_OF_STREAM && this.scanner.kind === BODY_UNTIL_CLOSE) {
      this.received = true;
      return FORWARD_AGAIN;
    }
    return count === END_OF_STREAM ? FORWARD_SOURCE_ENDED : FORWARD_SOURCE_FAILED;
  }

  private openPipe(): boolean {
    this.pipe = this.pipes === null ? null : this.pipes.take();
    return this.pipe !== null;
  }
}
