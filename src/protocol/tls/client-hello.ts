/**
 * Reads what a TLS client says first, without speaking TLS: record header, handshake header, ClientHello and its
 * extensions, within one record. Every length is checked against what has arrived and against what encloses it.
 * Specification: RFC 8446 4.1.2 and 5.1, RFC 6066 3 (server_name), RFC 7301 (ALPN).
 */

const RECORD_HANDSHAKE = 22;
const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_HEADER_BYTES = 4;
const CLIENT_HELLO = 1;
const VERSION_AND_RANDOM_BYTES = 34;

export const EXTENSION_SERVER_NAME = 0;
export const EXTENSION_SUPPORTED_GROUPS = 10;
export const EXTENSION_ALPN = 16;
export const EXTENSION_SESSION_TICKET = 35;

/** More bytes are needed to tell. */
export const HELLO_MORE = 0;
export const HELLO_READ = 1;
/** It is something else. */
export const HELLO_OTHER = -1;

export class ClientHello {
  /** Of the handshake message: 1 for a client's hello, 2 for a server's. */
  type = 0;
  /** Major times 65536 plus minor: what the client would speak, as old clients say it. */
  version = 0;
  /** Of the extension that was asked for last. */
  extensionStart = 0;
  extensionEnd = 0;
  private extensionsStart = 0;
  private extensionsEnd = 0;

  /** Looks at the bytes `start`…`end`. */
  read(u8: Uint8Array, start: number, end: number): number {
    this.extensionsStart = 0;
    this.extensionsEnd = 0;
    if (end - start < 1) return HELLO_MORE;
    if (u8[start] !== RECORD_HANDSHAKE) return HELLO_OTHER;
    if (end - start < 3) return HELLO_MORE;
    if (u8[start + 1] !== 3) return HELLO_OTHER;
    if (end - start < RECORD_HEADER_BYTES) return HELLO_MORE;
    const recordEnd = start + RECORD_HEADER_BYTES + uint16(u8, start + 3);
    let at = start + RECORD_HEADER_BYTES;
    if (recordEnd < at + HANDSHAKE_HEADER_BYTES) return HELLO_OTHER;
    if (end < recordEnd) return HELLO_MORE;
    this.type = u8[at] as number;
    const messageEnd = at + HANDSHAKE_HEADER_BYTES + ((u8[at + 1] as number) << 16) + uint16(u8, at + 2);
    const limit = Math.min(messageEnd, recordEnd);
    at += HANDSHAKE_HEADER_BYTES;
    this.version = ((u8[start + 1] as number) << 16) + (u8[start + 2] as number);
    if (this.type !== CLIENT_HELLO) return HELLO_READ;
    if (at + VERSION_AND_RANDOM_BYTES >= limit) return HELLO_OTHER;
    this.version = ((u8[at] as number) << 16) + (u8[at + 1] as number);
    at += VERSION_AND_RANDOM_BYTES;
    at += 1 + (u8[at] as number);
    if (at + 2 > limit) return HELLO_OTHER;
    at += 2 + uint16(u8, at);
    if (at + 1 > limit) return HELLO_OTHER;
    at += 1 + (u8[at] as number);
    // Extensions may be missing altogether.
    if (at + 2 > limit) return HELLO_READ;
    this.extensionsStart = at + 2;
    this.extensionsEnd = Math.min(limit, at + 2 + uint16(u8, at));
    return HELLO_READ;
  }

  /** Finds an extension of what was read. */
  findExtension(u8: Uint8Array, type: number): boolean {
    const limit = this.extensionsEnd;
    for (let at = this.extensionsStart; at + 4 <= limit; ) {
      const from = at + 4;
      const to = from + uint16(u8, at + 2);
      if (to > limit) return false;
      if (uint16(u8, at) === type) {
        this.extensionStart = from;
        this.extensionEnd = to;
        return true;
      }
      at = to;
    }
    return false;
  }

  /** The first host name of a server_name extension: it becomes the extension's range. */
  findServerName(u8: Uint8Array): boolean {
    if (!this.findExtension(u8, EXTENSION_SERVER_NAME)) return false;
    const limit = this.extensionEnd;
    for (let at = this.extensionStart + 2; at + 3 <= limit; ) {
      const to = at + 3 + uint16(u8, at + 1);
      if (to > limit) return false;
      if (u8[at] === 0) {
        this.extensionStart = at + 3;
        this.extensionEnd = to;
        return true;
      }
      at = to;
    }
    return false;
  }
}

function uint16(u8: Uint8Array, at: number): number {
  return ((u8[at] as number) << 8) | (u8[at + 1] as number);
}
