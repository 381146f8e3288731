/**
 * How busy proxies and servers are, and which of them serve this exchange. All of it lies in shared memory.
 * Specification: configuration manual 7.3.2 and, for what the exchange has chosen, 7.3.3.
 */
import { readRate } from '../../state/read-rate.ts';
import { effectiveWeight } from '../../state/server-weight.ts';
import {
  BACKEND_COUNTERS,
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_CONNECTIONS,
  BE_QUEUED,
  BE_RATE,
  counterOffsets,
  FE_CONNECTIONS,
  FE_REQUEST_RATE,
  FE_SESSION_RATE,
  FRONTEND_COUNTERS,
  SERVER_OUT_OF_USE,
  SERVER_UP,
  SRV_MAXCONN,
  SRV_PENDING,
  SRV_QUEUED,
  SRV_RATE,
  SRV_SERVED,
  SRV_STATE,
  SRV_WEIGHT,
} from '../../state/shared-state.ts';
import { noArguments, takes } from '../argument.ts';
import type { SampleLayer } from '../availability.ts';
import { type Fetch, registerFetches } from '../fetch-record.ts';
import type { Linker } from '../linker.ts';
import {
  backendAt,
  type FoundBackend,
  type FoundFrontend,
  type FoundServer,
  namedBackend,
  namedFrontend,
  namedServer,
} from '../proxy-lookup.ts';
import { T_BOOL, T_INT, T_STR } from '../sample.ts';
import type { Scope } from '../scope.ts';

const FE = counterOffsets(FRONTEND_COUNTERS);
const BE = counterOffsets(BACKEND_COUNTERS);

const never: Fetch = () => false;

/** Streams that are connected to the server, or about to be. */
function serverConnections(words: Int32Array, { at }: FoundServer): number {
  return Atomics.load(words, at + SRV_SERVED) - Atomics.load(words, at + SRV_PENDING);
}

function isUp(words: Int32Array, { at }: FoundServer): boolean {
  return (Atomics.load(words, at + SRV_STATE) & (SERVER_UP | SERVER_OUT_OF_USE)) === SERVER_UP;
}

/** Servers that balanced requests go to: active ones, else one backup, or all of them with `option allbackups`. */
export function usableServers(words: Int32Array, backend: FoundBackend): number {
  const active = Atomics.load(words, backend.at + BE_ACTIVE_SERVERS);
  if (active > 0) return active;
  const backups = Atomics.load(words, backend.at + BE_BACKUP_SERVERS);
  return backend.config.options.get('allbackups') === true ? backups : Math.min(backups, 1);
}

/** Requests that wait for any server of the backend, and for one of them. */
function queuedRequests(words: Int32Array, { at, servers }: FoundBackend): number {
  let queued = Atomics.load(words, at + BE_QUEUED);
  for (const server of servers) queued += Atomics.load(words, server.at + SRV_QUEUED);
  return queued;
}

/** Free connections of the servers that balanced requests go to; -1 when one of them has no limit. */
function freeConnections(words: Int32Array, backend: FoundBackend): number {
  const active = Atomics.load(words, backend.at + BE_ACTIVE_SERVERS) > 0;
  const allBackups = backend.config.options.get('allbackups') === true;
  let free = 0;
  for (const server of backend.servers) {
    if (!isUp(words, server) || Atomics.load(words, server.at + SRV_WEIGHT) === 0) continue;
    if (server.config.backup && active) continue;
    const limit = Atomics.load(words, server.at + SRV_MAXCONN);
    if (limit === 0) return -1;
    const left = limit - serverConnections(words, server);
    if (left > 0) free += left;
    if (server.config.backup && !allBackups) break;
  }
  return free;
}

/** Free connections and places in the lines of all servers that are up; -1 when one of them has no limit. */
function freeSlots(words: Int32Array, backend: FoundBackend): number {
  let free = 0;
  for (const server of backend.servers) {
    if (!isUp(words, server)) continue;
    const limit = Atomics.load(words, server.at + SRV_MAXCONN);
    const places = server.config.maxqueue ?? 0;
    if (limit === 0 || places === 0) return -1;
    free += limit - serverConnections(words, server) + places - Atomics.load(words, server.at + SRV_QUEUED);
  }
  return free;
}

type OfBackend = (words: Int32Array, backend: FoundBackend, linker: Linker) => number;

