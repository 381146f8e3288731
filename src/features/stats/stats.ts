/**
 * The statistics page of a proxy: recognises its URI, asks for a password where one is configured, and answers with the
 * page or with CSV. Specification: configuration manual 4.2 `stats enable` and the following; management manual 9.1.
 */
import { u8 } from '../../os/arena.ts';
import { H_AUTHORIZATION } from '../../protocol/http1/known-headers.ts';
import { M_GET, M_HEAD, M_POST } from '../../protocol/http1/request-facts.ts';
import { FE } from '../../proxy/frontend.ts';
import { type HttpExtension, registerHttpExtension } from '../../proxy/http/extension.ts';
import type { HttpStream } from '../../proxy/http/stream.ts';
import type { Plane } from '../../proxy/plane.ts';
import { PROCESS_CONNECTIONS } from '../../state/shared-state.ts';
import { CSV_HEADER, csvLine } from './csv.ts';
import {
  backendLine,
  frontendLine,
  PAGE_END,
  type PageFacts,
  pageStart,
  serverLine,
  TABLE_END,
  tableStart,
} from './page.ts';
import { RowReader } from './rows.ts';
import { statusClass } from './server-status.ts';
import { TextApplet } from './stats-applet.ts';
import { type StatsConfig, statsFacet } from './stats-config.ts';

const UNAUTHORIZED =
  '<html><body><h1>401 Unauthorized</h1>\nYou need a valid user and password to access this content.\n</body></html>\n';

/** What stands behind the page's prefix in the request's target. */
interface Options {
  readonly csv: boolean;
  readonly onlyUp: boolean;
  readonly refreshes: boolean;
  readonly scope: string;
  readonly outcome: string;
}

function readOptions(text: string): Options {
  const words = text.split(/[;?&]/);
  const value = (name: string): string =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  return {
    csv: words.includes('csv'),
    onlyUp: words.includes('up'),
    refreshes: !words.includes('norefresh'),
    scope: value('scope'),
    outcome: value('st'),
  };
}

class StatsPage implements HttpExtension {
  private readonly config: StatsConfig;
  private readonly plane: Plane;
  private readonly proxyName: string;
  private readonly uri: Buffer;
  /** What a client may send behind `Basic`. */
  private readonly credentials: readonly string[];

  constructor(config: StatsConfig, plane: Plane, proxyName: string) {
    this.config = config;
    this.plane = plane;
    this.proxyName = proxyName;
    this.uri = Buffer.from(config.uri, 'latin1');
    this.credentials = config.accounts.map((account) => Buffer.from(account, 'latin1').toString('base64'));
  }

  onRequest(stream: HttpStream): boolean {
    const { method } = stream.request;
    if (method !== M_GET && method !== M_HEAD && method !== M_POST) return false;
    const { targetStart, targetEnd } = stream.requestParser;
    if (targetEnd - targetStart < this.uri.length) return false;
    for (let i = 0; i < this.uri.length; i++) if (u8[targetStart + i] !== this.uri[i]) return false;
    const { plane } = this;
    plane.count(stream.session.frontend.counters + FE.interceptedRequests);
    if (!this.isAllowed(stream)) this.askForPassword(stream);
    else if (method === M_POST) this.refuseAction(stream);
    else this.show(stream, readOptions(text(targetStart + this.uri.length, targetEnd)));
    return true;
  }

  private isAllowed(stream: HttpStream): boolean {
    if (this.credentials.length === 0) return true;
    const { block } = stream.requestParser;
    const line = block.find(H_AUTHORIZATION);
    if (line < 0) return false;
    const match = /^basic +(.*)$/i.exec(text(block.valueStart(line), block.valueEnd(line)));
    return match !== null && this.credentials.includes(match[1] ?? '');
  }

