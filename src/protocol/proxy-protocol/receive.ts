/**
 * Reads the PROXY header that opens a connection (`accept-proxy`), either version, with HAProxy 2.6's verdicts.
 * Pure: looks at bytes, touches no socket, decides no timeout.
 * Specification: PROXY protocol 2; where HAProxy is more tolerant than that text, the real program was followed.
 */
import { PROXY_NOT_A_HEADER, PROXY_TRUNCATED } from './handshake-error.ts';
import type { ProxyHeader } from './proxy-header.ts';
import { parseProxyV1 } from './receive-v1.ts';
import { parseProxyV2 } from './receive-v2.ts';
import { SIGNATURE, V2_FIXED_BYTES } from './wire.ts';

const PREFIX_V1 = Uint8Array.of(0x50, 0x52, 0x4f, 0x58, 0x59, 0x20);
/** HAProxy calls anything shorter truncated, whatever it begins with. */
const V1_DECIDABLE_BYTES = 9;

/**
 * Parses a header at `offset`. Returns the bytes that it takes (more may follow, they are the connection's own), 0 when
 * what is there may become a header, or the negated number of an error in handshake-error.ts.
 *
 * HAProxy never waits for the rest of a header: it looks once, when the first bytes are there. To behave alike, take 0
 * with at least one byte received as PROXY_TRUNCATED.
 */
export function parseProxyHeader(u8: Uint8Array, offset: number, end: number, out: ProxyHeader): number {
  out.clear();
  const available = end - offset;
  const isV1 = startsLike(u8, offset, end, PREFIX_V1);
  if (available < V1_DECIDABLE_BYTES) {
    return isV1 || startsLike(u8, offset, end, SIGNATURE) ? 0 : -PROXY_TRUNCATED;
  }
  if (isV1) return parseProxyV1(u8, offset, offset + PREFIX_V1.length, end, out);
  const isV2 = startsLike(u8, offset, end, SIGNATURE);
  if (available < V2_FIXED_BYTES) return isV2 ? 0 : -PROXY_TRUNCATED;
  if (!isV2 || u8[offset + SIGNATURE.length]! >> 4 !== 2) return -PROXY_NOT_A_HEADER;
  return parseProxyV2(u8, offset, end, out);
}

/** Whether the bytes there are agree with `prefix` as far as both go. */
function startsLike(u8: Uint8Array, offset: number, end: number, prefix: Uint8Array): boolean {
  const stop = Math.min(prefix.length, end - offset);
  for (let i = 0; i < stop; i++) if (u8[offset + i] !== prefix[i]) return false;
  return true;
}
