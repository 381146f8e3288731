/**
 * Reads the lines of statistics out of shared memory: a frontend's, a listener's, a server's and a backend's. It needs
 * nothing of a data thread, so that any thread can tell them.
 * Specification: management manual 9.1.
 */
import type { Address } from '../../config/address.ts';
import type { Configuration, ProxyConfig, ServerConfig } from '../../config/model.ts';
import { type Layout, layoutOf, serverSlots } from '../../state/layout.ts';
import type { OpenListener, ProcessFacts } from '../../state/messages.ts';
import { readRate } from '../../state/read-rate.ts';
import { TEXT_LAST_AGENT, TEXT_LAST_CHECK } from '../../state/server-texts.ts';
import { effectiveWeight, throttlePercent } from '../../state/server-weight.ts';
import {
  BACKEND_COUNTERS,
  type BackendCounter,
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_CONNECTIONS,
  BE_CONNECTIONS_MAX,
  BE_DOWN_TRANSITIONS,
  BE_DOWNTIME_S,
  BE_FULLCONN,
  BE_LAST_CHANGE_S,
  BE_LAST_SESSION_S,
  BE_QUEUED,
  BE_QUEUED_MAX,
  BE_RATE,
  counterOffsets,
  FE_CONNECTION_RATE,
  FE_CONNECTIONS,
  FE_CONNECTIONS_MAX,
  FE_REQUEST_RATE,
  FE_SESSION_RATE,
  FRONTEND_COUNTERS,
  type FrontendCounter,
  LI_CONNECTIONS,
  LI_CONNECTIONS_MAX,
  LISTENER_COUNTERS,
  type ListenerCounter,
  PROCESS_STOPPING,
  SERVER_CHECKED,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_OUT_OF_USE,
  SERVER_STARTING,
  SERVER_UP,
  type SharedState,
  SRV_ADMIN,
  SRV_AGENT_CODE,
  SRV_AGENT_DURATION_MS,
  SRV_AGENT_HEALTH,
  SRV_AGENT_STATUS,
  SRV_CHECK_CODE,
  SRV_CHECK_DURATION_MS,
  SRV_CHECK_STATUS,
  SRV_CONNECTIONS,
  SRV_DOWN_TRANSITIONS,
  SRV_DOWNTIME_S,
  SRV_FAILED_CHECKS,
  SRV_HEALTH,
  SRV_LAST_CHANGE_S,
  SRV_LAST_SESSION_S,
  SRV_MAXCONN,
  SRV_OBSERVED_FAILURES,
  SRV_PENDING,
  SRV_QUEUED,
  SRV_QUEUED_MAX,
  SRV_RATE,
  SRV_SERVED,
  SRV_SERVED_MAX,
  SRV_STATE,
  SRV_WEIGHT,
} from '../../state/shared-state.ts';
import { splitTracked, type Tracking, trackingOf } from '../../state/tracking.ts';
import { CHECK_CODES, CHECK_TEXTS } from '../checks/check-status.ts';
import { cookieFacet } from '../cookie/cookie-config.ts';
import {
  MODULE_FIELD_NAMES,
  type ModuleField,
  type Row,
  TYPE_BACKEND,
  TYPE_FRONTEND,
  TYPE_LISTENER,
  TYPE_SERVER,
} from './fields.ts';
import { type Health, isChecked, statusText } from './server-status.ts';

const FE = counterOffsets(FRONTEND_COUNTERS);
const BE = counterOffsets(BACKEND_COUNTERS);
const LI = counterOffsets(LISTENER_COUNTERS);
const DEFAULT_RISE = 2;
const DEFAULT_FALL = 3;
/** Where `pid` stands in a world with several processes, which there are no more. */
const PROCESS = 1;

const zeros = (names: readonly ModuleField[]): Row => Object.fromEntries(names.map((name) => [name, 0]));
const isSslField = (name: ModuleField): boolean => name.startsWith('ssl_');
const SSL_ZEROS = zeros(MODULE_FIELD_NAMES.filter(isSslField));
const MODULE_ZEROS = zeros(MODULE_FIELD_NAMES);
const STATUSES = ['status1xx', 'status2xx', 'status3xx', 'status4xx', 'status5xx', 'statusOther'] as const;

