/**
 * The memory that all threads share: gauges that must be exact over threads, server states, and counters.
 * Owns the layout; whoever reads or writes goes through the named offsets below. Gauges are 32-bit and touched with
 * Atomics only. Counters are doubles in one lane per thread: a thread writes its own lane without atomics, readers add
 * the lanes up (an aligned 8-byte store does not tear on the machines that Sluice runs on).
 * Lane 0 belongs to the control plane, lane N to data thread N.
 */
import { ServerTexts } from './server-texts.ts';

/** Process-wide gauges. */
export const PROCESS_CONNECTIONS = 0;
/** 0 running, 1 stopping softly. */
export const PROCESS_STOPPING = 1;
/** Pipes that splicing holds over all threads. */
export const PROCESS_PIPES = 2;
/** Threads that stopped accepting because a limit was reached: who closes a connection wakes them. */
export const PROCESS_PAUSED = 3;
/** Streams begun since the start, over all threads. */
export const PROCESS_STREAMS = 4;
/** When the current second of all rates began: the lower 32 bits of the time in milliseconds. */
export const PROCESS_RATES_SINCE = 5;
/** Connections to servers, idle ones included. */
export const PROCESS_SERVER_CONNECTIONS = 6;
/** Message counters of sampled log targets; should there be more targets than counters, some share one. */
export const PROCESS_LOG_SAMPLES = 16;
export const LOG_SAMPLE_COUNTERS = 16;
const PROCESS_WORDS = 32;

/** Gauges of a proxy. */
export const FE_CONNECTIONS = 0;
/** Streams that a backend handles, from choosing it to the end. */
export const BE_CONNECTIONS = 1;
/** Requests that wait for any server of the backend. */
export const BE_QUEUED = 2;
/** Streams that hold a slot of one of the backend's servers. */
export const BE_SERVED = 3;
/** Highest FE_CONNECTIONS and BE_CONNECTIONS ever. */
export const FE_CONNECTIONS_MAX = 4;
export const BE_CONNECTIONS_MAX = 5;
/** Counts up whenever a server's state or weight changed; balancers rebuild when it moved. */
export const BE_GENERATION = 6;
/** Spin lock of the backend's balancer and queue. */
export const BE_LOCK = 7;
/** Position or other shared word of the balancer. */
export const BE_POSITION = 8;
/** Generation for which the balancer's shared tables were built. */
export const BE_BUILT = 9;
/** Servers that can take traffic, weighted or not: active ones and backups. */
export const BE_ACTIVE_SERVERS = 10;
export const BE_BACKUP_SERVERS = 11;
/** Next stream identifier, last change and the like. */
export const BE_LAST_CHANGE_S = 12;
/** Load at which servers with a minconn reach their maxconn. */
export const BE_FULLCONN = 13;
export const BE_QUEUED_MAX = 19;
/** Times that the last server was lost, and the seconds without any, up to the last change. */
export const BE_DOWN_TRANSITIONS = 20;
export const BE_DOWNTIME_S = 21;
/** When a stream was last given a server, in seconds since 1970; 0: never. */
export const BE_LAST_SESSION_S = 22;
/** Rates, RATE_WORDS each (see below): connections, sessions and requests of a frontend, streams of a backend. */
export const FE_CONNECTION_RATE = 24;
export const FE_SESSION_RATE = 27;
export const FE_REQUEST_RATE = 30;
export const BE_RATE = 33;
/** `rate-limit sessions`: when the current second began, sessions in it and in the one before, and their lock. */
export const FE_RATE_LIMIT_SINCE = 36;
export const FE_RATE_LIMIT_COUNT = 37;
export const FE_RATE_LIMIT_PREVIOUS = 38;
export const FE_RATE_LIMIT_LOCK = 39;
const PROXY_WORDS = 40;

/**
 * A rate: what its counter had counted (its lower 32 bits) when the current second began, what was counted in the second
 * before, and the most that ever was in one. The main thread alone writes.
 */
export const RATE_BASE = 0;
export const RATE_PREVIOUS = 1;
export const RATE_MAX = 2;

