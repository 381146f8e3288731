/**
 * The address of one end of a connection: where it came from or where it goes. Filled from and written to the kernel's
 * `sockaddr` in place, so that an accepted connection costs no object. Knows no sockets and resolves no names.
 * Layout: Linux `sockaddr_in`, `sockaddr_in6`, `sockaddr_un` (ip(7), ipv6(7), unix(7)); family in host order, which is
 * little-endian on every machine that Sluice supports, port and address in network order.
 */
import { parseInet4, parseInet6, writeInet4, writeInet6 } from './inet-text.ts';

export const FAMILY_NONE = 0;
export const FAMILY_UNIX = 1;
export const FAMILY_INET = 2;
export const FAMILY_INET6 = 10;
export type AddressFamily =
  | typeof FAMILY_NONE
  | typeof FAMILY_UNIX
  | typeof FAMILY_INET
  | typeof FAMILY_INET6;

/** Room that `writeSockaddr` may need and that accept(2) must be given. */
export const SOCKADDR_MAX_BYTES = 110;
const SUN_PATH_BYTES = 108;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const textScratch = new Uint8Array(64);

export class SocketAddress {
  family: AddressFamily = FAMILY_NONE;
  /** Network order; IPv4 lies in the first four bytes and the others are zero. */
  readonly bytes = new Uint8Array(16);
  port = 0;
  /** Unix only, UTF-8 decoded: a file system path, or a NUL and the name in the abstract name space; '' when unnamed. */
  path = '';

  /** From numeric text and a port; undefined when the text is no address. For configuration and tests. */
  static parse(text: string, port = 0): SocketAddress | undefined {
    const address = new SocketAddress();
    return address.setText(text, port) ? address : undefined;
  }

  static unix(path: string): SocketAddress {
    const address = new SocketAddress();
    address.setUnix(path);
    return address;
  }

  clear(): void {
    // Mostly there is nothing to forget, and this is called for every request.
    if (this.family === FAMILY_NONE) return;
    this.family = FAMILY_NONE;
    this.bytes.fill(0);
    this.port = 0;
    this.path = '';
  }

  setUnix(path: string): void {
    this.clear();
    this.family = FAMILY_UNIX;
    this.path = path;
  }

  /** Takes a numeric IPv4 or IPv6 address (no brackets, no zone); false and unspecified when it is none. */
  setText(text: string, port: number): boolean {
    const { read, written } = encoder.encodeInto(text, textScratch);
    if (read !== text.length) {
      this.clear();
      return false;
    }
    return this.setTextBytes(textScratch, 0, written, port);
  }

  /** The same from bytes, for addresses that arrive inside messages. */
  setTextBytes(u8: Uint8Array, start: number, end: number, port: number): boolean {
    this.clear();
    if (parseInet4(u8, start, end, this.bytes, 0)) this.family = FAMILY_INET;
    else if (parseInet6(u8, start, end, this.bytes)) this.family = FAMILY_INET6;
    else {
      this.bytes.fill(0);
      return false;
    }
    this.port = port;
    return true;
  }

  /** Takes four network-order bytes. */
  setInet4(u8: Uint8Array, offset: number, port: number): void {
    this.family = FAMILY_INET;
    this.port = port;
    this.path = '';
    const bytes = this.bytes;
    for (let i = 0; i < 4; i++) bytes[i] = u8[offset + i]!;
    for (let i = 4; i < 16; i++) bytes[i] = 0;
  }

  /** Takes sixteen network-order bytes. */
  setInet6(u8: Uint8Array, offset: number, port: number): void {
    this.family = FAMILY_INET6;
    this.port = port;
    this.path = '';
    const bytes = this.bytes;
    for (let i = 0; i < 16; i++) bytes[i] = u8[offset + i]!;
  }

  copyFrom(other: SocketAddress): void {
    this.family = other.family;
    this.port = other.port;
    this.path = other.path;
    const from = other.bytes;
    const to = this.bytes;
    for (let i = 0; i < 16; i++) to[i] = from[i]!;
  }

  /** Same host (or path), whatever the port. */
  sameHost(other: SocketAddress): boolean {
    if (this.family !== other.family) return false;
    if (this.family === FAMILY_UNIX) return this.path === other.path;
    for (let i = 0; i < 16; i++) if (this.bytes[i] !== other.bytes[i]) return false;
    return true;
  }

  equals(other: SocketAddress): boolean {
    return this.port === other.port && this.sameHost(other);
  }

  /** Whether this is `::ffff:a.b.c.d`. */
  isInet4Mapped(): boolean {
    if (this.family !== FAMILY_INET6) return false;
    const bytes = this.bytes;
    for (let i = 0; i < 10; i++) if (bytes[i] !== 0) return false;
    return bytes[10] === 0xff && bytes[11] === 0xff;
  }

  /** Turns IPv4 into `::ffff:a.b.c.d`; other families stay. */
  mapToInet6(): void {
    if (this.family !== FAMILY_INET) return;
    const bytes = this.bytes;
    bytes.copyWithin(12, 0, 4);
    bytes.fill(0, 0, 10);
    bytes[10] = 0xff;
    bytes[11] = 0xff;
    this.family = FAMILY_INET6;
  }