/** Where statistics come from; a data thread and the main thread have it alike. */
export interface StatsSource {
  readonly configuration: Configuration;
  readonly shared: SharedState;
  readonly process: ProcessFacts;
  /** Of all threads. */
  readonly listeners: readonly OpenListener[];
}

export class RowReader {
  private readonly source: StatsSource;
  private readonly shared: SharedState;
  private readonly layout: Layout;
  /** Addresses, cookies and algorithms are shown (`stats show-legends`). */
  private readonly legends: boolean;
  private tracking: Tracking | undefined;
  private readonly nowS = Math.floor(Date.now() / 1000);

  constructor(source: StatsSource, legends: boolean) {
    this.source = source;
    this.shared = source.shared;
    this.layout = layoutOf(source.configuration);
    this.legends = legends;
  }

  private word(at: number): number {
    return Atomics.load(this.shared.words, at);
  }

  private sum(at: number): number {
    return this.shared.sum(at);
  }

  private proxy(index: number): ProxyConfig {
    return this.source.configuration.proxies[index] as ProxyConfig;
  }

  private serverNumber(proxy: number, position: number): number {
    return (this.layout.firstServer[proxy] as number) + position;
  }

  frontend(index: number): Row {
    const config = this.proxy(index);
    const words = this.shared.proxyWords(index);
    const counters = this.shared.frontendCounters(index);
    const count = (name: FrontendCounter): number => this.sum(counters + FE[name]);
    const sessions = readRate(this.shared, words + FE_SESSION_RATE, counters + FE.sessions);
    const connections = readRate(this.shared, words + FE_CONNECTION_RATE, counters + FE.connections);
    const requests = readRate(this.shared, words + FE_REQUEST_RATE, counters + FE.requests);
    const http = config.mode === 'http';
    return {
      pxname: config.name,
      svname: 'FRONTEND',
      scur: this.word(words + FE_CONNECTIONS),
      smax: this.word(words + FE_CONNECTIONS_MAX),
      slim: this.maxconn(config),
      stot: count('sessions'),
      bin: count('bytesIn'),
      bout: count('bytesOut'),
      dreq: count('deniedRequests'),
      dresp: count('deniedResponses'),
      ereq: count('failedRequests'),
      status: this.word(PROCESS_STOPPING) === 0 ? 'OPEN' : 'STOP',
      pid: PROCESS,
      iid: config.id,
      sid: 0,
      type: TYPE_FRONTEND,
      rate: sessions.now,
      rate_lim: config.rateLimitSessions ?? 0,
      rate_max: sessions.highest,
      ...(http
        ? {
            hrsp_1xx: count('status1xx'),
            hrsp_2xx: count('status2xx'),
            hrsp_3xx: count('status3xx'),
            hrsp_4xx: count('status4xx'),
            hrsp_5xx: count('status5xx'),
            hrsp_other: count('statusOther'),
            intercepted: count('interceptedRequests'),
            cache_lookups: 0,
            cache_hits: 0,
          }
        : {}),
      req_rate: requests.now,
      req_rate_max: requests.highest,
      req_tot: count('requests'),
      comp_in: 0,
      comp_out: 0,
      comp_byp: 0,
      comp_rsp: 0,
      mode: config.mode,
      conn_rate: connections.now,
      conn_rate_max: connections.highest,
      conn_tot: count('connections'),
      dcon: count('deniedConnections'),
      dses: count('deniedSessions'),
      wrew: count('failedRewrites'),
      eint: count('internalErrors'),
      ...MODULE_ZEROS,
      ...(http ? this.clientConnections(words, counters) : {}),
    };
  }