/** Words of a server. */
/** Bit set of SERVER_STATE_… below. */
export const SRV_STATE = 0;
/** Effective weight as configured or set (0–256). */
export const SRV_WEIGHT = 1;
/** Streams that hold a slot. */
export const SRV_SERVED = 2;
/** Connections, idle ones included. */
export const SRV_CONNECTIONS = 3;
export const SRV_IDLE = 4;
export const SRV_QUEUED = 5;
/** Check counter: 0…rise+fall-1, as the statistics show it. */
export const SRV_HEALTH = 6;
export const SRV_SERVED_MAX = 7;
/** What the weight counts for in balancing, in units (server-weight.ts): less than the whole of it during a slow start. */
export const SRV_WEIGHT_UNITS = 8;
export const SRV_LAST_CHANGE_S = 9;
export const SRV_MAXCONN = 10;
export const SRV_QUEUED_MAX = 11;
/** What the last check found: number of its status from 1 (the order is the checks' own), 0: none yet. */
export const SRV_CHECK_STATUS = 12;
/** Status code that a layer 7 check got, or 0. */
export const SRV_CHECK_CODE = 13;
export const SRV_CHECK_DURATION_MS = 14;
/** Checks that failed while the server was up, and times that it went down. */
export const SRV_FAILED_CHECKS = 15;
export const SRV_DOWN_TRANSITIONS = 16;
/** Seconds of being down, up to the last change. */
export const SRV_DOWNTIME_S = 17;
/** Where a dynamic limit begins; 0: the limit is SRV_MAXCONN at any load (server-slots.ts). */
export const SRV_MINCONN = 18;
/** Slots without a connection: their streams have just left the queue, or wait for another attempt. */
export const SRV_PENDING = 19;
export const SRV_LAST_SESSION_S = 20;
/** The administrative state: bits of ADMIN_… below. */
export const SRV_ADMIN = 21;
/** Percent of its connection limit that a slow start withholds now. */
export const SRV_WITHHELD_PERCENT = 22;
/** Errors in a row that `observe` has seen; below 0 while the main thread has not decided about the last ones. */
export const SRV_ERRORS_IN_A_ROW = 23;
/** A rate. */
export const SRV_RATE = 24;
/** What the agent's last check found, as SRV_CHECK_STATUS …; the code is one too high, 0: none. */
export const SRV_AGENT_STATUS = 27;
export const SRV_AGENT_CODE = 28;
export const SRV_AGENT_DURATION_MS = 29;
export const SRV_AGENT_HEALTH = 30;
/** Failures that `observe` has seen in the traffic. */
export const SRV_OBSERVED_FAILURES = 31;
const SERVER_WORDS = 32;

/** Words of a listener: its connections over all threads, and the most of them (with `option socket-stats` only). */
export const LI_CONNECTIONS = 0;
export const LI_CONNECTIONS_MAX = 1;
const LISTENER_WORDS = 2;

/** Bits of SRV_STATE, which follow from the operational and the administrative state. Set: not down. */
export const SERVER_UP = 1;
/** In maintenance, by its own or its tracked server's. */
export const SERVER_MAINT = 2;
/** Drained, by its own or its tracked server's; not told of one in maintenance. */
export const SERVER_DRAIN = 4;
/** No address yet, or resolution failed. */
export const SERVER_NO_ADDRESS = 8;
/** Checks are on (for the statistics: otherwise "no check"). */
export const SERVER_CHECKED = 16;
/** Going up or down: between rise and fall. */
export const SERVER_WARMING = 32;
/** Up, but kept out of balancing by its checks (`http-check disable-on-404`): persistent sessions still come. */
export const SERVER_STOPPING = 64;
/** Up, and in its slow start. */
export const SERVER_STARTING = 128;
/** Follows the state of another server (`track`). */
export const SERVER_TRACKING = 256;
/** Any of these keeps a server that is up from getting balanced traffic. */
export const SERVER_OUT_OF_USE = SERVER_MAINT | SERVER_DRAIN | SERVER_NO_ADDRESS | SERVER_STOPPING;

