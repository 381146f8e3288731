/**
 * Cookie persistence: reads the client's cookie, chooses its server, and edits Cookie and Set-Cookie on their way.
 * Specification: configuration manual 4.2 `cookie`, `option persist`, 8.5 (third and fourth character of the
 * termination state); header order and tolerances observed on HAProxy 2.6.
 */
import type { ProxyConfig } from '../../config/model.ts';
import { u8 } from '../../os/arena.ts';
import { CookieScanner } from '../../protocol/http1/cookie-scanner.ts';
import { type HeaderBlock, UNTIDY, VALUE_END } from '../../protocol/http1/header-block.ts';
import { bytesEqual, H_COOKIE, H_SET_COOKIE } from '../../protocol/http1/known-headers.ts';
import { M_POST } from '../../protocol/http1/request-facts.ts';
import type { Backend } from '../../proxy/backend.ts';
import type { HttpExchange } from '../../proxy/http/exchange.ts';
import { type HttpExtension, registerHttpExtension } from '../../proxy/http/extension.ts';
import type { Server } from '../../proxy/server.ts';
import { PERSISTENCE_IGNORED } from '../../rules/persistence-rules.ts';
import { isCacheable } from './cacheable.ts';
import { type CookieConfig, cookieFacet, dynamicKeyFacet } from './cookie-config.ts';
import { dateUnits, isOutdated, readDate } from './cookie-dates.ts';
import { ServerCookies } from './server-cookies.ts';

// What the log tells of the client's cookie and of the server's.
const NONE = 78;
const INVALID = 73;
const DOWN = 68;
const VALID = 86;
const UNUSED = 85;
const EXPIRED = 69;
const OLD = 79;
const INSERTED = 73;
const UPDATED = 85;
const PROVIDED = 80;
const REWRITTEN = 82;
const DELETED_COOKIE = 68;

const DATE_DELIMITER = 124;
const PREFIX_DELIMITER = 126;
const CACHE_CONTROL_PRIVATE = Buffer.from('cache-control: private\r\n', 'latin1');
const SET_COOKIE2 = Buffer.from('set-cookie2', 'latin1');

const scanner = new CookieScanner();

/** The dates of a client's cookie, kept from its request to the response. */
interface Dates {
  lastSeen: number;
  firstSeen: number;
}

class CookiePersistence implements HttpExtension {
  private readonly config: CookieConfig;
  private readonly name: Uint8Array;
  private readonly dynamicKey: string;
  private servers: ServerCookies | null = null;
  /** Only streams whose cookie had dates. */
  private readonly dates = new WeakMap<HttpExchange, Dates>();

  constructor(config: CookieConfig, proxy: ProxyConfig) {
    this.config = config;
    this.name = Buffer.from(config.name, 'latin1');
    this.dynamicKey = dynamicKeyFacet.read(proxy)?.key ?? '';
  }

  // ---- the request --------------------------------------------------------------------------------------------

  chooseServer(stream: HttpExchange): Server | null {
    stream.cookieRequestFlag = NONE;
    stream.cookieResponseFlag = NONE;
    this.servers ??= new ServerCookies(stream.backend as Backend, this.config, this.dynamicKey);
    const block = stream.requestParser.block;
    let chosen: Server | null = null;
    let line = block.find(H_COOKIE);
    if (line >= 0) this.dates.delete(stream);
    for (; line >= 0; line = block.find(H_COOKIE, line + 1)) chosen = this.readLine(stream, line, chosen);
    return chosen;
  }