  /** Of HTTP/1, which all of a frontend's clients speak. */
  private clientConnections(words: number, counters: number): Row {
    const count = (name: FrontendCounter): number => this.sum(counters + FE[name]);
    return {
      h1_open_connections: this.word(words + FE_CONNECTIONS),
      h1_open_streams: Math.max(0, count('streams') - count('endedStreams')),
      h1_total_connections: count('sessions'),
      h1_total_streams: count('streams'),
      h1_bytes_in: count('wireBytesIn'),
      h1_bytes_out: count('wireBytesOut'),
      h1_spliced_bytes_in: count('splicedBytesIn'),
      h1_spliced_bytes_out: count('splicedBytesOut'),
    };
  }

  /** Of HTTP/1, which all of a backend's servers speak. */
  private serverConnections(index: number, counters: number): Row {
    const count = (name: BackendCounter): number => this.sum(counters + BE[name]);
    let open = 0;
    let busy = 0;
    for (let position = 0; position < serverSlots(this.proxy(index)); position++) {
      const number = this.serverNumber(index, position);
      const { unsafe, safe, used } = this.connections(
        this.shared.serverWords(number),
        this.shared.serverCounters(number),
      );
      open += unsafe + safe + used;
      busy += used;
    }
    return {
      h1_open_connections: open,
      h1_open_streams: busy,
      h1_total_connections: count('connectAttempts'),
      h1_total_streams: count('connectAttempts') + count('reused'),
      h1_bytes_in: count('wireBytesIn'),
      h1_bytes_out: count('wireBytesOut'),
      h1_spliced_bytes_in: count('splicedBytesIn'),
      h1_spliced_bytes_out: count('splicedBytesOut'),
    };
  }

  /** A bind line's address, in a frontend with `option socket-stats`. */
  listener(listener: OpenListener): Row {
    const config = this.proxy(listener.proxy);
    const bind = config.binds[listener.bind];
    const words = this.shared.listenerWords(listener.index);
    const counters = this.shared.listenerCounters(listener.index);
    const count = (name: ListenerCounter): number => this.sum(counters + LI[name]);
    return {
      pxname: config.name,
      svname: bind?.name ?? `sock-${listener.id}`,
      scur: this.word(words + LI_CONNECTIONS),
      smax: this.word(words + LI_CONNECTIONS_MAX),
      slim: bind?.maxconn ?? 0,
      stot: count('connections'),
      bin: count('bytesIn'),
      bout: count('bytesOut'),
      dreq: count('deniedRequests'),
      dresp: count('deniedResponses'),
      ereq: count('failedRequests'),
      status: 'OPEN',
      pid: PROCESS,
      iid: config.id,
      sid: listener.id,
      type: TYPE_LISTENER,
      addr: this.legends ? addressText(bind?.addresses[listener.address]) : undefined,
      mode: config.mode,
      dcon: count('deniedConnections'),
      dses: count('deniedSessions'),
      wrew: 0,
      eint: count('internalErrors'),
      ...SSL_ZEROS,
    };
  }

  /** What servers and backends count alike. */
  private common(counters: number, http: boolean): Row {
    const count = (name: BackendCounter): number => this.sum(counters + BE[name]);
    const timed = Math.max(1, count('timedStreams'));
    const mean = (name: BackendCounter): number => Math.round(count(name) / timed);
    const most = (name: BackendCounter): number => this.shared.maximum(counters + BE[name]);
    return {
      bin: count('bytesIn'),
      bout: count('bytesOut'),
      dresp: count('deniedResponses'),
      econ: count('failedConnections'),
      eresp: count('failedResponses'),
      wretr: count('retries'),
      wredis: count('redispatches'),
      lbtot: count('selected'),
      cli_abrt: count('clientAborts'),
      srv_abrt: count('serverAborts'),
      qtime: mean('queueTimeMs'),
      ctime: mean('connectTimeMs'),
      rtime: mean('responseTimeMs'),
      ttime: mean('totalTimeMs'),
      qtime_max: most('queueTimeMaxMs'),
      ctime_max: most('connectTimeMaxMs'),
      rtime_max: most('responseTimeMaxMs'),
      ttime_max: most('totalTimeMaxMs'),
      connect: count('connectAttempts'),
      reuse: count('reused'),
      wrew: count('failedRewrites'),
      eint: count('internalErrors'),
      ...(http ? this.responses(counters) : {}),
    };
  }

