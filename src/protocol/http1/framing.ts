/**
 * Where a message's body ends, by its head (RFC 9112 6), with HAProxy 2.6's verdicts on what is malformed, and the header
 * edits that follow from it: what is ambiguous never reaches the other side.
 */
import { type HeaderBlock, UNTIDY, VALUE_END, VALUE_START } from './header-block.ts';
import { H_CONTENT_LENGTH, H_TRANSFER_ENCODING, wordEquals } from './known-headers.ts';
import { ListReader } from './lists.ts';

export const BODY_NONE = 0;
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;
/** A response that ends with its connection. */
export const BODY_UNTIL_CLOSE = 3;
/** Bytes without meaning, both ways, until both sides have closed. */
export const BODY_TUNNEL = 4;

const CHUNKED = Buffer.from('chunked', 'latin1');
/** The largest length, 2^63-1, as digits: HAProxy's limit. */
const LARGEST = Buffer.from('9223372036854775807', 'latin1');

export const LENGTH_ABSENT = -1;
export const LENGTH_MALFORMED = -2;

const list = new ListReader();

/**
 * The message's Content-Length: bytes, LENGTH_ABSENT or LENGTH_MALFORMED. Repetitions of the same value are reduced to the
 * first one. Values above 2^53 lose precision, which is of no consequence: they never end.
 */
export function contentLength(u8: Uint8Array, block: HeaderBlock): number {
  let length = LENGTH_ABSENT;
  let digitsStart = 0;
  let digitsEnd = 0;
  for (let line = block.find(H_CONTENT_LENGTH); line >= 0; line = block.find(H_CONTENT_LENGTH, line + 1)) {
    const repeated = length !== LENGTH_ABSENT;
    const valueStart = block.valueStart(line);
    const valueEnd = block.valueEnd(line);
    list.open(u8, valueStart, valueEnd);
    for (let element = 0; list.next(); element++) {
      let start = list.start;
      const end = list.end;
      if (start === end) return LENGTH_MALFORMED;
      for (let p = start; p < end; p++) {
        const c = u8[p] as number;
        if (c < 48 || c > 57) return LENGTH_MALFORMED;
      }
      while (start < end - 1 && u8[start] === 48) start++;
      if (length === LENGTH_ABSENT) {
        if (exceedsLargest(u8, start, end)) return LENGTH_MALFORMED;
        digitsStart = start;
        digitsEnd = end;
        length = 0;
        for (let p = start; p < end; p++) length = length * 10 + (u8[p] as number) - 48;
      } else if (!sameBytes(u8, digitsStart, digitsEnd, start, end)) return LENGTH_MALFORMED;
      if (element === 0 && list.end !== valueEnd) {
        // A list of equal values goes on as its first one.
        block.spans[line * 4 + VALUE_START] = list.start;
        block.spans[line * 4 + VALUE_END] = list.end;
        block.flags[line] = (block.flags[line] as number) | UNTIDY;
        block.edited = true;
      }
    }
    if (repeated) block.delete(line);
  }
  return length;
}

function exceedsLargest(u8: Uint8Array, start: number, end: number): boolean {
  const digits = end - start;
  if (digits !== LARGEST.length) return digits > LARGEST.length;
  for (let i = 0; i < digits; i++) {
    const difference = (u8[start + i] as number) - (LARGEST[i] as number);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

function sameBytes(u8: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  for (let i = 0; i < aEnd - a; i++) if (u8[a + i] !== u8[b + i]) return false;
  return true;
}

export const TE_ABSENT = 0;
export const TE_CHUNKED = 1;
/** There is a header, but it is empty. */
export const TE_EMPTY = 2;
/** Chunked comes last and once, but behind codings that Sluice does not undo. */
export const TE_UNSUPPORTED = -1;
export const TE_MALFORMED = -2;

/** What the message's Transfer-Encoding headers say together. */
export function transferEncoding(u8: Uint8Array, block: HeaderBlock): number {
  let line = block.find(H_TRANSFER_ENCODING);
  if (line < 0) return TE_ABSENT;
  let before = 0;
  let chunked = 0;
  let after = 0;
  for (; line >= 0; line = block.find(H_TRANSFER_ENCODING, line + 1)) {
    const start = block.valueStart(line);
    const end = block.valueEnd(line);
    if (start === end) continue;
    list.open(u8, start, end);
    while (list.next()) {
      if (wordEquals(u8, list.start, list.end, CHUNKED)) chunked++;
      else if (chunked === 0) before++;
      else if (!list.empty) after++;
    }
  }
  if (chunked === 0) return before === 0 ? TE_EMPTY : TE_MALFORMED;
  if (chunked > 1 || after > 0) return TE_MALFORMED;
  return before > 0 ? TE_UNSUPPORTED : TE_CHUNKED;
}

/** Whether a comma-separated list holds this lower-case word. */
export function listHolds(u8: Uint8Array, start: number, end: number, word: Uint8Array): boolean {
  // Most values have one element: no need to open a list for them.
  if (end - start === word.length) return wordEquals(u8, start, end, word);
  if (end - start < word.length) return false;
  list.open(u8, start, end);
  while (list.next()) if (wordEquals(u8, list.start, list.end, word)) return true;
  return false;
}
