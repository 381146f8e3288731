/**
 * What the system and the protocol tell of the client connection. Specification: configuration manual 7.3.3 (`fc_rtt` and
 * its relatives); offsets are those of the fields in Linux's `struct tcp_info`.
 */
import { noArguments, takesAtLeast, textOf } from '../argument.ts';
import { registerFetches } from '../fetch-record.ts';
import { T_BOOL, T_INT, T_STR } from '../sample.ts';

const MICROSECONDS = 'us';
const MICROSECONDS_A_MS = 1000;

for (const [name, offset, doc] of [
  ['fc_rtt', 68, 'Round-trip time of the client connection, in milliseconds or in microseconds (us).'],
  ['fc_rttvar', 72, 'How much that time varies, in milliseconds or in microseconds (us).'],
] as const) {
  registerFetches({
    name,
    arguments: takesAtLeast(0, 'string'),
    type: T_INT,
    layers: ['client'],
    doc,
    manual: '7.3.3',
    check: ([unit]) => {
      const text = textOf(unit) ?? 'ms';
      return text === MICROSECONDS || text === 'ms' ? undefined : `expects 'us' or 'ms', got '${text}'`;
    },
    link: ([unit]) => {
      const divisor = textOf(unit) === MICROSECONDS ? 1 : MICROSECONDS_A_MS;
      return (scope, sample) => {
        const value = scope.sessionScope.tcpInfo(offset);
        return value >= 0 && sample.setInt(Math.floor(value / divisor));
      };
    },
  });
}

for (const [name, offset, doc] of [
  ['fc_unacked', 24, 'Packets to the client that are not confirmed yet.'],
  ['fc_sacked', 28, 'Packets to the client that were confirmed selectively.'],
  ['fc_lost', 32, 'Packets to the client that are taken for lost.'],
  ['fc_retrans', 36, 'Packets to the client that were sent again.'],
  [
    'fc_fackets',
    40,
    'Packets to the client between the first that is missing and the last that was confirmed.',
  ],
  ['fc_reordering', 88, 'How far packets may come out of order before one is taken for lost.'],
] as const) {
  registerFetches({
    name,
    // HAProxy takes a word here and says that it means nothing.
    arguments: takesAtLeast(0, 'string'),
    type: T_INT,
    layers: ['client'],
    doc,
    manual: '7.3.3',
    link: () => (scope, sample) => {
      const value = scope.sessionScope.tcpInfo(offset);
      return value >= 0 && sample.setInt(value);
    },
  });
}

const SUCCESS = Buffer.from('Success', 'latin1');

registerFetches(
  {
    name: 'fc_err',
    arguments: noArguments,
    type: T_INT,
    layers: ['client'],
    doc: 'Number of the error of the client connection. Whoever can ask has none.',
    manual: '7.3.3',
    link: () => (_scope, sample) => sample.setInt(0),
  },
  {
    name: 'fc_err_str',
    arguments: noArguments,
    type: T_STR,
    layers: ['client'],
    doc: 'The same in words.',
    manual: '7.3.3',
    link: () => (_scope, sample) => sample.setBytes(T_STR, SUCCESS),
  },
  {
    name: 'fc_http_major',
    arguments: noArguments,
    type: T_INT,
    layers: ['client'],
    doc: 'Major version of HTTP on the client connection.',
    manual: '7.3.3',
    link: () => (_scope, sample) => sample.setInt(1),
  },
  {
    name: 'bc_http_major',
    arguments: noArguments,
    type: T_INT,
    layers: ['serverConnection'],
    doc: 'Major version of HTTP on the server connection.',
    manual: '7.3.3',
    link: () => (scope, sample) => (scope.exchange?.serverPosition ?? -1) >= 0 && sample.setInt(1),
  },
  {
    name: 'internal.strm.is_htx',
    arguments: noArguments,
    type: T_BOOL,
    layers: ['internal'],
    doc: 'The stream understands what it carries as HTTP.',
    manual: '7.3.7',
    link: () => (scope, sample) => scope.exchange !== null && sample.setBool(scope.requestFacts !== null),
  },
);