  private responses(counters: number): Row {
    const counts = STATUSES.map((name) => this.sum(counters + BE[name]));
    const [hrsp_1xx, hrsp_2xx, hrsp_3xx, hrsp_4xx, hrsp_5xx, hrsp_other] = counts;
    const req_tot = counts.reduce((sum, count) => sum + count, 0);
    return { hrsp_1xx, hrsp_2xx, hrsp_3xx, hrsp_4xx, hrsp_5xx, hrsp_other, req_tot };
  }

  health(proxy: number, position: number): Health {
    const number = this.serverNumber(proxy, position);
    const words = this.shared.serverWords(number);
    const { track } = this.proxy(proxy).servers[position] as ServerConfig;
    const root = track === undefined ? undefined : this.trackedRoot(number);
    const checkedWords = root === undefined ? words : this.shared.serverWords(root.number);
    const { check } = root?.config ?? (this.proxy(proxy).servers[position] as ServerConfig);
    const agent = this.word(checkedWords + SRV_AGENT_STATUS) !== 0;
    return {
      state: this.word(words + SRV_STATE),
      admin: this.word(words + SRV_ADMIN),
      tracked: track === undefined ? undefined : trackedName(this.proxy(proxy), track),
      checked: (this.word(checkedWords + SRV_STATE) & SERVER_CHECKED) !== 0,
      health: this.word(checkedWords + SRV_HEALTH),
      rise: check.rise ?? DEFAULT_RISE,
      fall: check.fall ?? DEFAULT_FALL,
      agent: agent ? this.word(checkedWords + SRV_AGENT_HEALTH) : undefined,
    };
  }

  /** The server at the end of a chain of those that track one another. */
  private trackedRoot(number: number): { number: number; config: ServerConfig } | undefined {
    this.tracking ??= trackingOf(this.source.configuration);
    let root = number;
    for (let next = this.tracking.tracked(root); next !== undefined; next = this.tracking.tracked(root))
      root = next;
    if (root === number) return undefined;
    const { firstServer } = this.layout;
    const proxies = this.source.configuration.proxies;
    const proxy = proxies.findIndex(
      ({ servers }, index) =>
        root >= (firstServer[index] as number) && root < (firstServer[index] as number) + servers.length,
    );
    const config = proxies[proxy]?.servers[root - (firstServer[proxy] as number)];
    return config === undefined ? undefined : { number: root, config };
  }

  /** The weight as slow start lets it be now. */
  private weight(words: number): number {
    return effectiveWeight(this.shared.words, words);
  }

  server(proxy: number, position: number): Row {
    const backend = this.proxy(proxy);
    const config = backend.servers[position] as ServerConfig;
    const number = this.serverNumber(proxy, position);
    const words = this.shared.serverWords(number);
    const counters = this.shared.serverCounters(number);
    const http = backend.mode === 'http';
    const health = this.health(proxy, position);
    const maxconn = this.word(words + SRV_MAXCONN);
    // A slot that is held without a connection is no session.
    const served = this.word(words + SRV_SERVED) - this.word(words + SRV_PENDING);
    const { unsafe, safe, used } = this.connections(words, counters);
    const counts = this.common(counters, http);
    const rate = readRate(this.shared, words + SRV_RATE, counters + BE.sessions);
    return {
      pxname: backend.name,
      svname: config.name,
      qcur: this.word(words + SRV_QUEUED),
      qmax: this.word(words + SRV_QUEUED_MAX),
      scur: served,
      smax: this.word(words + SRV_SERVED_MAX),
      slim: maxconn > 0 ? maxconn : undefined,
      stot: this.sum(counters + BE.sessions),
      ...counts,
      status: statusText(health),
      weight: this.weight(words),
      act: config.backup ? 0 : 1,
      bck: config.backup ? 1 : 0,
      ...this.checks(number, words, health, config),
      lastchg: this.nowS - this.word(words + SRV_LAST_CHANGE_S),
      qlimit: config.maxqueue !== undefined && config.maxqueue > 0 ? config.maxqueue : undefined,
      pid: PROCESS,
      iid: backend.id,
      sid: config.id,
      throttle:
        (health.state & SERVER_STARTING) !== 0 ? throttlePercent(this.shared.words, words) : undefined,
      tracked: health.tracked,
      type: TYPE_SERVER,
      rate: rate.now,
      rate_max: rate.highest,
      lastsess: this.since(words + SRV_LAST_SESSION_S, rate.current),
      ...this.agent(number, words),
      addr: this.legends ? addressText(config.address) : undefined,
      cookie: this.legends && http ? config.cookie : undefined,
      mode: backend.mode,
      srv_icur: unsafe + safe,
      src_ilim: config.poolMaxConn !== undefined && config.poolMaxConn >= 0 ? config.poolMaxConn : undefined,
      idle_conn_cur: unsafe,
      safe_conn_cur: safe,
      used_conn_cur: used,
      need_conn_est: this.sum(counters + BE.neededConnections),
      uweight: this.word(words + SRV_WEIGHT),
      ...SSL_ZEROS,
    };
  }

