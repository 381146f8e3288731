// Owns: the shapes that bench/main.ts and the load process exchange: a plan goes in as JSON, lines of JSON come out.
// Must not: hold behaviour. Both sides import it, neither imports the other.

/** One program under test, as the load process sees it: where it listens, where it will connect to, whose CPU counts. */
export interface LoadTarget {
  name: string;
  /** Port on 127.0.0.1 where the program accepts the clients of this plan. */
  port: number;
  /** Port on 127.0.0.1 where the load process plays the server for this program only. */
  serverPort: number;
  /** UDP port on 127.0.0.1 where the load process takes this program's log lines; 0 for none. */
  logPort: number;
  /** Processes whose CPU and memory are read: the program and its children. */
  pids: number[];
}

export interface LoadPlan {
  /** `http`: GET and a response with Content-Length. `tcp`: fixed-size messages, no framing. */
  protocol: 'http' | 'tcp';
  /** Whether a client sends all its requests over one connection, or each over its own. */
  clientConnections: 'kept' | 'per-request';
  /** Whether the server leaves a connection open after its response, or closes it first. */
  serverConnections: 'kept' | 'per-request';
  /** Clients in the closed loop: each sends its next request when its response is complete. */
  clients: number;
  requestBytes: number;
  responseBytes: number;
  /** What clients send as their cookie. */
  cookie?: string;
  /** `slices`: timed work in turn over all targets. `idle`: what connections cost that only stand open. */
  mode: 'slices' | 'idle';
  rounds: number;
  sliceMs: number;
  warmUpMs: number;
  /** Connections that the idle mode opens in each target. */
  idleConnections: number;
  targets: LoadTarget[];
}

/** One target's share of one round. */
export interface SliceResult {
  kind: 'slice';
  target: string;
  round: number;
  requests: number;
  errors: number;
  elapsedMs: number;
  /** CPU of all threads and children, from the scheduler's own nanosecond count. */
  cpuMicroseconds: number;
  /** Time that its threads were ready to run while something else had the processor. */
  waitedMicroseconds: number;
  /** The same in ticks, divided by the kernel; only good for the division into user and system. */
  userTicks: number;
  systemTicks: number;
  /** Longest and median response time, in microseconds. */
  medianLatencyMicroseconds: number;
  worstLatencyMicroseconds: number;
  logLines: number;
}

export interface IdleResult {
  kind: 'idle';
  target: string;
  connections: number;
  errors: number;
  residentBytesBefore: number;
  residentBytesOpen: number;
  residentBytesAfter: number;
}

export type LoadResult = SliceResult | IdleResult;
