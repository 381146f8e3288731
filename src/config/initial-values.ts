/**
 * The typed configuration before anything was read, and what a proxy takes over from its defaults section.
 * Values written here are HAProxy's built-in ones; where a field is `undefined` the reader of the field knows them.
 */
import { inheritFacets } from './facet.ts';
import type { BindConfig, CheckConfig, Configuration, ProxyConfig, ServerConfig, Timeouts } from './model.ts';
import { hasBackend, hasFrontend } from './proxy-kind.ts';
import type { Origin } from './words.ts';

/** `tune.maxpollevents` where the configuration is silent. */
export const DEFAULT_POLL_EVENTS = 200;

export function newConfiguration(): Configuration {
  return {
    global: {
      facets: new Map(),
      daemon: false,
      quiet: false,
      zeroWarning: false,
      pidfile: undefined,
      chroot: undefined,
      uid: undefined,
      gid: undefined,
      user: undefined,
      group: undefined,
      node: undefined,
      description: undefined,
      maxconn: undefined,
      ulimitN: undefined,
      fdHardLimit: undefined,
      nbthread: undefined,
      hardStopAfterMs: undefined,
      graceMs: undefined,
      closeSpreadTimeMs: undefined,
      setDumpable: false,
      strictLimits: true,
      splice: true,
      reusePort: true,
      getaddrinfo: true,
      logTargets: [],
      logTag: undefined,
      logSendHostname: undefined,
      tune: {
        bufsize: 16384,
        maxrewrite: 1024,
        httpMaxHeaders: 101,
        httpLogUriLength: 1023,
        httpCookieLength: 63,
        maxAccept: undefined,
        maxPollEvents: undefined,
        rcvbufClient: undefined,
        rcvbufServer: undefined,
        sndbufClient: undefined,
        sndbufServer: undefined,
        pipeSize: undefined,
        maxPipes: undefined,
        idleTimerMs: 1000,
        poolLowFdRatio: 20,
        poolHighFdRatio: 25,
        idlePoolShared: true,
        runQueueDepth: undefined,
      },
    },
    proxies: [],
    defaults: [],
    facets: new Map(),
  };
}

const noTimeouts: Timeouts = {
  client: undefined,
  clientFin: undefined,
  server: undefined,
  serverFin: undefined,
  connect: undefined,
  httpRequest: undefined,
  httpKeepAlive: undefined,
  queue: undefined,
  tunnel: undefined,
  tarpit: undefined,
  check: undefined,
};

export function newProxy(kind: ProxyConfig['kind'], name: string, origin: Origin): ProxyConfig {
  return {
    kind,
    name,
    origin,
    id: undefined,
    description: undefined,
    disabled: false,
    mode: 'tcp',
    facets: new Map(),
    binds: [],
    servers: [],
    defaultServer: newServer('default-server', origin),
    defaultBackend: undefined,
    dispatch: undefined,
    balance: undefined,
    maxconn: undefined,
    backlog: undefined,
    fullconn: undefined,
    graceMs: undefined,
    rateLimitSessions: undefined,
    retries: undefined,
    redispatch: undefined,
    retryOn: undefined,
    timeouts: { ...noTimeouts },
    source: undefined,
    options: new Map(),
    httpConnectionMode: undefined,
    httpReuse: undefined,
    splice: { request: false, response: false, auto: false },
    forwardFor: undefined,
    originalTo: undefined,
    keepalive: {
      client: { count: undefined, idleMs: undefined, intervalMs: undefined },
      server: { count: undefined, idleMs: undefined, intervalMs: undefined },
    },
    maxKeepAliveQueue: undefined,
    maxSessionConnections: undefined,
    log: {
      global: false,
      targets: [],
      format: undefined,
      errorFormat: undefined,
      sdFormat: undefined,
      tag: undefined,
    },
    errorReplies: new Map(),
    monitorUri: undefined,
  };
}

const parents = new WeakMap<ProxyConfig, ProxyConfig>();

/** The defaults section that a proxy started with; known while the configuration is read. */
export function inheritedFrom(proxy: ProxyConfig): ProxyConfig | undefined {
  return parents.get(proxy);
}

