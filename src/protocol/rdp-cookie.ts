/**
 * The cookie in the first packet of an RDP client: behind the eleven bytes of its TPKT and X.224 headers, which are not
 * looked at, stands `Cookie: <name>=<value>` and CR LF. A terminal server's own cookie (token redirection) names the server:
 * `<address>.<port>.<reserved>`, decimal, of the bytes in the order of a little-endian machine.
 * Must not: wait. Specification: configuration manual 7.3.5 `req.rdp_cookie`, 4.2 `persist rdp-cookie`; what is tolerated
 * was found by watching HAProxy 2.6.
 */
import type { ByteWindow } from './http1/body-scanner.ts';
import { CR, SP } from './http1/characters.ts';

const HEADER_BYTES = 11;
const COOKIE = Buffer.from('cookie:', 'latin1');
const EQUALS = 61;
const DOT = 46;
const PLUS = 43;
const MINUS = 45;
const ZERO = 48;
const UNSIGNED_64 = '18446744073709551616';

export const RDP_NONE = 0;
/** More has to arrive before it can be told. */
export const RDP_SHORT = 1;
export const RDP_FOUND = 2;

export class RdpCookie {
  /** The value: offsets into the bytes that were read. */
  start = 0;
  end = 0;
  /** What `readServer` has found: an IPv4 address, its first byte lowest, and a port. */
  address = 0;
  port = 0;

  /** Looks for the cookie of this name (lower case), or of any name. */
  find(u8: Uint8Array, window: ByteWindow, name: Uint8Array | null): number {
    const { tail } = window;
    let at = window.head + HEADER_BYTES;
    if (at > tail) return RDP_SHORT;
    for (let i = 0; i < COOKIE.length; i++, at++) {
      if (at >= tail) return RDP_SHORT;
      if (((u8[at] as number) | 0x20) !== ((COOKIE[i] as number) | 0x20)) return RDP_NONE;
    }
    while (at < tail && u8[at] === SP) at++;
    const nameStart = at;
    while (at < tail && u8[at] !== EQUALS) at++;
    if (at >= tail) return RDP_SHORT;
    if (name !== null) {
      if (at - nameStart !== name.length) return RDP_NONE;
      for (let i = 0; i < name.length; i++)
        if (((u8[nameStart + i] as number) | 0x20) !== ((name[i] as number) | 0x20)) return RDP_NONE;
    }
    this.start = at + 1;
    at = this.start;
    while (at < tail && u8[at] !== CR) at++;
    if (at + 1 >= tail) return RDP_SHORT;
    this.end = at;
    return RDP_FOUND;
  }

  /** Reads the server's address and port out of the value that was found. */
  readServer(u8: Uint8Array): boolean {
    const address = this.number(u8, this.start);
    if (address < 0) return false;
    const port = this.number(u8, this.behind);
    if (port < 0) return false;
    this.address = address;
    this.port = ((port & 0xff) << 8) | ((port >>> 8) & 0xff);
    return true;
  }

  /** Behind the dot that ended the last number. */
  private behind = 0;

  /** The lower 32 bits of a number that a dot ends, or -1. As C's strtoul reads it: blanks, a sign, and no more than 64 bits. */
  private number(u8: Uint8Array, from: number): number {
    const { end } = this;
    let at = from;
    while (at < end && isBlank(u8[at] as number)) at++;
    const negative = u8[at] === MINUS;
    if (at < end && (negative || u8[at] === PLUS)) at++;
    const first = at;
    while (at < end && u8[at] === ZERO) at++;
    const significant = at;
    let low = 0;
    while (at < end && isDigit(u8[at] as number)) {
      low = (Math.imul(low, 10) + (u8[at] as number) - ZERO) >>> 0;
      at++;
    }
    if (at === first || at >= end || u8[at] !== DOT) return -1;
    this.behind = at + 1;
    if (exceeds64(u8, significant, at)) return 0xffffffff;
    return negative ? -low >>> 0 : low;
  }
}

/** Whether these digits, of which the first is none that could be left out, are 2^64 or more. */
function exceeds64(u8: Uint8Array, start: number, end: number): boolean {
  if (end - start !== UNSIGNED_64.length) return end - start > UNSIGNED_64.length;
  for (let i = 0; i < UNSIGNED_64.length; i++) {
    const difference = (u8[start + i] as number) - UNSIGNED_64.charCodeAt(i);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

function isBlank(byte: number): boolean {
  return byte === SP || (byte >= 9 && byte <= 13);
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= ZERO + 9;
}
