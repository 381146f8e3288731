/**
 * Writes the PROXY header that Sluice opens a server connection with (`send-proxy`, `send-proxy-v2` and its options).
 * Pure: the caller knows the addresses and what TLS said. Byte for byte what HAProxy 2.6 sends.
 * Specification: PROXY protocol 2; configuration manual, 5.2 `proxy-v2-options`.
 */
import { writeInet4, writeInet6 } from '../inet-text.ts';
import { FAMILY_INET, FAMILY_INET6, type SocketAddress } from '../socket-address.ts';
import { crc32c } from './crc32c.ts';
import {
  CLIENT_SSL,
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
  V2_TCP6,
  V2_UNSPEC,
} from './wire.ts';

/** Room that a version 1 header may need. */
export const MAX_PROXY_V1_BYTES = 107;

export const PROXY_V2_CRC32C = 1;
export const PROXY_V2_UNIQUE_ID = 2;
export const PROXY_V2_AUTHORITY = 4;
export const PROXY_V2_SSL = 8;
export const PROXY_V2_CERT_CN = 16;
export const PROXY_V2_SSL_CIPHER = 32;
export const PROXY_V2_CERT_SIG = 64;
export const PROXY_V2_CERT_KEY = 128;
/** Each of these makes the header tell about TLS. */
const ANY_SSL = PROXY_V2_SSL | PROXY_V2_CERT_CN | PROXY_V2_SSL_CIPHER | PROXY_V2_CERT_SIG | PROXY_V2_CERT_KEY;

/** The words of `proxy-v2-options`; `send-proxy-v2-ssl` is `ssl`, `send-proxy-v2-ssl-cn` is `ssl` and `cert-cn`. */
export const PROXY_V2_OPTIONS: ReadonlyMap<string, number> = new Map([
  ['ssl', PROXY_V2_SSL],
  ['cert-cn', PROXY_V2_CERT_CN],
  ['ssl-cipher', PROXY_V2_SSL_CIPHER],
  ['cert-sig', PROXY_V2_CERT_SIG],
  ['cert-key', PROXY_V2_CERT_KEY],
  ['authority', PROXY_V2_AUTHORITY],
  ['crc32c', PROXY_V2_CRC32C],
  ['unique-id', PROXY_V2_UNIQUE_ID],
]);

const NOTHING: Uint8Array = new Uint8Array(0);

/** What a version 2 header tells beside the addresses. Reusable; an empty value means that there is none. */
export class ProxyV2Details {
  /** Negotiated with the client; sent whenever there is one. */
  alpn: Uint8Array = NOTHING;
  /** The client's SNI, or the authority that came with its own PROXY header. */
  authority: Uint8Array = NOTHING;
  /** Sent even when empty, if the option asks for it; undefined for health checks, which have none. */
  uniqueId: Uint8Array | undefined = undefined;
  /** The client connection's network namespace, if it is not the process's own. */
  netns: Uint8Array = NOTHING;
  /** CLIENT_* bits; 0 without TLS. */
  sslClientFlags = 0;
  /** Result of verifying the client's certificate: 0 is good, also when there is none. */
  sslVerify = 0;
  sslVersion: Uint8Array = NOTHING;
  /** Common name of the client's certificate. */
  sslCommonName: Uint8Array = NOTHING;
  sslCipher: Uint8Array = NOTHING;
  /** Signature and key algorithm of the certificate that was shown to the client, as `RSA-SHA256` and `RSA2048`. */
  sslSignature: Uint8Array = NOTHING;
  sslKey: Uint8Array = NOTHING;

  clear(): void {
    this.alpn = NOTHING;
    this.authority = NOTHING;
    this.uniqueId = undefined;
    this.netns = NOTHING;
    this.sslClientFlags = 0;
    this.sslVerify = 0;
    this.sslVersion = NOTHING;
    this.sslCommonName = NOTHING;
    this.sslCipher = NOTHING;
    this.sslSignature = NOTHING;
    this.sslKey = NOTHING;
  }
}

/**
 * Writes a version 1 header and returns its length; needs MAX_PROXY_V1_BYTES of room. Health checks pass the two ends of
 * the check's own connection. Addresses of two IP families are both written as IPv6; anything else is UNKNOWN.
 */