/** A proxy (or a further defaults section) that starts with all that `defaults` says of its kind. */
export function inheritProxy(
  kind: ProxyConfig['kind'],
  name: string,
  origin: Origin,
  defaults: ProxyConfig,
): ProxyConfig {
  const proxy = newProxy(kind, name, origin);
  parents.set(proxy, defaults);
  const copy = structuredClone({ ...defaults, facets: undefined });
  proxy.facets = inheritFacets(defaults);
  proxy.disabled = copy.disabled;
  proxy.mode = copy.mode;
  proxy.timeouts = copy.timeouts;
  proxy.options = copy.options;
  proxy.httpConnectionMode = copy.httpConnectionMode;
  proxy.splice = copy.splice;
  proxy.forwardFor = copy.forwardFor;
  proxy.originalTo = copy.originalTo;
  proxy.keepalive = copy.keepalive;
  proxy.errorReplies = copy.errorReplies;
  proxy.log = copy.log;
  proxy.graceMs = copy.graceMs;
  if (hasFrontend(proxy)) {
    proxy.maxconn = copy.maxconn;
    proxy.backlog = copy.backlog;
    proxy.rateLimitSessions = copy.rateLimitSessions;
    proxy.defaultBackend = copy.defaultBackend;
    proxy.monitorUri = copy.monitorUri;
    proxy.maxSessionConnections = copy.maxSessionConnections;
  }
  if (hasBackend(proxy)) {
    proxy.balance = copy.balance;
    proxy.fullconn = copy.fullconn;
    proxy.retries = copy.retries;
    proxy.redispatch = copy.redispatch;
    proxy.retryOn = copy.retryOn;
    proxy.source = copy.source;
    proxy.httpReuse = copy.httpReuse;
    proxy.maxKeepAliveQueue = copy.maxKeepAliveQueue;
    proxy.defaultServer = {
      ...copy.defaultServer,
      origin,
      facets: inheritFacets(defaults.defaultServer),
    };
  }
  return proxy;
}

export function newBind(text: string, origin: Origin): BindConfig {
  return {
    origin,
    addresses: [],
    listenerIds: [],
    text,
    facets: new Map(),
    name: undefined,
    id: undefined,
    maxconn: undefined,
    backlog: undefined,
    nice: undefined,
    acceptProxy: false,
    acceptNetscalerCip: undefined,
    deferAccept: false,
    tfo: false,
    interface: undefined,
    mss: undefined,
    transparent: false,
    v4v6: undefined,
    tcpUserTimeoutMs: undefined,
    namespace: undefined,
    threads: undefined,
    shards: undefined,
    unixMode: undefined,
    unixUid: undefined,
    unixGid: undefined,
    level: undefined,
  };
}

function newCheck(): CheckConfig {
  return {
    enabled: false,
    interMs: undefined,
    fastInterMs: undefined,
    downInterMs: undefined,
    rise: undefined,
    fall: undefined,
    address: undefined,
    port: undefined,
    sendProxy: false,
    viaSocks4: false,
  };
}

export function newServer(name: string, origin: Origin): ServerConfig {
  return {
    origin,
    name,
    facets: new Map(),
    id: undefined,
    address: { family: 'inet', host: '0.0.0.0', port: 0 },
    hostname: undefined,
    portOffset: undefined,
    weight: undefined,
    backup: false,
    disabled: false,
    maxconn: undefined,
    minconn: undefined,
    maxqueue: undefined,
    redir: undefined,
    cookie: undefined,
    source: undefined,
    sendProxy: undefined,
    initAddr: undefined,
    namespace: undefined,
    tfo: false,
    tcpUserTimeoutMs: undefined,
    socks4: undefined,
    poolMaxConn: undefined,
    poolLowConn: undefined,
    poolPurgeDelayMs: undefined,
    maxReuse: undefined,
    check: newCheck(),
    agent: { enabled: false, interMs: undefined, host: undefined, port: undefined, send: undefined },
    track: undefined,
    observe: 'none',
    errorLimit: undefined,
    onError: undefined,
    shutdownOnMarkedDown: false,
    shutdownBackupsOnMarkedUp: false,
    slowstartS: 0,
  };
}

/** A server that starts with what the proxy's `default-server` lines said so far. */
export function inheritServer(name: string, origin: Origin, defaults: ServerConfig): ServerConfig {
  const copy = structuredClone({ ...defaults, facets: undefined });
  return { ...copy, name, origin, facets: inheritFacets(defaults) };
}
