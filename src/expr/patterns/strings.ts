/**
 * Matches of strings: equal, at the beginning, at the end, anywhere, between slashes, between dots. One way of searching
 * whatever the length of the list: time grows with what is looked at, not with the number of patterns.
 * Specification: configuration manual 7.1.3.
 */
import { T_BIN, T_STR } from '../sample.ts';
import { ByteTable, HASH_START, hashByte, lowerCase, sameCase } from './byte-table.ts';
import {
  type MatchMethod,
  type PatternFlags,
  type PatternIndex,
  registerMatchMethods,
} from './match-method.ts';
import { SubstringSearch } from './substring-search.ts';

function bytesOf(patterns: readonly string[]): Uint8Array[] {
  return patterns.map((pattern) => Buffer.from(pattern, 'latin1'));
}

function mapOf(flags: PatternFlags): Uint8Array {
  return flags.ignoreCase ? lowerCase : sameCase;
}

function equal(patterns: readonly string[], flags: PatternFlags): PatternIndex {
  const map = mapOf(flags);
  const table = new ByteTable(bytesOf(patterns), map);
  return { find: ({ u8, start, end }) => table.findWhole(u8, start, end, map) };
}

/** The longest pattern that the value begins with: HAProxy's trees find that one. */
function beginning(patterns: readonly string[], flags: PatternFlags): PatternIndex {
  const map = mapOf(flags);
  const table = new ByteTable(bytesOf(patterns), map);
  const { lengths } = table;
  return {
    find({ u8, start, end }) {
      let hash = HASH_START;
      let length = 0;
      let found = -1;
      for (let i = 0; i < lengths.length; i++) {
        const wanted = lengths[i] as number;
        if (wanted > end - start) break;
        for (; length < wanted; length++) hash = hashByte(hash, map[u8[start + length] as number] as number);
        const position = table.find(u8, start, start + length, map, hash);
        if (position >= 0) found = position;
      }
      return found;
    },
  };
}

function ending(patterns: readonly string[], flags: PatternFlags): PatternIndex {
  const map = mapOf(flags);
  const table = new ByteTable(bytesOf(patterns), map, true);
  const { lengths } = table;
  return {
    find({ u8, start, end }) {
      let hash = HASH_START;
      let length = 0;
      let found = -1;
      for (let i = 0; i < lengths.length; i++) {
        const wanted = lengths[i] as number;
        if (wanted > end - start) break;
        for (; length < wanted; length++)
          hash = hashByte(hash, map[u8[end - 1 - length] as number] as number);
        const position = table.find(u8, end - length, end, map, hash, true);
        if (position >= 0 && (found < 0 || position < found)) found = position;
      }
      return found;
    },
  };
}

function anywhere(patterns: readonly string[], flags: PatternFlags): PatternIndex {
  const map = mapOf(flags);
  const search = new SubstringSearch(bytesOf(patterns), map);
  return { find: ({ u8, start, end }) => search.find(u8, start, end, map) };
}

/** Whole words between delimiters; a pattern may hold several of them. Delimiters around a pattern do not count. */
function words(delimiters: string): MatchMethod['build'] {
  const isDelimiter = new Uint8Array(256);
  for (const c of delimiters) isDelimiter[c.charCodeAt(0)] = 1;
  const trimmed = (pattern: Uint8Array): Uint8Array => {
    let start = 0;
    let end = pattern.length;
    while (start < end && isDelimiter[pattern[start] as number] === 1) start++;
    while (end > start && isDelimiter[pattern[end - 1] as number] === 1) end--;
    return pattern.subarray(start, end);
  };
  return (patterns, flags) => {
    const map = mapOf(flags);
    const all = bytesOf(patterns).map(trimmed);
    const table = new ByteTable(all, map);
    const longest = table.lengths.at(-1) ?? 0;
    return {
      find({ u8, start, end }) {
        let found = -1;
        for (let from = start; from < end; from++) {
          const begins = from === start || isDelimiter[u8[from - 1] as number] === 1;
          if (!begins || isDelimiter[u8[from] as number] === 1) continue;
          let hash = HASH_START;
          const limit = Math.min(end, from + longest);
          for (let to = from; to < limit; to++) {
            hash = hashByte(hash, map[u8[to] as number] as number);
            if (to + 1 < end && isDelimiter[u8[to + 1] as number] !== 1) continue;
            const position = table.find(u8, from, to + 1, map, hash);
            if (position >= 0 && (found < 0 || position < found)) found = position;
          }
        }
        return found;
      },
    };
  };
}

function checkHex(text: string): string | undefined {
  const wrong = /[^0-9a-fA-F]/.exec(text);
  if (wrong !== null) return `an hex digit is expected (found '${wrong[0]}')`;
  return text.length % 2 === 0 ? undefined : 'an even number of hex digit is expected';
}

const anything = (): undefined => undefined;

registerMatchMethods(
  { name: 'str', doc: 'Equal.', manual: '7.1.3', input: T_STR, check: anything, build: equal },
  { name: 'beg', doc: 'Begins with it.', manual: '7.1.3', input: T_STR, check: anything, build: beginning },
  { name: 'end', doc: 'Ends with it.', manual: '7.1.3', input: T_STR, check: anything, build: ending },
  { name: 'sub', doc: 'Holds it.', manual: '7.1.3', input: T_STR, check: anything, build: anywhere },
  {
    name: 'dir',
    doc: 'Has it between slashes.',
    manual: '7.1.3',
    input: T_STR,
    check: anything,
    build: words('/?'),
  },
  {
    name: 'dom',
    doc: 'Has it between dots.',
    manual: '7.1.3',
    input: T_STR,
    check: anything,
    build: words('/?.:'),
  },
  {
    name: 'bin',
    doc: 'Equal, with patterns in hexadecimal.',
    manual: '7.1.5',
    input: T_BIN,
    check: checkHex,
    build: (patterns) => {
      const table = new ByteTable(
        patterns.map((pattern) => Buffer.from(pattern, 'hex')),
        sameCase,
      );
      return { find: ({ u8, start, end }) => table.findWhole(u8, start, end, sameCase) };
    },
  },
);
