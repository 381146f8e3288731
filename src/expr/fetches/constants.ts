/** Samples that the configuration itself gives. Specification: configuration manual 7.3.2. */
import { int64Of, noArguments, takes, textOf } from '../argument.ts';
import { registerFetches } from '../fetch-record.ts';
import { T_BOOL, T_INT, T_STR } from '../sample.ts';

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
);
