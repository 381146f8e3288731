// Plays bytes through the HTTP/1 codecs as a stream of the data plane does, with no connection below and no rules above:
// what a server (or a client) would receive, and what is refused. Parts of the input may arrive one by one.

import {
  BODY_END,
  BODY_MALFORMED,
  BodyScanner,
  type ByteWindow,
} from '../../../src/protocol/http1/body-scanner.ts';
import { BODY_CHUNKED, BODY_UNTIL_CLOSE } from '../../../src/protocol/http1/framing.ts';
import { COMPLETE, MALFORMED } from '../../../src/protocol/http1/head-parser.ts';
import {
  assembleLines,
  assembleRequestLine,
  assembleStatusLine,
} from '../../../src/protocol/http1/head-writer.ts';
import { type EditBuffers, HeaderBlock } from '../../../src/protocol/http1/header-block.ts';
import { RequestFacts } from '../../../src/protocol/http1/request-facts.ts';
import { RequestParser } from '../../../src/protocol/http1/request-parser.ts';
import { ResponseFacts } from '../../../src/protocol/http1/response-facts.ts';
import { ResponseParser } from '../../../src/protocol/http1/response-parser.ts';

/** The default of tune.http.maxhdr leaves this many lines. */
export const HEADER_LINES = 100;
const ROOM_BYTES = 96 * 1024;
/** The window does not begin at the memory's first byte: offsets that forget their base must show. */
const WINDOW_START = 512;
const SCRATCH = ROOM_BYTES;
const MEMORY_BYTES = ROOM_BYTES * 3 + 1024;
/** Where added lines lie: behind everything else. */
const edits: EditBuffers = { sizeBytes: 1024, take: () => MEMORY_BYTES - 1024, give: () => {} };
const CLOSE = Buffer.from('connection: close\r\n', 'latin1');
const KEEP_ALIVE = Buffer.from('connection: keep-alive\r\n', 'latin1');

export interface Message {
  /** The head as it is forwarded. */
  readonly head: string;
  /** The body as it is forwarded, framing included. */
  body: string;
  readonly kind: number;
  complete: boolean;
}

/** What became of a connection's input. */
export interface Played {
  readonly messages: readonly Message[];
  /** Status of the refusal that ended it; 0 when nothing was refused. */
  readonly refusal: number;
  /** The connection is not used again after the last message. */
  readonly closing: boolean;
}

export interface LaneOptions {
  readonly limit?: number;
  readonly isGuarded?: boolean;
}

/** The memory as codecs may use it: bytes that have arrived, the window's room for rewriting, and the scratch. */
function guard(memory: Uint8Array, window: ByteWindow): Uint8Array {
  const inScratch = (at: number): boolean => at >= SCRATCH && at < MEMORY_BYTES;
  const checkRead = (at: number): void => {
    if (!inScratch(at) && (at < window.floor || at >= window.tail)) throw new Error(`read at ${at}`);
  };
  const checkWrite = (at: number): void => {
    if (!inScratch(at) && (at < window.floor || at >= window.limit)) throw new Error(`write at ${at}`);
  };
  const checkRange = (start: number, end: number, check: (at: number) => void): void => {
    if (end <= start) return;
    check(start);
    check(end - 1);
  };
  return new Proxy(memory, {
    get(target, key) {
      if (typeof key === 'string' && /^-?\d/.test(key)) checkRead(Number(key));
      if (key === 'copyWithin')
        return (at: number, start: number, end: number) => {
          checkRange(start, end, checkRead);
          checkRange(at, at + end - start, checkWrite);
          return target.copyWithin(at, start, end);
        };
      if (key === 'set')
        return (bytes: Uint8Array, at: number) => {
          checkRange(at, at + bytes.length, checkWrite);
          target.set(bytes, at);
        };
      return Reflect.get(target, key, target) as unknown;
    },
    set(target, key, value: number) {
      checkWrite(Number(key));
      target[Number(key)] = value;
      return true;
    },
  });
}

export function latin1(memory: Uint8Array, start: number, end: number): string {
  return Buffer.from(memory.buffer, memory.byteOffset + start, end - start).toString('latin1');
}

