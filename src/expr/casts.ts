/**
 * How a sample of one type is taken for another: what a converter wants, what a match method wants, what a log shows.
 * Bytes that a cast makes go into a scratch area. Specification: configuration manual 7.1 and 7.3; details observed on
 * HAProxy 2.6.
 */
import { parseInet6, writeInet4, writeInet6 } from '../protocol/inet-text.ts';
import { type Int64, saturated } from './int64.ts';
import {
  type Sample,
  type SampleType,
  T_ADDR,
  T_ANY,
  T_BIN,
  T_BOOL,
  T_INT,
  T_IPV4,
  T_IPV6,
  T_METH,
  T_STR,
} from './sample.ts';
import { nextScratch } from './scratch.ts';

/** A cast in place. False: this value has no form of that type. */
type Cast = (sample: Sample) => boolean;

const same: Cast = () => true;

function retype(type: SampleType): Cast {
  return (sample) => {
    sample.type = type;
    return true;
  };
}

function intToBool(sample: Sample): boolean {
  sample.type = T_BOOL;
  sample.integer = sample.integer === 0 ? 0 : 1;
  return true;
}

function intToInet4(sample: Sample): boolean {
  const value = Number(BigInt.asUintN(32, BigInt(sample.integer)));
  sample.type = T_IPV4;
  for (let i = 0; i < 4; i++) sample.address[i] = (value >>> (24 - 8 * i)) & 0xff;
  return true;
}

function intToInet6(sample: Sample): boolean {
  intToInet4(sample);
  return inet4ToInet6(sample);
}

function inet4ToInt(sample: Sample): boolean {
  const { address } = sample;
  sample.type = T_INT;
  sample.integer =
    (((address[0] as number) << 24) |
      ((address[1] as number) << 16) |
      ((address[2] as number) << 8) |
      (address[3] as number)) >>>
    0;
  return true;
}

/** An IPv4 address in IPv6 form (RFC 4291 2.5.5.2). */
function inet4ToInet6(sample: Sample): boolean {
  const { address } = sample;
  sample.type = T_IPV6;
  for (let i = 0; i < 4; i++) address[12 + i] = address[i] as number;
  address.fill(0, 0, 10);
  address[10] = 0xff;
  address[11] = 0xff;
  return true;
}

/** Only a mapped IPv4 address (RFC 4291 2.5.5.2) has an IPv4 form. */
function inet6ToInet4(sample: Sample): boolean {
  const { address } = sample;
  if (!isMappedInet4(address)) return false;
  sample.type = T_IPV4;
  for (let i = 0; i < 4; i++) address[i] = address[12 + i] as number;
  return true;
}

/** Whether an IPv6 address is a mapped IPv4 address. */
export function isMappedInet4(address: Uint8Array): boolean {
  for (let i = 0; i < 10; i++) if (address[i] !== 0) return false;
  return address[10] === 0xff && address[11] === 0xff;
}

function inet4ToText(sample: Sample): boolean {
  const area = nextScratch();
  return sample.setString(area, 0, writeInet4(sample.address, 0, area, 0));
}

function inet6ToText(sample: Sample): boolean {
  const area = nextScratch();
  return sample.setString(area, 0, writeInet6(sample.address, area, 0));
}

/** The address as its bytes. */
function addressToBinary(length: number): Cast {
  return (sample) => {
    const area = nextScratch();
    for (let i = 0; i < length; i++) area[i] = sample.address[i] as number;
    return sample.setBinary(area, 0, length);
  };
}

function intToText(sample: Sample): boolean {
  const area = nextScratch();
  return sample.setString(area, 0, writeInteger(sample.integer, area, 0));
}

/** Eight bytes, most significant first. */
function intToBinary(sample: Sample): boolean {
  const area = nextScratch();
  new DataView(area.buffer, area.byteOffset).setBigInt64(0, BigInt(sample.integer));
  return sample.setBinary(area, 0, 8);
}

/** Decimal text at `at`. Result: the offset behind it. */
export function writeInteger(value: Int64, into: Uint8Array, at: number): number {
  if (typeof value === 'number' && value >= 0 && value <= 0x7fffffff) {
    let digits = 1;
    for (let rest = value; rest >= 10; rest = (rest / 10) | 0) digits++;
    let rest = value;
    for (let i = at + digits - 1; i >= at; i--) {
      const next = (rest / 10) | 0;
      into[i] = 48 + rest - next * 10;
      rest = next;
    }
    return at + digits;
  }
  const text = String(value);
  for (let i = 0; i < text.length; i++) into[at + i] = text.charCodeAt(i);
  return at + text.length;
}

/** Reads an integer as far as digits go; what follows them is not looked at. Saturates at 64 bits. */
export function readInteger(u8: Uint8Array, start: number, end: number): Int64 {
  let at = start;
  let negative = false;
  if (at < end && (u8[at] === 45 || u8[at] === 43)) {
    negative = u8[at] === 45;
    at++;
  }
  let value = 0;
  for (; at < end; at++) {
    const digit = (u8[at] as number) - 48;
    if (digit < 0 || digit > 9) break;
    const next = value * 10 + digit;
    if (next > Number.MAX_SAFE_INTEGER) return readLongInteger(u8, at, end, BigInt(value), negative);
    value = next;
  }
  return negative ? 0 - value : value;
}

