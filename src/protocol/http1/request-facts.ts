/**
 * What a request's head means to the engine: body framing, persistence, upgrade; and the verdicts of HAProxy 2.6 on heads
 * that can be parsed but not understood. Header edits that follow from the meaning are made in the block.
 * Specification: RFC 9112 2.2–9, RFC 9110 7, RFC 6455 4; verdicts as HAProxy 2.6.
 */
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_TUNNEL,
  contentLength,
  LENGTH_ABSENT,
  LENGTH_MALFORMED,
  listHolds,
  TE_ABSENT,
  TE_CHUNKED,
  TE_UNSUPPORTED,
  transferEncoding,
} from './framing.ts';
import { UNTIDY, VALUE_END, VALUE_START } from './header-block.ts';
import {
  bytesEqual,
  H_CONNECTION,
  H_CONTENT_LENGTH,
  H_EXPECT,
  H_HOST,
  H_SEC_WEBSOCKET_KEY,
  H_TE,
  H_TRANSFER_ENCODING,
  H_UPGRADE,
  wordEquals,
} from './known-headers.ts';
import { COMMA, cutElements, ListReader } from './lists.ts';
import type { RequestParser } from './request-parser.ts';
import { targetMatchesHost } from './request-target.ts';

export const M_OTHER = 0;
export const M_GET = 1;
export const M_HEAD = 2;
export const M_POST = 3;
export const M_PUT = 4;
export const M_DELETE = 5;
export const M_OPTIONS = 6;
export const M_CONNECT = 7;
export const M_TRACE = 8;
/** Only the preface of HTTP/2 has it. */
export const M_PRI = 9;
const methods: readonly (readonly [Uint8Array, number])[] = [
  [Buffer.from('GET', 'latin1'), M_GET],
  [Buffer.from('HEAD', 'latin1'), M_HEAD],
  [Buffer.from('POST', 'latin1'), M_POST],
  [Buffer.from('PUT', 'latin1'), M_PUT],
  [Buffer.from('DELETE', 'latin1'), M_DELETE],
  [Buffer.from('OPTIONS', 'latin1'), M_OPTIONS],
  [Buffer.from('CONNECT', 'latin1'), M_CONNECT],
  [Buffer.from('TRACE', 'latin1'), M_TRACE],
  [Buffer.from('PRI', 'latin1'), M_PRI],
];

/** The name of a well-known method; null for others. */
export function methodName(method: number): Uint8Array | null {
  for (const [name, number] of methods) if (number === method) return name;
  return null;
}

const CLOSE = Buffer.from('close', 'latin1');
const KEEP_ALIVE = Buffer.from('keep-alive', 'latin1');
const UPGRADE = Buffer.from('upgrade', 'latin1');
const WEBSOCKET = Buffer.from('websocket', 'latin1');
const TRAILERS = Buffer.from('trailers', 'latin1');
const CONTINUE = Buffer.from('100-continue', 'latin1');
const WEBSOCKET_KEY_BYTES = 24;

const list = new ListReader();
const isPersistenceToken = (u8: Uint8Array, start: number, end: number): boolean =>
  wordEquals(u8, start, end, CLOSE) || wordEquals(u8, start, end, KEEP_ALIVE);

/** The head is understood. */
export const UNDERSTOOD = 0;

export class RequestFacts {
  method = M_OTHER;
  body = BODY_NONE;
  bodyLength = 0;
  /** The client lets its connection be used for another request. */
  keepAlive = true;
  /** HTTP/1.0 or older. */
  old = false;
  /** Asks for a change of protocol (Connection: upgrade with an Upgrade header, and no body). */
  upgrade = false;
  /** `Connection: upgrade` is there, whatever came of it. */
  connectionUpgrade = false;
  webSocket = false;
  expectContinue = false;
  /** HTTP/1.0 with Transfer-Encoding: no keep-alive may be offered to the server. */
  oldChunked = false;

