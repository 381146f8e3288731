/**
 * Maps: the value of the first pattern of a file that matches. The name says how patterns match and what values are:
 * `map_beg_ip` looks for prefixes and gives addresses.
 * Specification: configuration manual 7.3.1 `map`; wording of messages as HAProxy 2.6.
 */
import { type ArgumentValue, numberOf, takesAtLeast, textOf } from '../argument.ts';
import { type Converter, type ConverterRecord, registerConverters } from '../converter-record.ts';
import type { Linker } from '../linker.ts';
import { type MatchName, matchMethod } from '../patterns/match-method.ts';
import { REF_VALUES_INT, REF_VALUES_IP } from '../patterns/pattern-layout.ts';
import { FOUND, NOT_FOUND, type PatternLookup } from '../patterns/pattern-lookup.ts';
import type { PatternReference } from '../patterns/pattern-reference.ts';
import { integerOf, isAddressText, isIntegerText, takeAddress } from '../patterns/pattern-values.ts';
import { Regexes } from '../patterns/regexes.ts';
import { type Sample, type SampleType, T_ADDR, T_INT, T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

interface Output {
  /** Behind the name: '', `_int`, `_ip`. */
  readonly suffix: string;
  readonly type: SampleType;
  /** What the list is told about its values; 0: nothing. */
  readonly flag: number;
  readonly accepts: ((u8: Uint8Array, start: number, end: number) => boolean) | undefined;
  /** Of a text that it accepts. */
  readonly take: (u8: Uint8Array, start: number, end: number, sample: Sample) => boolean;
}

const text: Output = {
  suffix: '',
  type: T_STR,
  flag: 0,
  accepts: undefined,
  take: (u8, start, end, sample) => sample.setString(u8, start, end),
};

const outputs: readonly Output[] = [
  text,
  {
    suffix: '_int',
    type: T_INT,
    flag: REF_VALUES_INT,
    accepts: isIntegerText,
    take: (u8, start, end, sample) => sample.setInt(integerOf(u8, start, end)),
  },
  { suffix: '_ip', type: T_ADDR, flag: REF_VALUES_IP, accepts: isAddressText, take: takeAddress },
];

const methods: readonly (readonly [MatchName, SampleType])[] = [
  ['str', T_STR],
  ['beg', T_STR],
  ['sub', T_STR],
  ['dir', T_STR],
  ['dom', T_STR],
  ['end', T_STR],
  ['reg', T_STR],
  ['int', T_INT],
  ['ip', T_ADDR],
];

/** Reads and checks the file; the error is HAProxy's. */
function checker(method: MatchName, output: Output): NonNullable<ConverterRecord['check']> {
  return ([file], files) =>
    files?.useFile(textOf(file) ?? '', {
      by: 'map',
      method,
      ignoreCase: false,
      noNames: true,
      withValues: true,
      ...(output.accepts === undefined ? {} : { valuesAs: output.suffix, acceptsValue: output.accepts }),
    });
}

/** The default, as bytes that `output` takes; null without one. */
function fallbackOf(argument: ArgumentValue | undefined, output: Output): Uint8Array | null {
  const value = output.type === T_INT ? numberOf(argument)?.toString() : textOf(argument);
  return value === undefined ? null : Buffer.from(value, 'latin1');
}

function listOf(file: ArgumentValue | undefined, linker: Linker): PatternReference {
  const name = textOf(file) ?? '';
  const reference = linker.patterns.file(name);
  if (reference === undefined) throw new Error(`no map ${name}`);
  return reference;
}

function converter(lookup: PatternLookup, output: Output, fallback: Uint8Array | null): Converter {
  const { take } = output;
  return (sample) => {
    const found = lookup.value(sample);
    if (found === FOUND) return take(lookup.u8, lookup.start, lookup.end, sample);
    if (found === NOT_FOUND) return fallback !== null && take(fallback, 0, fallback.length, sample);
    return takePresence(output, sample);
  };
}

/** An entry that was added as an ACL's has no value: that it is there counts as 1 (observed on HAProxy 2.6). */
function takePresence({ type }: Output, sample: Sample): boolean {
  return type !== T_ADDR && sample.setInt(1);
}

function record(name: string, method: MatchName, input: SampleType, output: Output): ConverterRecord {
  return {
    name,
    arguments: takesAtLeast(1, 'string', output.type === T_INT ? 'integer' : 'string'),
    input,
    output: output.type,
    doc: 'The value that the map has for it, or the default that is given.',
    manual: '7.3.1',
    check: checker(method, output),
    link: ([file, fallback], linker) => {
      const reference = listOf(file, linker);
      if (output.flag !== 0) reference.setFlag(output.flag);
      return converter(matchMethod(method).lookup(reference, false), output, fallbackOf(fallback, output));
    },
  };
}

/** `map_regm`: the value may refer to what the expression matched. */
const withReferences: ConverterRecord = {
  name: 'map_regm',
  arguments: takesAtLeast(1, 'string', 'string'),
  input: T_STR,
  output: T_STR,
  doc: 'The value of the first expression that matches, with its references to groups filled in.',
  manual: '7.3.1',
  check: checker('reg', text),
  link: ([file, fallbackArgument], linker) => {
    const regexes = new Regexes(listOf(file, linker), false, true);
    const { lookup } = regexes;
    const fallback = fallbackOf(fallbackArgument, text);
    return (sample) => {
      const found = lookup.value(sample);
      if (found === NOT_FOUND) return fallback !== null && sample.setBytes(T_STR, fallback);
      if (found !== FOUND) return takePresence(text, sample);
      const area = nextScratch();
      const length = regexes.writeReplacement(sample, area);
      return length >= 0 && sample.setString(area, 0, length);
    };
  },
};

registerConverters(
  record('map', 'str', T_STR, text),
  withReferences,
  ...methods.flatMap(([method, input]) =>
    outputs.map((output) => record(`map_${method}${output.suffix}`, method, input, output)),
  ),
);
