/**
 * The part of a body that is in the buffer, as rules see it: without framing, and no more of it than HAProxy would hold,
 * whose buffer keeps the head in another form. While it is waited for, chunks are joined where their framing takes the
 * room. Specification: configuration manual 7.3.6 `req.body` and its relatives.
 */

import type { Sample } from '../../expr/sample.ts';
import type { BodyScope } from '../../expr/scope.ts';
import { nextScratch } from '../../expr/scratch.ts';
import { u8 } from '../../os/arena.ts';
import { copyChunkData, joinChunks } from '../../protocol/http1/chunk-data.ts';
import type { HeaderBlock } from '../../protocol/http1/header-block.ts';
import type { Channel } from '../../transport/channel.ts';
import type { BodyForwarder } from './body-forwarder.ts';

/** What HAProxy's form of a message takes beside its bytes: per line, in all, and for the body (measured at the boundary). */
const LINE_OVERHEAD_BYTES = 4;
const HEAD_OVERHEAD_BYTES = 79;
const BODY_OVERHEAD_BYTES = 8;
const CHUNKED_OVERHEAD_BYTES = 16;

/** What a head takes of the room that HAProxy has for a message. */
export function heldHeadBytes(block: HeaderBlock): number {
  return block.end - block.start + block.count * LINE_OVERHEAD_BYTES + HEAD_OVERHEAD_BYTES;
}

export class ReceivedBody implements BodyScope {
  private readonly body: BodyForwarder;
  private channel: Channel | null = null;
  private capacityBytes = 0;
  private headBytes = 0;
  /** Whoever sends it has finished, or is gone. */
  ended = false;

  constructor(body: BodyForwarder) {
    this.body = body;
  }

  /** For no message. */
  clear(): void {
    this.channel = null;
    this.ended = false;
  }

  /** The head is complete: the body follows it in the channel. `roomBytes`: what HAProxy has for the message. */
  begin(channel: Channel, block: HeaderBlock, headBytes: number, roomBytes: number): void {
    this.channel = channel;
    this.headBytes = headBytes;
    const overhead = this.body.chunked ? CHUNKED_OVERHEAD_BYTES : BODY_OVERHEAD_BYTES;
    this.capacityBytes = Math.max(0, roomBytes - heldHeadBytes(block) - overhead);
    this.ended = false;
  }

  get availableBytes(): number {
    return Math.min(this.body.dataBytes, this.capacityBytes);
  }

  get announcedBytes(): number {
    const { body } = this;
    return body.endless ? this.availableBytes : body.dataBytes + body.missingBytes;
  }

  get messageBytes(): number {
    return this.headBytes + this.availableBytes;
  }

  /** All of it is there, or as much of it as there will be before it goes on. */
  get settled(): boolean {
    return this.body.received || this.ended || this.full;
  }

  get full(): boolean {
    return this.body.dataBytes >= this.capacityBytes || this.channel?.room === 0;
  }

  read(sample: Sample): true {
    const { channel, body } = this;
    if (channel === null || channel.buffer < 0) return sample.setBinary(u8, 0, 0);
    const { head, ready } = channel;
    if (!body.chunked) return sample.setBinary(u8, head, Math.min(ready, head + this.capacityBytes));
    const area = nextScratch();
    const length = Math.min(copyChunkData(u8, head, ready, area), this.capacityBytes);
    return sample.setBinary(area, 0, length);
  }

  /** More is to be read and there is no room for it: the framing of small chunks gives some. */
  makeRoom(): void {
    const { channel } = this;
    if (channel === null || channel.room > 0 || !this.body.chunked) return;
    const shift = joinChunks(u8, channel.head, channel.ready, channel.tail);
    channel.ready -= shift;
    channel.tail -= shift;
  }
}
