/**
 * Follows a message's body through a window of bytes: how far it may be forwarded, and where it ends. Bytes go on as they
 * came in; only chunk lines and trailers that are not in their plain form (extensions, blanks, bare line feeds) are
 * replaced by the plain one, so that both ends read the same framing.
 * Specification: RFC 9112 7.1; tolerances as HAProxy 2.6.
 */
import { CR, classes, HEX, hexValue, LF, SP, TAB } from './characters.ts';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_TUNNEL, BODY_UNTIL_CLOSE } from './framing.ts';
import { COMPLETE, HeadParser, LINE_START, NEED_MORE } from './head-parser.ts';
import { assembleLines } from './head-writer.ts';
import { HeaderBlock, noEdits, UNTIDY } from './header-block.ts';

/** The bytes being scanned: `head`…`ready` may be forwarded, `ready`…`tail` are to be looked at. */
export interface ByteWindow {
  head: number;
  ready: number;
  tail: number;
  /** How far `head` may move down. */
  readonly floor: number;
  /** How far `tail` may move up. */
  readonly limit: number;
}

export const BODY_MORE = 0;
export const BODY_END = 1;
export const BODY_MALFORMED = -1;

// States of a chunked body.
const SIZE_LINE = 0;
const DATA = 1;
const DATA_END = 2;
const TRAILERS = 3;
const FINISHED = 4;

/** HAProxy takes sizes below 2^52, leading zeros not counted. */
const LONGEST_SIZE_DIGITS = 13;
const SEMICOLON = 59;
/** `0 CR LF`, once it is in its plain form. */
const LAST_CHUNK_BYTES = 3;
/** What HAProxy counts for the end of a body in chunks. */
const COUNTED_END_BYTES = 1;

class TrailerParser extends HeadParser {
  begin(start: number): void {
    this.block.reset(start);
    this.position = start;
    this.state = LINE_START;
  }
  override parse(u8: Uint8Array, end: number): number {
    return this.parseLines(u8, end);
  }
}

export class BodyScanner {
  kind = BODY_NONE;
  /** Bytes of the body (or of the chunk) that have not been made ready yet. */
  remaining = 0;
  /**
   * Bytes of the body proper, without framing, that were made ready or passed unseen; with those of trailers, as HAProxy
   * counts them.
   */
  payload = 0;
  /** How much of `payload` is no data: the end of a body in chunks, with its trailers. */
  endBytes = 0;
  private state = SIZE_LINE;
  private readonly trailers: TrailerParser;
  private readonly scratch: number;

  /** `scratch` is an offset with room for a whole buffer, where trailers are rebuilt. */
  constructor(headerCapacity: number, scratch: number) {
    this.trailers = new TrailerParser(new HeaderBlock(headerCapacity, noEdits));
    this.scratch = scratch;
  }

  begin(kind: number, lengthBytes: number): void {
    this.kind = kind;
    this.remaining = lengthBytes;
    this.state = SIZE_LINE;
    this.payload = 0;
    this.endBytes = 0;
  }

  get finished(): boolean {
    return (
      this.kind === BODY_NONE ||
      (this.kind === BODY_LENGTH && this.remaining === 0) ||
      this.state === FINISHED
    );
  }

  /** Bytes that may pass unseen (spliced): the rest of a body whose length is known, or all of a tunnel. */
  get blind(): number {
    if (this.kind === BODY_LENGTH) return this.remaining;
    return this.kind === BODY_TUNNEL || this.kind === BODY_UNTIL_CLOSE ? Number.MAX_SAFE_INTEGER : 0;
  }

  /** Bytes have passed unseen. */
  skip(count: number): void {
    this.payload += count;
    if (this.kind === BODY_LENGTH) this.remaining -= count;
  }

  /** Moves `ready` as far as the body goes. BODY_MORE, BODY_END or BODY_MALFORMED (then `ready` is the last good byte). */
  scan(u8: Uint8Array, window: ByteWindow): number {
    switch (this.kind) {
      case BODY_NONE:
        return BODY_END;
      case BODY_LENGTH: {
        const available = window.tail - window.ready;
        if (available >= this.remaining) {
          this.payload += this.remaining;
          window.ready += this.remaining;
          this.remaining = 0;
          return BODY_END;
        }
        window.ready = window.tail;
        this.remaining -= available;
        this.payload += available;
        return BODY_MORE;
      }
      case BODY_CHUNKED:
        return this.scanChunks(u8, window);
      default:
        this.payload += window.tail - window.ready;
        window.ready = window.tail;
        return BODY_MORE;
    }
  }

