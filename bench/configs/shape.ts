// Owns: what a workload asks of a program, in words of neither HAProxy nor nginx; configs/haproxy.ts and configs/nginx.ts
// write it in their languages with equal features.
// Must not: hold anything that only one of the programs can do without a word on it beside the field.

/** `source` and `uri` hash over a consistent ring. nginx's `random` draws two as well. */
export type Balance = 'roundrobin' | 'leastconn' | 'random' | 'source' | 'uri';

export interface ProxyShape {
  mode: 'http' | 'tcp';
  /** Whether connections to servers are kept and used again, or each request gets its own. */
  serverConnections: 'kept' | 'per-request';
  /** With kept connections: also for the first request of a client (HAProxy: `http-reuse always`; nginx always does). */
  reuseAlways: boolean;
  balance: Balance;
  /** Persistence by a cookie that clients already have. nginx has none of that kind. */
  cookie: boolean;
  /** Server lines, all with the same address. */
  servers: number;
  /** Requests that a server gets at once; more wait for a slot. 0: no limit. nginx has no queue for those that wait. */
  slots: number;
  forwardedFor: boolean;
  /** A line per request to a UDP syslog sink. */
  logged: boolean;
  /** The rules of rich-rules.ts in the frontend. nginx has no such language to compare. */
  richRules: boolean;
  /** HAProxy: `option splice-auto`. nginx has nothing like it for proxied traffic and runs without. */
  splice: boolean;
  threads: number;
  maxConnections: number;
}

export const plainHttp: ProxyShape = {
  mode: 'http',
  serverConnections: 'kept',
  reuseAlways: false,
  balance: 'roundrobin',
  cookie: false,
  servers: 1,
  slots: 0,
  forwardedFor: false,
  logged: false,
  richRules: false,
  splice: false,
  threads: 1,
  maxConnections: 1000,
};

export const plainTcp: ProxyShape = { ...plainHttp, mode: 'tcp' };

/** The ports that a program is given for one run, all on 127.0.0.1. */
export interface ProxyPorts {
  listen: number;
  server: number;
  /** 0 when nothing is logged. */
  log: number;
}
