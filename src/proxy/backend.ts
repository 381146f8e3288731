/**
 * The server side of a proxy as a data thread sees it: its servers, how one is chosen, and the settings of what follows.
 */
import type { HttpConnectionMode, HttpReuse, ProxyConfig, Timeouts } from '../config/model.ts';
import type { RequestFacts } from '../protocol/http1/request-facts.ts';
import { inspectDelayFacet } from '../rules/inspect-delay.ts';
import {
  BE_ACTIVE_SERVERS,
  BE_CONNECTIONS,
  BE_CONNECTIONS_MAX,
  BE_SERVED,
  raiseGauge,
} from '../state/shared-state.ts';
import { algorithmOf, type BalanceAlgorithm, type Balancer } from './balancing.ts';
import { ErrorReplies } from './error-replies.ts';
import { HeaderInsert } from './header-insert.ts';
import { type HttpExtension, httpExtensions } from './http/extension.ts';
import { HeaderCase } from './http/header-case.ts';
import { ServerNameHeader } from './http/server-name-header.ts';
import { Persistence } from './persistence.ts';
import type { Plane } from './plane.ts';
import { ProxyRules } from './proxy-rules.ts';
import { StreamQueue } from './queue.ts';
import { retryConditions } from './retry.ts';
import { BE, Server } from './server.ts';

const DEFAULT_RETRIES = 3;

export class Backend {
  readonly plane: Plane;
  readonly config: ProxyConfig;
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly index: number;
  readonly http: boolean;
  readonly timeouts: Timeouts;
  readonly words: number;
  readonly counters: number;
  readonly servers: readonly Server[];
  readonly balancer: Balancer;
  private readonly balanceSettings: unknown;
  private readonly bodyWanted: BalanceAlgorithm['wantsBody'];
  /** The algorithm gives equal requests the same server (balancing.ts). */
  readonly deterministic: boolean;
  /** Newcomers wait behind those that wait for any server. */
  readonly queuesInTurn: boolean;
  /** `dispatch` or `option transparent`: a nameless target in the place of the servers. */
  readonly direct: Server | null;
  readonly transparent: boolean;
  readonly retries: number;
  readonly redispatch: number;
  readonly redispatches: boolean;
  /** Whoever waits for a server that goes down may go to another one. */
  readonly requeues: boolean;
  /** Bits of retry.ts: what of a failed exchange is worth another try. */
  readonly retryOn: number;
  readonly errors: ErrorReplies;
  readonly mode: HttpConnectionMode;
  readonly reuse: HttpReuse;
  readonly forwardFor: HeaderInsert | undefined;
  readonly originalTo: HeaderInsert | undefined;
  readonly relaxedResponses: boolean;
  readonly bufferRequest: boolean;
  readonly abortOnClose: boolean;
  readonly preferLastServer: boolean;
  /** Requests in a server's queue from which on its clients are balanced anew; negative: never. */
  private readonly maxKeepAliveQueue: number;
  readonly pretendKeepAlive: boolean;
  readonly independentStreams: boolean;
  readonly noLinger: boolean;
  /**
   * Whether long transfers may pass through a pipe. Unlike HAProxy this needs no `option splice-*`: it is what those
   * options are for, only chosen by what arrives (docs/performance.md has the figures). `nosplice` turns it off.
   */
  readonly splices: boolean;
  readonly serverKeepAlive: boolean;
  /** A request that is already there takes the place of the handshake's last packet. */
  readonly smartConnect: boolean;
  readonly queue: StreamQueue;
  readonly extensions: readonly HttpExtension[];
  /** What ties streams to servers before balancing is asked. */
  readonly persistence: Persistence;
  readonly rules: ProxyRules;
  /** `tcp-request inspect-delay`. */
  readonly inspectDelayMs: number;
  /** `tcp-response inspect-delay`. */
  readonly responseDelayMs: number;
  /** Header names for servers that are particular about their case. */
  readonly headerCase: HeaderCase | null;
  /** `http-send-name-header` */
  readonly serverNameHeader: ServerNameHeader | null;