  /** Idle ones that were used again have shown that they may be: they are safe. */
  private connections(words: number, counters: number): { unsafe: number; safe: number; used: number } {
    const unsafe = Math.max(0, this.sum(counters + BE.idleUnsafe));
    const safe = Math.max(0, this.sum(counters + BE.idleSafe));
    return { unsafe, safe, used: Math.max(0, this.word(words + SRV_CONNECTIONS) - unsafe - safe) };
  }

  private checks(number: number, words: number, health: Health, config: ServerConfig): Row {
    if (!isChecked(health)) return {};
    const down = (health.state & SERVER_UP) === 0;
    const sinceS = down ? this.nowS - this.word(words + SRV_LAST_CHANGE_S) : 0;
    return {
      chkfail: this.word(words + SRV_FAILED_CHECKS),
      chkdown: this.word(words + SRV_DOWN_TRANSITIONS),
      downtime: this.word(words + SRV_DOWNTIME_S) + sinceS,
      hanafail: config.observe === 'none' ? undefined : this.word(words + SRV_OBSERVED_FAILURES),
      ...((health.state & (SERVER_MAINT | SERVER_NO_ADDRESS)) === 0
        ? this.lastCheck(number, words, health)
        : {}),
    };
  }

  private lastCheck(number: number, words: number, health: Health): Row {
    const code = CHECK_CODES[this.word(words + SRV_CHECK_STATUS) - 1] ?? 'INI';
    const status = this.word(words + SRV_CHECK_CODE);
    const known = code !== 'INI';
    return {
      check_status: code,
      check_code: status > 0 ? status : undefined,
      check_duration: known ? this.word(words + SRV_CHECK_DURATION_MS) : undefined,
      last_chk: known ? this.shared.texts.read(number, TEXT_LAST_CHECK) : undefined,
      check_desc: CHECK_TEXTS[code],
      check_rise: health.rise,
      check_fall: health.fall,
      check_health: health.health,
    };
  }

  /** Of a server with `agent-check`. */
  private agent(number: number, words: number): Row {
    const status = this.word(words + SRV_AGENT_STATUS);
    if (status === 0) return {};
    const code = CHECK_CODES[status - 1] ?? 'INI';
    const known = code !== 'INI';
    const agentCode = this.word(words + SRV_AGENT_CODE);
    return {
      agent_status: code,
      agent_code: agentCode > 0 ? agentCode - 1 : undefined,
      agent_duration: known ? this.word(words + SRV_AGENT_DURATION_MS) : undefined,
      last_agt: known ? this.shared.texts.read(number, TEXT_LAST_AGENT) : undefined,
      agent_desc: CHECK_TEXTS[code],
      agent_rise: 1,
      agent_fall: 1,
      agent_health: this.word(words + SRV_AGENT_HEALTH),
    };
  }

  /** Seconds since a session came; `current`: how many came in the second that runs. */
  private since(at: number, current: number): number {
    if (current > 0) return 0;
    const then = this.word(at);
    return then === 0 ? -1 : Math.max(0, this.nowS - then);
  }