// One for all lanes, which are played one at a time: whoever reads too far meets the bytes of earlier lanes.
const sharedMemory = new Uint8Array(MEMORY_BYTES);

abstract class CodecLane {
  protected readonly memory: Uint8Array;
  protected readonly window = {
    head: WINDOW_START,
    ready: WINDOW_START,
    tail: WINDOW_START,
    floor: WINDOW_START,
    limit: ROOM_BYTES,
  };
  private readonly scanner = new BodyScanner(HEADER_LINES, SCRATCH);
  private readonly messages: Message[] = [];
  protected refusal = 0;
  protected closing = false;
  private inBody = false;
  /** The current message's head came with the last part. */
  private fresh = false;

  /** `limit` is where the window's room ends; a guarded memory throws when a codec leaves what it was given. */
  constructor({ limit = ROOM_BYTES, isGuarded = false }: LaneOptions = {}) {
    this.window.limit = limit;
    this.memory = isGuarded ? guard(sharedMemory, this.window) : sharedMemory;
  }

  /** Reads one head from what is there. Undefined: it is incomplete, or refused. */
  protected abstract readHead(): { head: string; kind: number; length: number } | undefined;

  feed(bytes: string): this {
    const { window } = this;
    if (window.tail + bytes.length > window.limit) throw new Error('the test needs a larger window');
    sharedMemory.set(Buffer.from(bytes, 'latin1'), window.tail);
    window.tail += bytes.length;
    this.fresh = false;
    while (this.refusal === 0 && (this.inBody ? this.scanBody() : this.beginMessage()));
    return this;
  }

  get played(): Played {
    return { messages: this.messages, refusal: this.refusal, closing: this.closing };
  }

  private beginMessage(): boolean {
    if (this.closing) return false;
    const read = this.readHead();
    if (read === undefined) return false;
    this.messages.push({ head: read.head, body: '', kind: read.kind, complete: false });
    this.scanner.begin(read.kind, read.length);
    this.inBody = true;
    this.fresh = true;
    return true;
  }

  private scanBody(): boolean {
    const { window } = this;
    const message = this.messages.at(-1) as Message;
    const verdict = this.scanner.scan(this.memory, window);
    if (verdict === BODY_MALFORMED) {
      // Nothing of what came together with the fault goes on; the head does not either when it has not gone yet.
      this.refusal = 400;
      if (this.fresh) this.messages.pop();
      return false;
    }
    message.body += latin1(this.memory, window.head, window.ready);
    window.head = window.ready;
    if (verdict !== BODY_END) return false;
    message.complete = true;
    this.inBody = false;
    return true;
  }

  protected bodyBegins(at: number): void {
    this.window.head = at;
    this.window.ready = at;
  }

  protected text(end: number): string {
    return latin1(this.memory, SCRATCH, end);
  }
}

export class RequestLane extends CodecLane {
  readonly parser = new RequestParser(new HeaderBlock(HEADER_LINES, edits));
  readonly facts = new RequestFacts();
  private begun = false;

  constructor(relaxed: boolean, options?: LaneOptions) {
    super(options);
    this.parser.relaxed = relaxed;
  }

  protected override readHead() {
    const { parser, facts, memory, window } = this;
    if (!this.begun) parser.begin(window.ready);
    this.begun = true;
    const verdict = parser.parse(memory, window.tail);
    if (verdict === MALFORMED) this.refusal = 400;
    if (verdict !== COMPLETE) return undefined;
    this.begun = false;
    this.refusal = facts.analyse(memory, parser);
    if (this.refusal !== 0) return undefined;
    // What the data plane adds with the default options.
    if (facts.old && !facts.oldChunked && !facts.connectionUpgrade) parser.block.add(this.memory, KEEP_ALIVE);
    if (!facts.keepAlive) this.closing = true;
    const end = assembleLines(memory, parser.block, assembleRequestLine(memory, parser, SCRATCH));
    this.bodyBegins(parser.block.end);
    return { head: this.text(end), kind: facts.body, length: facts.bodyLength };
  }
}