  private scanChunks(u8: Uint8Array, window: ByteWindow): number {
    for (;;) {
      const start = window.ready;
      switch (this.state) {
        case SIZE_LINE: {
          const lineEnd = this.sizeLine(u8, start, window.tail);
          if (lineEnd <= 0) return lineEnd;
          if (!this.tidySizeLine(u8, window, start, lineEnd)) return BODY_MORE;
          if (this.remaining > 0) {
            this.state = DATA;
            break;
          }
          // The last chunk goes with the trailers: a body that ends too early must not look complete to anybody.
          window.ready -= LAST_CHUNK_BYTES;
          this.state = TRAILERS;
          break;
        }
        case DATA: {
          const available = window.tail - start;
          if (available < this.remaining) {
            this.remaining -= available;
            this.payload += available;
            window.ready = window.tail;
            return BODY_MORE;
          }
          this.payload += this.remaining;
          window.ready += this.remaining;
          this.remaining = 0;
          this.state = DATA_END;
          break;
        }
        case DATA_END: {
          if (start >= window.tail) return BODY_MORE;
          if (u8[start] === LF) {
            if (!replace(u8, window, start, start + 1, 2)) return BODY_MORE;
            u8[window.ready - 2] = CR;
            u8[window.ready - 1] = LF;
          } else {
            if (u8[start] !== CR) return BODY_MALFORMED;
            if (start + 1 >= window.tail) return BODY_MORE;
            if (u8[start + 1] !== LF) return BODY_MALFORMED;
            window.ready = start + 2;
          }
          this.state = SIZE_LINE;
          break;
        }
        case TRAILERS: {
          // Trailers are rare and short: parsed from their beginning whenever more of them has arrived.
          const trailers = this.trailers;
          const trailersStart = start + LAST_CHUNK_BYTES;
          trailers.begin(trailersStart);
          const verdict = trailers.parse(u8, window.tail);
          if (verdict === NEED_MORE) return BODY_MORE;
          if (verdict !== COMPLETE) return BODY_MALFORMED;
          const trailerBytes = trailers.block.countedLineBytes();
          if (!this.tidyTrailers(u8, window, trailersStart)) return BODY_MORE;
          this.endBytes = trailerBytes + COUNTED_END_BYTES;
          this.payload += this.endBytes;
          this.state = FINISHED;
          return BODY_END;
        }
        default:
          return BODY_END;
      }
    }
  }

  /** Reads a chunk's size into `remaining`. Result: the end of the line, 0 when it is incomplete, -1 when malformed. */
  private sizeLine(u8: Uint8Array, start: number, tail: number): number {
    let p = start;
    let size = 0;
    let digits = 0;
    for (; p < tail && ((classes[u8[p] as number] as number) & HEX) !== 0; p++) {
      size = size * 16 + hexValue(u8[p] as number);
      if (size > 0) digits++;
      if (digits > LONGEST_SIZE_DIGITS) return BODY_MALFORMED;
    }
    if (p === tail) return BODY_MORE;
    if (p === start) return BODY_MALFORMED;
    while (p < tail && (u8[p] === SP || u8[p] === TAB)) p++;
    if (p < tail && u8[p] === SEMICOLON) {
      p++;
      while (p < tail && u8[p] !== CR && u8[p] !== LF) p++;
    }
    if (p === tail) return BODY_MORE;
    if (u8[p] === CR) {
      p++;
      if (p === tail) return BODY_MORE;
    }
    if (u8[p] !== LF) return BODY_MALFORMED;
    this.remaining = size;
    return p + 1;
  }

  /** Makes the line ready, in its plain form. False when there is no room for that before what is ready has gone out. */
  private tidySizeLine(u8: Uint8Array, window: ByteWindow, start: number, end: number): boolean {
    let digits = 1;
    for (let rest = Math.floor(this.remaining / 16); rest > 0; rest = Math.floor(rest / 16)) digits++;
    if (end - start === digits + 2 && u8[end - 2] === CR) {
      window.ready = end;
      return true;
    }
    if (!replace(u8, window, start, end, digits + 2)) return false;
    let at = window.ready - 1;
    u8[at--] = LF;
    u8[at--] = CR;
    let rest = this.remaining;
    for (let i = 0; i < digits; i++) {
      const digit = rest % 16;
      u8[at--] = digit < 10 ? 48 + digit : 55 + digit;
      rest = Math.floor(rest / 16);
    }
    return true;
  }

  private tidyTrailers(u8: Uint8Array, window: ByteWindow, start: number): boolean {
    const block = this.trailers.block;
    if (!block.edited && !block.startUntidy) {
      window.ready = block.end;
      return true;
    }
    for (let line = 0; line < block.count; line++) block.flags[line] = UNTIDY;
    const length = assembleLines(u8, block, this.scratch) - this.scratch;
    if (!replace(u8, window, start, block.end, length)) return false;
    u8.copyWithin(window.ready - length, this.scratch, this.scratch + length);
    return true;
  }
}

/**
 * Makes room for `length` bytes in the place of `start`…`end`: what is ready before them moves, or, when there is no free
 * room in front, what follows them. Afterwards the room ends at `ready`. False when there is no free room at all: the
 * caller tries again when what is ready has gone out.
 */
function replace(u8: Uint8Array, window: ByteWindow, start: number, end: number, length: number): boolean {
  const shift = end - start - length;
  if (window.head + shift >= window.floor) {
    if (shift !== 0 && start > window.head) u8.copyWithin(window.head + shift, window.head, start);
    window.head += shift;
    window.ready = end;
    return true;
  }
  if (window.tail - shift > window.limit) return false;
  u8.copyWithin(end - shift, end, window.tail);
  window.tail -= shift;
  window.ready = end - shift;
  return true;
}