/** Bits of SRV_ADMIN, with the values of `show servers state`. In maintenance by an order … */
export const ADMIN_FORCED_MAINT = 1;
/** … because the tracked server is … */
export const ADMIN_INHERITED_MAINT = 2;
/** … said by the configuration: stays set, and alone has no effect. */
export const ADMIN_CONFIG_MAINT = 4;
export const ADMIN_FORCED_DRAIN = 8;
export const ADMIN_INHERITED_DRAIN = 16;
/** In maintenance because its name has no address. */
export const ADMIN_RESOLUTION_MAINT = 32;
/** Its name was set at run time. */
export const ADMIN_NAME_SET = 64;
export const ADMIN_MAINT = ADMIN_FORCED_MAINT | ADMIN_INHERITED_MAINT | ADMIN_RESOLUTION_MAINT;
export const ADMIN_DRAIN = ADMIN_FORCED_DRAIN | ADMIN_INHERITED_DRAIN;

export interface SharedSizes {
  readonly threads: number;
  readonly proxies: number;
  readonly servers: number;
  readonly listeners: number;
}

/** Plain data for a worker's start. */
export interface SharedBuffers {
  readonly sizes: SharedSizes;
  readonly words: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly texts: SharedArrayBuffer;
}

/** Counters of one lane, by owner. */
export const PROCESS_COUNTERS = ['connections', 'requests', 'bytesIn', 'bytesOut', 'droppedLogs'] as const;
export const FRONTEND_COUNTERS = [
  'connections',
  'sessions',
  'requests',
  'bytesIn',
  'bytesOut',
  'deniedRequests',
  'deniedResponses',
  'failedRequests',
  'status1xx',
  'status2xx',
  'status3xx',
  'status4xx',
  'status5xx',
  'statusOther',
  'deniedConnections',
  'deniedSessions',
  'interceptedRequests',
  'failedRewrites',
  'internalErrors',
  // HTTP/1 streams begun and ended; then bytes as they are on the wire, in this order (proxy/wire-count.ts).
  'streams',
  'endedStreams',
  'wireBytesIn',
  'wireBytesOut',
  'splicedBytesIn',
  'splicedBytesOut',
] as const;
export const BACKEND_COUNTERS = [
  'connections',
  'sessions',
  'requests',
  'bytesIn',
  'bytesOut',
  'deniedRequests',
  'deniedResponses',
  'failedConnections',
  'failedResponses',
  'retries',
  'redispatches',
  'clientAborts',
  'serverAborts',
  'status1xx',
  'status2xx',
  'status3xx',
  'status4xx',
  'status5xx',
  'statusOther',
  'selected',
  'reused',
  'connectAttempts',
  'queueTimeMs',
  'connectTimeMs',
  'responseTimeMs',
  'totalTimeMs',
  'timedStreams',
  'queueTimeMaxMs',
  'connectTimeMaxMs',
  'responseTimeMaxMs',
  'totalTimeMaxMs',
  'failedRewrites',
  'internalErrors',
  // Idle connections now, which the lanes add up to: those that were never used again, and the others.
  'idleUnsafe',
  'idleSafe',
  // The most connections that a thread needed at once lately.
  'neededConnections',
  // As above.
  'wireBytesIn',
  'wireBytesOut',
  'splicedBytesIn',
  'splicedBytesOut',
] as const;
export const LISTENER_COUNTERS = [
  'connections',
  'bytesIn',
  'bytesOut',
  'deniedRequests',
  'deniedResponses',
  'failedRequests',
  'deniedConnections',
  'deniedSessions',
  'internalErrors',
] as const;

export type FrontendCounter = (typeof FRONTEND_COUNTERS)[number];
/** Servers count what backends count. */
export type BackendCounter = (typeof BACKEND_COUNTERS)[number];
export type ListenerCounter = (typeof LISTENER_COUNTERS)[number];

/** Name → offset within its owner's block, for the hot path to read once at link time. */
export function counterOffsets<T extends string>(names: readonly T[]): Record<T, number> {
  // Not filled name by name: V8 would make a hash table of it, and each use a search in the place of a constant.
  return Object.fromEntries(names.map((name, index) => [name, index])) as Record<T, number>;
}

