/**
 * Reads the lines of statistics out of shared memory: a frontend's, a listener's, a server's and a backend's.
 * Specification: management manual 9.1.
 */

import type { Backend } from '../../proxy/backend.ts';
import type { Frontend } from '../../proxy/frontend.ts';
import type { Plane } from '../../proxy/plane.ts';
import type { Server } from '../../proxy/server.ts';
import { serverSlots } from '../../state/layout.ts';
import {
  BACKEND_COUNTERS,
  type BackendCounter,
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_CONNECTIONS,
  BE_CONNECTIONS_MAX,
  BE_DOWN_TRANSITIONS,
  BE_DOWNTIME_S,
  BE_LAST_CHANGE_S,
  BE_LAST_SESSION_S,
  BE_QUEUED,
  BE_QUEUED_MAX,
  BE_RATE,
  BE_RATE_MAX,
  counterOffsets,
  FE_CONNECTION_RATE,
  FE_CONNECTION_RATE_MAX,
  FE_CONNECTIONS,
  FE_CONNECTIONS_MAX,
  FE_REQUEST_RATE,
  FE_REQUEST_RATE_MAX,
  FRONTEND_COUNTERS,
  type FrontendCounter,
  SERVER_CHECKED,
  SERVER_DRAIN,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_UP,
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
  SRV_QUEUED,
  SRV_QUEUED_MAX,
  SRV_RAMP,
  SRV_RATE,
  SRV_RATE_MAX,
  SRV_SERVED,
  SRV_SERVED_MAX,
  SRV_STATE,
  SRV_WEIGHT,
} from '../../state/shared-state.ts';
import { CHECK_CODES, CHECK_TEXTS } from '../checks/check-status.ts';
import { cookieFacet } from '../cookie/cookie-config.ts';
import {
  MUX_FIELD_NAMES,
  type Row,
  SSL_FIELD_NAMES,
  TYPE_BACKEND,
  TYPE_FRONTEND,
  TYPE_SERVER,
} from './fields.ts';
import { type Health, statusText } from './server-status.ts';

const FE = counterOffsets(FRONTEND_COUNTERS);
const BE = counterOffsets(BACKEND_COUNTERS);
const FULL_RAMP = 1000;
const DEFAULT_RISE = 2;
const DEFAULT_FALL = 3;

const zeros = (names: readonly string[]): Row => Object.fromEntries(names.map((name) => [name, 0]));
const SSL_ZEROS = zeros(SSL_FIELD_NAMES);
const MODULE_ZEROS: Row = { '-': '-', ...SSL_ZEROS, ...zeros(MUX_FIELD_NAMES) };
const SERVER_MODULE_ZEROS: Row = { '-': '-', ...SSL_ZEROS };

export class RowReader {
  private readonly plane: Plane;
  /** Addresses, cookies and algorithms are shown (`stats show-legends`). */
  private readonly legends: boolean;
  private readonly nowS = Math.floor(Date.now() / 1000);

  constructor(plane: Plane, legends: boolean) {
    this.plane = plane;
    this.legends = legends;
  }

  private word(at: number): number {
    return Atomics.load(this.plane.words, at);
  }

  private sum(at: number): number {
    return this.plane.shared.sum(at);
  }