  /** Reads one Cookie header; result: the server chosen so far. */
  private readLine(stream: HttpExchange, line: number, chosen: Server | null): Server | null {
    const block = stream.requestParser.block;
    const hides = this.config.indirect && this.config.mode === 'insert';
    scanner.open(u8, block.valueStart(line), block.valueEnd(line), true);
    /** Start of what is to be cut out, or -1. */
    let cutFrom = -1;
    let others = false;
    while (scanner.next()) {
      // Attributes share the fate of the cookie in front of them.
      if (scanner.isAttribute || (scanner.isEmpty && scanner.nameEnd === scanner.end)) continue;
      if (!scanner.hasValue || !this.isOurs(scanner.nameStart, scanner.nameEnd)) {
        if (cutFrom >= 0) scanner.cutBefore(cutFrom);
        cutFrom = -1;
        if (!scanner.isEmpty) others = true;
        continue;
      }
      chosen = this.readCookie(stream, chosen);
      if (hides && cutFrom < 0) cutFrom = scanner.before;
    }
    if (cutFrom >= 0) {
      if (!others) {
        block.delete(line);
        return chosen;
      }
      scanner.cutTail(cutFrom);
    }
    if (scanner.shortened) shorten(block, line, scanner.end);
    return chosen;
  }

  private isOurs(start: number, end: number): boolean {
    return end - start === this.name.length && bytesEqual(u8, start, this.name);
  }

  /** The scanner stands on a cookie of ours: looks for its server unless there is one already. */
  private readCookie(stream: HttpExchange, chosen: Server | null): Server | null {
    const { valueStart, valueEnd } = scanner;
    const prefix = this.config.mode === 'prefix';
    const delimiter = indexOf(valueStart, valueEnd, prefix ? PREFIX_DELIMITER : DATE_DELIMITER);
    const end = delimiter < 0 ? valueEnd : delimiter;
    if (chosen === null && (delimiter < 0 || prefix || this.acceptDates(stream, delimiter + 1, valueEnd)))
      chosen = this.findServer(stream, valueStart, end);
    if (prefix && delimiter >= 0) scanner.cutValueFront(delimiter + 1);
    return chosen;
  }

  private findServer(stream: HttpExchange, start: number, end: number): Server | null {
    const servers = this.servers as ServerCookies;
    if (stream.chosenByRule || stream.persistence === PERSISTENCE_IGNORED) {
      stream.cookieRequestFlag = UNUSED;
      return null;
    }
    const insists = (stream.backend as Backend).persistence.insistsFor(stream);
    if (stream.cookieRequestFlag === NONE) stream.cookieRequestFlag = INVALID;
    let cookie = servers.find(u8, start, end, null);
    for (; cookie !== null; cookie = servers.find(u8, start, end, cookie)) {
      const { server } = cookie;
      if (server.takesItsOwn) {
        stream.cookieRequestFlag = VALID;
        return server;
      }
      stream.cookieRequestFlag = DOWN;
      if (insists) return server;
    }
    return null;
  }

  /** Reads the dates behind the server's part. False when the cookie is not to be believed any more. */
  private acceptDates(stream: HttpExchange, start: number, end: number): boolean {
    const { maxIdleS, maxLifeS } = this.config;
    const delimiter = indexOf(start, end, DATE_DELIMITER);
    const lastSeen = readDate(u8, start, delimiter < 0 ? end : delimiter);
    const firstSeen = delimiter < 0 ? 0 : readDate(u8, delimiter + 1, end);
    const now = dateUnits(Date.now());
    if (maxLifeS > 0 && firstSeen > 0 && isOutdated(firstSeen, now, maxLifeS)) {
      stream.cookieRequestFlag = OLD;
      return false;
    }
    if (maxIdleS > 0 && lastSeen > 0 && isOutdated(lastSeen, now, maxIdleS)) {
      stream.cookieRequestFlag = EXPIRED;
      return false;
    }
    this.dates.set(stream, { lastSeen, firstSeen });
    return true;
  }

  // ---- the response -------------------------------------------------------------------------------------------

