/**
 * The text form of the PROXY header, from behind `PROXY ` to its CRLF.
 * Specification: PROXY protocol 2.1. HAProxy 2.6 departs from it, and senders in the field may rely on that: it takes
 * leading zeros, short and overflowing IPv4 addresses and ports, empty ports and lines beyond 107 bytes, and it refuses
 * UNKNOWN with anything behind it. All of this was observed on the real program.
 */
import { parseInet6 } from '../inet-text.ts';
import { FAMILY_INET, FAMILY_INET6, type SocketAddress } from '../socket-address.ts';
import { PROXY_INVALID, PROXY_UNHANDLED_PROTOCOL } from './handshake-error.ts';
import type { ProxyHeader } from './proxy-header.ts';

const TCP4 = Uint8Array.of(0x54, 0x43, 0x50, 0x34, 0x20);
const TCP6 = Uint8Array.of(0x54, 0x43, 0x50, 0x36, 0x20);
const UNKNOWN = Uint8Array.of(0x55, 0x4e, 0x4b, 0x4e, 0x4f, 0x57, 0x4e, 0x0d, 0x0a);

const SPACE = 0x20;
const DOT = 0x2e;
const ZERO = 0x30;
const CR = 0x0d;
const LF = 0x0a;

const NEED_MORE = 0;

/** `at` lies behind `PROXY `; the result counts from `offset`. See parseProxyHeader for its meaning. */
export function parseProxyV1(
  u8: Uint8Array,
  offset: number,
  at: number,
  end: number,
  out: ProxyHeader,
): number {
  const inet4 = matchLength(u8, at, end, TCP4);
  const inet6 = matchLength(u8, at, end, TCP6);
  const unknown = matchLength(u8, at, end, UNKNOWN);
  if (inet4 === 0 || inet6 === 0 || unknown === 0) return NEED_MORE;
  if (unknown > 0) {
    out.version = 1;
    return at + unknown - offset;
  }
  if (inet4 < 0 && inet6 < 0) return -PROXY_UNHANDLED_PROTOCOL;
  const readHost = inet4 > 0 ? readInet4 : readInet6;

  at = readHost(u8, at + TCP4.length, end, out.source);
  if (at > 0) at = readHost(u8, at, end, out.destination);
  if (at > 0) at = readPort(u8, at, end, SPACE, out.source);
  if (at > 0) at = readPort(u8, at, end, CR, out.destination);
  if (at > 0 && at >= end) at = NEED_MORE;
  if (at > 0 && u8[at] !== LF) at = -PROXY_INVALID;
  if (at <= 0) {
    out.clear();
    return at;
  }
  out.version = 1;
  out.proxied = true;
  return at + 1 - offset;
}

/** The token's length when it is all there, 0 when it may still come, -1 when it does not match. */
function matchLength(u8: Uint8Array, at: number, end: number, token: Uint8Array): number {
  for (let i = 0; i < token.length; i++) {
    if (at + i >= end) return 0;
    if (u8[at + i] !== token[i]) return -1;
  }
  return token.length;
}

/**
 * HAProxy adds each part at its place of a 32-bit number, looking at its last three digits: a part above 255 carries
 * into its left neighbour, and missing parts count as zero.
 */
function readInet4(u8: Uint8Array, at: number, end: number, address: SocketAddress): number {
  let sum = 0;
  let part = 0;
  let shift = 24;
  for (; at < end; at++) {
    const c = u8[at]!;
    if (c >= ZERO && c <= 0x39) {
      part = (part * 10 + c - ZERO) % 1000;
      continue;
    }
    if (c !== DOT && c !== SPACE) return -PROXY_INVALID;
    sum = (sum + (part << shift)) | 0;
    part = 0;
    if (c === SPACE) {
      const bytes = address.bytes;
      bytes[0] = sum >>> 24;
      bytes[1] = sum >>> 16;
      bytes[2] = sum >>> 8;
      bytes[3] = sum;
      address.family = FAMILY_INET;
      return at + 1;
    }
    shift -= 8;
    if (shift < 0) return -PROXY_INVALID;
  }
  return NEED_MORE;
}

function readInet6(u8: Uint8Array, at: number, end: number, address: SocketAddress): number {
  let stop = at;
  while (stop < end && u8[stop] !== SPACE) stop++;
  if (stop >= end) return NEED_MORE;
  if (!parseInet6(u8, at, stop, address.bytes)) return -PROXY_INVALID;
  address.family = FAMILY_INET6;
  return stop + 1;
}

/** Any run of digits, also an empty one, modulo 65536. */
function readPort(u8: Uint8Array, at: number, end: number, stop: number, address: SocketAddress): number {
  let port = 0;
  for (; at < end; at++) {
    const c = u8[at]!;
    if (c === stop) {
      address.port = port;
      return at + 1;
    }
    if (c < ZERO || c > 0x39) return -PROXY_INVALID;
    port = (port * 10 + c - ZERO) & 0xffff;
  }
  return NEED_MORE;
}
