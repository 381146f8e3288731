/**
 * The servers of a backend by their cookie, and the bytes that set each of them. Made once a thread, on first use; a
 * look-up costs one hash of the value whatever the number of servers.
 */

import { xxh64 } from '../../expr/hashes/xxh64.ts';
import { FAMILY_INET, FAMILY_INET6 } from '../../protocol/socket-address.ts';
import type { Backend } from '../../proxy/backend.ts';
import type { Server } from '../../proxy/server.ts';
import type { CookieConfig } from './cookie-config.ts';
import { DATE_CHARACTERS, writeDate } from './cookie-dates.ts';

const EXPIRED = '; Expires=Thu, 01-Jan-1970 00:00:01 GMT';
const DATE_ROOM = '.'.repeat(DATE_CHARACTERS);
/** Between a server's cookie and the application's own value (`prefix`). */
const PREFIX_DELIMITER = '~';

/** What a server's cookie looks like on the wire. */
export class ServerCookie {
  readonly server: Server;
  readonly value: Uint8Array;
  /** A whole Set-Cookie line; dates are written into it before each use. */
  readonly line: Uint8Array;
  /** `=value`, or `=value~`: what stands in the place of the application's. */
  readonly replacement: Uint8Array;
  /** The next server with the same hash. */
  next: ServerCookie | null = null;
  private readonly lastSeenAt: number;
  private readonly firstSeenAt: number;

  constructor(server: Server, value: string, config: CookieConfig) {
    this.server = server;
    this.value = Buffer.from(value, 'latin1');
    const start = `set-cookie: ${config.name}=${value}`;
    const dated = config.maxIdleS > 0 || config.maxLifeS > 0;
    const lastSeen = dated ? `|${DATE_ROOM}` : '';
    const firstSeen = config.maxLifeS > 0 ? `|${DATE_ROOM}` : '';
    this.line = Buffer.from(`${start}${lastSeen}${firstSeen}${attributesOf(config)}\r\n`, 'latin1');
    this.lastSeenAt = dated ? start.length + 1 : -1;
    this.firstSeenAt = config.maxLifeS > 0 ? start.length + lastSeen.length + 1 : -1;
    const suffix = config.mode === 'prefix' ? PREFIX_DELIMITER : '';
    this.replacement = Buffer.from(`=${value}${suffix}`, 'latin1');
  }

  /** The Set-Cookie line with these dates, in units. Valid until the next call. */
  lineWith(lastSeen: number, firstSeen: number): Uint8Array {
    if (this.lastSeenAt >= 0) writeDate(this.line, this.lastSeenAt, lastSeen);
    if (this.firstSeenAt >= 0) writeDate(this.line, this.firstSeenAt, firstSeen);
    return this.line;
  }
}

export class ServerCookies {
  /** By the server's position; null: it has no cookie. */
  readonly byPosition: readonly (ServerCookie | null)[];
  /** Takes the client's cookie away: for servers without one. */
  readonly expiredLine: Uint8Array;
  private readonly buckets: (ServerCookie | null)[];
  private readonly mask: number;

  constructor(backend: Backend, config: CookieConfig, dynamicKey: string) {
    this.byPosition = backend.servers.map((server) => {
      const value = server.config.cookie ?? (config.dynamic ? dynamicCookie(server, dynamicKey) : undefined);
      return value === undefined ? null : new ServerCookie(server, value, config);
    });
    this.expiredLine = Buffer.from(
      `set-cookie: ${config.name}=${EXPIRED}${attributesOf(config)}\r\n`,
      'latin1',
    );
    let size = 16;
    while (size < this.byPosition.length * 2) size *= 2;
    this.mask = size - 1;
    this.buckets = new Array<ServerCookie | null>(size).fill(null);
    // From the last to the first, so that a chain has the servers in the order of the configuration.
    for (let i = this.byPosition.length - 1; i >= 0; i--) {
      const cookie = this.byPosition[i];
      if (!cookie) continue;
      const slot = hash(cookie.value, 0, cookie.value.length) & this.mask;
      cookie.next = this.buckets[slot] ?? null;
      this.buckets[slot] = cookie;
    }
  }

  /** The first server from `after` on (null: from the start) that has this cookie, or null. */
  find(u8: Uint8Array, start: number, end: number, after: ServerCookie | null): ServerCookie | null {
    let cookie = after === null ? this.buckets[hash(u8, start, end) & this.mask] : after.next;
    for (; cookie; cookie = cookie.next) if (sameBytes(u8, start, end, cookie.value)) return cookie;
    return null;
  }
}

/** What follows the value in a Set-Cookie header. */
function attributesOf(config: CookieConfig): string {
  const attributes = ['path=/', ...config.domains.map((domain) => `domain=${domain}`)];
  if (config.httpOnly) attributes.push('HttpOnly');
  if (config.secure) attributes.push('Secure');
  return [...attributes, ...config.attributes].map((attribute) => `; ${attribute}`).join('');
}

/** Sixteen hexadecimal digits from the secret and the server's address; only addresses of IP have one. */
function dynamicCookie(server: Server, key: string): string | undefined {
  const { address } = server;
  if (address.family !== FAMILY_INET && address.family !== FAMILY_INET6) return undefined;
  const port = Buffer.alloc(4);
  port.writeUInt32BE(address.port);
  const length = address.family === FAMILY_INET ? 4 : 16;
  const data = Buffer.concat([Buffer.from(key, 'latin1'), address.bytes.subarray(0, length), port]);
  return xxh64(data).toString(16).padStart(16, '0');
}

function hash(u8: Uint8Array, start: number, end: number): number {
  let h = 0x811c9dc5;
  for (let i = start; i < end; i++) h = Math.imul(h ^ (u8[i] as number), 0x01000193);
  return (h ^ (h >>> 15)) >>> 0;
}

function sameBytes(u8: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) if (u8[start + i] !== expected[i]) return false;
  return true;
}
