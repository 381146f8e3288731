/**
 * Writes a head that was edited: lines that nobody touched are copied as they stand, several at once.
 */
import { COLON, CR, LF, SP } from './characters.ts';
import { DELETED, type HeaderBlock, NAME_END, NAME_START, VALUE_END, VALUE_START } from './header-block.ts';
import type { RequestParser } from './request-parser.ts';
import type { ResponseParser } from './response-parser.ts';

const HTTP_1_1 = Buffer.from('HTTP/1.1', 'latin1');

/** Writes the request line at `at`. Result: the offset behind it. */
export function assembleRequestLine(u8: Uint8Array, parser: RequestParser, at: number): number {
  const block = parser.block;
  if (!block.startUntidy) return copy(u8, block.start, block.linesStart, at);
  return lineEnd(u8, assembleRequestWords(u8, parser, at, true));
}

/** The words of the request line without their line end; `forwarded`: with the version that goes to a server. */
export function assembleRequestWords(
  u8: Uint8Array,
  parser: RequestParser,
  at: number,
  forwarded = false,
): number {
  at = copy(u8, parser.methodStart, parser.methodEnd, at);
  u8[at++] = SP;
  at = copy(u8, parser.targetStart, parser.targetEnd, at);
  u8[at++] = SP;
  if (parser.version > 11 && forwarded) {
    u8.set(HTTP_1_1, at);
    at += HTTP_1_1.length;
  } else if (parser.version === 9 && parser.versionStart === parser.versionEnd) {
    u8.set(HTTP_1_1, at);
    at += HTTP_1_1.length;
    u8[at - 1] = 48;
  } else at = copy(u8, parser.versionStart, parser.versionEnd, at);
  return at;
}

/** Writes the status line at `at`. Result: the offset behind it. */
export function assembleStatusLine(u8: Uint8Array, parser: ResponseParser, at: number): number {
  const block = parser.block;
  if (!block.startUntidy) return copy(u8, block.start, block.linesStart, at);
  if (parser.version > 11) {
    u8.set(HTTP_1_1, at);
    at += HTTP_1_1.length;
  } else at = copy(u8, block.start, parser.versionEnd, at);
  u8[at++] = SP;
  at = copy(u8, parser.statusStart, parser.statusEnd, at);
  u8[at++] = SP;
  at = copy(u8, parser.reasonStart, parser.reasonEnd, at);
  return lineEnd(u8, at);
}

/** Writes the header lines, the added ones and the empty line at `at`. Result: the offset behind them. */
export function assembleLines(u8: Uint8Array, block: HeaderBlock, at: number): number {
  const { spans, received } = block;
  // Start of a run of untouched lines that has not been copied yet.
  let run = block.linesStart;
  for (let line = 0; line < received; line++) {
    const flags = block.flags[line] as number;
    if (flags === 0) continue;
    const i = line * 4;
    at = copy(u8, run, spans[i + NAME_START] as number, at);
    run = line + 1 < received ? (spans[i + 4 + NAME_START] as number) : block.linesEnd;
    if ((flags & DELETED) === 0) at = writeLine(u8, spans, i, at);
  }
  at = copy(u8, run, block.linesEnd, at);
  for (let line = received; line < block.count; line++) {
    if (((block.flags[line] as number) & DELETED) === 0) at = writeLine(u8, spans, line * 4, at);
  }
  return lineEnd(u8, at);
}

/** One line anew. `i`: where its offsets begin. */
function writeLine(u8: Uint8Array, spans: Int32Array, i: number, at: number): number {
  at = copy(u8, spans[i + NAME_START] as number, spans[i + NAME_END] as number, at);
  u8[at++] = COLON;
  u8[at++] = SP;
  at = copy(u8, spans[i + VALUE_START] as number, spans[i + VALUE_END] as number, at);
  return lineEnd(u8, at);
}

/** Short pieces are cheaper to copy here than by a call into the engine (measured: below some 40 bytes). */
const SHORT = 40;

function copy(u8: Uint8Array, start: number, end: number, at: number): number {
  const length = end - start;
  if (length < SHORT) {
    for (let i = 0; i < length; i++) u8[at + i] = u8[start + i] as number;
  } else u8.copyWithin(at, start, end);
  return at + length;
}

function lineEnd(u8: Uint8Array, at: number): number {
  u8[at] = CR;
  u8[at + 1] = LF;
  return at + 2;
}
