/**
 * The statistics page of a proxy: recognises its URI, asks for a password where one is configured, and answers with the
 * statistics in the form that is asked for. Specification: configuration manual 4.2 `stats enable` and the following.
 */
import { u8 } from '../../os/arena.ts';
import { H_AUTHORIZATION } from '../../protocol/http1/known-headers.ts';
import { M_GET, M_HEAD, M_POST } from '../../protocol/http1/request-facts.ts';
import { pathStart } from '../../protocol/http1/request-target.ts';
import { FE } from '../../proxy/frontend.ts';
import { type HttpExtension, registerHttpExtension } from '../../proxy/http/extension.ts';
import type { HttpStream } from '../../proxy/http/stream.ts';
import type { Plane } from '../../proxy/plane.ts';
import {
  FE_CONNECTION_RATE,
  FE_REQUEST_RATE,
  PROCESS_CONNECTIONS,
  PROCESS_PIPES,
} from '../../state/shared-state.ts';
import { mayAct } from './admin-condition.ts';
import type { PageFacts } from './page.ts';
import { readRate } from './rates.ts';
import { Report, type ReportOptions } from './report.ts';
import { TextApplet } from './stats-applet.ts';
import { type StatsConfig, statsFacet } from './stats-config.ts';
import { type Format, readStatsRequest, type StatsRequest } from './stats-request.ts';

const PROXY_AUTHORIZATION = Buffer.from('proxy-authorization', 'latin1');

function unauthorized(status: 401 | 407): string {
  return `<html><body><h1>${status} Unauthorized</h1>\nYou need a valid user and password to access this content.\n</body></html>\n`;
}

/** With `option http-use-proxy-header`: the client takes this for a proxy, and authenticates itself as to one. */
function speaksToProxy(stream: HttpStream): boolean {
  if (stream.session.frontend.config.options.get('http-use-proxy-header') !== true) return false;
  const first = u8[stream.requestParser.targetStart];
  return first !== SLASH && first !== ASTERISK;
}

const SLASH = 47;
const ASTERISK = 42;

const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  html: 'text/html',
  csv: 'text/plain',
  typed: 'text/plain',
  json: 'application/json',
  'json-schema': 'application/json',
};

class StatsPage implements HttpExtension {
  private readonly config: StatsConfig;
  private readonly plane: Plane;
  /** Names of proxies that are shown; empty: all. */
  private readonly scope: readonly string[];
  private readonly uri: Buffer;
  /** What a client may send behind `Basic`. */
  private readonly credentials: readonly string[];

  constructor(config: StatsConfig, plane: Plane, proxyName: string) {
    this.config = config;
    this.plane = plane;
    this.scope = config.scope.map((name) => (name === '.' ? proxyName : name));
    this.uri = Buffer.from(config.uri, 'latin1');
    this.credentials = config.accounts.map((account) => Buffer.from(account, 'latin1').toString('base64'));
  }

  onRequest(stream: HttpStream): boolean {
    const { method } = stream.request;
    if (method !== M_GET && method !== M_HEAD && method !== M_POST) return false;
    const { targetEnd } = stream.requestParser;
    const start = pathStart(u8, stream.requestParser.targetStart, targetEnd);
    if (targetEnd - start < this.uri.length) return false;
    for (let i = 0; i < this.uri.length; i++) if (u8[start + i] !== this.uri[i]) return false;
    const { plane } = this;
    plane.count(stream.session.frontend.counters + FE.interceptedRequests);
    if (!this.isAllowed(stream)) this.askForPassword(stream);
    else if (method === M_POST) this.refuseAction(stream);
    else this.show(stream, readStatsRequest(text(start + this.uri.length, targetEnd)));
    return true;
  }

  private isAllowed(stream: HttpStream): boolean {
    if (this.credentials.length === 0) return true;
    const { block } = stream.requestParser;
    const line = speaksToProxy(stream)
      ? block.findName(u8, PROXY_AUTHORIZATION)
      : block.find(H_AUTHORIZATION);
    if (line < 0) return false;
    const match = /^basic +(.*)$/i.exec(text(block.valueStart(line), block.valueEnd(line)));
    return match !== null && this.credentials.includes(match[1] ?? '');
  }

  private askForPassword(stream: HttpStream): void {
    const realm = this.config.realm.replace(/["\\]/g, '\\$&');
    const [status, challenge] = speaksToProxy(stream)
      ? ([407, 'proxy-authenticate'] as const)
      : ([401, 'www-authenticate'] as const);
    const body = unauthorized(status);
    const head = `HTTP/1.1 ${status} Unauthorized\r\ncontent-length: ${body.length}\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n${challenge}: Basic realm="${realm}"\r\n`;
    stream.replyFromApplet(status, bytes(head), new TextApplet([body]), true, true);
  }

  /** Actions on servers are not carried out yet. */
  private refuseAction(stream: HttpStream): void {
    const head = `HTTP/1.1 303 See Other\r\ncache-control: no-cache\r\ncontent-type: text/plain\r\ncontent-length: 0\r\nlocation: ${this.config.uri};st=DENY\r\n`;
    stream.replyFromApplet(303, bytes(head), new TextApplet([]), true);
  }

  private show(stream: HttpStream, request: StatsRequest): void {
    const { config, plane } = this;
    const refresh = request.refreshes && config.refreshS > 0 ? `refresh: ${config.refreshS}\r\n` : '';
    const type = CONTENT_TYPES[request.format];
    const head = `HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: ${type}\r\n${refresh}`;
    const options: ReportOptions = {
      scope: this.scope,
      table: {
        admin: mayAct(config.admin, stream.clientAddress),
        legends: config.showsLegends,
        modules: config.showsModules,
      },
    };
    const report = new Report(plane, options, request);
    stream.replyFromApplet(200, bytes(head), new TextApplet(report.parts(() => this.facts())));
  }

  private facts(): PageFacts {
    const { plane, config } = this;
    const { shared } = plane;
    let connectionRate = 0;
    let requestRate = 0;
    for (const frontend of plane.frontends) {
      if (frontend === undefined) continue;
      const { words, counters } = frontend;
      connectionRate += readRate(shared, words + FE_CONNECTION_RATE, counters + FE.connections).now;
      requestRate += readRate(shared, words + FE_REQUEST_RATE, counters + FE.requests).now;
    }
    return {
      uri: config.uri,
      pid: plane.process.pid,
      threads: shared.sizes.threads,
      uptimeS: Math.floor((Date.now() - plane.process.startTimeMs) / 1000),
      maxconn: plane.process.maxconn,
      maxPipes: plane.process.maxPipes,
      connections: Atomics.load(plane.words, PROCESS_CONNECTIONS),
      pipes: Atomics.load(plane.words, PROCESS_PIPES),
      connectionRate,
      requestRate,
      node: config.node,
      description: config.description,
      showsVersion: !config.hidesVersion,
      refreshS: config.refreshS,
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