export function writeProxyV1(
  u8: Uint8Array,
  offset: number,
  source: SocketAddress,
  destination: SocketAddress,
): number {
  if (!isInet(source) || !isInet(destination)) return writeText(u8, offset, 'PROXY UNKNOWN\r\n') - offset;
  const asInet4 = source.family === FAMILY_INET && destination.family === FAMILY_INET;
  let at = writeText(u8, offset, asInet4 ? 'PROXY TCP4 ' : 'PROXY TCP6 ');
  at = writeHost(u8, at, source, asInet4);
  u8[at++] = 0x20;
  at = writeHost(u8, at, destination, asInet4);
  u8[at++] = 0x20;
  at = writeDecimal(u8, at, source.port);
  u8[at++] = 0x20;
  at = writeDecimal(u8, at, destination.port);
  u8[at++] = 0x0d;
  u8[at++] = 0x0a;
  return at - offset;
}

/**
 * Writes a version 2 header into [offset, limit) and returns its length, or -1 when it does not fit there or in the
 * protocol's own 16-bit length. `source` and `destination` are undefined for health checks; then, and for addresses
 * that are not IP, the command is LOCAL. `options` are PROXY_V2_* bits.
 */
export function writeProxyV2(
  u8: Uint8Array,
  offset: number,
  limit: number,
  source: SocketAddress | undefined,
  destination: SocketAddress | undefined,
  options: number,
  details: ProxyV2Details,
): number {
  const sslBytes = sslLength(options, details);
  const proxied = source !== undefined && destination !== undefined && isInet(source) && isInet(destination);
  const asInet4 = proxied && source.family === FAMILY_INET && destination.family === FAMILY_INET;
  const wantsChecksum = (options & PROXY_V2_CRC32C) !== 0;
  const uniqueId = options & PROXY_V2_UNIQUE_ID ? details.uniqueId : undefined;
  const authority = options & PROXY_V2_AUTHORITY ? details.authority : NOTHING;
  const length =
    (proxied ? (asInet4 ? 12 : 36) : 0) +
    (wantsChecksum ? TLV_HEAD_BYTES + 4 : 0) +
    tlvLength(details.alpn) +
    tlvLength(authority) +
    (uniqueId !== undefined ? TLV_HEAD_BYTES + uniqueId.length : 0) +
    (sslBytes > 0 ? TLV_HEAD_BYTES + sslBytes : 0) +
    tlvLength(details.netns);
  const end = offset + V2_FIXED_BYTES + length;
  if (end > limit || length > 0xffff) return -1;

  u8.set(SIGNATURE, offset);
  let at = offset + SIGNATURE.length;
  u8[at++] = proxied ? V2_PROXY : V2_LOCAL;
  u8[at++] = proxied ? (asInet4 ? V2_TCP4 : V2_TCP6) : V2_UNSPEC;
  at = writeUint16(u8, at, length);
  if (proxied) {
    at = asInet4 ? copyBytes(u8, at, source.bytes, 4) : writeInet6Bytes(u8, at, source);
    at = asInet4 ? copyBytes(u8, at, destination.bytes, 4) : writeInet6Bytes(u8, at, destination);
    at = writeUint16(u8, at, source.port);
    at = writeUint16(u8, at, destination.port);
  }
  let checksumAt = -1;
  if (wantsChecksum) {
    checksumAt = writeTlvHead(u8, at, TLV_CRC32C, 4);
    at = writeUint32(u8, checksumAt, 0);
  }
  at = writeTlvIfAny(u8, at, TLV_ALPN, details.alpn);
  at = writeTlvIfAny(u8, at, TLV_AUTHORITY, authority);
  if (uniqueId !== undefined) at = writeTlv(u8, at, TLV_UNIQUE_ID, uniqueId);
  if (sslBytes > 0) {
    at = writeTlvHead(u8, at, TLV_SSL, sslBytes);
    at = writeSsl(u8, at, options, details);
  }
  writeTlvIfAny(u8, at, TLV_NETNS, details.netns);
  if (checksumAt >= 0) writeUint32(u8, checksumAt, crc32c(u8, offset, end, checksumAt));
  return end - offset;
}