  private askForPassword(stream: HttpStream): void {
    const realm = this.config.realm.replace(/["\\]/g, '\\$&');
    const head = `HTTP/1.1 401 Unauthorized\r\ncontent-length: ${UNAUTHORIZED.length}\r\ncache-control: no-cache\r\ncontent-type: text/html\r\nwww-authenticate: Basic realm="${realm}"\r\n`;
    stream.replyFromApplet(401, bytes(head), new TextApplet([UNAUTHORIZED]), true, true);
  }

  /** Actions on servers are not carried out yet. */
  private refuseAction(stream: HttpStream): void {
    const head = `HTTP/1.1 303 See Other\r\ncache-control: no-cache\r\ncontent-type: text/plain\r\ncontent-length: 0\r\nlocation: ${this.config.uri};st=DENY\r\n`;
    stream.replyFromApplet(303, bytes(head), new TextApplet([]), true);
  }

  private show(stream: HttpStream, options: Options): void {
    const { config } = this;
    const refresh = options.refreshes && config.refreshS > 0 ? `refresh: ${config.refreshS}\r\n` : '';
    const type = options.csv ? 'text/plain' : 'text/html';
    const head = `HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: ${type}\r\n${refresh}`;
    const parts = options.csv ? this.csv(options) : this.page(options);
    stream.replyFromApplet(200, bytes(head), new TextApplet(parts));
  }

  private shows(name: string, options: Options): boolean {
    const { scope } = this.config;
    if (options.scope !== '' && !name.includes(options.scope)) return false;
    return scope.length === 0 || scope.includes(name) || (scope.includes('.') && name === this.proxyName);
  }

  private *csv(options: Options): Generator<string> {
    const { plane, config } = this;
    const rows = new RowReader(plane, config.showsLegends);
    yield CSV_HEADER;
    for (const [index, proxy] of plane.configuration.proxies.entries()) {
      if (!this.shows(proxy.name, options)) continue;
      const frontend = plane.frontends[index];
      const backend = plane.backends[index];
      if (frontend !== undefined) yield csvLine(rows.frontend(frontend));
      if (backend === undefined) continue;
      for (const server of backend.servers) {
        if (options.onlyUp && !server.usable) continue;
        yield csvLine(rows.server(backend, server));
      }
      yield csvLine(rows.backend(backend));
    }
  }

  private *page(options: Options): Generator<string> {
    const { plane, config } = this;
    const rows = new RowReader(plane, config.showsLegends);
    yield pageStart(this.facts(options));
    for (const [index, proxy] of plane.configuration.proxies.entries()) {
      const frontend = plane.frontends[index];
      const backend = plane.backends[index];
      if (!this.shows(proxy.name, options) || (frontend === undefined && backend === undefined)) continue;
      const legend = config.showsLegends ? `kind: ${proxy.kind}, mode: ${proxy.mode}, id: ${proxy.id}` : '';
      yield tableStart(proxy.name, proxy.description, legend);
      if (frontend !== undefined) yield frontendLine(rows.frontend(frontend));
      if (backend !== undefined) {
        for (const server of backend.servers) {
          if (options.onlyUp && !server.usable) continue;
          const style = statusClass(rows.health(server), server.config.backup, rows.weight(server));
          yield serverLine(rows.server(backend, server), style);
        }
        yield backendLine(rows.backend(backend));
      }
      yield TABLE_END;
    }
    yield PAGE_END;
  }

  private facts(options: Options): PageFacts {
    const { plane, config } = this;
    return {
      uri: config.uri,
      pid: plane.process.pid,
      threads: plane.shared.sizes.threads,
      uptimeS: Math.floor((Date.now() - plane.process.startTimeMs) / 1000),
      maxconn: plane.process.maxconn,
      connections: Atomics.load(plane.words, PROCESS_CONNECTIONS),
      node: config.node,
      description: config.description,
      showsVersion: !config.hidesVersion,
      refreshS: config.refreshS,
      onlyUp: options.onlyUp,
      scope: options.scope,
      outcome: options.outcome,
    };
  }
}

function text(start: number, end: number): string {
  return Buffer.from(u8.subarray(start, end)).toString('latin1');
}

function bytes(value: string): Buffer {
  return Buffer.from(value, 'latin1');
}

registerHttpExtension((proxy, plane) => {
  const config = statsFacet.read(proxy);
  return config === undefined || proxy.mode !== 'http' ? null : new StatsPage(config, plane, proxy.name);
});