export class SharedState {
  readonly sizes: SharedSizes;
  readonly buffers: SharedBuffers;
  readonly words: Int32Array;
  readonly counters: Float64Array;
  readonly texts: ServerTexts;
  /** Doubles in one lane. */
  readonly laneLength: number;

  private constructor(buffers: SharedBuffers) {
    this.buffers = buffers;
    this.sizes = buffers.sizes;
    this.words = new Int32Array(buffers.words);
    this.counters = new Float64Array(buffers.counters);
    this.texts = new ServerTexts(buffers.texts);
    this.laneLength = laneLength(buffers.sizes);
  }

  static create(sizes: SharedSizes): SharedState {
    const wordCount =
      PROCESS_WORDS +
      sizes.proxies * PROXY_WORDS +
      sizes.servers * SERVER_WORDS +
      sizes.listeners * LISTENER_WORDS;
    return new SharedState({
      sizes,
      words: new SharedArrayBuffer(wordCount * 4),
      counters: new SharedArrayBuffer(laneLength(sizes) * (sizes.threads + 1) * 8),
      texts: ServerTexts.memory(sizes.servers),
    });
  }

  static attach(buffers: SharedBuffers): SharedState {
    return new SharedState(buffers);
  }

  /** Index of a proxy's first word in `words`. */
  proxyWords(proxy: number): number {
    return PROCESS_WORDS + proxy * PROXY_WORDS;
  }
  serverWords(server: number): number {
    return PROCESS_WORDS + this.sizes.proxies * PROXY_WORDS + server * SERVER_WORDS;
  }

  listenerWords(listener: number): number {
    return this.serverWords(this.sizes.servers) + listener * LISTENER_WORDS;
  }

  /** Offset within a lane of an owner's block. */
  frontendCounters(proxy: number): number {
    return PROCESS_COUNTERS.length + proxy * (FRONTEND_COUNTERS.length + BACKEND_COUNTERS.length);
  }
  backendCounters(proxy: number): number {
    return this.frontendCounters(proxy) + FRONTEND_COUNTERS.length;
  }
  serverCounters(server: number): number {
    return this.frontendCounters(this.sizes.proxies) + server * BACKEND_COUNTERS.length;
  }
  listenerCounters(listener: number): number {
    return this.serverCounters(this.sizes.servers) + listener * LISTENER_COUNTERS.length;
  }

  lane(thread: number): Float64Array {
    return this.counters.subarray(thread * this.laneLength, (thread + 1) * this.laneLength);
  }

  /** Sum over all lanes of the counter at a lane offset. */
  sum(offset: number): number {
    let total = 0;
    for (let lane = 0; lane <= this.sizes.threads; lane++)
      total += this.counters[lane * this.laneLength + offset] ?? 0;
    return total;
  }

  /** Largest value over all lanes, for the "maximum" counters. */
  maximum(offset: number): number {
    let most = 0;
    for (let lane = 0; lane <= this.sizes.threads; lane++) {
      most = Math.max(most, this.counters[lane * this.laneLength + offset] ?? 0);
    }
    return most;
  }
}

function laneLength(sizes: SharedSizes): number {
  return (
    PROCESS_COUNTERS.length +
    sizes.proxies * (FRONTEND_COUNTERS.length + BACKEND_COUNTERS.length) +
    sizes.servers * BACKEND_COUNTERS.length +
    sizes.listeners * LISTENER_COUNTERS.length
  );
}

/** Adds to a gauge and keeps its highest value. Returns the new value. */
export function raiseGauge(words: Int32Array, gauge: number, highest: number): number {
  const value = Atomics.add(words, gauge, 1) + 1;
  raiseHighest(words, highest, value);
  return value;
}

/** Keeps the highest value ever, whoever else does so at the same time. */
export function raiseHighest(words: Int32Array, highest: number, value: number): void {
  for (let most = words[highest] as number; value > most; ) {
    const found = Atomics.compareExchange(words, highest, most, value);
    if (found === most) return;
    most = found;
  }
}
