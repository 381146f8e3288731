/** The response of one exchange: its head as it arrives, what it means, its body on the way to the client. */
import { u8 } from '../../os/arena.ts';
import { BODY_LENGTH, BODY_TUNNEL } from '../../protocol/http1/framing.ts';
import { assembleLines, assembleStatusLine } from '../../protocol/http1/head-writer.ts';
import { HeaderBlock } from '../../protocol/http1/header-block.ts';
import { ResponseFacts } from '../../protocol/http1/response-facts.ts';
import { ResponseParser } from '../../protocol/http1/response-parser.ts';
import type { Channel } from '../../transport/channel.ts';
import type { Plane } from '../plane.ts';
import { BodyForwarder } from './body-forwarder.ts';
import { placeHead } from './head-placement.ts';
import type { HeaderCase } from './header-case.ts';
import { ReceivedBody } from './received-body.ts';

const VERSION_BYTES = 8;

export class ResponseSide {
  readonly parser: ResponseParser;
  readonly facts = new ResponseFacts();
  readonly body: BodyForwarder;
  /** What rules see of the body. */
  readonly received: ReceivedBody;
  /** Something of the response's bytes has been received. */
  started = false;
  /** All of the message has been written. */
  sent = false;
  /** The final head is there and has not been put together for the client yet. */
  headReady = false;
  /** Size of the head as it is counted (HeaderBlock.countedBytes). */
  headBytes = 0;
  private readonly plane: Plane;

  constructor(plane: Plane) {
    this.plane = plane;
    const lines = plane.configuration.global.tune.httpMaxHeaders - 1;
    this.parser = new ResponseParser(new HeaderBlock(lines, plane.pool));
    this.body = new BodyForwarder(plane.newScanner());
    this.received = new ReceivedBody(this.body);
  }

  begin(): void {
    this.started = false;
    this.sent = false;
    this.headReady = false;
    this.headBytes = 0;
    this.body.begin(BODY_TUNNEL, 0, null);
    this.received.clear();
  }

  release(): void {
    this.body.release();
    this.parser.block.release();
  }

  /** The final head is complete and understood, its body has begun: it stays where it is until it is placed. */
  accept(channel: Channel): void {
    const { parser } = this;
    const { block } = parser;
    channel.head = block.end;
    channel.ready = block.end;
    channel.floor = block.end;
    this.headReady = true;
    const { pool, headroom } = this.plane;
    this.received.begin(channel, block, this.headBytes, pool.sizeBytes - headroom);
  }

  /** A reply of our own, whose head has been parsed again, is shown to rules with its body. */
  showOwn(channel: Channel, headBytes: number): void {
    channel.ready = channel.head;
    this.body.begin(BODY_LENGTH, channel.tail - channel.head, null);
    this.received.begin(channel, this.parser.block, headBytes, 2 * this.plane.pool.sizeBytes);
    this.body.scan(channel);
  }

  /** The reply counts its bytes itself. */
  hideOwn(): void {
    this.body.begin(BODY_TUNNEL, 0, null);
    this.received.clear();
  }

  /** Counts the head, a final one or one before it, as it was received. */
  countHead(): void {
    const { block, statusStart, statusEnd, reasonStart, reasonEnd } = this.parser;
    const startLineBytes = VERSION_BYTES + statusEnd - statusStart + reasonEnd - reasonStart;
    this.headBytes += block.countedBytes(startLineBytes);
  }

  /** Puts the edited head in front of what follows it in the buffer. False when there is no room for it. */
  place(channel: Channel, headerCase: HeaderCase | null): boolean {
    const { parser } = this;
    const { block } = parser;
    channel.floor = channel.buffer;
    this.headReady = false;
    let placed = true;
    if (!block.edited && !block.startUntidy && channel.head === block.end) channel.head = block.start;
    else {
      const start = this.plane.scratch;
      const end = assembleLines(u8, block, assembleStatusLine(u8, parser, start));
      placed = placeHead(channel, start, end - start);
    }
    block.release();
    if (placed && headerCase !== null) headerCase.adjust(u8, channel.head);
    return placed;
  }
}