  constructor(
    plane: Plane,
    config: ProxyConfig,
    index: number,
    firstServer: number,
    memory: SharedArrayBuffer,
  ) {
    this.plane = plane;
    this.config = config;
    this.name = config.name;
    this.index = index;
    this.nameBytes = Buffer.from(config.name, 'latin1');
    this.http = config.mode === 'http';
    this.timeouts = config.timeouts;
    this.words = plane.shared.proxyWords(index);
    this.counters = plane.shared.backendCounters(index);
    this.servers = config.servers.map((server, i) => new Server(plane, this, server, i, firstServer + i));
    const algorithm = algorithmOf(config);
    this.balanceSettings = config.balance?.settings ?? {};
    this.bodyWanted = algorithm.wantsBody;
    this.balancer = algorithm.create(this.balanceSettings, {
      proxy: config,
      proxyIndex: index,
      firstServer,
      shared: plane.shared,
      linker: plane,
      memory,
    });
    this.deterministic = algorithm.deterministic;
    this.queuesInTurn = !algorithm.deterministic && algorithm.ignoresQueue !== true;
    const option = (name: string): boolean => config.options.get(name) === true;
    this.transparent = option('transparent');
    for (const server of config.servers)
      if (server.namespace !== undefined) plane.namespaces.open(server.namespace);
    this.direct = this.servers.length === 0 ? this.directTarget(firstServer) : null;
    this.retries = config.retries ?? DEFAULT_RETRIES;
    this.redispatches = config.redispatch !== undefined && config.redispatch !== 0;
    this.redispatch = config.redispatch ?? 0;
    this.requeues = this.redispatches && !option('persist');
    this.retryOn = retryConditions(config.retryOn);
    this.errors = new ErrorReplies(config);
    this.mode = config.httpConnectionMode ?? 'keep-alive';
    this.reuse = config.httpReuse ?? 'safe';
    this.forwardFor = config.forwardFor && new HeaderInsert(config.forwardFor);
    this.originalTo = config.originalTo && new HeaderInsert(config.originalTo);
    this.relaxedResponses = option('accept-invalid-http-response');
    this.bufferRequest = option('http-buffer-request');
    this.abortOnClose = option('abortonclose');
    this.preferLastServer = option('prefer-last-server');
    this.maxKeepAliveQueue = config.maxKeepAliveQueue ?? -1;
    this.pretendKeepAlive = option('http-pretend-keepalive');
    this.independentStreams = option('independent-streams');
    this.splices = plane.configuration.global.splice;
    this.noLinger = option('nolinger');
    this.smartConnect = config.options.get('tcp-smart-connect') !== false;
    this.serverKeepAlive = option('tcpka') || option('srvtcpka');
    this.queue = new StreamQueue(plane, this);
    this.extensions = httpExtensions(config, plane);
    this.persistence = new Persistence(config, this.servers, plane);
    this.rules = new ProxyRules(config, plane);
    this.inspectDelayMs = inspectDelayFacet.read(config)?.requestMs ?? 0;
    this.responseDelayMs = inspectDelayFacet.read(config)?.responseMs ?? 0;
    this.serverNameHeader = ServerNameHeader.of(config);
    this.headerCase = HeaderCase.of(plane, config, 'h1-case-adjust-bogus-server');
  }

  private directTarget(firstServer: number): Server | null {
    const { config } = this;
    if (config.dispatch === undefined && !this.transparent) return null;
    const address = config.dispatch ?? { family: 'inet', host: '0.0.0.0', port: 0 };
    return new Server(
      this.plane,
      this,
      { ...config.defaultServer, name: '<NOSRV>', address },
      0,
      firstServer,
    );
  }

  enter(): void {
    raiseGauge(this.plane.words, this.words + BE_CONNECTIONS, this.words + BE_CONNECTIONS_MAX);
  }

  leave(): void {
    Atomics.sub(this.plane.words, this.words + BE_CONNECTIONS, 1);
  }

  /** Whether the request's body is waited for, as far as a buffer holds it, before a server is chosen. */
  wantsBody(facts: RequestFacts): boolean {
    return this.bufferRequest || this.bodyWanted?.(this.balanceSettings, facts) === true;
  }

  get connections(): number {
    return Atomics.load(this.plane.words, this.words + BE_CONNECTIONS);
  }

  /** Servers that take balanced requests, without the backups. */
  get activeServers(): number {
    return Atomics.load(this.plane.words, this.words + BE_ACTIVE_SERVERS);
  }

  /** Whether a client that was last served there may go on to this server (`max-keep-alive-queue`). */
  keepsClientOn(server: Server): boolean {
    if (server.backend !== this || !server.usable) return false;
    return this.maxKeepAliveQueue < 0 || server.hasRoom || server.queued < this.maxKeepAliveQueue;
  }

  get served(): number {
    return Atomics.load(this.plane.words, this.words + BE_SERVED);
  }

  countBytes(bytesIn: number, bytesOut: number): void {
    this.count(BE.bytesIn, bytesIn);
    this.count(BE.bytesOut, bytesOut);
  }

  count(offset: number, by = 1): void {
    const lane = this.plane.lane;
    lane[this.counters + offset] = (lane[this.counters + offset] as number) + by;
  }
}
