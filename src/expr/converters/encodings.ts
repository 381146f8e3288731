/**
 * Bytes as text and back: hexadecimal, decimal, network order. A result that is longer than one scratch area ends there.
 * Specification: configuration manual 7.3.1.
 */
import { isAbsent, noArguments, numberOf, takesAtLeast, textOf } from '../argument.ts';
import { writeInteger } from '../casts.ts';
import { type Converter, registerConverters } from '../converter-record.ts';
import { low32, wrapped } from '../int64.ts';
import { T_BIN, T_INT, T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

const DIGITS = Buffer.from('0123456789ABCDEF', 'latin1');

/** A string without a separator is one chunk. */
function hexadecimal(separator: string, chunkBytes: number, whole: boolean): Converter {
  const between = Buffer.from(separator, 'latin1');
  return (sample) => {
    const area = nextScratch();
    const { u8, start } = sample;
    let { end } = sample;
    if (whole && chunkBytes > 0) end -= (end - start) % chunkBytes;
    let out = 0;
    let inChunk = 0;
    for (let at = start; at < end; at++) {
      if (between.length > 0 && inChunk === chunkBytes) {
        if (out + between.length > area.length) break;
        for (let i = 0; i < between.length; i++) area[out++] = between[i] as number;
        inChunk = 0;
      }
      if (out + 2 > area.length) break;
      const byte = u8[at] as number;
      area[out++] = DIGITS[byte >> 4] as number;
      area[out++] = DIGITS[byte & 15] as number;
      inChunk++;
    }
    return sample.setString(area, 0, out);
  };
}

function decimal(separator: string, chunkBytes: number, whole: boolean): Converter {
  const between = Buffer.from(separator, 'latin1');
  return (sample) => {
    const area = nextScratch();
    const { u8, start } = sample;
    let { end } = sample;
    if (whole) end -= (end - start) % chunkBytes;
    let out = 0;
    for (let at = start; at < end; at += chunkBytes) {
      const to = Math.min(at + chunkBytes, end);
      if (out + between.length + 20 > area.length) break;
      if (at > start) for (let i = 0; i < between.length; i++) area[out++] = between[i] as number;
      let value = 0;
      for (let i = at; i < Math.min(to, at + 6); i++) value = value * 256 + (u8[i] as number);
      if (to - at <= 6) out = writeInteger(value, area, out);
      else {
        let long = BigInt(value);
        for (let i = at + 6; i < to; i++) long = long * 256n + BigInt(u8[i] as number);
        out = writeInteger(long, area, out);
      }
    }
    return sample.setString(area, 0, out);
  };
}

function hexDigit(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const letter = c | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function isFlag(value: number): boolean {
  return value === 0 || value === 1;
}

registerConverters(
  {
    name: 'hex',
    arguments: noArguments,
    input: T_BIN,
    output: T_STR,
    doc: 'Two hexadecimal digits a byte, in upper case.',
    manual: '7.3.1',
    link: () => hexadecimal('', 0, false),
  },
  {
    name: 'be2hex',
    arguments: takesAtLeast(1, 'string', 'integer', 'integer'),
    input: T_BIN,
    output: T_STR,
    doc: 'Two hexadecimal digits a byte, with a separator between chunks.',
    manual: '7.3.1',
    check: ([separator, chunk, truncate]) => {
      const bytes = numberOf(chunk) ?? 0;
      if (bytes <= 0 && (textOf(separator) !== '' || (numberOf(truncate) ?? 0) !== 0))
        return `chunk_size needs to be positive (${bytes})`;
      const flag = numberOf(truncate) ?? 0;
      return isFlag(flag) ? undefined : `Unsupported truncate value (${flag})`;
    },
    link: ([separator, chunk, truncate]) =>
      hexadecimal(textOf(separator) ?? '', numberOf(chunk) ?? 0, numberOf(truncate) === 1),
  },
  {
    name: 'be2dec',
    arguments: takesAtLeast(1, 'string', 'integer', 'integer'),
    input: T_BIN,
    output: T_STR,
    doc: 'A decimal number for each chunk of bytes, with a separator between them.',
    manual: '7.3.1',
    check: ([, chunk, truncate]) => {
      const bytes = numberOf(chunk) ?? 0;
      if (bytes <= 0 || bytes > 8) return `chunk_size out of [1..8] range (${bytes})`;
      const flag = numberOf(truncate) ?? 0;
      return isFlag(flag) ? undefined : `Unsupported truncate value (${flag})`;
    },
    link: ([separator, chunk, truncate]) =>
      decimal(textOf(separator) ?? '', numberOf(chunk) ?? 1, !isAbsent(truncate) && numberOf(truncate) === 1),
  },
  {
    name: 'hex2i',
    arguments: noArguments,
    input: T_STR,
    output: T_INT,
    doc: 'The integer that hexadecimal digits stand for.',
    manual: '7.3.1',
    link: () => (sample) => {
      const { u8, start, end } = sample;
      let value = 0;
      let long: bigint | undefined;
      for (let at = start; at < end; at++) {
        const digit = hexDigit(u8[at] as number);
        if (digit < 0) return false;
        if (at - start < 12) value = value * 16 + digit;
        else long = BigInt.asUintN(64, (long ?? BigInt(value)) * 16n + BigInt(digit));
      }
      return sample.setInt(long === undefined ? value : wrapped(long));
    },
  },
  {
    name: 'htonl',
    arguments: noArguments,
    input: T_INT,
    output: T_BIN,
    doc: 'The low 32 bits as four bytes, most significant first.',
    manual: '7.3.1',
    link: () => (sample) => {
      const value = low32(sample.integer);
      const area = nextScratch();
      for (let i = 0; i < 4; i++) area[i] = (value >>> (24 - 8 * i)) & 0xff;
      return sample.setBinary(area, 0, 4);
    },
  },
);
