/**
 * Maps: the value of the first pattern of a file that matches. The name says how patterns match and what values are:
 * `map_beg_ip` looks for prefixes and gives addresses.
 * Specification: configuration manual 7.3.1 `map`; wording of messages as HAProxy 2.6.
 */
import { wholeInteger } from '../../config/time-and-size.ts';
import { SocketAddress } from '../../protocol/socket-address.ts';
import { type ArgumentValue, numberOf, takesAtLeast, textOf } from '../argument.ts';
import { type Converter, type ConverterRecord, registerConverters } from '../converter-record.ts';
import { type MatchName, matchMethods, type PatternIndex } from '../patterns/match-method.ts';
import { mapEntry, patternFiles } from '../patterns/pattern-files.ts';
import { compileRegex, type Regex } from '../regex/regex.ts';
import { Replacement } from '../regex/replacement.ts';
import { type Sample, type SampleType, T_ADDR, T_INT, T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

/** Values of a map by position. */
interface Values {
  /** False for what is not there. */
  take(position: number, sample: Sample): boolean;
}

class Texts implements Values {
  private readonly bytes: Buffer;
  private readonly offsets: Int32Array;

  constructor(values: readonly string[]) {
    this.bytes = Buffer.from(values.join(''), 'latin1');
    this.offsets = new Int32Array(values.length + 1);
    for (const [i, value] of values.entries())
      this.offsets[i + 1] = (this.offsets[i] as number) + value.length;
  }

  take(position: number, sample: Sample): boolean {
    return sample.setString(
      this.bytes,
      this.offsets[position] as number,
      this.offsets[position + 1] as number,
    );
  }
}

class Integers implements Values {
  private readonly values: Float64Array;

  constructor(values: readonly string[]) {
    this.values = Float64Array.from(values, Number);
  }

  take(position: number, sample: Sample): boolean {
    return sample.setInt(this.values[position] as number);
  }
}

class Addresses implements Values {
  private readonly values: readonly SocketAddress[];

  constructor(values: readonly string[]) {
    this.values = values.map((value) => SocketAddress.parse(value) ?? new SocketAddress());
  }

  take(position: number, sample: Sample): boolean {
    return sample.setAddress(this.values[position] as SocketAddress);
  }
}

interface Output {
  /** Behind the name: '', `_int`, `_ip`. */
  readonly suffix: string;
  readonly type: SampleType;
  readonly accepts: (value: string) => boolean;
  readonly values: (values: readonly string[]) => Values;
}

const outputs: readonly Output[] = [
  { suffix: '', type: T_STR, accepts: () => true, values: (values) => new Texts(values) },
  {
    suffix: '_int',
    type: T_INT,
    accepts: (value) => wholeInteger(value) !== undefined || /^-\d+$/.test(value),
    values: (values) => new Integers(values),
  },
  {
    suffix: '_ip',
    type: T_ADDR,
    accepts: (value) => SocketAddress.parse(value) !== undefined,
    values: (values) => new Addresses(values),
  },
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

const flags = { ignoreCase: false, noNames: false };

/** Checks the file's lines; the error is HAProxy's. */
function checker(method: MatchName, output: Output): NonNullable<ConverterRecord['check']> {
  return ([file], place) => {
    const name = textOf(file) ?? '';
    if (place?.readFile === undefined) return undefined;
    const lines = place.readFile(name);
    if ('error' in lines) return lines.error;
    const match = matchMethods().get(method);
    for (const [index, line] of lines.entries()) {
      const { key, value } = mapEntry(line);
      const wrong = match?.check(key, flags);
      if (wrong !== undefined) return `${wrong} at line ${place.lineOf(name, index)} of file '${name}'`;
      if (!output.accepts(value))
        return `unable to parse '${value}' at line ${place.lineOf(name, index)} of file '${name}'`;
    }
    return undefined;
  };
}

function fallbackOf(argument: ArgumentValue | undefined, output: Output): Values | null {
  const text = output.type === T_INT ? numberOf(argument)?.toString() : textOf(argument);
  return text === undefined ? null : output.values([text]);
}

function found(index: PatternIndex, values: Values, fallback: Values | null): Converter {
  return (sample) => {
    const position = index.find(sample);
    if (position >= 0) return values.take(position, sample);
    return fallback?.take(0, sample) === true;
  };
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
      const match = matchMethods().get(method);
      if (match === undefined) throw new Error(`no match method ${method}`);
      const map = patternFiles(linker).map(textOf(file) ?? '', match, flags);
      return found(map.index, output.values(map.values), fallbackOf(fallback, output));
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
  check: checker('reg', outputs[0] as Output),
  link: ([file, fallbackArgument], linker) => {
    const text = outputs[0] as Output;
    const fallback = fallbackOf(fallbackArgument, text);
    const entries = patternFiles(linker)
      .lines(textOf(file) ?? '')
      .map((line) => {
        const { key, value } = mapEntry(line);
        const regex = compileRegex(key, false);
        if ('error' in regex) throw new Error(regex.error);
        return { regex: regex as Regex, replacement: new Replacement(value) };
      });
    return (sample) => {
      const { u8, start, end } = sample;
      for (let i = 0; i < entries.length; i++) {
        const entry = entries[i];
        if (entry === undefined || !entry.regex.exec(u8, start, end)) continue;
        const area = nextScratch();
        const length = entry.replacement.write(entry.regex, area, 0);
        return length >= 0 && sample.setString(area, 0, length);
      }
      return fallback?.take(0, sample) === true;
    };
  },
};

const text = outputs[0] as Output;
registerConverters(
  record('map', 'str', T_STR, text),
  withReferences,
  ...methods.flatMap(([method, input]) =>
    outputs.map((output) => record(`map_${method}${output.suffix}`, method, input, output)),
  ),
);
