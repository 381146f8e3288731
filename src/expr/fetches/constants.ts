/** Samples that the configuration itself gives. Specification: configuration manual 7.3.2. */
import { int64Of, noArguments, takes, textOf } from '../argument.ts';
import { registerFetches } from '../fetch-record.ts';
import { T_BIN, T_BOOL, T_INT, T_IPV4, T_IPV6, T_METH, T_STR } from '../sample.ts';

const NO_BYTES = new Uint8Array(0);
const truths: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);

registerFetches(
  {
    name: 'always_true',
    arguments: noArguments,
    type: T_BOOL,
    layers: ['constant'],
    doc: 'True.',
    manual: '7.3.2',
    link: () => (_scope, sample) => sample.setBool(true),
  },
  {
    name: 'always_false',
    arguments: noArguments,
    type: T_BOOL,
    layers: ['constant'],
    doc: 'False.',
    manual: '7.3.2',
    link: () => (_scope, sample) => sample.setBool(false),
  },
  {
    name: 'int',
    arguments: takes('integer'),
    type: T_INT,
    layers: ['constant'],
    doc: 'The integer itself.',
    manual: '7.3.2',
    link: ([value]) => {
      const integer = int64Of(value) ?? 0;
      return (_scope, sample) => sample.setInt(integer);
    },
  },
  {
    name: 'str',
    arguments: takes('string'),
    type: T_STR,
    layers: ['constant'],
    doc: 'The string itself.',
    manual: '7.3.2',
    link: ([text]) => {
      const bytes = Buffer.from(textOf(text) ?? '', 'latin1');
      return (_scope, sample) => sample.setBytes(T_STR, bytes);
    },
  },
  {
    name: 'bool',
    arguments: takes('string'),
    type: T_BOOL,
    layers: ['constant'],
    doc: 'The truth value itself.',
    manual: '7.3.2',
    check: ([text]) =>
      truths.has((textOf(text) ?? '').toLowerCase()) ? undefined : "Expects 'true', 'false', '0' or '1'",
    link: ([text]) => {
      const value = truths.get((textOf(text) ?? '').toLowerCase()) === true;
      return (_scope, sample) => sample.setBool(value);
    },
  },
  {
    name: 'bin',
    arguments: takes('string'),
    type: T_BIN,
    layers: ['constant'],
    doc: 'Bytes, written in hexadecimal.',
    manual: '7.3.2',
    check: ([text]) => {
      const hex = textOf(text) ?? '';
      if (hex.length % 2 !== 0) return 'an even number of hex digit is expected';
      const wrong = /[^0-9a-fA-F]/.exec(hex);
      return wrong === null ? undefined : `an hex digit is expected (found '${wrong[0]}')`;
    },
    link: ([text]) => {
      const bytes = Buffer.from(textOf(text) ?? '', 'hex');
      return (_scope, sample) => sample.setBytes(T_BIN, bytes);
    },
  },
  {
    name: 'meth',
    arguments: takes('string'),
    type: T_METH,
    layers: ['constant'],
    doc: 'The method itself.',
    manual: '7.3.2',
    link: ([text]) => {
      const bytes = Buffer.from(textOf(text) ?? '', 'latin1');
      return (_scope, sample) => sample.setMethod(bytes, 0, bytes.length);
    },
  },
  {
    name: 'ipv4',
    arguments: takes('IPv4 address'),
    type: T_IPV4,
    layers: ['constant'],
    doc: 'The address itself.',
    manual: '7.3.2',
    link: ([address]) => {
      const bytes = address?.kind === 'IPv4 address' ? address.bytes : NO_BYTES;
      return (_scope, sample) => {
        sample.type = T_IPV4;
        sample.address.set(bytes);
        return true;
      };
    },
  },
  {
    name: 'ipv6',
    arguments: takes('IPv6 address'),
    type: T_IPV6,
    layers: ['constant'],
    doc: 'The address itself.',
    manual: '7.3.2',
    link: ([address]) => {
      const bytes = address?.kind === 'IPv6 address' ? address.bytes : NO_BYTES;
      return (_scope, sample) => {
        sample.type = T_IPV6;
        sample.address.set(bytes);
        return true;
      };
    },
  },
);
