/**
 * Parts of strings and binaries. All of them only move the sample's ends: nothing is copied.
 * Specification: configuration manual 7.3.1; what lies outside, and empty parts, as observed on HAProxy 2.6.
 */
import { isAbsent, noArguments, numberOf, takes, takesAtLeast, textOf } from '../argument.ts';
import { type ConverterRecord, registerConverters } from '../converter-record.ts';
import { type Sample, T_BIN, T_INT, T_STR } from '../sample.ts';
import { byteSet } from './byte-set.ts';

/** Everything that is left. */
const ALL = 0;

/** Field number `index` from the beginning, and the `count - 1` that follow it. */
function fieldFromStart(sample: Sample, delimiters: Uint8Array, index: number, count: number): boolean {
  const { u8, end } = sample;
  let from = sample.start;
  let number = 1;
  for (let at = sample.start; at <= end; at++) {
    if (at < end && delimiters[u8[at] as number] === 0) continue;
    // A field ends here.
    if (number >= index) {
      if (number === index) sample.start = from;
      if (count !== ALL && number === index + count - 1) {
        sample.end = at;
        return true;
      }
    }
    number++;
    from = at + 1;
  }
  return number > index;
}

/** Field number `index` from the end, and the `count - 1` in front of it. */
function fieldFromEnd(sample: Sample, delimiters: Uint8Array, index: number, count: number): boolean {
  const { u8, start } = sample;
  let to = sample.end;
  let number = 1;
  for (let at = sample.end - 1; at >= start - 1; at--) {
    if (at >= start && delimiters[u8[at] as number] === 0) continue;
    if (number >= index) {
      if (number === index) sample.end = to;
      if (count !== ALL && number === index + count - 1) {
        sample.start = at + 1;
        return true;
      }
    }
    number++;
    to = at;
  }
  return number > index;
}

/** Words are separated by any number of delimiters, those at the ends count for nothing. */
function wordFromStart(sample: Sample, delimiters: Uint8Array, index: number, count: number): boolean {
  const { u8, end } = sample;
  let number = 0;
  let at = sample.start;
  let first = end;
  while (at < end) {
    while (at < end && delimiters[u8[at] as number] === 1) at++;
    if (at === end) break;
    number++;
    if (number === index) {
      first = at;
      if (count === ALL) break;
    }
    while (at < end && delimiters[u8[at] as number] === 0) at++;
    if (count !== ALL && number === index + count - 1) {
      sample.start = first;
      sample.end = at;
      return true;
    }
  }
  sample.start = first;
  return true;
}

function wordFromEnd(sample: Sample, delimiters: Uint8Array, index: number, count: number): boolean {
  const { u8, start } = sample;
  let number = 0;
  let at = sample.end;
  let last = start;
  while (at > start) {
    while (at > start && delimiters[u8[at - 1] as number] === 1) at--;
    if (at === start) break;
    number++;
    if (number === index) {
      last = at;
      if (count === ALL) break;
    }
    while (at > start && delimiters[u8[at - 1] as number] === 0) at--;
    if (count !== ALL && number === index + count - 1) {
      sample.end = last;
      sample.start = at;
      return true;
    }
  }
  sample.end = last;
  return true;
}

type Pick = (sample: Sample, delimiters: Uint8Array, index: number, count: number) => boolean;

function picker(name: string, doc: string, fromStart: Pick, fromEnd: Pick): ConverterRecord {
  return {
    name,
    arguments: takesAtLeast(2, 'integer', 'string', 'integer'),
    input: T_STR,
    output: T_STR,
    doc,
    manual: '7.3.1',
    check: ([index, delimiters]) => {
      if (numberOf(index) === 0) return 'Unexpected value 0 for index';
      return textOf(delimiters) === '' ? 'Empty separators list' : undefined;
    },
    link: ([index, text, count]) => {
      const number = numberOf(index) ?? 1;
      const delimiters = byteSet(textOf(text) ?? '');
      const many = isAbsent(count) ? 1 : Math.max(numberOf(count) ?? 1, ALL);
      return number > 0
        ? (sample) => fromStart(sample, delimiters, number, many)
        : (sample) => fromEnd(sample, delimiters, -number, many);
    },
  };
}

registerConverters(
  picker(
    'field',
    'A field by its number, from 1, or from the end, from -1; several with a count.',
    fieldFromStart,
    fieldFromEnd,
  ),
  picker(
    'word',
    'A word by its number, from 1, or from the end, from -1; several with a count.',
    wordFromStart,
    wordFromEnd,
  ),
  {
    name: 'bytes',
    arguments: takesAtLeast(1, 'integer', 'integer'),
    input: T_BIN,
    output: T_BIN,
    doc: 'The bytes from an offset on; at most so many, if a length is given.',
    manual: '7.3.1',
    link: ([offset, length]) => {
      const from = numberOf(offset) ?? 0;
      const most = isAbsent(length) ? -1 : (numberOf(length) ?? -1);
      return (sample) => {
        if (from < 0 || sample.length <= from) {
          sample.start = sample.end;
          return true;
        }
        sample.start += from;
        if (most >= 0 && sample.length > most) sample.end = sample.start + most;
        return true;
      };
    },
  },
  {
    name: 'length',
    arguments: noArguments,
    input: T_STR,
    output: T_INT,
    doc: 'How many bytes.',
    manual: '7.3.1',
    link: () => (sample) => sample.setInt(sample.length),
  },
  {
    name: 'cut_crlf',
    arguments: noArguments,
    input: T_STR,
    output: T_STR,
    doc: 'What stands in front of the first carriage return or line feed.',
    manual: '7.3.1',
    link: () => (sample) => {
      const { u8, end } = sample;
      for (let at = sample.start; at < end; at++) {
        if (u8[at] === 13 || u8[at] === 10) {
          sample.end = at;
          break;
        }
      }
      return true;
    },
  },
  {
    name: 'ltrim',
    arguments: takes('string'),
    input: T_STR,
    output: T_STR,
    doc: 'Without the given characters at the beginning.',
    manual: '7.3.1',
    link: ([characters]) => {
      const set = byteSet(textOf(characters) ?? '');
      return (sample) => {
        while (sample.start < sample.end && set[sample.u8[sample.start] as number] === 1) sample.start++;
        return true;
      };
    },
  },
  {
    name: 'rtrim',
    arguments: takes('string'),
    input: T_STR,
    output: T_STR,
    doc: 'Without the given characters at the end.',
    manual: '7.3.1',
    link: ([characters]) => {
      const set = byteSet(textOf(characters) ?? '');
      return (sample) => {
        while (sample.start < sample.end && set[sample.u8[sample.end - 1] as number] === 1) sample.end--;
        return true;
      };
    },
  },
);