export class ResponseLane extends CodecLane {
  readonly parser = new ResponseParser(new HeaderBlock(HEADER_LINES, edits));
  readonly facts = new ResponseFacts();
  private readonly request: RequestFacts;
  private begun = false;
  private answered = false;

  constructor(relaxed: boolean, request: RequestFacts, options?: LaneOptions) {
    super(options);
    this.parser.relaxed = relaxed;
    this.request = request;
  }

  protected override readHead() {
    const { parser, facts, memory, window, request } = this;
    // One request has one response; what follows it is nobody's.
    if (this.answered) return undefined;
    if (!this.begun) parser.begin(window.ready);
    this.begun = true;
    const verdict = parser.parse(memory, window.tail);
    if (verdict === MALFORMED) this.refusal = 502;
    if (verdict !== COMPLETE) return undefined;
    this.begun = false;
    if (!facts.analyse(memory, parser, request)) {
      this.refusal = 502;
      return undefined;
    }
    if (!facts.interim) {
      this.answered = true;
      this.addConnection();
    }
    const end = assembleLines(memory, parser.block, assembleStatusLine(memory, parser, SCRATCH));
    this.bodyBegins(parser.block.end);
    return { head: this.text(end), kind: facts.body, length: facts.bodyLength };
  }

  /** What the data plane adds with the default options. */
  private addConnection(): void {
    const { facts, request } = this;
    const { block } = this.parser;
    if (facts.tunnel) return;
    const ends = facts.body === BODY_UNTIL_CLOSE || (facts.old && facts.body === BODY_CHUNKED);
    const keep = request.keepAlive && !ends;
    if (facts.old) {
      if (keep) block.add(this.memory, KEEP_ALIVE);
    } else if (!keep) block.add(this.memory, CLOSE);
    else if (request.old) block.add(this.memory, KEEP_ALIVE);
  }
}

/** Plays parts that arrive one after the other. */
export function playRequests(parts: readonly string[], relaxed = false, options?: LaneOptions): Played {
  const lane = new RequestLane(relaxed, options);
  for (const part of parts) lane.feed(part);
  return lane.played;
}

export function playResponse(
  request: string,
  parts: readonly string[],
  relaxed = false,
  options?: LaneOptions,
): Played {
  const asked = new RequestLane(relaxed).feed(request);
  const lane = new ResponseLane(relaxed, asked.facts, options);
  for (const part of parts) lane.feed(part);
  return lane.played;
}

/** Data of a forwarded chunked body, and its trailers. Throws unless every line is in its plain form. */
export function readPlainChunks(body: string): { data: string; trailers: string; complete: boolean } {
  let data = '';
  for (let at = 0; ; ) {
    const line = /^(0|[1-9A-Fa-f][0-9A-Fa-f]*)\r\n/.exec(body.slice(at, at + 20));
    if (line === null) {
      if (at < body.length)
        throw new Error(`not a plain chunk line: ${JSON.stringify(body.slice(at, at + 30))}`);
      return { data, trailers: '', complete: false };
    }
    const size = Number.parseInt(line[1] ?? '', 16);
    at += line[0].length;
    if (size === 0)
      return {
        data,
        trailers: body.slice(at),
        complete: body.endsWith('\r\n\r\n') || body.slice(at) === '\r\n',
      };
    data += body.slice(at, at + size);
    if (at + size >= body.length) return { data, trailers: '', complete: false };
    at += size;
    if (at < body.length && body.slice(at, at + 2) !== '\r\n') throw new Error('no CRLF behind a chunk');
    at += 2;
  }
}

/** What must not depend on how the input was split: the complete messages, and whether there was a refusal. */
export function essenceOf({ messages, refusal, closing }: Played): unknown {
  const whole = messages.filter(({ complete }) => complete);
  return {
    refusal,
    closing: closing && whole.length > 0,
    messages: whole.map(({ head, body, kind }) => ({
      head,
      body: kind === BODY_CHUNKED ? readPlainChunks(body) : body,
    })),
  };
}