  /** UNDERSTOOD, or the status of the refusal: 400, 413, 422. */
  analyse(u8: Uint8Array, parser: RequestParser): number {
    const block = parser.block;
    this.method = methodOf(u8, block.start, parser.methodEnd);
    this.body = BODY_NONE;
    this.bodyLength = 0;
    this.old = parser.version < 11;
    this.keepAlive = !this.old;
    this.upgrade = false;
    this.connectionUpgrade = false;
    this.webSocket = false;
    this.expectContinue = false;
    this.oldChunked = false;
    if (parser.version > 11) block.startUntidy = true;

    let hosts = 0;
    let host = -1;
    let framed = false;
    let connections = 0;
    let upgrades = 0;
    for (let line = 0; line < block.count; line++) {
      switch (block.ids[line]) {
        case H_HOST:
          if (hosts++ === 0) host = line;
          else if (sameValue(u8, parser, host, line)) block.delete(line);
          else return 400;
          break;
        case H_CONTENT_LENGTH:
        case H_TRANSFER_ENCODING:
          framed = true;
          break;
        case H_CONNECTION:
          connections++;
          break;
        case H_UPGRADE:
          upgrades++;
          break;
        case H_TE:
          this.reduceTe(u8, parser, line);
          break;
        case H_EXPECT:
          if (wordEquals(u8, block.valueStart(line), block.valueEnd(line), CONTINUE))
            this.expectContinue = true;
          break;
        default:
      }
    }
    if (!targetMatchesHost(u8, parser, host, this.method === M_CONNECT)) return 400;
    let closing = false;
    if (connections > 0) closing = this.readConnection(u8, parser);
    if (framed) {
      const refusal = this.readFraming(u8, parser);
      if (refusal !== UNDERSTOOD) return refusal;
    }
    if (closing) this.keepAlive = false;
    if (upgrades > 0 && this.connectionUpgrade) {
      if (this.body !== BODY_NONE) {
        // A change of protocol amid a body is not supported: the server is not asked for it.
        for (let line = block.find(H_UPGRADE); line >= 0; line = block.find(H_UPGRADE, line + 1))
          block.delete(line);
      } else {
        this.upgrade = true;
        if (!this.readWebSocket(u8, parser)) return 400;
      }
    }
    if (this.method === M_CONNECT) this.body = BODY_TUNNEL;
    return UNDERSTOOD;
  }

  /** Reads Connection headers and takes the persistence tokens out of them. Result: whether the client said close. */
  private readConnection(u8: Uint8Array, parser: RequestParser): boolean {
    const block = parser.block;
    let close = false;
    let keep = false;
    for (let line = block.find(H_CONNECTION); line >= 0; line = block.find(H_CONNECTION, line + 1)) {
      const start = block.valueStart(line);
      const end = block.valueEnd(line);
      const hasClose = listHolds(u8, start, end, CLOSE);
      const hasKeep = listHolds(u8, start, end, KEEP_ALIVE);
      if (listHolds(u8, start, end, UPGRADE)) this.connectionUpgrade = true;
      close ||= hasClose;
      keep ||= hasKeep;
      // A value that begins with a comma may be nothing but commas.
      if (hasClose || hasKeep || start === end || u8[start] === COMMA) cutPersistence(u8, parser, line);
    }
    if (this.old && keep) this.keepAlive = true;
    return close;
  }

  /** Old programs do not look for a body behind these methods, and would take it for the next request. */
  private get bodyUnexpected(): boolean {
    return this.method === M_GET || this.method === M_HEAD || this.method === M_DELETE;
  }