function backendFetch(name: string, doc: string, value: OfBackend): void {
  registerFetches({
    name,
    arguments: takes('backend'),
    type: T_INT,
    layers: ['internal'],
    doc,
    manual: '7.3.2',
    link: ([argument], linker) => {
      const backend = namedBackend(argument, linker);
      const { words } = linker.shared;
      if (backend === undefined) return never;
      return (_scope, sample) => sample.setInt(value(words, backend, linker));
    },
  });
}

backendFetch('nbsrv', 'Servers of the backend that are usable.', usableServers);
backendFetch('be_conn', 'Streams that the backend handles.', (words, { at }) =>
  Atomics.load(words, at + BE_CONNECTIONS),
);
backendFetch('be_conn_free', 'Connections that its usable servers can still take.', freeConnections);
backendFetch('connslots', 'Connections and places in queues that its servers still have.', freeSlots);
backendFetch('queue', 'Requests that wait in the queues of the backend and its servers.', queuedRequests);
backendFetch('avg_queue', 'The same for each usable server; twice as many without any.', (words, backend) => {
  const queued = queuedRequests(words, backend);
  const servers = usableServers(words, backend);
  return servers > 0 ? Math.floor((queued + servers - 1) / servers) : queued * 2;
});
backendFetch('be_sess_rate', 'New streams of the backend in a second.', (_words, { at, counters }, linker) =>
  rate(linker, at + BE_RATE, counters + BE.connections),
);

function rate({ shared }: Linker, words: number, counter: number): number {
  return readRate(shared, words, counter).now;
}

type OfFrontend = (words: Int32Array, frontend: FoundFrontend, linker: Linker) => number;

function frontendFetch(name: string, doc: string, value: OfFrontend): void {
  registerFetches({
    name,
    arguments: takes('frontend'),
    type: T_INT,
    layers: ['internal'],
    doc,
    manual: '7.3.2',
    link: ([argument], linker) => {
      const frontend = namedFrontend(argument, linker);
      const { words } = linker.shared;
      if (frontend === undefined) return never;
      return (_scope, sample) => sample.setInt(value(words, frontend, linker));
    },
  });
}

frontendFetch('fe_conn', 'Connections of the frontend.', (words, { at }) =>
  Atomics.load(words, at + FE_CONNECTIONS),
);
frontendFetch('fe_sess_rate', 'New sessions of the frontend in a second.', (_words, frontend, linker) =>
  rate(linker, frontend.at + FE_SESSION_RATE, frontend.counters + FE.sessions),
);
frontendFetch('fe_req_rate', 'Requests of the frontend in a second.', (_words, frontend, linker) =>
  rate(linker, frontend.at + FE_REQUEST_RATE, frontend.counters + FE.requests),
);

type OfServer = (words: Int32Array, server: FoundServer, linker: Linker) => number;

function serverFetch(name: string, doc: string, value: OfServer): void {
  registerFetches({
    name,
    arguments: takes('server'),
    type: T_INT,
    layers: ['internal'],
    doc,
    manual: '7.3.2',
    link: ([argument], linker) => {
      const server = namedServer(argument, linker);
      const { words } = linker.shared;
      if (server === undefined) return never;
      return (_scope, sample) => sample.setInt(value(words, server, linker));
    },
  });
}

serverFetch('srv_conn', 'Connections of the server that serve somebody.', serverConnections);
serverFetch(
  'srv_conn_free',
  'Connections that the server can still take; -1 without a limit.',
  (words, server) => {
    const limit = Atomics.load(words, server.at + SRV_MAXCONN);
    return limit === 0 ? -1 : Math.max(0, limit - serverConnections(words, server));
  },
);
serverFetch('srv_queue', 'Requests that wait for the server.', (words, { at }) =>
  Atomics.load(words, at + SRV_QUEUED),
);
serverFetch('srv_sess_rate', 'New sessions of the server in a second.', (_words, { at, counters }, linker) =>
  rate(linker, at + SRV_RATE, counters + BE.sessions),
);
serverFetch('srv_weight', 'Weight of the server as it counts now.', (words, { at }) =>
  effectiveWeight(words, at),
);
serverFetch('srv_uweight', 'Weight of the server as it was set.', (words, { at }) =>
  Atomics.load(words, at + SRV_WEIGHT),
);
serverFetch(
  'srv_iweight',
  'Weight of the server in the configuration.',
  (_words, { config }) => config.weight ?? 1,
);