function readLongInteger(u8: Uint8Array, at: number, end: number, value: bigint, negative: boolean): Int64 {
  for (; at < end && value < 1n << 70n; at++) {
    const digit = (u8[at] as number) - 48;
    if (digit < 0 || digit > 9) break;
    value = value * 10n + BigInt(digit);
  }
  return saturated(negative ? -value : value);
}

/** Text ends at the first NUL byte. */
function binaryToText(sample: Sample): boolean {
  const { u8, start, end } = sample;
  let at = start;
  while (at < end && u8[at] !== 0) at++;
  sample.type = T_STR;
  sample.end = at;
  return true;
}

function textToInt(sample: Sample): boolean {
  if (sample.start === sample.end) return false;
  sample.integer = readInteger(sample.u8, sample.start, sample.end);
  sample.type = T_INT;
  return true;
}

function textToBool(sample: Sample): boolean {
  return textToInt(sample) && intToBool(sample);
}

/**
 * Four numbers with dots between them. Any leading zeros are decimal, and what follows the last number is not looked at,
 * unless it is a dot.
 */
function readInet4(u8: Uint8Array, start: number, end: number, bytes: Uint8Array): boolean {
  let at = start;
  for (let part = 0; part < 4; part++) {
    if (part > 0 && (at >= end || u8[at++] !== 46)) return false;
    const from = at;
    let value = 0;
    for (; at < end; at++) {
      const digit = (u8[at] as number) - 48;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      if (value > 255) return false;
    }
    if (at === from) return false;
    bytes[part] = value;
  }
  return at === end || u8[at] !== 46;
}

function textToInet4(sample: Sample): boolean {
  if (!readInet4(sample.u8, sample.start, sample.end, sample.address)) return false;
  sample.type = T_IPV4;
  return true;
}

function textToInet6(sample: Sample): boolean {
  if (!parseInet6(sample.u8, sample.start, sample.end, sample.address)) return false;
  sample.type = T_IPV6;
  return true;
}

function textToAddress(sample: Sample): boolean {
  return textToInet4(sample) || textToInet6(sample);
}

/** Casts by target, by source. A pair that is absent is refused when the configuration is read. */
const table: ReadonlyMap<SampleType, ReadonlyMap<SampleType, Cast>> = new Map([
  [
    T_BOOL,
    new Map<SampleType, Cast>([
      [T_BOOL, same],
      [T_INT, intToBool],
      [T_STR, textToBool],
    ]),
  ],
  [
    T_INT,
    new Map<SampleType, Cast>([
      [T_BOOL, retype(T_INT)],
      [T_INT, same],
      [T_IPV4, inet4ToInt],
      [T_STR, textToInt],
    ]),
  ],
  [
    T_ADDR,
    new Map<SampleType, Cast>([
      [T_INT, intToInet4],
      [T_ADDR, same],
      [T_IPV4, same],
      [T_IPV6, same],
      [T_STR, textToAddress],
    ]),
  ],
  [
    T_IPV4,
    new Map<SampleType, Cast>([
      [T_INT, intToInet4],
      [T_IPV4, same],
      [T_IPV6, inet6ToInet4],
      [T_STR, textToInet4],
    ]),
  ],
  [
    T_IPV6,
    new Map<SampleType, Cast>([
      [T_INT, intToInet6],
      [T_IPV4, inet4ToInet6],
      [T_IPV6, same],
      [T_STR, textToInet6],
    ]),
  ],
  [
    T_STR,
    new Map<SampleType, Cast>([
      [T_BOOL, intToText],
      [T_INT, intToText],
      [T_IPV4, inet4ToText],
      [T_IPV6, inet6ToText],
      [T_STR, same],
      [T_BIN, binaryToText],
      [T_METH, retype(T_STR)],
    ]),
  ],
  [
    T_BIN,
    new Map<SampleType, Cast>([
      [T_BOOL, intToBinary],
      [T_INT, intToBinary],
      [T_IPV4, addressToBinary(4)],
      [T_IPV6, addressToBinary(16)],
      [T_STR, retype(T_BIN)],
      [T_BIN, same],
      [T_METH, retype(T_BIN)],
    ]),
  ],
  [
    T_METH,
    new Map<SampleType, Cast>([
      [T_STR, retype(T_METH)],
      [T_BIN, retype(T_METH)],
      [T_METH, same],
    ]),
  ],
]);

/** Whether a value that is declared as `from` can be taken for `to`. */
export function castable(from: SampleType, to: SampleType): boolean {
  if (to === T_ANY || from === T_ANY || from === to) return true;
  const casts = table.get(to);
  if (casts === undefined) return false;
  if (from === T_ADDR) return casts.has(T_IPV4) || casts.has(T_IPV6);
  return casts.has(from);
}

/** Takes the sample for another type. False: this value has no such form. */
export function cast(sample: Sample, to: SampleType): boolean {
  if (to === T_ANY || sample.type === to) return true;
  const convert = table.get(to)?.get(sample.type);
  return convert?.(sample) ?? false;
}