  frontend(frontend: Frontend): Row {
    const { config, words } = frontend;
    const count = (name: FrontendCounter): number => this.sum(frontend.counters + FE[name]);
    const rate = this.word(words + FE_CONNECTION_RATE);
    const rateMax = this.word(words + FE_CONNECTION_RATE_MAX);
    return {
      pxname: config.name,
      svname: 'FRONTEND',
      scur: this.word(words + FE_CONNECTIONS),
      smax: this.word(words + FE_CONNECTIONS_MAX),
      slim: frontend.maxconn,
      stot: count('sessions'),
      bin: count('bytesIn'),
      bout: count('bytesOut'),
      dreq: count('deniedRequests'),
      dresp: count('deniedResponses'),
      ereq: count('failedRequests'),
      status: this.plane.stopping ? 'STOP' : 'OPEN',
      pid: 1,
      iid: config.id,
      sid: 0,
      type: TYPE_FRONTEND,
      rate,
      rate_lim: config.rateLimitSessions ?? 0,
      rate_max: rateMax,
      ...(frontend.http
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
      req_rate: this.word(words + FE_REQUEST_RATE),
      req_rate_max: this.word(words + FE_REQUEST_RATE_MAX),
      req_tot: count('requests'),
      comp_in: 0,
      comp_out: 0,
      comp_byp: 0,
      comp_rsp: 0,
      mode: config.mode,
      conn_rate: rate,
      conn_rate_max: rateMax,
      conn_tot: count('connections'),
      dcon: count('deniedConnections'),
      dses: count('deniedSessions'),
      wrew: 0,
      eint: 0,
      ...MODULE_ZEROS,
    };
  }

  /** What servers and backends count alike. */
  private common(counters: number, http: boolean): Record<string, number> {
    const count = (name: BackendCounter): number => this.sum(counters + BE[name]);
    const timed = Math.max(1, count('timedStreams'));
    const mean = (name: BackendCounter): number => Math.round(count(name) / timed);
    const most = (name: BackendCounter): number => this.plane.shared.maximum(counters + BE[name]);
    const row: Record<string, number> = {
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
      wrew: 0,
      eint: 0,
    };
    if (!http) return row;
    const names = ['status1xx', 'status2xx', 'status3xx', 'status4xx', 'status5xx', 'statusOther'] as const;
    let requests = 0;
    for (const name of names) {
      const value = count(name);
      requests += value;
      row[`hrsp_${name.slice('status'.length).toLowerCase()}`] = value;
    }
    row['req_tot'] = requests;
    return row;
  }

  health(server: Server): Health {
    return {
      state: this.word(server.words + SRV_STATE),
      health: this.word(server.words + SRV_HEALTH),
      rise: server.config.check.rise ?? DEFAULT_RISE,
      fall: server.config.check.fall ?? DEFAULT_FALL,
    };
  }

  /** The weight as slow start lets it be now. */
  weight(server: Server): number {
    const weight = this.word(server.words + SRV_WEIGHT);
    const ramp = this.word(server.words + SRV_RAMP);
    return ramp >= FULL_RAMP ? weight : Math.ceil((weight * ramp) / FULL_RAMP);
  }

  server(backend: Backend, server: Server): Row {
    const { words, config } = server;
    const { http } = backend;
    const health = this.health(server);
    const maxconn = this.word(words + SRV_MAXCONN);
    const checked = (health.state & SERVER_CHECKED) !== 0;
    const served = this.word(words + SRV_SERVED);
    const connections = this.word(words + SRV_CONNECTIONS);
    const idle = Math.max(0, connections - served);
    const ramp = this.word(words + SRV_RAMP);
    const counts = this.common(server.counters, http);
    return {
      pxname: backend.name,
      svname: server.name,
      qcur: this.word(words + SRV_QUEUED),
      qmax: this.word(words + SRV_QUEUED_MAX),
      scur: served,
      smax: this.word(words + SRV_SERVED_MAX),
      slim: maxconn > 0 ? maxconn : undefined,
      stot: counts['lbtot'],
      ...counts,
      status: statusText(health),
      weight: this.weight(server),
      act: config.backup ? 0 : 1,
      bck: config.backup ? 1 : 0,
      ...(checked ? this.checks(server, health) : {}),
      lastchg: this.nowS - this.word(words + SRV_LAST_CHANGE_S),
      qlimit: config.maxqueue !== undefined && config.maxqueue > 0 ? config.maxqueue : undefined,
      pid: 1,
      iid: backend.config.id,
      sid: config.id ?? server.position + 1,
      throttle: ramp < FULL_RAMP ? Math.round(ramp / 10) : undefined,
      type: TYPE_SERVER,
      rate: this.word(words + SRV_RATE),
      rate_max: this.word(words + SRV_RATE_MAX),
      lastsess: this.since(words + SRV_LAST_SESSION_S),
      addr: this.legends ? server.address.describe() : undefined,
      cookie: this.legends && http ? config.cookie : undefined,
      mode: backend.config.mode,
      srv_icur: idle,
      src_ilim: config.poolMaxConn !== undefined && config.poolMaxConn >= 0 ? config.poolMaxConn : undefined,
      idle_conn_cur: idle,
      safe_conn_cur: 0,
      used_conn_cur: connections - idle,
      need_conn_est: served,
      uweight: this.word(words + SRV_WEIGHT),
      ...SERVER_MODULE_ZEROS,
    };
  }

  private checks(server: Server, health: Health): Row {
    const { words } = server;
    const code = CHECK_CODES[this.word(words + SRV_CHECK_STATUS) - 1] ?? 'INI';
    const status = this.word(words + SRV_CHECK_CODE);
    const down = (health.state & SERVER_UP) === 0;
    const sinceS = down ? this.nowS - this.word(words + SRV_LAST_CHANGE_S) : 0;
    return {
      chkfail: this.word(words + SRV_FAILED_CHECKS),
      chkdown: this.word(words + SRV_DOWN_TRANSITIONS),
      downtime: this.word(words + SRV_DOWNTIME_S) + sinceS,
      check_status: code,
      check_code: status > 0 ? status : undefined,
      check_duration: code === 'INI' ? undefined : this.word(words + SRV_CHECK_DURATION_MS),
      check_desc: CHECK_TEXTS[code],
      check_rise: health.rise,
      check_fall: health.fall,
      check_health: health.health,
    };
  }

  private since(at: number): number {
    const then = this.word(at);
    return then === 0 ? -1 : this.nowS - then;
  }

  backend(backend: Backend): Row {
    const { words, http, config } = backend;
    const counts = this.common(backend.counters, http);
    const active = this.word(words + BE_ACTIVE_SERVERS);
    const backup = this.word(words + BE_BACKUP_SERVERS);
    const up = active + backup > 0 || serverSlots(config) === 0 || backend.direct !== null;
    const weights = this.weights(backend, active > 0);
    const lastChangeS = this.nowS - this.word(words + BE_LAST_CHANGE_S);
    return {
      pxname: backend.name,
      svname: 'BACKEND',
      qcur: this.word(words + BE_QUEUED),
      qmax: this.word(words + BE_QUEUED_MAX),
      scur: this.word(words + BE_CONNECTIONS),
      smax: this.word(words + BE_CONNECTIONS_MAX),
      slim: this.fullConn(backend),
      stot: this.sum(backend.counters + BE.connections),
      ...counts,
      dreq: this.sum(backend.counters + BE.deniedRequests),
      status: up ? 'UP' : 'DOWN',
      weight: weights.effective,
      act: active,
      bck: backup,
      chkdown: this.word(words + BE_DOWN_TRANSITIONS),
      lastchg: lastChangeS,
      downtime:
        backend.servers.length > 0 ? this.word(words + BE_DOWNTIME_S) + (up ? 0 : lastChangeS) : undefined,
      pid: 1,
      iid: config.id,
      sid: 0,
      type: TYPE_BACKEND,
      rate: this.word(words + BE_RATE),
      rate_max: this.word(words + BE_RATE_MAX),
      comp_in: 0,
      comp_out: 0,
      comp_byp: 0,
      comp_rsp: 0,
      ...(http ? { cache_lookups: 0, cache_hits: 0 } : {}),
      lastsess: this.since(words + BE_LAST_SESSION_S),
      cookie: this.legends && http ? cookieFacet.read(config)?.name : undefined,
      mode: config.mode,
      algo: this.legends ? (config.balance?.algorithm ?? 'roundrobin') : undefined,
      uweight: weights.configured,
      agg_server_status: 0,
      agg_server_check_status: 0,
      agg_check_status: 0,
      ...MODULE_ZEROS,
    };
  }

  /** Weights of the servers that take traffic: the active ones, or the backups when there is none. */
  private weights(backend: Backend, active: boolean): { effective: number; configured: number } {
    let effective = 0;
    let configured = 0;
    for (const server of backend.servers) {
      if (server.config.backup === active) continue;
      const state = this.word(server.words + SRV_STATE);
      const out = SERVER_MAINT | SERVER_DRAIN | SERVER_NO_ADDRESS;
      if ((state & SERVER_UP) === 0 || (state & out) !== 0) continue;
      effective += this.weight(server);
      configured += this.word(server.words + SRV_WEIGHT);
    }
    return { effective, configured };
  }

  /** `fullconn`, or a tenth of what the frontends in front of it may hold. */
  private fullConn(backend: Backend): number {
    if (backend.config.fullconn !== undefined) return backend.config.fullconn;
    let total = 0;
    for (const frontend of this.plane.frontends)
      if (frontend?.defaultBackend === backend) total += frontend.maxconn;
    return Math.max(1, Math.floor(total / 10));
  }
}
