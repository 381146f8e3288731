/** The client connection: addresses and ports, the bind line and the section that took it. Specification: configuration manual 7.3.3. */
import type { SocketAddress } from '../../protocol/socket-address.ts';
import { noArguments } from '../argument.ts';
import type { SampleLayer } from '../availability.ts';
import { type Fetch, type FetchRecord, registerFetches } from '../fetch-record.ts';
import { type SampleType, T_BOOL, T_INT, T_IPV4, T_STR } from '../sample.ts';
import type { SessionScope } from '../scope.ts';

function plain(name: string, type: SampleType, layer: SampleLayer, doc: string, fetch: Fetch): FetchRecord {
  return { name, arguments: noArguments, type, layers: [layer], doc, manual: '7.3.3', link: () => fetch };
}

type Side = (session: SessionScope) => SocketAddress;

/** An address with its port, and whether it is one of this machine's. */
function addressFetches(name: string, side: Side, what: string): FetchRecord[] {
  return [
    plain(name, T_IPV4, 'client', `Address ${what}.`, (scope, sample) =>
      sample.setAddress(side(scope.sessionScope)),
    ),
    plain(`${name}_port`, T_INT, 'client', `Port ${what}.`, (scope, sample) => {
      const { port } = side(scope.sessionScope);
      return port !== 0 && sample.setInt(port);
    }),
    plain(
      `${name}_is_local`,
      T_BOOL,
      'client',
      `Whether this machine has the address ${what}.`,
      (scope, sample) => sample.setBool(scope.sessionScope.isLocal(side(scope.sessionScope))),
    ),
  ];
}

registerFetches(
  ...addressFetches(
    'src',
    (session) => session.clientAddress,
    'of the client, as a PROXY header or a rule told it',
  ),
  ...addressFetches(
    'dst',
    (session) => session.destinationAddress(),
    'that the client connected to, or was said to',
  ),
  ...addressFetches(
    'fc_src',
    (session) => session.originalSource(),
    'of the client, whatever rules have made of it',
  ),
  ...addressFetches(
    'fc_dst',
    (session) => session.originalDestination(),
    'that the client connected to, whatever rules have made of it',
  ),
  plain('dst_conn', T_INT, 'listener', 'Connections of the bind line now.', (scope, sample) =>
    sample.setInt(scope.sessionScope.listenerScope.connections),
  ),
  plain('fc_rcvd_proxy', T_BOOL, 'client', 'Whether the client sent a PROXY header.', (scope, sample) =>
    sample.setBool(scope.sessionScope.receivedHeader),
  ),
  plain('fc_pp_authority', T_STR, 'client', 'Authority that a PROXY header announced.', (scope, sample) => {
    const { authority } = scope.sessionScope;
    return authority.length > 0 && sample.setBytes(T_STR, authority);
  }),
  plain('so_id', T_INT, 'listener', 'Number of the bind line.', (scope, sample) =>
    sample.setInt(scope.sessionScope.listenerScope.id),
  ),
  plain('so_name', T_STR, 'listener', 'Name of the bind line.', (scope, sample) => {
    const name = scope.sessionScope.listenerScope.nameBytes;
    return name !== null && sample.setBytes(T_STR, name);
  }),
  plain('fe_id', T_INT, 'listener', 'Number of the frontend.', (scope, sample) =>
    sample.setInt(scope.sessionScope.frontendScope.id),
  ),
  plain('fe_name', T_STR, 'listener', 'Name of the frontend.', (scope, sample) =>
    sample.setBytes(T_STR, scope.sessionScope.frontendScope.nameBytes),
  ),
  plain(
    'fe_client_timeout',
    T_INT,
    'listener',
    'Client timeout of the frontend, in milliseconds.',
    (scope, sample) => sample.setInt(scope.sessionScope.frontendScope.clientTimeoutMs),
  ),
  plain('fe_defbe', T_STR, 'listener', "Name of the frontend's default backend.", (scope, sample) => {
    const name = scope.sessionScope.frontendScope.defaultBackendName;
    return name !== null && sample.setBytes(T_STR, name);
  }),
);
