// Owns: the list of workloads, in the order in which they run.
// Must not: depend on the machine; numbers of rounds and seconds come from the command line.
import { type Balance, plainHttp, plainTcp } from '../configs/shape.ts';
import type { CpuWorkload, Workload } from './workload.ts';

const smallGet = {
  kind: 'cpu',
  unit: 'request',
  clientConnections: 'kept',
  clients: 64,
  requestBytes: 0,
  responseBytes: 100,
  limitToHaproxy: 1,
} as const;

const largeBody = { ...smallGet, unit: 'MB', clients: 16, responseBytes: 1_000_000 } as const;

function manyServers(balance: Balance, servers: number): CpuWorkload {
  const method = balance === 'source' || balance === 'uri' ? `${balance} with a consistent hash` : balance;
  return {
    ...smallGet,
    name: `servers-${balance}-${servers}`,
    about: `small GET, ${method} over ${servers} server lines, kept client connections, a server connection per request`,
    shape: { ...plainHttp, balance, servers, serverConnections: 'per-request' },
  };
}

function cookiePersistence(servers: number): CpuWorkload {
  return {
    ...smallGet,
    name: `cookie-${servers}`,
    about: `small GET with a persistence cookie (cookie … insert indirect) for one of ${servers} servers, kept connections on both sides`,
    shape: { ...plainHttp, servers, cookie: true },
    without: { nginx: 'has no persistence by cookie' },
  };
}

export const workloads: readonly Workload[] = [
  {
    ...smallGet,
    name: 'http-keep-alive',
    about: 'small GET, 100-byte body, kept connections on both sides',
    shape: plainHttp,
  },
  {
    ...smallGet,
    name: 'http-one-client',
    about:
      'http-keep-alive with a single client: the program sleeps between any two events, so waking up counts',
    clients: 1,
    shape: plainHttp,
  },
  {
    ...smallGet,
    name: 'http-close',
    about: 'small GET, a new connection per request on both sides',
    clientConnections: 'per-request',
    shape: { ...plainHttp, serverConnections: 'per-request' },
  },
  {
    ...smallGet,
    name: 'http-close-reuse',
    about: 'small GET, a new client connection per request, server connections taken from the pool',
    clientConnections: 'per-request',
    shape: { ...plainHttp, reuseAlways: true },
  },
  {
    ...smallGet,
    name: 'http-log-forwardfor',
    about: 'http-keep-alive with option httplog to a UDP sink and option forwardfor',
    shape: { ...plainHttp, logged: true, forwardedFor: true },
  },
  {
    ...smallGet,
    name: 'rich',
    about:
      'http-log-forwardfor with 10 ACLs on the path, headers set and deleted both ways, variables and a map of 2,000 entries',
    shape: { ...plainHttp, logged: true, forwardedFor: true, richRules: true },
    without: { nginx: 'has no such rule language' },
  },
  {
    ...smallGet,
    name: 'tcp-message',
    about: 'TCP, 100-byte messages there and back over kept connections',
    requestBytes: 100,
    shape: plainTcp,
  },
  {
    ...smallGet,
    name: 'tcp-connection',
    about: 'TCP, one 100-byte message there and back per connection',
    clientConnections: 'per-request',
    requestBytes: 100,
    shape: plainTcp,
  },
  { ...largeBody, name: 'http-1mb', about: 'HTTP, bodies of 1 MB', shape: plainHttp },
  {
    ...largeBody,
    name: 'tcp-1mb',
    about: 'TCP, 1 MB for each 100-byte message',
    requestBytes: 100,
    shape: plainTcp,
  },
  {
    ...largeBody,
    name: 'http-1mb-splice',
    about: 'http-1mb with option splice-auto',
    shape: { ...plainHttp, splice: true },
    without: { nginx: 'has no splicing for proxied traffic' },
  },
  {
    ...largeBody,
    name: 'tcp-1mb-splice',
    about: 'tcp-1mb with option splice-auto',
    requestBytes: 100,
    shape: { ...plainTcp, splice: true },
    without: { nginx: 'has no splicing for proxied traffic' },
  },
  ...[10, 100, 1000, 10000].map((servers) => manyServers('roundrobin', servers)),
  ...[10, 100, 1000, 10000].map((servers) => manyServers('leastconn', servers)),
  ...[10, 1000, 10000].map((servers) => manyServers('random', servers)),
  ...[10, 1000, 10000].map((servers) => manyServers('source', servers)),
  ...[10, 1000, 10000].map((servers) => manyServers('uri', servers)),
  ...[10, 1000].map((servers) => cookiePersistence(servers)),
  {
    ...smallGet,
    name: 'queue-full',
    about:
      'small GET from 200 clients for 3 servers with maxconn 4: 188 requests always wait, kept connections',
    clients: 200,
    shape: { ...plainHttp, servers: 3, slots: 4 },
    without: { nginx: 'has no queue in front of servers' },
  },
  {
    ...smallGet,
    name: 'queue-full-close',
    about: 'queue-full with a new connection per request on both sides',
    clientConnections: 'per-request',
    clients: 200,
    shape: { ...plainHttp, servers: 3, slots: 4, serverConnections: 'per-request' },
    without: { nginx: 'has no queue in front of servers' },
  },
  {
    kind: 'threads',
    name: 'threads-http-keep-alive',
    about: 'http-keep-alive with nbthread 2 over nbthread 1, no processor reserved for anyone',
    clientConnections: 'kept',
    clients: 64,
    requestBytes: 0,
    responseBytes: 100,
    shape: plainHttp,
    limitToOneThread: 1.1,
  },
  {
    kind: 'threads',
    name: 'threads-http-close',
    about: 'http-close with nbthread 2 over nbthread 1, no processor reserved for anyone',
    clientConnections: 'per-request',
    clients: 64,
    requestBytes: 0,
    responseBytes: 100,
    shape: { ...plainHttp, serverConnections: 'per-request' },
    limitToOneThread: 1.1,
  },
  {
    kind: 'idle',
    name: 'idle-connections',
    about: '5000 client connections that made one request each and stay; server connections are closed',
    connections: 5000,
    shape: { ...plainHttp, serverConnections: 'per-request', maxConnections: 6000 },
    limitKilobytesPerConnection: 1.5,
  },
  {
    kind: 'rest',
    name: 'rest',
    about: 'one thread, nothing to do: resident memory, and time from exec to the first accepted connection',
    shape: plainHttp,
    limitResidentMegabytes: 100,
    limitAcceptingAfterMs: 300,
  },
];
