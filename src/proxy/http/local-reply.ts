/**
 * A reply of the proxy's own on its way to the client: a head with a short body, or with the body that an applet makes
 * while it is sent. Knows nothing of the exchange: it only tells what happened.
 */
import { u8 } from '../../os/arena.ts';
import { Channel } from '../../transport/channel.ts';
import { type Connection, FAILED } from '../../transport/connection.ts';
import type { Plane } from '../plane.ts';
import { type Applet, CHUNK_OVERHEAD_BYTES, produceChunk } from './applet.ts';
import { appendBytes } from './head-placement.ts';

/** The client has to take some first. */
export const REPLY_WAIT = 0;
export const REPLY_SENT = 1;
/** There is more to do, but others want their turn. */
export const REPLY_AGAIN = 2;
export const REPLY_FAILED = -1;

/** How the rest of an applet's body goes out. */
export const APPLET_CHUNKED = 0;
export const APPLET_AS_IT_IS = 1;
/** There is no body, or no more of it. */
export const APPLET_ENDED = 2;
/** Pieces of an applet's body made in one turn, so that a long one leaves time for others. */
const APPLET_PIECES_A_TURN = 4;

export class LocalReply {
  /** Makes the body; kept for the log until the exchange ends. */
  applet: Applet | null = null;
  appletBody = APPLET_ENDED;
  /** Sizes as they are counted. */
  headBytes = 0;
  bodyBytes = 0;
  /** Of a header line that counts although the head comes without it. */
  uncountedBytes = 0;
  /** Of responses that another one follows. */
  interimBytes = 0;
  readonly channel: Channel;

  constructor(plane: Plane) {
    this.channel = new Channel(plane.pool, 0);
  }

  begin(): void {
    this.applet = null;
    this.appletBody = APPLET_ENDED;
    this.headBytes = 0;
    this.bodyBytes = 0;
    this.uncountedBytes = 0;
    this.interimBytes = 0;
  }

  countInterim(head: Uint8Array, length: number): void {
    this.interimBytes += countedHead(head, length);
  }

  release(): void {
    this.channel.release();
  }

  /** Puts head, connection line and body into the buffer. False when there is no buffer. */
  prepare(head: Uint8Array, connectionLine: Uint8Array | null, body: Uint8Array): boolean {
    const out = this.channel;
    if (!out.open()) return false;
    out.ready = appendBytes(out.tail, head);
    if (connectionLine !== null) out.ready = appendBytes(out.ready, connectionLine);
    u8[out.ready] = 13;
    u8[out.ready + 1] = 10;
    out.ready = appendBytes(out.ready + 2, body);
    out.tail = out.ready;
    this.headBytes = countedHead(head, head.length) + this.uncountedBytes;
    this.bodyBytes = body.length;
    return true;
  }

  /** Writes as much as the client takes. `closes`: the close follows the last byte at once, in the same packet. */
  send(to: Connection, closes: boolean): number {
    const out = this.channel;
    for (let piece = 0; ; piece++) {
      if (out.drain(to, closes && this.applet === null) === FAILED) return REPLY_FAILED;
      if (out.head !== out.tail) return REPLY_WAIT;
      if (this.applet === null || this.appletBody === APPLET_ENDED) return REPLY_SENT;
      if (piece >= APPLET_PIECES_A_TURN) return REPLY_AGAIN;
      this.pull(this.applet);
    }
  }

  /** The next piece of the applet's body; nothing else is in the channel. */
  private pull(applet: Applet): void {
    const out = this.channel;
    out.clear();
    let length: number;
    if (this.appletBody === APPLET_CHUNKED) {
      out.tail = produceChunk(applet, u8, out.head, out.room);
      length = out.tail - out.head - CHUNK_OVERHEAD_BYTES;
    } else {
      length = applet.produce(u8, out.head, out.room);
      out.tail = out.head + length;
    }
    out.ready = out.tail;
    if (length > 0) this.bodyBytes += length;
    else this.appletBody = APPLET_ENDED;
  }
}

/** Counted size of a reply's head, which was made as wire bytes. */
function countedHead(head: Uint8Array, length: number): number {
  let lines = 0;
  for (let i = 0; i < length; i++) if (head[i] === 10) lines++;
  // Each line has its separators on the wire; the start line two blanks instead of a colon and a blank.
  return length - lines * 4 + 21;
}
