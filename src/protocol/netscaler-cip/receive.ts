/**
 * Reads the NetScaler Client IP header that opens a connection (`accept-netscaler-cip`): the IP and TCP headers of the
 * client's own handshake, behind a magic number that both ends agreed on. Pure, with HAProxy 2.6's verdicts.
 * Specification: the NetScaler insertion protocol in HAProxy's documentation, legacy and standard form; what it leaves
 * open (the standard form's total length, lengths that do not cover the headers) was observed on the real program.
 */
import { CIP_BAD_MAGIC, CIP_TRUNCATED, CIP_UNHANDLED_PROTOCOL } from '../proxy-protocol/handshake-error.ts';
import type { SocketAddress } from '../socket-address.ts';

/** Magic and length; the standard form has a type and a second length behind them. */
const LEGACY_PREFIX_BYTES = 8;
const STANDARD_PREFIX_BYTES = 12;
const IPV6_HEADER_BYTES = 40;
const TCP_HEADER_BYTES = 20;
const IPPROTO_TCP = 6;

/**
 * Returns the bytes that the header takes, 0 when more are needed, or the negated number of an error in
 * handshake-error.ts. Like the PROXY header, HAProxy reads it in one go: take 0 with at least one byte received as
 * CIP_TRUNCATED to behave alike. The addresses are written only on success.
 */
export function parseNetscalerCip(
  u8: Uint8Array,
  offset: number,
  end: number,
  magic: number,
  source: SocketAddress,
  destination: SocketAddress,
): number {
  const available = end - offset;
  const decidable = available >= STANDARD_PREFIX_BYTES;
  for (let i = 0; i < 4 && i < available; i++) {
    if (u8[offset + i] !== ((magic >>> (24 - i * 8)) & 0xff)) {
      return decidable ? -CIP_BAD_MAGIC : -CIP_TRUNCATED;
    }
  }
  if (!decidable) return 0;

  // The legacy form goes on with an IP header, whose first byte is never zero; the standard form with its type, 1.
  const isStandard = u8[offset + LEGACY_PREFIX_BYTES] === 0;
  const prefixBytes = isStandard ? STANDARD_PREFIX_BYTES : LEGACY_PREFIX_BYTES;
  const lengthAt = isStandard ? offset + 10 : offset + 4;
  const length = isStandard ? readUint16(u8, lengthAt) : readUint32(u8, lengthAt);
  const at = offset + prefixBytes;
  if (at >= end) return 0;
  const version = u8[at]! >> 4;
  if (version !== 4 && version !== 6) return -CIP_UNHANDLED_PROTOCOL;

  const isInet4 = version === 4;
  const ipBytes = isInet4 ? (u8[at]! & 0xf) * 4 : IPV6_HEADER_BYTES;
  // HAProxy wants this much, prefix included, before it looks any further.
  const leastBytes = (isInet4 ? 20 : IPV6_HEADER_BYTES) + TCP_HEADER_BYTES;
  const tcpAt = at + ipBytes;
  if (available < leastBytes || tcpAt + 4 > end) return 0;
  if (u8[at + (isInet4 ? 9 : 6)] !== IPPROTO_TCP) return -CIP_UNHANDLED_PROTOCOL;
  if (available < prefixBytes + length) return 0;

  const sourcePort = readUint16(u8, tcpAt);
  const destinationPort = readUint16(u8, tcpAt + 2);
  if (isInet4) {
    source.setInet4(u8, at + 12, sourcePort);
    destination.setInet4(u8, at + 16, destinationPort);
  } else {
    source.setInet6(u8, at + 8, sourcePort);
    destination.setInet6(u8, at + 24, destinationPort);
  }
  return prefixBytes + length;
}

function readUint16(u8: Uint8Array, at: number): number {
  return (u8[at]! << 8) | u8[at + 1]!;
}

function readUint32(u8: Uint8Array, at: number): number {
  return readUint16(u8, at) * 0x10000 + readUint16(u8, at + 2);
}