  backend(index: number): Row {
    const config = this.proxy(index);
    const words = this.shared.proxyWords(index);
    const counters = this.shared.backendCounters(index);
    const http = config.mode === 'http';
    const counts = this.common(counters, http);
    const active = this.word(words + BE_ACTIVE_SERVERS);
    const backup = this.word(words + BE_BACKUP_SERVERS);
    const nameless = serverSlots(config) > config.servers.length;
    const up = active + backup > 0 || serverSlots(config) === 0 || (nameless && config.servers.length === 0);
    const weights = this.weights(index, active > 0);
    const lastChangeS = this.nowS - this.word(words + BE_LAST_CHANGE_S);
    const rate = readRate(this.shared, words + BE_RATE, counters + BE.connections);
    return {
      pxname: config.name,
      svname: 'BACKEND',
      qcur: this.word(words + BE_QUEUED),
      qmax: this.word(words + BE_QUEUED_MAX),
      scur: this.word(words + BE_CONNECTIONS),
      smax: this.word(words + BE_CONNECTIONS_MAX),
      slim: this.word(words + BE_FULLCONN),
      stot: this.sum(counters + BE.connections),
      ...counts,
      dreq: this.sum(counters + BE.deniedRequests),
      status: up ? 'UP' : 'DOWN',
      weight: weights.effective,
      act: active,
      bck: backup,
      chkdown: this.word(words + BE_DOWN_TRANSITIONS),
      lastchg: lastChangeS,
      downtime:
        config.servers.length > 0 ? this.word(words + BE_DOWNTIME_S) + (up ? 0 : lastChangeS) : undefined,
      pid: PROCESS,
      iid: config.id,
      sid: 0,
      type: TYPE_BACKEND,
      rate: rate.now,
      rate_max: rate.highest,
      comp_in: 0,
      comp_out: 0,
      comp_byp: 0,
      comp_rsp: 0,
      ...(http ? { cache_lookups: 0, cache_hits: 0 } : {}),
      lastsess: this.since(words + BE_LAST_SESSION_S, rate.current),
      cookie: this.legends && http ? cookieFacet.read(config)?.name : undefined,
      mode: config.mode,
      algo: this.legends ? (config.balance?.algorithm ?? 'roundrobin') : undefined,
      uweight: weights.configured,
      agg_server_status: 0,
      agg_server_check_status: 0,
      agg_check_status: 0,
      ...MODULE_ZEROS,
      ...(http ? this.serverConnections(index, counters) : {}),
    };
  }

  /** Weights of the servers that take traffic: the active ones, or the backups when there is none. */
  private weights(proxy: number, active: boolean): { effective: number; configured: number } {
    let effective = 0;
    let configured = 0;
    this.proxy(proxy).servers.forEach(({ backup }, position) => {
      if (backup === active) return;
      const words = this.shared.serverWords(this.serverNumber(proxy, position));
      const state = this.word(words + SRV_STATE);
      if ((state & SERVER_UP) === 0 || (state & SERVER_OUT_OF_USE) !== 0) return;
      effective += this.weight(words);
      configured += this.word(words + SRV_WEIGHT);
    });
    return { effective, configured };
  }

  private maxconn(config: ProxyConfig): number {
    return config.maxconn ?? this.source.process.maxconn;
  }
}

/** Always with the proxy's name. */
function trackedName(proxy: ProxyConfig, track: string): string {
  const { proxyName, serverName } = splitTracked(proxy, track);
  return `${proxyName}/${serverName}`;
}

/** As statistics show it: none where it is not known, one word for all that is not of the network. */
function addressText(address: Address | undefined): string | undefined {
  switch (address?.family) {
    case 'inet':
      return address.host === '' ? undefined : `${address.host}:${address.port}`;
    case 'inet6':
      return address.host === '' ? undefined : `[${address.host}]:${address.port}`;
    case 'unix':
    case 'abns':
      return 'unix';
    default:
      return undefined;
  }
}
