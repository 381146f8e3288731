/** What the stream was told, and by which rule. Specification: configuration manual 7.3.2. */
import { noArguments } from '../argument.ts';
import { registerFetches } from '../fetch-record.ts';
import { T_INT, T_STR } from '../sample.ts';

registerFetches(
  {
    name: 'prio_class',
    arguments: noArguments,
    type: T_INT,
    layers: ['internal'],
    doc: 'Priority class of the request (`set-priority-class`).',
    manual: '7.3.2',
    link: () => (scope, sample) => scope.exchange !== null && sample.setInt(scope.exchange.priorityClass),
  },
  {
    name: 'prio_offset',
    arguments: noArguments,
    type: T_INT,
    layers: ['internal'],
    doc: 'Priority offset of the request in milliseconds (`set-priority-offset`).',
    manual: '7.3.2',
    link: () => (scope, sample) => scope.exchange !== null && sample.setInt(scope.exchange.priorityOffsetMs),
  },
  {
    name: 'cur_server_timeout',
    arguments: noArguments,
    type: T_INT,
    layers: ['backend'],
    doc: 'How long the server may be silent, in milliseconds, as rules and the backend have it.',
    manual: '7.3.3',
    link: () => (scope, sample) =>
      scope.exchange !== null && sample.setInt(scope.exchange.currentServerTimeoutMs),
  },
  {
    name: 'cur_tunnel_timeout',
    arguments: noArguments,
    type: T_INT,
    layers: ['backend'],
    doc: 'How long both sides of a tunnel may be silent, in milliseconds, as rules and the backend have it.',
    manual: '7.3.3',
    link: () => (scope, sample) =>
      scope.exchange !== null && sample.setInt(scope.exchange.currentTunnelTimeoutMs),
  },
  {
    name: 'last_rule_file',
    arguments: noArguments,
    type: T_STR,
    layers: ['internal'],
    doc: 'File of the last rule that ended a rule set.',
    manual: '7.3.2',
    link: () => (scope, sample) => {
      const rule = scope.exchange?.lastRule ?? null;
      return rule !== null && sample.setBytes(T_STR, Buffer.from(rule.file));
    },
  },
  {
    name: 'last_rule_line',
    arguments: noArguments,
    type: T_INT,
    layers: ['internal'],
    doc: 'Line of the last rule that ended a rule set.',
    manual: '7.3.2',
    link: () => (scope, sample) => {
      const rule = scope.exchange?.lastRule ?? null;
      return rule !== null && sample.setInt(rule.line);
    },
  },
  {
    name: 'unique-id',
    arguments: noArguments,
    type: T_STR,
    layers: ['listener'],
    doc: "The stream's identifier (`unique-id-format`).",
    manual: '7.3.6',
    link: () => (scope, sample) => {
      const id = scope.exchange?.uniqueId() ?? null;
      return id !== null && sample.setBytes(T_STR, id);
    },
  },
);