  onResponse(stream: HttpExchange): void {
    if (stream.persistence === PERSISTENCE_IGNORED) return;
    const { config } = this;
    const servers = this.servers as ServerCookies;
    const own = servers.byPosition[(stream.server as Server).position] ?? null;
    const block = stream.responseParser.block;
    const kept = this.wasFollowed(stream);
    let line = block.find(H_SET_COOKIE);
    for (; line >= 0; line = block.find(H_SET_COOKIE, line + 1)) this.readSetCookie(stream, line, kept, own);
    // RFC 2965 is history, but its header must not give away what the others hide.
    line = block.findName(u8, SET_COOKIE2);
    for (; line >= 0; line = block.findName(u8, SET_COOKIE2, line + 1))
      this.readSetCookie(stream, line, kept, own);

    if (config.mode !== 'insert' || stream.cookieResponseFlag === PROVIDED) return;
    if (config.postonly && stream.request.method !== M_POST) return;
    const outdated = kept && this.needsUpdate(stream);
    if (kept && !outdated) return;
    if (own === null) block.add(u8, servers.expiredLine);
    else if (this.isDated) {
      const now = dateUnits(Date.now());
      const firstSeen = (outdated && this.dates.get(stream)?.firstSeen) || now;
      block.add(u8, own.lineWith(now, firstSeen));
    } else block.add(u8, own.line);
    stream.cookieResponseFlag = outdated ? UPDATED : INSERTED;
    if (config.nocache && isCacheable(u8, stream.request.method, stream.responseParser))
      block.add(u8, CACHE_CONTROL_PRIVATE);
  }

  private get isDated(): boolean {
    return this.config.maxIdleS > 0 || this.config.maxLifeS > 0;
  }

  /** The request went where a rule or the client's cookie sent it. */
  private wasFollowed(stream: HttpExchange): boolean {
    if (stream.redispatched) return false;
    if (stream.chosenByRule) return true;
    const flag = stream.cookieRequestFlag;
    return flag === VALID || (flag === DOWN && (stream.backend as Backend).persistence.insistsFor(stream));
  }

  /** The client has the right server but not the dates that it should have. */
  private needsUpdate(stream: HttpExchange): boolean {
    const { maxIdleS, maxLifeS } = this.config;
    const dates = this.dates.get(stream);
    if (dates === undefined) return this.isDated;
    if (maxIdleS > 0 && dates.lastSeen === 0) return true;
    if (maxLifeS > 0 ? dates.firstSeen === 0 : dates.firstSeen !== 0) return true;
    return dates.lastSeen !== 0 && dates.lastSeen < dateUnits(Date.now());
  }

  private readSetCookie(
    stream: HttpExchange,
    line: number,
    kept: boolean,
    own: { readonly replacement: Uint8Array } | null,
  ): void {
    const { config } = this;
    const block = stream.responseParser.block;
    const start = block.valueStart(line);
    scanner.open(u8, start, block.valueEnd(line), false);
    if (!scanner.next() || scanner.nameStart !== start) return;
    const { nameEnd, valueStart, valueEnd } = scanner;
    if (scanner.shortened) shorten(block, line, scanner.end);
    if (!scanner.hasValue || !this.isOurs(start, nameEnd)) return;
    stream.cookieResponseFlag = PROVIDED;
    if (config.preserve) return;
    if (config.mode === 'insert' || (config.indirect && kept)) {
      block.delete(line);
      stream.cookieResponseFlag = DELETED_COOKIE;
    } else if (own !== null && config.mode !== 'passive') {
      block.replace(u8, line, nameEnd, config.mode === 'prefix' ? valueStart : valueEnd, own.replacement);
      stream.cookieResponseFlag = REWRITTEN;
    }
  }
}

function indexOf(start: number, end: number, byte: number): number {
  for (let i = start; i < end; i++) if (u8[i] === byte) return i;
  return -1;
}

/** The value of a line ends earlier than it did. */
function shorten(block: HeaderBlock, line: number, end: number): void {
  block.spans[line * 4 + VALUE_END] = end;
  block.flags[line] = (block.flags[line] as number) | UNTIDY;
  block.edited = true;
}

registerHttpExtension((proxy) => {
  const config = cookieFacet.read(proxy);
  if (config === undefined || proxy.mode !== 'http' || proxy.kind === 'frontend') return null;
  return new CookiePersistence(config, proxy);
});
