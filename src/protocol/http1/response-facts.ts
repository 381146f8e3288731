/**
 * What a response's head means to the engine: body framing, reuse of the server connection, change of protocol; and the
 * verdicts of HAProxy 2.6 (a refusal is always 502). Header edits that follow from the meaning are made in the block.
 * Specification: RFC 9112 6.3 and 9, RFC 9110 7.8 and 15.
 */
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_TUNNEL,
  BODY_UNTIL_CLOSE,
  contentLength,
  LENGTH_ABSENT,
  LENGTH_MALFORMED,
  listHolds,
  TE_ABSENT,
  TE_CHUNKED,
  TE_EMPTY,
  transferEncoding,
} from './framing.ts';
import type { HeaderBlock } from './header-block.ts';
import { H_CONNECTION, H_CONTENT_LENGTH, H_TRANSFER_ENCODING, H_UPGRADE } from './known-headers.ts';
import { COMMA } from './lists.ts';
import { cutPersistence, deleteLengths, M_CONNECT, M_HEAD, type RequestFacts } from './request-facts.ts';
import type { ResponseParser } from './response-parser.ts';

const CLOSE = Buffer.from('close', 'latin1');
const KEEP_ALIVE = Buffer.from('keep-alive', 'latin1');
const UPGRADE = Buffer.from('upgrade', 'latin1');
const WEBSOCKET_ACCEPT = Buffer.from('sec-websocket-accept', 'latin1');

export class ResponseFacts {
  body = BODY_NONE;
  bodyLength = 0;
  /** The server connection may carry another request. */
  keepAlive = true;
  /** HTTP/1.0 or older. */
  old = false;
  /** 1xx other than 101: another response follows. */
  interim = false;
  /** The connection changes its protocol with this response. */
  tunnel = false;

  /** False when the response must be refused. */
  analyse(u8: Uint8Array, parser: ResponseParser, request: RequestFacts): boolean {
    const block = parser.block;
    const status = parser.status;
    this.body = BODY_NONE;
    this.bodyLength = 0;
    this.old = parser.version < 11;
    this.keepAlive = !this.old;
    this.interim = status < 200 && status !== 101;
    this.tunnel = false;
    if (parser.version > 11) block.startUntidy = true;

    let framed = false;
    let connections = 0;
    for (let line = 0; line < block.count; line++) {
      const id = block.ids[line];
      if (id === H_CONTENT_LENGTH || id === H_TRANSFER_ENCODING) framed = true;
      else if (id === H_CONNECTION) connections++;
    }
    let connectionUpgrade = false;
    let closing = false;
    for (
      let line = connections > 0 ? block.find(H_CONNECTION) : -1;
      line >= 0;
      line = block.find(H_CONNECTION, line + 1)
    ) {
      const start = block.valueStart(line);
      const end = block.valueEnd(line);
      const hasClose = listHolds(u8, start, end, CLOSE);
      const hasKeep = listHolds(u8, start, end, KEEP_ALIVE);
      if (listHolds(u8, start, end, UPGRADE)) connectionUpgrade = true;
      if (hasClose) closing = true;
      if (hasKeep) this.keepAlive = true;
      if (hasClose || hasKeep || start === end || u8[start] === COMMA) cutPersistence(u8, parser, line);
    }

    if (status === 101) {
      this.tunnel = true;
      this.body = BODY_TUNNEL;
      if (framed) withholdFraming(block);
      if (!request.upgrade || !connectionUpgrade || block.find(H_UPGRADE) < 0) return false;
      return !request.webSocket || block.findName(u8, WEBSOCKET_ACCEPT) >= 0;
    }
    if (request.method === M_CONNECT && !this.interim && status < 300) {
      this.tunnel = true;
      this.body = BODY_TUNNEL;
    } else if (this.interim || status === 204) {
      if (framed && !this.checkFraming(u8, parser)) return false;
      if (framed) withholdFraming(block);
    } else {
      if (framed) {
        if (!this.checkFraming(u8, parser)) return false;
      } else this.body = BODY_UNTIL_CLOSE;
      if (request.method === M_HEAD || status === 304) this.body = BODY_NONE;
    }
    if (closing || this.body === BODY_UNTIL_CLOSE) this.keepAlive = false;
    return true;
  }

  /** Sets the body's framing from Content-Length and Transfer-Encoding. False when they are malformed. */
  private checkFraming(u8: Uint8Array, parser: ResponseParser): boolean {
    const block = parser.block;
    const length = contentLength(u8, block);
    if (length === LENGTH_MALFORMED) return false;
    const encoding = transferEncoding(u8, block);
    if (this.interim || parser.status === 204) return encoding >= 0;
    switch (encoding) {
      case TE_ABSENT:
        this.body = length > 0 ? BODY_LENGTH : BODY_NONE;
        this.bodyLength = length;
        return true;
      case TE_CHUNKED:
        this.body = BODY_CHUNKED;
        if (length !== LENGTH_ABSENT) deleteLengths(parser);
        // What an HTTP/1.0 server means by it, and what both headers together mean, is anyone's guess afterwards.
        if (length !== LENGTH_ABSENT || this.old) this.keepAlive = false;
        return true;
      case TE_EMPTY:
        if (length !== LENGTH_ABSENT) deleteLengths(parser);
        this.body = BODY_UNTIL_CLOSE;
        return true;
      default:
        return false;
    }
  }
}

/** What says how long a body is has no business where there is none. */
function withholdFraming(block: HeaderBlock): void {
  for (let line = 0; line < block.count; line++) {
    const id = block.ids[line];
    if (id === H_CONTENT_LENGTH || id === H_TRANSFER_ENCODING) block.withhold(line);
  }
}
