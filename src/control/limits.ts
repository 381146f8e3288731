/**
 * How many connections and file descriptors the process may have: the automatic maxconn, the descriptor limit that it
 * needs, and the refusals where the system does not grant it. The figures are HAProxy's, so that a configuration gets
 * the same limits; what the JavaScript runtime itself keeps open is asked for on top, without a word.
 * Specification: configuration manual 3.1 (`maxconn`, `ulimit-n`, `fd-hard-limit`, `strict-limits`), 3.2
 * (`tune.pool-low-fd-ratio`, `tune.pool-high-fd-ratio`), management manual 5;
 * the number of descriptors that HAProxy 2.6 reserves was read off its messages.
 */
import type { Configuration } from '../config/model.ts';
import { RLIMIT_NOFILE } from '../os/constants.ts';
import { type ResourceLimit, readLimit, setLimit } from '../os/resource-limits.ts';
import type { OperatorMessages } from './operator-messages.ts';

/** Pipes that may be made where the configuration says nothing of splicing; they are not part of HAProxy's sums. */
const UNCOUNTED_PIPES = 256;
/** Descriptors beside connections, pipes and listeners: for the process, and for each of its threads. */
const PROCESS_DESCRIPTORS = 10;
const THREAD_DESCRIPTORS = 3;
/** Those of a thread's that count as used from the start. */
const BUSY_THREAD_DESCRIPTORS = 2;
/** What Node.js and its workers keep open beyond that. */
const RUNTIME_PROCESS_DESCRIPTORS = 32;
const RUNTIME_THREAD_DESCRIPTORS = 12;
/** Below this, an automatic maxconn would make no proxy; the descriptor limit is complained of instead. */
const LEAST_AUTOMATIC_MAXCONN = 100;
/** Memory of one connection with both of its buffers full, beside the buffers. */
const CONNECTION_BYTES = 4096;
/** Splicing may hold a pipe for every fourth connection. */
const CONNECTIONS_PER_PIPE = 4;

export interface LimitRequest {
  readonly configuration: Configuration;
  readonly threads: number;
  readonly listeners: number;
  /** Sockets and connections of the runtime API. */
  readonly statsDescriptors: number;
  /** `-n` */
  readonly maxconn: number | undefined;
  /** `-m` */
  readonly memoryMegabytes: number | undefined;
  readonly descriptorLimit: ResourceLimit;
}

export interface Limits {
  readonly maxconn: number;
  /** The configuration did not say it. */
  readonly automatic: boolean;
  readonly maxPipes: number;
  /** Descriptors needed at most, by HAProxy's count. */
  readonly descriptors: number;
  /** Descriptors to ask for when `ulimit-n` says otherwise. */
  readonly wantedDescriptors: number;
  /** Connections of both sides at which `tune.pool-low-fd-ratio` and `tune.pool-high-fd-ratio` are reached. */
  readonly poolLowConnections: number;
  readonly poolHighConnections: number;
  /** For the runtime itself, on top. */
  readonly runtimeDescriptors: number;
}

