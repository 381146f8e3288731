/**
 * The binary form of the PROXY header, behind its signature and version, which the caller has checked.
 * Specification: PROXY protocol 2.2. As HAProxy 2.6: TCP over IPv4 and IPv6 are the only families that a PROXY command
 * may announce; a LOCAL command is skipped whole, without a look at what it carries; TLVs must fill the header exactly;
 * the last of several equal ones counts.
 */
import { crc32c } from './crc32c.ts';
import { PROXY_INVALID } from './handshake-error.ts';
import type { ProxyHeader } from './proxy-header.ts';
import {
  MAX_AUTHORITY_BYTES,
  MAX_UNIQUE_ID_BYTES,
  SIGNATURE,
  SSL_FIXED_BYTES,
  TLV_ALPN,
  TLV_AUTHORITY,
  TLV_CRC32C,
  TLV_HEAD_BYTES,
  TLV_NETNS,
  TLV_SSL,
  TLV_SSL_CIPHER,
  TLV_SSL_CN,
  TLV_SSL_KEY_ALG,
  TLV_SSL_SIG_ALG,
  TLV_SSL_VERSION,
  TLV_UNIQUE_ID,
  V2_FIXED_BYTES,
  V2_LOCAL,
  V2_PROXY,
  V2_TCP4,
  V2_TCP4_BYTES,
  V2_TCP6,
  V2_TCP6_BYTES,
} from './wire.ts';

/** Needs the fixed part to be there; see parseProxyHeader for the result. */
export function parseProxyV2(u8: Uint8Array, offset: number, end: number, out: ProxyHeader): number {
  const command = u8[offset + SIGNATURE.length]!;
  const family = u8[offset + SIGNATURE.length + 1]!;
  const at = offset + V2_FIXED_BYTES;
  const stop = at + readUint16(u8, at - 2);
  if (stop > end) return 0;
  if (command === V2_LOCAL) {
    out.version = 2;
    return stop - offset;
  }
  if (command !== V2_PROXY) return -PROXY_INVALID;
  let tlvs = at;
  if (family === V2_TCP4 && stop - at >= V2_TCP4_BYTES) {
    out.source.setInet4(u8, at, readUint16(u8, at + 8));
    out.destination.setInet4(u8, at + 4, readUint16(u8, at + 10));
    tlvs += V2_TCP4_BYTES;
  } else if (family === V2_TCP6 && stop - at >= V2_TCP6_BYTES) {
    out.source.setInet6(u8, at, readUint16(u8, at + 32));
    out.destination.setInet6(u8, at + 16, readUint16(u8, at + 34));
    tlvs += V2_TCP6_BYTES;
  } else return -PROXY_INVALID;
  out.version = 2;
  out.proxied = true;
  out.tlvs.set(tlvs, stop - tlvs);
  return readTlvs(u8, offset, tlvs, stop, out) ? stop - offset : -PROXY_INVALID;
}

function readTlvs(u8: Uint8Array, offset: number, at: number, stop: number, out: ProxyHeader): boolean {
  while (at < stop) {
    if (stop - at < TLV_HEAD_BYTES) return false;
    const type = u8[at]!;
    const length = readUint16(u8, at + 1);
    at += TLV_HEAD_BYTES;
    if (length > stop - at) return false;
    switch (type) {
      case TLV_CRC32C:
        if (length !== 4 || crc32c(u8, offset, stop, at) !== readUint32(u8, at)) return false;
        out.checksummed = true;
        break;
      case TLV_AUTHORITY:
        if (length > MAX_AUTHORITY_BYTES) return false;
        out.authority.set(at, length);
        break;
      case TLV_UNIQUE_ID:
        if (length > MAX_UNIQUE_ID_BYTES) return false;
        out.uniqueId.set(at, length);
        break;
      case TLV_ALPN:
        out.alpn.set(at, length);
        break;
      case TLV_NETNS:
        out.netns.set(at, length);
        break;
      case TLV_SSL:
        readSsl(u8, at, at + length, out);
        break;
    }
    at += length;
  }
  return true;
}

/** HAProxy accepts whatever stands in here, so a malformed part ends the reading but not the connection. */
function readSsl(u8: Uint8Array, at: number, stop: number, out: ProxyHeader): void {
  if (stop - at < SSL_FIXED_BYTES) return;
  out.sslPresent = true;
  out.sslClientFlags = u8[at]!;
  out.sslVerify = readUint32(u8, at + 1);
  at += SSL_FIXED_BYTES;
  while (stop - at >= TLV_HEAD_BYTES) {
    const type = u8[at]!;
    const length = readUint16(u8, at + 1);
    at += TLV_HEAD_BYTES;
    if (length > stop - at) return;
    if (type === TLV_SSL_VERSION) out.sslVersion.set(at, length);
    else if (type === TLV_SSL_CN) out.sslCommonName.set(at, length);
    else if (type === TLV_SSL_CIPHER) out.sslCipher.set(at, length);
    else if (type === TLV_SSL_SIG_ALG) out.sslSignature.set(at, length);
    else if (type === TLV_SSL_KEY_ALG) out.sslKey.set(at, length);
    at += length;
  }
}

function readUint16(u8: Uint8Array, at: number): number {
  return (u8[at]! << 8) | u8[at + 1]!;
}

function readUint32(u8: Uint8Array, at: number): number {
  return ((readUint16(u8, at) << 16) | readUint16(u8, at + 2)) >>> 0;
}
