/**
 * The data in chunks whose framing has been followed already (body-scanner.ts), so that it is known to be plain: copied
 * without it, or joined to one chunk. Specification: RFC 9112 7.1.
 */
import { CR, classes, HEX, hexValue, LF } from './characters.ts';

const CRLF_BYTES = 2;

// Of the chunk that was read last: its size, and where its data begin.
let size = 0;
let dataStart = 0;

function readSizeLine(u8: Uint8Array, start: number, end: number): void {
  let at = start;
  size = 0;
  for (; at < end && ((classes[u8[at] as number] as number) & HEX) !== 0; at++)
    size = size * 16 + hexValue(u8[at] as number);
  dataStart = at + CRLF_BYTES;
}

/** Copies the data of the chunks in `start`…`end`, the last of which may be incomplete. Result: how much it was. */
export function copyChunkData(u8: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let length = 0;
  for (let at = start; at < end; ) {
    readSizeLine(u8, at, end);
    const stop = Math.min(end, dataStart + size, dataStart + into.length - length);
    if (size === 0 || stop <= dataStart) break;
    for (let i = dataStart; i < stop; i++) into[length++] = u8[i] as number;
    at = dataStart + size + CRLF_BYTES;
  }
  return length;
}

/**
 * Joins the complete chunks at the beginning of `start`…`end` to one, and moves what follows them, up to `tail`, down.
 * Result: by how much, 0 when there is nothing to join.
 */
export function joinChunks(u8: Uint8Array, start: number, end: number, tail: number): number {
  let count = 0;
  let total = 0;
  let at = start;
  while (at < end) {
    readSizeLine(u8, at, end);
    const next = dataStart + size + CRLF_BYTES;
    if (size === 0 || next > end) break;
    total += size;
    count++;
    at = next;
  }
  if (count < 2) return 0;
  const stop = at;
  // The data first, which never runs into what is still to be read; the line, which may be longer than the first, then.
  let to = start;
  for (at = start; at < stop; at = dataStart + size + CRLF_BYTES) {
    readSizeLine(u8, at, stop);
    u8.copyWithin(to, dataStart, dataStart + size);
    to += size;
  }
  const line = `${total.toString(16).toUpperCase()}\r\n`;
  u8.copyWithin(start + line.length, start, to);
  for (let i = 0; i < line.length; i++) u8[start + i] = line.charCodeAt(i);
  to += line.length;
  u8[to++] = CR;
  u8[to++] = LF;
  u8.copyWithin(to, stop, tail);
  return stop - to;
}
