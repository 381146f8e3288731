/** `-m found` and `-m bool`: the sample is there; the sample is true. Specification: configuration manual 7.1.1, 7.1. */
import { T_ANY, T_BOOL } from '../sample.ts';
import { registerMatchMethods } from './match-method.ts';

registerMatchMethods(
  {
    name: 'found',
    doc: 'There is a value, whatever it is.',
    manual: '7.1',
    input: T_ANY,
    check: () => undefined,
    build: () => ({ find: () => 0 }),
  },
  {
    name: 'bool',
    doc: 'The value is true.',
    manual: '7.1.1',
    input: T_BOOL,
    check: () => undefined,
    build: () => ({ find: (sample) => (sample.integer === 0 ? -1 : 0) }),
  },
);