/** The length of the TLS part's value, 0 when no option asks for it. Counts what `writeSsl` writes. */
function sslLength(options: number, details: ProxyV2Details): number {
  if ((options & ANY_SSL) === 0) return 0;
  if ((details.sslClientFlags & CLIENT_SSL) === 0) return SSL_FIXED_BYTES;
  return (
    SSL_FIXED_BYTES +
    tlvLength(details.sslVersion) +
    (options & PROXY_V2_CERT_CN ? tlvLength(details.sslCommonName) : 0) +
    (options & PROXY_V2_CERT_KEY ? tlvLength(details.sslKey) : 0) +
    (options & PROXY_V2_CERT_SIG ? tlvLength(details.sslSignature) : 0) +
    (options & PROXY_V2_SSL_CIPHER ? tlvLength(details.sslCipher) : 0)
  );
}

function writeSsl(u8: Uint8Array, at: number, options: number, details: ProxyV2Details): number {
  u8[at++] = details.sslClientFlags;
  at = writeUint32(u8, at, details.sslVerify);
  if ((details.sslClientFlags & CLIENT_SSL) === 0) return at;
  at = writeTlvIfAny(u8, at, TLV_SSL_VERSION, details.sslVersion);
  if (options & PROXY_V2_CERT_CN) at = writeTlvIfAny(u8, at, TLV_SSL_CN, details.sslCommonName);
  if (options & PROXY_V2_CERT_KEY) at = writeTlvIfAny(u8, at, TLV_SSL_KEY_ALG, details.sslKey);
  if (options & PROXY_V2_CERT_SIG) at = writeTlvIfAny(u8, at, TLV_SSL_SIG_ALG, details.sslSignature);
  if (options & PROXY_V2_SSL_CIPHER) at = writeTlvIfAny(u8, at, TLV_SSL_CIPHER, details.sslCipher);
  return at;
}

function isInet(address: SocketAddress): boolean {
  return address.family === FAMILY_INET || address.family === FAMILY_INET6;
}

function writeHost(u8: Uint8Array, at: number, address: SocketAddress, asInet4: boolean): number {
  if (asInet4) return writeInet4(address.bytes, 0, u8, at);
  if (address.family === FAMILY_INET6) return writeInet6(address.bytes, u8, at);
  return writeInet4(address.bytes, 0, u8, writeText(u8, at, '::ffff:'));
}

function writeInet6Bytes(u8: Uint8Array, at: number, address: SocketAddress): number {
  if (address.family === FAMILY_INET6) return copyBytes(u8, at, address.bytes, 16);
  u8.fill(0, at, at + 10);
  u8.fill(0xff, at + 10, at + 12);
  return copyBytes(u8, at + 12, address.bytes, 4);
}

function copyBytes(u8: Uint8Array, at: number, from: Uint8Array, count: number): number {
  for (let i = 0; i < count; i++) u8[at + i] = from[i]!;
  return at + count;
}

function writeText(u8: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) u8[at + i] = text.charCodeAt(i);
  return at + text.length;
}

function writeDecimal(u8: Uint8Array, at: number, port: number): number {
  let digits = 1;
  for (let bound = 10; port >= bound; bound *= 10) digits++;
  for (let i = digits - 1; i >= 0; i--) {
    u8[at + i] = 0x30 + (port % 10);
    port = (port / 10) | 0;
  }
  return at + digits;
}

function tlvLength(value: Uint8Array): number {
  return value.length > 0 ? TLV_HEAD_BYTES + value.length : 0;
}

function writeTlvHead(u8: Uint8Array, at: number, type: number, length: number): number {
  u8[at] = type;
  return writeUint16(u8, at + 1, length);
}

function writeTlv(u8: Uint8Array, at: number, type: number, value: Uint8Array): number {
  return copyBytes(u8, writeTlvHead(u8, at, type, value.length), value, value.length);
}

function writeTlvIfAny(u8: Uint8Array, at: number, type: number, value: Uint8Array): number {
  return value.length > 0 ? writeTlv(u8, at, type, value) : at;
}

function writeUint16(u8: Uint8Array, at: number, value: number): number {
  u8[at] = value >> 8;
  u8[at + 1] = value & 0xff;
  return at + 2;
}

function writeUint32(u8: Uint8Array, at: number, value: number): number {
  return writeUint16(u8, writeUint16(u8, at, value >>> 16), value & 0xffff);
}
