/**
 * The statistics page of a proxy: recognises its URI, asks for a password where one is configured, and answers with the
 * statistics in the form that is asked for. Specification: configuration manual 4.2 `stats enable` and the following.
 */
import type { ProxyConfig } from '../../config/model.ts';
import { type Condition, linkCondition } from '../../expr/acl/condition.ts';
import { u8 } from '../../os/arena.ts';
import { BODY_CHUNKED } from '../../protocol/http1/framing.ts';
import { H_AUTHORIZATION } from '../../protocol/http1/known-headers.ts';
import { M_GET, M_HEAD, M_POST } from '../../protocol/http1/request-facts.ts';
import { pathStart } from '../../protocol/http1/request-target.ts';
import { FE } from '../../proxy/frontend.ts';
import type { HttpExchange } from '../../proxy/http/exchange.ts';
import { type HttpExtension, registerHttpExtension } from '../../proxy/http/extension.ts';
import type { Plane } from '../../proxy/plane.ts';
import { linkRules, type RuleList } from '../../rules/rule-list.ts';
import { CONTINUE, DONE, YIELD } from '../../rules/verdict.ts';
import { readRate } from '../../state/read-rate.ts';
import {
  FE_CONNECTION_RATE,
  FE_REQUEST_RATE,
  PROCESS_CONNECTIONS,
  PROCESS_PIPES,
} from '../../state/shared-state.ts';
import { isOutcome, type Outcome, readOrder } from './actions.ts';
import type { PageFacts } from './page.ts';
import { Report, type ReportOptions } from './report.ts';
import { TextApplet } from './stats-applet.ts';
import { type StatsConfig, statsFacet } from './stats-config.ts';
import { type Format, optionWords, readStatsRequest, type StatsRequest } from './stats-request.ts';

const PROXY_AUTHORIZATION = Buffer.from('proxy-authorization', 'latin1');

function unauthorized(status: 401 | 407): string {
  return `<html><body><h1>${status} Unauthorized</h1>\nYou need a valid user and password to access this content.\n</body></html>\n`;
}

