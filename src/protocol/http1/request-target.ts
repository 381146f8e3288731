/**
 * The forms of a request target (RFC 9112 3.2) and whether its authority agrees with the Host header, as HAProxy 2.6
 * judges it: default ports are left out of the comparison, and out of what is forwarded.
 */
import { UNTIDY, VALUE_END } from './header-block.ts';
import type { RequestParser } from './request-parser.ts';

const SLASH = 47;
const STAR = 42;
const COLON = 58;
const AT = 64;
const CLOSING_BRACKET = 93;

/**
 * False when the request must be refused. `host` is the Host header's line, or -1. When both name the same host but for
 * the default port, the port is taken out of the target (and, for CONNECT, out of the Host header).
 */
export function targetMatchesHost(
  u8: Uint8Array,
  parser: RequestParser,
  host: number,
  connect: boolean,
): boolean {
  const start = parser.targetStart;
  const end = parser.targetEnd;
  const first = u8[start] as number;
  // The ordinary request, and `*`.
  if (!connect && (first === SLASH || first === STAR)) return true;
  // The relaxed parser refuses nothing here, but default ports go all the same.
  const { relaxed } = parser;

  let authorityStart = start;
  let authorityEnd = end;
  let defaultPort = 80;
  const scheme = schemeLength(u8, start, end);
  if (scheme > 0) {
    authorityStart = start + scheme + 3;
    authorityEnd = authorityStart;
    while (authorityEnd < end && u8[authorityEnd] !== SLASH) authorityEnd++;
    if (scheme === 5 && ((u8[start + 4] as number) | 32) === 115) defaultPort = 443;
  }
  for (let p = authorityEnd - 1; p >= authorityStart; p--) {
    if (u8[p] === AT) {
      authorityStart = p + 1;
      break;
    }
  }
  if (connect) {
    if (!hasPort(u8, authorityStart, authorityEnd)) return relaxed;
    // Without a scheme either port is a default one.
    if (scheme === 0 && withoutDefaultPort(u8, authorityStart, authorityEnd, 443) !== authorityEnd)
      defaultPort = 443;
  }
  if (host < 0 || authorityStart === authorityEnd) return true;

  const block = parser.block;
  const hostStart = block.valueStart(host);
  const hostEnd = block.valueEnd(host);
  if (sameHost(u8, authorityStart, authorityEnd, hostStart, hostEnd)) {
    if (connect) {
      const trimmed = withoutDefaultPort(u8, hostStart, hostEnd, defaultPort);
      if (trimmed !== hostEnd) {
        block.spans[host * 4 + VALUE_END] = trimmed;
        block.flags[host] = (block.flags[host] as number) | UNTIDY;
        block.edited = true;
      }
    }
    return true;
  }
  if (scheme === 0 && !connect) return relaxed;
  const bare = withoutDefaultPort(u8, authorityStart, authorityEnd, defaultPort);
  const bareHost = withoutDefaultPort(u8, hostStart, hostEnd, defaultPort);
  if (!sameHost(u8, authorityStart, bare, hostStart, bareHost)) return relaxed;
  if (bare !== authorityEnd && !connect) {
    // The target loses the port: what follows moves up.
    u8.copyWithin(bare, authorityEnd, end);
    parser.targetEnd = end - (authorityEnd - bare);
    block.startUntidy = true;
  }
  return true;
}

/** Length of a valid scheme in front of `://`, or 0. */
/** Where the path of the target begins: its start, or behind the authority of an absolute one. */
export function pathStart(u8: Uint8Array, start: number, end: number): number {
  const scheme = schemeLength(u8, start, end);
  if (scheme === 0) return start;
  let p = start + scheme + 3;
  while (p < end && u8[p] !== SLASH) p++;
  return p;
}

function schemeLength(u8: Uint8Array, start: number, end: number): number {
  let p = start;
  while (p < end) {
    const c = u8[p] as number;
    const letter = (c | 32) >= 97 && (c | 32) <= 122;
    const inner = (c >= 48 && c <= 57) || c === 43 || c === 45 || c === 46;
    if (letter || (p > start && inner)) p++;
    else break;
  }
  if (p === start || p + 2 >= end) return 0;
  return u8[p] === COLON && u8[p + 1] === SLASH && u8[p + 2] === SLASH ? p - start : 0;
}

function hasPort(u8: Uint8Array, start: number, end: number): boolean {
  for (let p = end - 1; p > start; p--) {
    const c = u8[p] as number;
    if (c === COLON) return p < end - 1;
    if (c < 48 || c > 57) return false;
  }
  return false;
}

/** End of the authority without `:`, `:80` (or `:443`). */
function withoutDefaultPort(u8: Uint8Array, start: number, end: number, port: number): number {
  let colon = end - 1;
  while (colon >= start && u8[colon] !== COLON && u8[colon] !== CLOSING_BRACKET) colon--;
  if (colon < start || u8[colon] !== COLON) return end;
  if (colon === end - 1) return colon;
  const digits = port === 80 ? [56, 48] : [52, 52, 51];
  if (end - colon - 1 !== digits.length) return end;
  for (let i = 0; i < digits.length; i++) if (u8[colon + 1 + i] !== digits[i]) return end;
  return colon;
}

function sameHost(u8: Uint8Array, a: number, aEnd: number, b: number, bEnd: number): boolean {
  if (aEnd - a !== bEnd - b) return false;
  for (let i = 0; i < aEnd - a; i++) {
    const x = u8[a + i] as number;
    const y = u8[b + i] as number;
    if (x === y) continue;
    if ((x | 32) !== (y | 32) || (x | 32) < 97 || (x | 32) > 122) return false;
  }
  return true;
}
