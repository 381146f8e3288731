/**
 * The typed configuration: plain data, the result of stage three. It can be cloned to the data threads, printed,
 * explained and edited; nothing behind it reads configuration text. Times are milliseconds, sizes are bytes;
 * `undefined` means that the configuration is silent (the reader of the field knows the default).
 * Features keep what only they understand in facets (facet.ts).
 */
import type { Address } from './address.ts';
import type { Origin } from './words.ts';

export interface Configuration {
  readonly global: GlobalConfig;
  /** Frontends, backends and listens in the order of the files. */
  readonly proxies: ProxyConfig[];
  /** Named and anonymous defaults sections, kept for explanation and `from`. */
  readonly defaults: ProxyConfig[];
  /** Data of whole sections that features own (`http-errors`, `userlist` …). */
  readonly facets: Map<string, unknown>;
}

export interface GlobalConfig {
  facets: Map<string, unknown>;
  daemon: boolean;
  quiet: boolean;
  zeroWarning: boolean;
  pidfile: string | undefined;
  chroot: string | undefined;
  uid: number | undefined;
  gid: number | undefined;
  /** Names as written, resolved to uid and gid when read; kept for messages. */
  user: string | undefined;
  group: string | undefined;
  node: string | undefined;
  description: string | undefined;
  maxconn: number | undefined;
  ulimitN: number | undefined;
  fdHardLimit: number | undefined;
  nbthread: number | undefined;
  hardStopAfterMs: number | undefined;
  graceMs: number | undefined;
  /** Infinite: a soft stop closes no connection. */
  closeSpreadTimeMs: number | undefined;
  setDumpable: boolean;
  strictLimits: boolean;
  splice: boolean;
  reusePort: boolean;
  getaddrinfo: boolean;
  /** `default-path`, `localpeer`, `unix-bind` … whatever only one reader needs lies in facets. */
  logTargets: LogTarget[];
  logTag: string | undefined;
  /** The name to send; empty for that of the machine; undefined: none is sent. */
  logSendHostname: string | undefined;
  tune: TuneConfig;
}

export interface TuneConfig {
  bufsize: number;
  maxrewrite: number;
  httpMaxHeaders: number;
  httpLogUriLength: number;
  httpCookieLength: number;
  maxAccept: number | undefined;
  maxPollEvents: number | undefined;
  rcvbufClient: number | undefined;
  rcvbufServer: number | undefined;
  sndbufClient: number | undefined;
  sndbufServer: number | undefined;
  pipeSize: number | undefined;
  maxPipes: number | undefined;
  idleTimerMs: number;
  poolLowFdRatio: number;
  poolHighFdRatio: number;
  idlePoolShared: boolean;
  runQueueDepth: number | undefined;
}

export type ProxyKind = 'defaults' | 'frontend' | 'backend' | 'listen';
export type ProxyMode = 'tcp' | 'http';
/** How server connections may be shared between client connections (`http-reuse`). */
export type HttpReuse = 'never' | 'safe' | 'aggressive' | 'always';
/** What the last of the connection mode options said; keep-alive where none was written. */
export type HttpConnectionMode = 'keep-alive' | 'server-close' | 'close' | 'tunnel';
export type SpliceMode = { request: boolean; response: boolean; auto: boolean };

export interface ProxyConfig {
  readonly kind: ProxyKind;
  name: string;
  readonly origin: Origin;
  /** Unique over proxies: `id`, or numbered from 1 in the order of the files. */
  id: number | undefined;
  description: string | undefined;
  disabled: boolean;
  mode: ProxyMode;
  facets: Map<string, unknown>;

  binds: BindConfig[];
  servers: ServerConfig[];
  defaultServer: ServerConfig;
  defaultBackend: { name: string; origin: Origin } | undefined;
  dispatch: Address | undefined;
  balance: BalanceConfig | undefined;

  maxconn: number | undefined;
  backlog: number | undefined;
  fullconn: number | undefined;
  graceMs: number | undefined;
  rateLimitSessions: number | undefined;
  retries: number | undefined;
  /** Undefined: not redispatched; otherwise the interval of `option redispatch [n]` (-1 by default). */
  redispatch: number | undefined;
  retryOn: string[] | undefined;
  timeouts: Timeouts;
  source: SourceConfig | undefined;

