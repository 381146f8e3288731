/**
 * Values of maps as converters give them: text as it is, integers, addresses. They stay text in the list, and are read
 * when a sample takes them. Specification: configuration manual 7.3.1 `map`.
 */
import { parseInet4, parseInet6 } from '../../protocol/inet-text.ts';
import { type Int64, saturated } from '../int64.ts';
import { latin1Text, type Sample, T_IPV4, T_IPV6 } from '../sample.ts';

/** Digits that a number holds exactly. */
const EXACT_DIGITS = 15;

export function isIntegerText(u8: Uint8Array, start: number, end: number): boolean {
  const sign = u8[start] === 0x2d || u8[start] === 0x2b ? 1 : 0;
  if (end - start - sign < 1) return false;
  for (let i = start + sign; i < end; i++)
    if ((u8[i] as number) < 0x30 || (u8[i] as number) > 0x39) return false;
  return true;
}

/** Of a text that isIntegerText holds for. */
export function integerOf(u8: Uint8Array, start: number, end: number): Int64 {
  const sign = u8[start] === 0x2d || u8[start] === 0x2b ? 1 : 0;
  if (end - start - sign > EXACT_DIGITS)
    return saturated(BigInt(latin1Text(u8, start, end).replace('+', '')));
  let value = 0;
  for (let i = start + sign; i < end; i++) value = value * 10 + (u8[i] as number) - 0x30;
  return u8[start] === 0x2d && value !== 0 ? -value : value;
}

const address = new Uint8Array(16);

export function isAddressText(u8: Uint8Array, start: number, end: number): boolean {
  return parseInet4(u8, start, end, address, 0) || parseInet6(u8, start, end, address);
}

export function takeAddress(u8: Uint8Array, start: number, end: number, sample: Sample): boolean {
  if (parseInet4(u8, start, end, sample.address, 0)) sample.type = T_IPV4;
  else if (parseInet6(u8, start, end, sample.address)) sample.type = T_IPV6;
  else return false;
  return true;
}
