/**
 * IPv4 and IPv6 addresses between text and network bytes: the strict textual forms that inet_pton takes and the ones
 * that inet_ntop prints, which is what HAProxy reads and logs. Bytes in, bytes out; ports and names belong elsewhere.
 * Specification: RFC 4291 2.2 for reading, RFC 5952 for writing (with the mixed notation of its section 5).
 */

/** The longest text that `writeInet6` makes: six groups and a dotted quad. */
export const MAX_INET_TEXT_BYTES = 45;

const DOT = 0x2e;
const COLON = 0x3a;
const ZERO = 0x30;

/** Reads exactly four decimal numbers without leading zeros from [start, end) into bytes[at…at+3]. */
export function parseInet4(
  u8: Uint8Array,
  start: number,
  end: number,
  bytes: Uint8Array,
  at: number,
): boolean {
  let part = 0;
  let value = -1;
  for (let i = start; i < end; i++) {
    const c = u8[i]!;
    if (c === DOT) {
      if (value < 0 || part === 3) return false;
      bytes[at + part++] = value;
      value = -1;
      continue;
    }
    const digit = c - ZERO;
    if (digit < 0 || digit > 9 || value === 0) return false;
    value = value < 0 ? digit : value * 10 + digit;
    if (value > 255) return false;
  }
  if (part !== 3 || value < 0) return false;
  bytes[at + 3] = value;
  return true;
}

/** Reads an IPv6 address, with at most one `::` and an optional dotted quad at its end, into bytes[0…15]. */
export function parseInet6(u8: Uint8Array, start: number, end: number, bytes: Uint8Array): boolean {
  let filled = 0;
  let gapAt = -1;
  let i = start;
  if (i < end && u8[i] === COLON) {
    // A leading colon is only the first half of `::`.
    if (i + 1 >= end || u8[i + 1] !== COLON) return false;
    i++;
  }
  let groupStart = i;
  let value = 0;
  let digits = 0;
  for (; i < end; i++) {
    const c = u8[i]!;
    const digit = hexDigit(c);
    if (digit >= 0) {
      if (++digits > 4) return false;
      value = (value << 4) | digit;
      continue;
    }
    if (c === COLON) {
      if (digits === 0) {
        if (gapAt >= 0) return false;
        gapAt = filled;
      } else {
        // A colon behind the last group must be followed by something.
        if (i + 1 === end || filled > 14) return false;
        bytes[filled++] = value >> 8;
        bytes[filled++] = value & 0xff;
      }
      groupStart = i + 1;
      value = 0;
      digits = 0;
      continue;
    }
    if (c === DOT && filled <= 12 && parseInet4(u8, groupStart, end, bytes, filled)) {
      filled += 4;
      digits = 0;
      break;
    }
    return false;
  }
  if (digits > 0) {
    if (filled > 14) return false;
    bytes[filled++] = value >> 8;
    bytes[filled++] = value & 0xff;
  }
  if (gapAt < 0) return filled === 16;
  if (filled === 16) return false;
  const moved = filled - gapAt;
  bytes.copyWithin(16 - moved, gapAt, filled);
  bytes.fill(0, gapAt, 16 - moved);
  return true;
}

function hexDigit(c: number): number {
  if (c >= ZERO && c <= 0x39) return c - ZERO;
  const letter = c | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/** Writes bytes[at…at+3] as dotted decimal; returns the offset behind the text (at most 15 bytes). */
export function writeInet4(bytes: Uint8Array, at: number, u8: Uint8Array, offset: number): number {
  for (let i = 0; i < 4; i++) {
    if (i > 0) u8[offset++] = DOT;
    const value = bytes[at + i]!;
    if (value >= 100) u8[offset++] = ZERO + ((value / 100) | 0);
    if (value >= 10) u8[offset++] = ZERO + (((value / 10) | 0) % 10);
    u8[offset++] = ZERO + (value % 10);
  }
  return offset;
}

/** Writes bytes[0…15] in the canonical form; returns the offset behind the text (at most 45 bytes). */
export function writeInet6(bytes: Uint8Array, u8: Uint8Array, offset: number): number {
  // The first of the longest runs of at least two zero groups becomes `::`.
  let gapAt = -1;
  let gapLength = 1;
  for (let group = 0; group < 8; group++) {
    let run = 0;
    while (group + run < 8 && bytes[(group + run) * 2] === 0 && bytes[(group + run) * 2 + 1] === 0) run++;
    if (run > gapLength) {
      gapAt = group;
      gapLength = run;
    }
    group += run;
  }
  // IPv4-mapped and IPv4-compatible addresses end in a dotted quad.
  const mixed =
    gapAt === 0 && (gapLength === 6 || (gapLength === 5 && bytes[10] === 0xff && bytes[11] === 0xff));
  for (let group = 0; group < 8; ) {
    if (group === gapAt) {
      u8[offset++] = COLON;
      group += gapLength;
      if (group === 8) u8[offset++] = COLON;
      continue;
    }
    if (group > 0) u8[offset++] = COLON;
    if (mixed && group === 6) return writeInet4(bytes, 12, u8, offset);
    const value = (bytes[group * 2]! << 8) | bytes[group * 2 + 1]!;
    if (value >= 0x1000) u8[offset++] = hexCharacter(value >> 12);
    if (value >= 0x100) u8[offset++] = hexCharacter((value >> 8) & 0xf);
    if (value >= 0x10) u8[offset++] = hexCharacter((value >> 4) & 0xf);
    u8[offset++] = hexCharacter(value & 0xf);
    group++;
  }
  return offset;
}

function hexCharacter(value: number): number {
  return value < 10 ? ZERO + value : 0x57 + value;
}
