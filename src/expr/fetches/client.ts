/** The client connection: addresses and ports. Specification: configuration manual 7.3.3. */
import { noArguments } from '../argument.ts';
import { registerFetches } from '../fetch-record.ts';
import { T_INT, T_IPV4 } from '../sample.ts';

registerFetches(
  {
    name: 'src',
    arguments: noArguments,
    type: T_IPV4,
    layers: ['client'],
    doc: 'Address of the client, as a PROXY header or a rule told it.',
    manual: '7.3.3',
    link: () => (scope, sample) => sample.setAddress(scope.sessionScope.clientAddress),
  },
  {
    name: 'src_port',
    arguments: noArguments,
    type: T_INT,
    layers: ['client'],
    doc: 'Port of the client.',
    manual: '7.3.3',
    link: () => (scope, sample) => sample.setInt(scope.sessionScope.clientAddress.port),
  },
);