  /** Turns `::ffff:a.b.c.d` into IPv4; other addresses stay. */
  unmapToInet4(): void {
    if (!this.isInet4Mapped()) return;
    this.bytes.copyWithin(0, 12, 16);
    this.bytes.fill(0, 4);
    this.family = FAMILY_INET;
  }

  /**
   * Reads a `sockaddr` of `lengthBytes` as the kernel wrote it. False when the family is another one or the length
   * does not hold it; the address is then unspecified.
   */
  readSockaddr(u8: Uint8Array, offset: number, lengthBytes: number): boolean {
    const family = lengthBytes >= 2 ? u8[offset]! | (u8[offset + 1]! << 8) : -1;
    if (family === FAMILY_INET && lengthBytes >= 8) {
      this.setInet4(u8, offset + 4, (u8[offset + 2]! << 8) | u8[offset + 3]!);
      return true;
    }
    if (family === FAMILY_INET6 && lengthBytes >= 24) {
      this.setInet6(u8, offset + 8, (u8[offset + 2]! << 8) | u8[offset + 3]!);
      return true;
    }
    this.clear();
    if (family !== FAMILY_UNIX) return false;
    this.family = FAMILY_UNIX;
    // A client that did not bind has no name at all: the common case must not build a string.
    if (lengthBytes > 2) this.path = readUnixPath(u8, offset + 2, offset + lengthBytes);
    return true;
  }

  /**
   * Writes the `sockaddr` and returns its length, or 0 when there is none to write (unspecified, or a path that does
   * not fit). An abstract name is padded to the whole field, as HAProxy binds `abns@`; both ends must do the same.
   */
  writeSockaddr(u8: Uint8Array, offset: number): number {
    switch (this.family) {
      case FAMILY_NONE:
        return 0;
      case FAMILY_UNIX:
        return writeUnixSockaddr(this.path, u8, offset);
      case FAMILY_INET:
      case FAMILY_INET6: {
        const isInet4 = this.family === FAMILY_INET;
        const size = isInet4 ? 16 : 28;
        const at = offset + (isInet4 ? 4 : 8);
        const count = isInet4 ? 4 : 16;
        u8.fill(0, offset, offset + size);
        u8[offset] = this.family;
        u8[offset + 2] = this.port >> 8;
        u8[offset + 3] = this.port & 0xff;
        for (let i = 0; i < count; i++) u8[at + i] = this.bytes[i]!;
        return size;
      }
    }
  }

  /**
   * Writes the address without its port, as HAProxy logs it (`unix` for unix sockets, nothing when unspecified), and
   * returns the offset behind it. Needs up to MAX_INET_TEXT_BYTES of room.
   */
  formatAddress(u8: Uint8Array, offset: number): number {
    switch (this.family) {
      case FAMILY_NONE:
        return offset;
      case FAMILY_INET:
        return writeInet4(this.bytes, 0, u8, offset);
      case FAMILY_INET6:
        return writeInet6(this.bytes, u8, offset);
      case FAMILY_UNIX:
        u8[offset] = 0x75;
        u8[offset + 1] = 0x6e;
        u8[offset + 2] = 0x69;
        u8[offset + 3] = 0x78;
        return offset + 4;
    }
  }

  /** The text of `formatAddress`. */
  toString(): string {
    const end = this.formatAddress(textScratch, 0);
    let text = '';
    for (let i = 0; i < end; i++) text += String.fromCharCode(textScratch[i]!);
    return text;
  }

  /** For people: `address:port`, or the path of a unix socket (`abns@name` for an abstract one). */
  describe(): string {
    switch (this.family) {
      case FAMILY_NONE:
        return '';
      case FAMILY_UNIX:
        return this.path.startsWith('\0') ? `abns@${this.path.slice(1)}` : `unix@${this.path}`;
      case FAMILY_INET:
        return `${this.toString()}:${this.port}`;
      case FAMILY_INET6:
        return `[${this.toString()}]:${this.port}`;
    }
  }
}

function readUnixPath(u8: Uint8Array, start: number, end: number): string {
  let stop = start;
  if (u8[start] === 0) {
    // An abstract name may hold NULs; only the padding behind it is dropped.
    stop = end;
    while (stop > start && u8[stop - 1] === 0) stop--;
    if (stop === start) return '';
  } else {
    while (stop < end && u8[stop] !== 0) stop++;
  }
  // TextDecoder refuses shared memory in some runtimes, and the arena may be such: decode a copy.
  return decoder.decode(u8.slice(start, stop));
}

function writeUnixSockaddr(path: string, u8: Uint8Array, offset: number): number {
  u8.fill(0, offset, offset + SOCKADDR_MAX_BYTES);
  u8[offset] = FAMILY_UNIX;
  const at = offset + 2;
  const { read, written } = encoder.encodeInto(path, u8.subarray(at, at + SUN_PATH_BYTES));
  if (read !== path.length) return 0;
  if (path.startsWith('\0')) return SOCKADDR_MAX_BYTES;
  // A path needs its NUL inside the field.
  return written < SUN_PATH_BYTES ? 2 + written + 1 : 0;
}
