/**
 * The request of one exchange: its head as it arrives, what it means, its body on the way to the server. Knows nothing of
 * what a failure means for the exchange: it only tells what happened.
 */
import { u8 } from '../../os/arena.ts';
import { BODY_NONE, BODY_TUNNEL } from '../../protocol/http1/framing.ts';
import { COMPLETE, MALFORMED } from '../../protocol/http1/head-parser.ts';
import {
  assembleLines,
  assembleRequestLine,
  assembleRequestWords,
} from '../../protocol/http1/head-writer.ts';
import { HeaderBlock } from '../../protocol/http1/header-block.ts';
import { bytesEqual } from '../../protocol/http1/known-headers.ts';
import { RequestFacts } from '../../protocol/http1/request-facts.ts';
import { RequestParser } from '../../protocol/http1/request-parser.ts';
import { pathStart } from '../../protocol/http1/request-target.ts';
import type { Channel } from '../../transport/channel.ts';
import { FAILED } from '../../transport/connection.ts';
import type { PipePool } from '../../transport/pipe.ts';
import type { Plane } from '../plane.ts';
import type { Session } from '../session.ts';
import { BodyForwarder } from './body-forwarder.ts';
import { placeHead } from './head-placement.ts';
import type { HeaderCase } from './header-case.ts';
import { heldHeadBytes, ReceivedBody } from './received-body.ts';

/** More of the head has to arrive. */
export const HEAD_WAIT = 0;
export const HEAD_COMPLETE = 1;
/** Malformed, or longer than a buffer. */
export const HEAD_MALFORMED = -1;
export const HEAD_CLIENT_ENDED = -2;
export const HEAD_CLIENT_FAILED = -3;

const VERSION_BYTES = 8;
/** The end of the last line, and the empty one. */
const BLANK_LINE_BYTES = 4;

export class RequestSide {
  readonly parser: RequestParser;
  readonly facts = new RequestFacts();
  readonly body: BodyForwarder;
  /** What rules see of the body. */
  readonly received: ReceivedBody;
  /** The request line as received, for the log; `lineLength` bytes of it. */
  readonly line: Uint8Array;
  lineLength = 0;
  /** All of the message has been written. */
  done = false;
  /** The server does not take any more of it. */
  refused = false;
  /** The head has been put together for the server: the parser's offsets mean nothing any more. */
  placed = false;
  /** Size of the head as it is counted (HeaderBlock.countedBytes). */
  headBytes = 0;
  /** The request as it was sent, for another attempt. */
  private replay: Uint8Array | null = null;
  /** Of the server that it was sent to. */
  private replayNameBytes = 0;
  /** Size of the head that was put together, with its empty line. */
  private placedBytes = 0;
  private readonly plane: Plane;

  constructor(plane: Plane) {
    this.plane = plane;
    const tune = plane.configuration.global.tune;
    this.parser = new RequestParser(new HeaderBlock(tune.httpMaxHeaders - 1, plane.pool));
    this.line = new Uint8Array(tune.httpLogUriLength);
    this.body = new BodyForwarder(plane.newScanner());
    this.received = new ReceivedBody(this.body);
  }

  begin(start: number, relaxed: boolean): void {
    this.lineLength = 0;
    this.done = false;
    this.refused = false;
    this.placed = false;
    this.headBytes = 0;
    this.replay = null;
    this.body.begin(BODY_TUNNEL, 0, null);
    this.received.clear();
    this.parser.relaxed = relaxed;
    this.parser.begin(start);
  }

  release(): void {
    this.body.release();
    this.parser.block.release();
    this.replay = null;
  }

  // ---- the head -----------------------------------------------------------------------------------------------

  /** Reads and parses as much of the head as is there. */
  receive(session: Session): number {
    const { channel, connection } = session;
    const { parser, plane } = this;
    for (;;) {
      const verdict = parser.parse(u8, channel.tail);
      if (verdict === COMPLETE) return HEAD_COMPLETE;
      if (verdict === MALFORMED) return HEAD_MALFORMED;
      if (channel.room === 0) {
        if (channel.head === channel.buffer + plane.headroom) return HEAD_MALFORMED;
        channel.compact();
        parser.begin(channel.head);
        continue;
      }
      if (!connection.readable) return HEAD_WAIT;
      const count = channel.fill(connection);
      if (count === 0) return HEAD_CLIENT_ENDED;
      if (count === FAILED) return HEAD_CLIENT_FAILED;
      if (count < 0) return HEAD_WAIT;
    }
  }

  /** What the complete head means. Result: 0, or the status of the refusal. */
  analyse(): number {
    return this.tooLarge() ? 400 : this.facts.analyse(u8, this.parser);
  }

