/**
 * The client side of a proxy as a data thread sees it: settings read once from the configuration, counters' places, and
 * the gauge that holds its connections to maxconn over all threads.
 */
import type { HttpConnectionMode, ProxyConfig, Timeouts } from '../config/model.ts';
import type { Condition } from '../expr/acl/condition.ts';
import { CapturePlan } from '../expr/captures/capture-plan.ts';
import { inspectDelayFacet } from '../rules/inspect-delay.ts';
import { linkMonitorFail } from '../rules/monitor-fail.ts';
import { linkSwitching, type Switching } from '../rules/switching.ts';
import {
  counterOffsets,
  FE_CONNECTIONS,
  FE_CONNECTIONS_MAX,
  FRONTEND_COUNTERS,
  raiseGauge,
  raiseHighest,
} from '../state/shared-state.ts';
import { type AcceptFilter, acceptFilters } from './accept-filter.ts';
import type { Backend } from './backend.ts';
import { ErrorReplies } from './error-replies.ts';
import { FrontendLog } from './frontend-log.ts';
import { HeaderInsert } from './header-insert.ts';
import { type HttpExtension, httpExtensions } from './http/extension.ts';
import { HeaderCase } from './http/header-case.ts';
import type { Plane } from './plane.ts';
import { ProxyRules } from './proxy-rules.ts';
import { SessionRate } from './session-rate.ts';
import { UniqueId } from './unique-id.ts';

export const FE = counterOffsets(FRONTEND_COUNTERS);

/** Server connections that a client's connection keeps for itself. */
const DEFAULT_SESSION_CONNECTIONS = 5;

export class Frontend {
  readonly plane: Plane;
  readonly config: ProxyConfig;
  readonly name: string;
  readonly index: number;
  readonly id: number;
  readonly nameBytes: Uint8Array;
  readonly http: boolean;
  readonly timeouts: Timeouts;
  /** First of its shared words. */
  readonly words: number;
  /** First of its counters in a lane. */
  readonly counters: number;
  readonly maxconn: number;
  /** Null: sessions may come as fast as they like. */
  readonly sessionRate: SessionRate | null;
  readonly errors: ErrorReplies;
  readonly log: FrontendLog;
  readonly uniqueId: UniqueId | null;
  /** `capture …`; null: streams have no captures. */
  readonly captures: CapturePlan | null;
  readonly forwardFor: HeaderInsert | undefined;
  readonly originalTo: HeaderInsert | undefined;
  /** Clients may take it for a proxy. */
  readonly proxyHeaders: boolean;
  readonly relaxedRequests: boolean;
  readonly ignoreProbes: boolean;
  readonly independentStreams: boolean;
  readonly noLinger: boolean;
  readonly clientKeepAlive: boolean;
  /** `option contstats` */
  readonly continuousCounts: boolean;
  readonly monitorUri: Buffer | undefined;
  /** `monitor fail`. */
  readonly monitorFail: readonly Condition[];
  readonly bufferRequest: boolean;
  readonly maxSessionConnections: number;
  readonly mode: HttpConnectionMode;
  readonly extensions: readonly HttpExtension[];
  /** Header names for clients that are particular about their case. */
  readonly headerCase: HeaderCase | null;
  readonly acceptFilters: readonly AcceptFilter[] | null;
  readonly rules: ProxyRules;
  /** `use_backend`; null: every request goes to the default backend. */
  readonly switching: Switching | null;
  /** `tcp-request inspect-delay`. */
  readonly inspectDelayMs: number;
  /** Linked after all proxies exist; null: none (then every request gets 503). */
  defaultBackend: Backend | null = null;

  constructor(plane: Plane, config: ProxyConfig, index: number) {
    this.plane = plane;
    this.config = config;
    this.name = config.name;
    this.index = index;
    this.id = config.id ?? index + 1;
    this.nameBytes = Buffer.from(config.name, 'latin1');
    this.http = config.mode === 'http';
    this.timeouts = config.timeouts;
    this.words = plane.shared.proxyWords(index);
    this.counters = plane.shared.frontendCounters(index);
    this.maxconn = config.maxconn ?? plane.process.maxconn;
    this.sessionRate =
      config.rateLimitSessions && config.rateLimitSessions > 0
        ? new SessionRate(plane.words, this.words, config.rateLimitSessions)
        : null;
    this.errors = new ErrorReplies(config);
    this.log = new FrontendLog(plane, config);
    this.uniqueId = UniqueId.of(config, plane);
    this.captures = CapturePlan.of(config, plane.configuration.global.tune);
    this.forwardFor = config.forwardFor && new HeaderInsert(config.forwardFor);
    this.originalTo = config.originalTo && new HeaderInsert(config.originalTo);
    const option = (name: string): boolean => config.options.get(name) === true;
    this.proxyHeaders = option('http-use-proxy-header');
    this.relaxedRequests = option('accept-invalid-http-request');
    this.ignoreProbes = option('http-ignore-probes');
    this.independentStreams = option('independent-streams');
    this.noLinger = option('nolinger');
    this.clientKeepAlive = option('tcpka') || option('clitcpka');
    this.continuousCounts = option('contstats');
    this.bufferRequest = option('http-buffer-request');
    this.mode = config.httpConnectionMode ?? 'keep-alive';
    this.maxSessionConnections = config.maxSessionConnections ?? DEFAULT_SESSION_CONNECTIONS;
    this.extensions = httpExtensions(config, plane);
    this.headerCase = HeaderCase.of(plane, config, 'h1-case-adjust-bogus-client');
    this.acceptFilters = acceptFilters(config, plane);
    this.rules = new ProxyRules(config, plane);
    this.switching = linkSwitching(config, plane);
    this.inspectDelayMs = inspectDelayFacet.read(config)?.requestMs ?? 0;
    this.monitorFail = linkMonitorFail(config, plane);
    this.monitorUri = config.monitorUri === undefined ? undefined : Buffer.from(config.monitorUri, 'latin1');
  }

  get clientTimeoutMs(): number {
    return this.timeouts.client ?? 0;
  }

  get defaultBackendName(): Uint8Array | null {
    return this.defaultBackend?.nameBytes ?? null;
  }

  /** Takes a place for a connection, of which there is one. */
  take(): void {
    raiseGauge(this.plane.words, this.words + FE_CONNECTIONS, this.words + FE_CONNECTIONS_MAX);
  }

  /** Takes a place for a connection: false when all are taken. */
  enter(): boolean {
    const words = this.plane.words;
    const gauge = this.words + FE_CONNECTIONS;
    const count = Atomics.add(words, gauge, 1) + 1;
    if (count > this.maxconn) {
      Atomics.sub(words, gauge, 1);
      return false;
    }
    raiseHighest(words, this.words + FE_CONNECTIONS_MAX, count);
    return true;
  }

  leave(): void {
    Atomics.sub(this.plane.words, this.words + FE_CONNECTIONS, 1);
  }

  get connections(): number {
    return Atomics.load(this.plane.words, this.words + FE_CONNECTIONS);
  }
}
