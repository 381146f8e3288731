/**
 * Hashes of a few bits, for keys and distribution. None is a protection against anybody.
 * Specification: configuration manual 7.3.1; the functions themselves are in ../hashes.
 */
import { int64Of, numberOf, takesAtLeast } from '../argument.ts';
import { type ConverterRecord, registerConverters } from '../converter-record.ts';
import { avalanche } from '../hashes/avalanche.ts';
import { crc32, crc32c } from '../hashes/crc.ts';
import { djb2, sdbm } from '../hashes/multiplicative.ts';
import { wt6 } from '../hashes/wt6.ts';
import { xxh3 } from '../hashes/xxh3.ts';
import { xxh32 } from '../hashes/xxh32.ts';
import { xxh64 } from '../hashes/xxh64.ts';
import { low32, unsigned, wrapped } from '../int64.ts';
import { T_BIN, T_INT } from '../sample.ts';

type Hash32 = (u8: Uint8Array, start: number, end: number) => number;

function hash32(name: string, hash: Hash32, doc: string): ConverterRecord {
  return {
    name,
    arguments: takesAtLeast(0, 'integer'),
    input: T_BIN,
    output: T_INT,
    doc,
    manual: '7.3.1',
    link: ([spread]) =>
      (numberOf(spread) ?? 0) === 0
        ? (sample) => sample.setInt(hash(sample.u8, sample.start, sample.end))
        : (sample) => sample.setInt(avalanche(hash(sample.u8, sample.start, sample.end))),
  };
}

type Hash64 = (u8: Uint8Array, start: number, end: number, seed: bigint) => bigint;

function hash64(name: string, hash: Hash64, doc: string): ConverterRecord {
  return {
    name,
    arguments: takesAtLeast(0, 'integer'),
    input: T_BIN,
    output: T_INT,
    doc,
    manual: '7.3.1',
    link: ([number]) => {
      const seed = unsigned(int64Of(number) ?? 0);
      return (sample) => sample.setInt(wrapped(hash(sample.u8, sample.start, sample.end, seed)));
    },
  };
}

registerConverters(
  hash32('crc32', crc32, 'CRC-32 as in gzip; an argument other than 0 spreads its bits.'),
  hash32('crc32c', crc32c, 'CRC-32C; an argument other than 0 spreads its bits.'),
  hash32('djb2', djb2, "Bernstein's hash; an argument other than 0 spreads its bits."),
  hash32('sdbm', sdbm, 'The hash of sdbm; an argument other than 0 spreads its bits.'),
  hash32('wt6', wt6, "HAProxy's own hash; an argument other than 0 spreads its bits."),
  {
    name: 'xxh32',
    arguments: takesAtLeast(0, 'integer'),
    input: T_BIN,
    output: T_INT,
    doc: 'XXH32, with an optional seed.',
    manual: '7.3.1',
    link: ([number]) => {
      const seed = low32(int64Of(number) ?? 0);
      return (sample) => sample.setInt(xxh32(sample.u8, sample.start, sample.end, seed));
    },
  },
  hash64('xxh64', xxh64, 'XXH64 with a sign, with an optional seed.'),
  hash64('xxh3', xxh3, 'The 64-bit XXH3 with a sign, with an optional seed.'),
);
