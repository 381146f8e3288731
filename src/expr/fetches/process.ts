/** The process, its thread, the clock, and chance. Specification: configuration manual 7.3.2. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { PROCESS_STOPPING } from '../../state/shared-state.ts';
import { noArguments, numberOf, takes, takesAtLeast, textOf } from '../argument.ts';
import { type FetchRecord, registerFetches } from '../fetch-record.ts';
import { T_BOOL, T_INT, T_STR } from '../sample.ts';

const RANDOM_VALUES = 2 ** 32;
const unitFactors: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['ms', 1000],
  ['us', 1_000_000],
]);

/** Microseconds since 1970. */
function nowUs(): number {
  return Math.floor((performance.timeOrigin + performance.now()) * 1000);
}

const constantInt = (name: string, doc: string, value: number): FetchRecord => ({
  name,
  arguments: noArguments,
  type: T_INT,
  layers: ['constant'],
  doc,
  manual: '7.3.2',
  link: () => (_scope, sample) => sample.setInt(value),
});

registerFetches(
  constantInt('nbproc', 'Number of processes: always 1.', 1),
  constantInt('proc', 'Number of the process: always 1.', 1),
  {
    name: 'thread',
    arguments: noArguments,
    type: T_INT,
    layers: ['constant'],
    doc: 'Number of the thread, from 0.',
    manual: '7.3.2',
    link: () => (scope, sample) => sample.setInt(Math.max(0, scope.sessionScope.threadNumber - 1)),
  },
  {
    name: 'stopping',
    arguments: noArguments,
    type: T_BOOL,
    layers: ['internal'],
    doc: 'The process is stopping.',
    manual: '7.3.2',
    link:
      (_args, { shared }) =>
      (_scope, sample) =>
        sample.setBool(Atomics.load(shared.words, PROCESS_STOPPING) !== 0),
  },
  {
    name: 'hostname',
    arguments: noArguments,
    type: T_STR,
    layers: ['constant'],
    doc: 'Name of the machine.',
    manual: '7.3.2',
    link: () => {
      const name = Buffer.from(hostname());
      return (_scope, sample) => sample.setBytes(T_STR, name);
    },
  },
  {
    name: 'env',
    arguments: takes('string'),
    type: T_STR,
    layers: ['constant'],
    doc: 'An environment variable, as it was at the start.',
    manual: '7.3.2',
    link: ([name]) => {
      const value = process.env[textOf(name) ?? ''];
      if (value === undefined) return () => false;
      const bytes = Buffer.from(value);
      return (_scope, sample) => sample.setBytes(T_STR, bytes);
    },
  },
  {
    name: 'date',
    arguments: takesAtLeast(0, 'integer', 'string'),
    type: T_INT,
    layers: ['constant'],
    doc: 'The time since 1970 plus an offset, in seconds or in the unit named (s, ms, us).',
    manual: '7.3.2',
    check: ([, unit]) => {
      const name = textOf(unit);
      return name === undefined || unitFactors.has(name)
        ? undefined
        : `expects 's', 'ms' or 'us', got '${name}'`;
    },
    link: ([offset, unit]) => {
      const divisor = 1_000_000 / (unitFactors.get(textOf(unit) ?? 's') ?? 1);
      const shift = numberOf(offset) ?? 0;
      return (_scope, sample) => sample.setInt(Math.floor(nowUs() / divisor) + shift);
    },
  },
  {
    name: 'date_us',
    arguments: noArguments,
    type: T_INT,
    layers: ['constant'],
    doc: 'Microseconds since the last full second.',
    manual: '7.3.2',
    link: () => (_scope, sample) => sample.setInt(nowUs() % 1_000_000),
  },
  {
    name: 'rand',
    arguments: takesAtLeast(0, 'integer'),
    type: T_INT,
    layers: ['constant'],
    doc: 'A random number from 0 to one less than the argument, or of 32 bits.',
    manual: '7.3.2',
    link: ([range]) => {
      const values = numberOf(range) ?? RANDOM_VALUES;
      return (_scope, sample) => sample.setInt(Math.floor(Math.random() * values));
    },
  },
  {
    name: 'uuid',
    arguments: takesAtLeast(0, 'integer'),
    type: T_STR,
    layers: ['constant'],
    doc: 'A random identifier (RFC 4122, version 4).',
    manual: '7.3.2',
    check: ([version]) => {
      const number = numberOf(version);
      return number === undefined || number === 0 || number === 4
        ? undefined
        : `Unsupported UUID version: '${number}'`;
    },
    link: () => (_scope, sample) => sample.setBytes(T_STR, Buffer.from(randomUUID(), 'latin1')),
  },
);