  /** On-off options of the proxy by name without `option`, as `http-no-delay` or `tcp-smart-accept`: present and true, present and false, or silent. */
  options: Map<string, boolean>;
  httpConnectionMode: HttpConnectionMode | undefined;
  httpReuse: HttpReuse | undefined;
  splice: SpliceMode;
  forwardFor: HeaderInsertConfig | undefined;
  originalTo: HeaderInsertConfig | undefined;
  keepalive: { client: KeepaliveConfig; server: KeepaliveConfig };
  maxKeepAliveQueue: number | undefined;
  /** Of a frontend: server connections that one client's connection keeps for itself (`max-session-srv-conns`). */
  maxSessionConnections: number | undefined;

  log: ProxyLogConfig;
  errorReplies: Map<number, ErrorReply>;
  monitorUri: string | undefined;
}

export interface Timeouts {
  client: number | undefined;
  clientFin: number | undefined;
  server: number | undefined;
  serverFin: number | undefined;
  connect: number | undefined;
  httpRequest: number | undefined;
  httpKeepAlive: number | undefined;
  queue: number | undefined;
  tunnel: number | undefined;
  tarpit: number | undefined;
  check: number | undefined;
}

/** `option forwardfor` and `option originalto`. */
export interface HeaderInsertConfig {
  header: string;
  except: { address: string; prefix: number } | undefined;
  ifNone: boolean;
}

/** `clitcpka-*` and `srvtcpka-*`; whether it is on at all is an option. */
export interface KeepaliveConfig {
  count: number | undefined;
  idleMs: number | undefined;
  intervalMs: number | undefined;
}

export interface BalanceConfig {
  readonly algorithm: string;
  /** What the algorithm's own record made of its arguments: plain data that it alone understands. */
  readonly settings: unknown;
  readonly origin: Origin;
}

/** `source` of a server or a backend. */
export interface SourceConfig {
  address: Address | undefined;
  /** Where the ports were written as a range, its last one; otherwise the address's own port. */
  lastPort: number;
  interface: string | undefined;
  usesrc:
    | { kind: 'address'; address: Address }
    | { kind: 'client' }
    | { kind: 'clientip' }
    | { kind: 'header'; header: string; occurrence: number }
    | undefined;
}

export interface BindConfig {
  readonly origin: Origin;
  /** One bind line may name many addresses and port ranges: each becomes a listener of its own. */
  readonly addresses: Address[];
  /** `id` of the listener of each address: explicit or, once the configuration was checked, automatic. */
  listenerIds: number[];
  /** The address as written, for messages. */
  readonly text: string;
  facets: Map<string, unknown>;
  name: string | undefined;
  id: number | undefined;
  maxconn: number | undefined;
  backlog: number | undefined;
  nice: number | undefined;
  acceptProxy: boolean;
  acceptNetscalerCip: number | undefined;
  deferAccept: boolean;
  tfo: boolean;
  interface: string | undefined;
  mss: number | undefined;
  transparent: boolean;
  v4v6: boolean | undefined;
  tcpUserTimeoutMs: number | undefined;
  namespace: string | undefined;
  /** Thread numbers from 1 that may accept; undefined: all. */
  threads: { from: number; to: number }[] | undefined;
  shards: number | 'by-thread' | undefined;
  unixMode: number | undefined;
  unixUid: number | undefined;
  unixGid: number | undefined;
  /** `level`, `severity-output`, `expose-fd listeners`: options of `stats socket`. */
  level: 'user' | 'operator' | 'admin' | undefined;
}