  private readFraming(u8: Uint8Array, parser: RequestParser): number {
    const block = parser.block;
    const length = contentLength(u8, block);
    if (length === LENGTH_MALFORMED) return 400;
    const encoding = transferEncoding(u8, block);
    if (encoding === TE_UNSUPPORTED) return 422;
    if (encoding !== TE_ABSENT && encoding !== TE_CHUNKED) return 400;
    if (encoding === TE_CHUNKED) {
      this.body = BODY_CHUNKED;
      // Both at once is how requests are smuggled: only the encoding goes on, and nothing after this request is trusted.
      if (length !== LENGTH_ABSENT) {
        deleteLengths(parser);
        this.keepAlive = false;
      }
      if (this.old) {
        if (this.bodyUnexpected) return 413;
        this.oldChunked = true;
        this.keepAlive = false;
      }
      return UNDERSTOOD;
    }
    if (this.method === M_CONNECT) {
      if (length !== LENGTH_ABSENT) deleteLengths(parser);
      return UNDERSTOOD;
    }
    if (length > 0) {
      if (this.old && this.bodyUnexpected) return 413;
      this.body = BODY_LENGTH;
      this.bodyLength = length;
    }
    return UNDERSTOOD;
  }

  /** `te: trailers` is all that goes on of a TE header. */
  private reduceTe(u8: Uint8Array, parser: RequestParser, line: number): void {
    const block = parser.block;
    const start = block.valueStart(line);
    const end = block.valueEnd(line);
    if (end - start === TRAILERS.length && bytesEqual(u8, start, TRAILERS)) return;
    list.open(u8, start, end);
    while (list.next()) {
      const followed = list.end < end && u8[list.end] !== 44;
      if (list.end - list.start !== TRAILERS.length || followed || !bytesEqual(u8, list.start, TRAILERS))
        continue;
      block.spans[line * 4 + VALUE_START] = list.start;
      block.spans[line * 4 + VALUE_END] = list.end;
      block.flags[line] = UNTIDY;
      block.edited = true;
      return;
    }
    block.delete(line);
  }

  /** An upgrade to WebSocket needs a key of the right length. */
  private readWebSocket(u8: Uint8Array, parser: RequestParser): boolean {
    const block = parser.block;
    for (let line = block.find(H_UPGRADE); line >= 0; line = block.find(H_UPGRADE, line + 1)) {
      if (listHolds(u8, block.valueStart(line), block.valueEnd(line), WEBSOCKET)) this.webSocket = true;
    }
    if (!this.webSocket) return true;
    const key = block.find(H_SEC_WEBSOCKET_KEY);
    return key >= 0 && block.valueEnd(key) - block.valueStart(key) === WEBSOCKET_KEY_BYTES;
  }
}

/** Takes `close` and `keep-alive` out of a Connection header; without anything left the line goes. */
export function cutPersistence(
  u8: Uint8Array,
  parser: { block: RequestParser['block'] },
  line: number,
): void {
  const block = parser.block;
  const start = block.valueStart(line);
  const end = cutElements(u8, start, block.valueEnd(line), isPersistenceToken);
  if (end === start) block.delete(line);
  else {
    block.spans[line * 4 + VALUE_END] = end;
    block.flags[line] = UNTIDY;
    block.edited = true;
  }
}

export function deleteLengths(parser: { block: RequestParser['block'] }): void {
  const block = parser.block;
  for (let line = block.find(H_CONTENT_LENGTH); line >= 0; line = block.find(H_CONTENT_LENGTH, line + 1)) {
    block.delete(line);
  }
}

function methodOf(u8: Uint8Array, start: number, end: number): number {
  for (let i = 0; i < methods.length; i++) {
    const [name, id] = methods[i] as readonly [Uint8Array, number];
    if (end - start === name.length && bytesEqual(u8, start, name)) return id;
  }
  return M_OTHER;
}

function sameValue(u8: Uint8Array, parser: RequestParser, a: number, b: number): boolean {
  const block = parser.block;
  const startA = block.valueStart(a);
  const startB = block.valueStart(b);
  const length = block.valueEnd(a) - startA;
  if (block.valueEnd(b) - startB !== length) return false;
  for (let i = 0; i < length; i++) {
    if (fold(u8[startA + i] as number) !== fold(u8[startB + i] as number)) return false;
  }
  return true;
}

function fold(c: number): number {
  return c >= 65 && c <= 90 ? c | 32 : c;
}