registerFetches({
  name: 'srv_is_up',
  arguments: takes('server'),
  type: T_BOOL,
  layers: ['internal'],
  doc: 'The server is up, and not in maintenance.',
  manual: '7.3.2',
  link: ([argument], linker) => {
    const server = namedServer(argument, linker);
    const { words } = linker.shared;
    if (server === undefined) return never;
    return (_scope, sample) => {
      const state = Atomics.load(words, server.at + SRV_STATE);
      return sample.setBool((state & SERVER_UP) !== 0 && (state & SERVER_OUT_OF_USE) === 0);
    };
  },
});

/** Facts of the proxies and servers that serve the exchange, made once for each. */
type Fact = number | string | undefined;

interface Facts<Value> {
  readonly layer: SampleLayer;
  readonly name: string;
  readonly type: typeof T_INT | typeof T_STR;
  readonly doc: string;
  readonly value: (value: Value) => Fact;
}

function backendOf(scope: Scope): number {
  const frontend = scope.sessionScope.frontendIndex;
  const backend = scope.exchange?.backendIndex ?? -1;
  // A stream without a backend is its frontend's.
  return backend >= 0 ? backend : frontend;
}

function factFetch(facts: Facts<FoundBackend>): void {
  const { type, value } = facts;
  registerFetches({
    name: facts.name,
    arguments: noArguments,
    type,
    layers: [facts.layer],
    doc: facts.doc,
    manual: '7.3.3',
    link: (_args, linker) => {
      const all = linker.configuration.proxies.map((_proxy, index) => value(backendAt(index, linker)));
      const bytes = all.map((fact) => Buffer.from(String(fact ?? ''), 'latin1'));
      return (scope, sample) => {
        const index = backendOf(scope);
        const fact = all[index];
        if (fact === undefined) return false;
        return typeof fact === 'number'
          ? sample.setInt(fact)
          : sample.setBytes(T_STR, bytes[index] as Uint8Array);
      };
    },
  });
}

function serverFactFetch(facts: Facts<FoundServer>): void {
  registerFetches({
    name: facts.name,
    arguments: noArguments,
    type: facts.type,
    layers: ['server'],
    doc: facts.doc,
    manual: '7.3.3',
    link: (_args, linker) => {
      const all = linker.configuration.proxies.map((_proxy, index) =>
        backendAt(index, linker).servers.map((server) => {
          const fact = facts.value(server);
          return { fact, bytes: Buffer.from(String(fact ?? ''), 'latin1') };
        }),
      );
      return (scope, sample) => {
        const { exchange } = scope;
        if (exchange === null || exchange.serverPosition < 0) return false;
        const found = all[exchange.backendIndex]?.[exchange.serverPosition];
        if (found === undefined || found.fact === undefined) return false;
        return typeof found.fact === 'number'
          ? sample.setInt(found.fact)
          : sample.setBytes(T_STR, found.bytes);
      };
    },
  });
}

const idDoc = (what: string): string => `Number of the ${what}.`;
const nameDoc = (what: string): string => `Name of the ${what}.`;

factFetch({
  name: 'be_id',
  layer: 'backend',
  type: T_INT,
  doc: idDoc('backend'),
  value: ({ config }) => config.id,
});
factFetch({
  name: 'be_name',
  layer: 'backend',
  type: T_STR,
  doc: nameDoc('backend'),
  value: ({ config }) => config.name,
});
factFetch({
  name: 'be_server_timeout',
  layer: 'backend',
  type: T_INT,
  doc: 'The timeout server of the backend, in milliseconds.',
  value: ({ config }) => config.timeouts.server ?? 0,
});
factFetch({
  name: 'be_tunnel_timeout',
  layer: 'backend',
  type: T_INT,
  doc: 'The timeout tunnel of the backend, in milliseconds.',
  value: ({ config }) => config.timeouts.tunnel ?? 0,
});
serverFactFetch({
  name: 'srv_id',
  layer: 'server',
  type: T_INT,
  doc: idDoc('server'),
  value: ({ config }) => config.id,
});
serverFactFetch({
  name: 'srv_name',
  layer: 'server',
  type: T_STR,
  doc: nameDoc('server'),
  value: ({ config }) => config.name,
});