export interface ServerConfig {
  readonly origin: Origin;
  name: string;
  facets: Map<string, unknown>;
  id: number | undefined;
  /** Port 0: none written; see `portOffset`. */
  address: Address;
  /** The host as written, for resolution and messages. */
  hostname: string | undefined;
  /** `:+N` or `:-N`: added to the client's destination port; also 0 where no port was written ("keep the client's"). */
  portOffset: number | undefined;
  weight: number | undefined;
  backup: boolean;
  disabled: boolean;
  maxconn: number | undefined;
  minconn: number | undefined;
  maxqueue: number | undefined;
  redir: string | undefined;
  cookie: string | undefined;
  source: SourceConfig | undefined;
  sendProxy: SendProxyConfig | undefined;
  initAddr: string[] | undefined;
  namespace: string | undefined;
  tfo: boolean;
  tcpUserTimeoutMs: number | undefined;
  socks4: Address | undefined;
  poolMaxConn: number | undefined;
  poolLowConn: number | undefined;
  poolPurgeDelayMs: number | undefined;
  maxReuse: number | undefined;
  check: CheckConfig;
  agent: AgentConfig;
  /** `[<proxy>/]<server>` as written: its state is this server's too. */
  track: string | undefined;
  observe: 'none' | 'layer4' | 'layer7';
  errorLimit: number | undefined;
  onError: OnError | undefined;
  shutdownOnMarkedDown: boolean;
  shutdownBackupsOnMarkedUp: boolean;
  /** In whole seconds, as HAProxy counts it; 0: none. */
  slowstartS: number;
}

/** What so many errors in a row, seen by `observe`, are taken for. */
export type OnError = 'fastinter' | 'fail-check' | 'sudden-death' | 'mark-down';

export interface SendProxyConfig {
  version: 1 | 2;
  /** `proxy-v2-options` and the forms `send-proxy-v2-ssl`, `-ssl-cn`. */
  options: string[];
}

/** The health check of a server, as far as every kind of check needs it. */
export interface CheckConfig {
  enabled: boolean;
  interMs: number | undefined;
  fastInterMs: number | undefined;
  downInterMs: number | undefined;
  rise: number | undefined;
  fall: number | undefined;
  address: Address | undefined;
  port: number | undefined;
  sendProxy: boolean;
  viaSocks4: boolean;
}

/** The auxiliary check, which asks an agent on the server. */
export interface AgentConfig {
  enabled: boolean;
  interMs: number | undefined;
  /** Where the agent is, when not where the server is. A name is looked up when it is connected to. */
  host: string | undefined;
  port: number | undefined;
  /** Sent once connected, as it stands. */
  send: string | undefined;
}

export type LogFormat = 'local' | 'rfc3164' | 'rfc5424' | 'priority' | 'short' | 'timed' | 'iso' | 'raw';

export interface LogTarget {
  readonly origin: Origin;
  readonly address: Address;
  /** How messages travel to an address of the network; a descriptor is written to. */
  readonly transport: 'datagram' | 'stream';
  readonly maxLengthBytes: number;
  readonly format: LogFormat;
  /** No format was written: it is `local`, or `rfc3164` where `log-send-hostname` is set. */
  readonly formatIsDefault?: true;
  /** `sample 1,3-5:10`: which messages out of how many. */
  readonly sample: { ranges: { from: number; to: number }[]; size: number } | undefined;
  readonly facility: number;
  /** Least severe level that is sent, 0 (emerg) to 7 (debug). */
  readonly level: number;
  /** Most severe level at which messages are sent: higher severities are lowered to it. */
  readonly minLevel: number;
}

export interface ProxyLogConfig {
  /** `log global` written. */
  global: boolean;
  targets: LogTarget[];
  /** The effective format for the frontend's lines: a preset, or the text of `log-format`. */
  format:
    | { preset: 'default' | 'tcplog' | 'httplog' | 'clf' | 'httpslog'; origin: Origin }
    | { text: string; origin: Origin }
    | undefined;
  errorFormat: { text: string; origin: Origin } | undefined;
  sdFormat: { text: string; origin: Origin } | undefined;
  tag: string | undefined;
}

/** What `errorfile`, `errorloc*` and `errorfiles` put in the place of the built-in reply. */
export type ErrorReply =
  /** The whole file, latin1: sent as it is. */
  | { readonly kind: 'raw'; readonly content: string; readonly origin: Origin }
  | {
      readonly kind: 'redirect';
      readonly status: 302 | 303;
      readonly location: string;
      readonly origin: Origin;
    };