/** An action is a matter of milliseconds; whoever waits for it does not do so for ever. */
const LONGEST_ACTION_MS = 10_000;

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
  /** `stats http-request` */
  private readonly rules: RuleList | null;
  /** Whoever one of these holds for may change the state of servers. */
  private readonly admins: readonly Condition[];

  constructor(config: StatsConfig, plane: Plane, proxy: ProxyConfig) {
    this.config = config;
    this.plane = plane;
    this.scope = config.scope.map((name) => (name === '.' ? proxy.name : name));
    this.uri = Buffer.from(config.uri, 'latin1');
    this.credentials = config.accounts.map((account) => Buffer.from(account, 'latin1').toString('base64'));
    this.rules = linkRules(proxy, 'stats http-request', plane);
    this.admins = config.admin.map((condition) => linkCondition(condition, plane));
  }

  onRequest(stream: HttpExchange, complete: boolean): number {
    if (!this.isAskedFor(stream)) return CONTINUE;
    if (this.rules !== null) {
      const verdict = this.rules.run(stream, 0, complete);
      if (verdict >= DONE) return verdict;
    } else if (!this.isAllowed(stream)) {
      this.askForPassword(stream);
      return DONE;
    }
    const acts = stream.request.method === M_POST;
    const mayAct = this.admins.some((condition) => condition.holds(stream));
    // The form's whole body is waited for, as far as the buffer holds it.
    if (acts && mayAct && !complete) return YIELD;
    const asked = text(targetStartOf(stream) + this.uri.length, stream.requestParser.targetEnd);
    const request = readStatsRequest(asked);
    if (!acts) this.show(stream, request, mayAct);
    else if (!mayAct) this.redirect(stream, request, 'DENY');
    else this.act(stream, request);
    return DONE;
  }

  private isAskedFor(stream: HttpExchange): boolean {
    const { method } = stream.request;
    if (method !== M_GET && method !== M_HEAD && method !== M_POST) return false;
    const { targetEnd } = stream.requestParser;
    const start = targetStartOf(stream);
    if (targetEnd - start < this.uri.length) return false;
    for (let i = 0; i < this.uri.length; i++) if (u8[start + i] !== this.uri[i]) return false;
    return true;
  }

  private isAllowed(stream: HttpExchange): boolean {
    if (this.credentials.length === 0) return true;
    const { block } = stream.requestParser;
    const line = stream.usesProxyHeaders
      ? block.findName(u8, PROXY_AUTHORIZATION)
      : block.find(H_AUTHORIZATION);
    if (line < 0) return false;
    const match = /^basic +(.*)$/i.exec(text(block.valueStart(line), block.valueEnd(line)));
    return match !== null && this.credentials.includes(match[1] ?? '');
  }

  private askForPassword(stream: HttpExchange): void {
    const realm = this.config.realm.replace(/["\\]/g, '\\$&');
    const [status, challenge] = stream.usesProxyHeaders
      ? ([407, 'proxy-authenticate'] as const)
      : ([401, 'www-authenticate'] as const);
    const body = unauthorized(status);
    const head = `HTTP/1.1 ${status} Unauthorized\r\ncontent-length: ${body.length}\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n${challenge}: Basic realm="${realm}"\r\n`;
    this.reply(stream, status, head, [body], true, true);
  }

  /** The main thread carries it out, and the visitor waits for it: the next page shows what has become of it. */
  private act(stream: HttpExchange, request: StatsRequest): void {
    const order = stream.requestBodyComplete ? readOrder(bodyOf(stream), this.plane.configuration) : 'EXCD';
    if (typeof order === 'string') {
      this.redirect(stream, request, order);
      return;
    }
    const late = { answer: () => this.redirect(stream, request, 'UNKN') };
    stream.delay(LONGEST_ACTION_MS, late);
    this.plane.request({ want: 'serverActions', what: order }, (outcome) => {
      if (stream.awaits(late)) this.redirect(stream, request, isOutcome(outcome) ? outcome : 'UNKN');
    });
  }

  /** Back to the page, which tells what became of the action. */
  private redirect(stream: HttpExchange, request: StatsRequest, outcome: Outcome): void {
    const refreshes = request.refreshes || this.config.refreshS === 0;
    const location = this.config.uri + optionWords({ ...request, refreshes }, outcome);
    const head = `HTTP/1.1 303 See Other\r\ncache-control: no-cache\r\ncontent-type: text/plain\r\ncontent-length: 0\r\nlocation: ${location}\r\n`;
    this.reply(stream, 303, head, [], true);
  }

  private reply(
    stream: HttpExchange,
    status: number,
    head: string,
    parts: Iterable<string>,
    sized = false,
    closes = false,
  ): void {
    this.plane.count(stream.session.frontend.counters + FE.interceptedRequests);
    stream.replyFromApplet(status, bytes(head), new TextApplet(parts), sized, closes);
  }

  private show(stream: HttpExchange, request: StatsRequest, admin: boolean): void {
    const { config, plane } = this;
    const refresh = request.refreshes && config.refreshS > 0 ? `refresh: ${config.refreshS}\r\n` : '';
    const type = CONTENT_TYPES[request.format];
    const head = `HTTP/1.1 200 OK\r\ncache-control: no-cache\r\ncontent-type: ${type}\r\n${refresh}`;
    const options: ReportOptions = {
      scope: this.scope,
      table: {
        admin,
        legends: config.showsLegends,
        modules: config.showsModules,
      },
    };
    const report = new Report(plane, options, request);
    this.reply(
      stream,
      200,
      head,
      report.parts(() => this.facts()),
    );
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

/** A target may begin with a scheme and a host. */
function targetStartOf(stream: HttpExchange): number {
  const { targetStart, targetEnd } = stream.requestParser;
  return pathStart(u8, targetStart, targetEnd);
}

/** Without its framing. */
function bodyOf(stream: HttpExchange): string {
  const received = stream.receivedBody;
  return stream.request.body === BODY_CHUNKED ? joinChunks(received) : received;
}

/** The data of chunks that are known to be well-formed and complete. */
function joinChunks(framed: string): string {
  let data = '';
  for (let at = 0; ; ) {
    const size = Number.parseInt(framed.slice(at, at + 16), 16);
    if (!(size > 0)) return data;
    const start = framed.indexOf('\n', at) + 1;
    data += framed.slice(start, start + size);
    at = framed.indexOf('\n', start + size) + 1;
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
  return config === undefined || proxy.mode !== 'http' ? null : new StatsPage(config, plane, proxy);
});