export function computeLimits(request: LimitRequest): Limits {
  const { configuration, threads } = request;
  const { global } = configuration;
  const fixed =
    PROCESS_DESCRIPTORS +
    THREAD_DESCRIPTORS * threads +
    request.listeners +
    request.statsDescriptors +
    checkDescriptors(configuration);
  const splices = usesSplice(configuration);
  const configuredPipes = global.tune.maxPipes;
  const hard = Math.min(request.descriptorLimit.hard, global.fdHardLimit ?? Number.POSITIVE_INFINITY);

  const configured = request.maxconn || global.maxconn || 0;
  let maxconn = configured;
  if (configured === 0) {
    const left = (Number.isFinite(hard) ? hard : 1_048_576) - fixed - 2 * (configuredPipes ?? 0);
    const perConnection = splices && configuredPipes === undefined ? 2 + 2 / CONNECTIONS_PER_PIPE : 2;
    maxconn = Math.max(LEAST_AUTOMATIC_MAXCONN, Math.floor(left / perConnection));
    if (request.memoryMegabytes !== undefined && request.memoryMegabytes > 0) {
      const perConnectionBytes = 2 * global.tune.bufsize + CONNECTION_BYTES;
      maxconn = Math.min(maxconn, twoDigits((request.memoryMegabytes * 1_048_576) / perConnectionBytes));
    }
  }
  const maxPipes = configuredPipes ?? (splices ? Math.floor(maxconn / CONNECTIONS_PER_PIPE) : 0);
  const descriptors = 2 * maxconn + 2 * maxPipes + fixed;
  // What is open besides connections counts as well, as HAProxy counts it.
  const busyDescriptors = request.listeners + BUSY_THREAD_DESCRIPTORS * threads;
  const connectionsAt = (percent: number) => Math.floor((descriptors * percent) / 100) - busyDescriptors;
  return {
    maxconn,
    automatic: configured === 0,
    // Without `option splice-*` long transfers are spliced all the same, as far as descriptors happen to be left.
    maxPipes: maxPipes === 0 && configuredPipes === undefined && global.splice ? UNCOUNTED_PIPES : maxPipes,
    descriptors,
    wantedDescriptors: global.ulimitN ?? descriptors,
    poolLowConnections: connectionsAt(global.tune.poolLowFdRatio),
    poolHighConnections: connectionsAt(global.tune.poolHighFdRatio),
    runtimeDescriptors: RUNTIME_PROCESS_DESCRIPTORS + RUNTIME_THREAD_DESCRIPTORS * threads,
  };
}

/** Rounded to two significant digits. */
function twoDigits(value: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
  return Math.round(value / unit) * unit;
}

function checkDescriptors(configuration: Configuration): number {
  let count = 0;
  for (const proxy of configuration.proxies) {
    for (const { check, agent } of proxy.servers) {
      if (check.enabled) count++;
      if (agent.enabled) count++;
    }
  }
  return count;
}

function usesSplice(configuration: Configuration): boolean {
  if (!configuration.global.splice) return false;
  return configuration.proxies.some(({ splice }) => splice.auto || splice.request || splice.response);
}

/**
 * Raises the descriptor limit as far as is needed. False when the process must not start; the reason has been said.
 */
export function raiseDescriptorLimit(
  limits: Limits,
  configuration: Configuration,
  messages: OperatorMessages,
): boolean {
  const { strictLimits, fdHardLimit } = configuration.global;
  const current = readLimit(RLIMIT_NOFILE);
  const wanted = limits.wantedDescriptors;
  const capped = fdHardLimit !== undefined && wanted > fdHardLimit;
  const granted =
    !capped &&
    (current.soft >= wanted ||
      setLimit(RLIMIT_NOFILE, { soft: wanted, hard: Math.max(wanted, current.hard) }));
  if (!granted) {
    const shown = strictLimits && capped ? fdHardLimit : current.hard;
    const text = `[haproxy.main()] Cannot raise FD limit to ${wanted}, limit is ${shown}.`;
    if (strictLimits) {
      messages.alert(text);
      return false;
    }
    messages.warning(text);
    // As far as it goes.
    if (!capped) setLimit(RLIMIT_NOFILE, { soft: current.hard, hard: current.hard });
  }
  const reached = readLimit(RLIMIT_NOFILE);
  if (reached.soft < limits.descriptors) {
    messages.alert(
      `[haproxy.main()] FD limit (${reached.soft}) too low for maxconn=${limits.maxconn}/maxsock=${limits.descriptors}. Please raise 'ulimit-n' to ${limits.descriptors} or more to avoid any trouble.`,
    );
    if (strictLimits) return false;
  }
  const comfortable = limits.descriptors + limits.runtimeDescriptors;
  if (reached.soft < comfortable) {
    // Not being granted these costs at worst the last few connections below maxconn.
    if (!setLimit(RLIMIT_NOFILE, { soft: comfortable, hard: Math.max(comfortable, reached.hard) })) {
      setLimit(RLIMIT_NOFILE, { soft: reached.hard, hard: reached.hard });
    }
  }
  return true;
}
