/**
 * The client's side of SOCKS4: the request that opens a server connection through a SOCKS4 proxy (`server … socks4`),
 * and its reply. Pure; byte for byte what HAProxy 2.6 sends. SOCKS4 knows IPv4 only.
 * Specification: the SOCKS4 protocol note (Ying-Da Lee); configuration manual, 5.2 `socks4`.
 */
import { SOCKS4_DENIED } from '../proxy-protocol/handshake-error.ts';
import { FAMILY_INET, type SocketAddress } from '../socket-address.ts';

export const SOCKS4_REQUEST_BYTES = 16;
export const SOCKS4_REPLY_BYTES = 8;

const VERSION = 4;
const COMMAND_CONNECT = 1;
const REPLY_GRANTED = 0x5a;
/** `HAProxy` and its NUL: SOCKS4 proxies may be configured to admit by this name. */
const USER_ID = Uint8Array.of(0x48, 0x41, 0x50, 0x72, 0x6f, 0x78, 0x79, 0x00);

/** Writes the request to connect to `destination`; returns its length, or -1 when that is not an IPv4 address. */
export function writeSocks4Request(u8: Uint8Array, offset: number, destination: SocketAddress): number {
  if (destination.family !== FAMILY_INET) return -1;
  u8[offset] = VERSION;
  u8[offset + 1] = COMMAND_CONNECT;
  u8[offset + 2] = destination.port >> 8;
  u8[offset + 3] = destination.port & 0xff;
  for (let i = 0; i < 4; i++) u8[offset + 4 + i] = destination.bytes[i]!;
  u8.set(USER_ID, offset + 8);
  return SOCKS4_REQUEST_BYTES;
}

/**
 * Returns the bytes of a reply that grants the connection (the server's own bytes follow), 0 when more are needed, or
 * the negated SOCKS4_DENIED. Version and address of the reply are not looked at, as in HAProxy.
 */
export function parseSocks4Reply(u8: Uint8Array, offset: number, end: number): number {
  if (end - offset < SOCKS4_REPLY_BYTES) return 0;
  return u8[offset + 1] === REPLY_GRANTED ? SOCKS4_REPLY_BYTES : -SOCKS4_DENIED;
}