  /** The head is accepted: its body is followed from here on. */
  accept(channel: Channel, pipes: PipePool | null): void {
    const { parser, facts } = this;
    const { block } = parser;
    // Until the head is put together for the server it stays where it is, below what may be moved.
    channel.head = block.end;
    channel.ready = block.end;
    channel.floor = block.end;
    // Counted as it was received: what is edited later, on behalf of the configuration, does not count.
    const startLineBytes =
      parser.methodEnd - block.start + parser.targetEnd - parser.targetStart + VERSION_BYTES;
    this.headBytes = block.countedBytes(startLineBytes);
    this.body.begin(facts.body === BODY_TUNNEL ? BODY_NONE : facts.body, facts.bodyLength, pipes);
    this.received.begin(channel, block, this.headBytes, this.roomBytes);
  }

  /** A head that would fit the buffer as bytes may still be more than HAProxy takes, which keeps it in another form. */
  private tooLarge(): boolean {
    return heldHeadBytes(this.parser.block) > this.roomBytes;
  }

  /** What a message may take of a buffer. */
  private get roomBytes(): number {
    return this.plane.pool.sizeBytes - this.plane.headroom;
  }

  captureLine(): void {
    const { parser, line } = this;
    const start = parser.block.start;
    let length = 0;
    if (!parser.block.startUntidy) {
      const end = Math.min(parser.versionEnd, start + line.length);
      for (let i = start; i < end; i++) line[length++] = u8[i] as number;
    } else {
      // As it will be forwarded: one blank between the words. Room for it is in the scratch area.
      const from = this.plane.scratch;
      const end = Math.min(assembleRequestWords(u8, parser, from), from + line.length);
      for (let i = from; i < end; i++) line[length++] = u8[i] as number;
    }
    this.lineLength = length;
  }

  /** Whether the path is exactly this one. */
  asksFor(path: Uint8Array): boolean {
    const { targetStart, targetEnd } = this.parser;
    const start = pathStart(u8, targetStart, targetEnd);
    return targetEnd - start === path.length && bytesEqual(u8, start, path);
  }

  /** Puts the edited head in front of what follows it in the buffer. False when there is no room for it. */
  place(channel: Channel, headerCase: HeaderCase | null): boolean {
    const { parser } = this;
    const { block } = parser;
    channel.floor = channel.buffer;
    this.placed = true;
    let fits = true;
    if (!block.edited && !block.startUntidy && channel.head === block.end) channel.head = block.start;
    else {
      const start = this.plane.scratch;
      const end = assembleLines(u8, block, assembleRequestLine(u8, parser, start));
      this.placedBytes = end - start;
      fits = placeHead(channel, start, end - start);
    }
    block.release();
    if (fits && headerCase !== null) headerCase.adjust(u8, channel.head);
    return fits;
  }

  // ---- the body -----------------------------------------------------------------------------------------------

  /** Follows the body through what has been received. False when it is malformed. */
  scan(channel: Channel): boolean {
    return this.body.scan(channel);
  }

  // ---- another attempt ----------------------------------------------------------------------------------------

  get hasReplay(): boolean {
    return this.replay !== null;
  }

  /** Keeps what is about to be sent. Only of a request that has been received whole. */
  keepReplay(channel: Channel, serverNameBytes: number): void {
    if (this.replay !== null || !this.body.received) return;
    this.replay = u8.slice(channel.head, channel.ready);
    this.replayNameBytes = serverNameBytes;
  }

  /** Another server gets it, whose name ends the last line of the head (`http-send-name-header`). */
  readdressReplay(serverName: Uint8Array): void {
    const replay = this.replay as Uint8Array;
    const end = this.placedBytes - BLANK_LINE_BYTES;
    const start = end - this.replayNameBytes;
    const changed = new Uint8Array(replay.length - this.replayNameBytes + serverName.length);
    changed.set(replay.subarray(0, start));
    changed.set(serverName, start);
    changed.set(replay.subarray(end), start + serverName.length);
    this.replay = changed;
    this.replayNameBytes = serverName.length;
    this.placedBytes += changed.length - replay.length;
  }

  dropReplay(): void {
    this.replay = null;
  }

  /** Puts what was sent before back in front of what is still in the buffer. False when there is no room. */
  restoreReplay(channel: Channel): boolean {
    const replay = this.replay as Uint8Array;
    if (!channel.open()) return true;
    const rest = channel.tail - channel.ready;
    const at = channel.buffer;
    if (replay.length + rest > this.plane.pool.sizeBytes) return false;
    u8.copyWithin(at + replay.length, channel.ready, channel.tail);
    u8.set(replay, at);
    channel.head = at;
    channel.ready = at + replay.length;
    channel.tail = channel.ready + rest;
    this.done = false;
    return true;
  }
}
