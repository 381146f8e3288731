/**
 * Numbers with units: times (manual 2.5) and sizes (k, m, g). Pure functions that say what is wrong; the wording of
 * the message belongs to whoever knows the keyword.
 */
import type { TimeUnit } from './argument-reader.ts';

/** The longest time that HAProxy's timers hold: 2^31-1 ms, about 24.8 days. */
export const maxTimeMs = 2147483647;

export type TimeResult =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly fault: 'overflow' | 'underflow' }
  | { readonly ok: false; readonly fault: 'character'; readonly character: string };

const microseconds: Record<TimeUnit, number> = {
  us: 1,
  ms: 1000,
  s: 1e6,
  m: 60e6,
  h: 3600e6,
  d: 86400e6,
};

/**
 * A time, in `unit`, which is also what a bare number means. Rounded up, so that no time but 0 becomes 0.
 * An empty text reads as 0: keywords that need a value check that first.
 */
export function parseTime(text: string, unit: TimeUnit): TimeResult {
  const match = /^([0-9]*)(us|ms|s|m|h|d)?/.exec(text)!;
  const digits = match[1]!;
  const suffix = match[2] as TimeUnit | undefined;
  const end = match[0].length;
  // Without digits the first character is the fault, whatever follows it.
  if (digits === '' && text !== '') return { ok: false, fault: 'character', character: text.charAt(0) };
  if (end < text.length) return { ok: false, fault: 'character', character: text.charAt(end) };
  if (digits === '' && suffix !== undefined) {
    return { ok: false, fault: 'character', character: text.charAt(0) };
  }
  const inMicroseconds = Number(digits) * microseconds[suffix ?? unit];
  const value = Math.ceil(inMicroseconds / microseconds[unit]);
  if (value > maxTimeMs) return { ok: false, fault: 'overflow' };
  return { ok: true, value };
}

/** The value of `unit` in milliseconds. */
export function millisecondsOf(unit: TimeUnit): number {
  return microseconds[unit] / 1000;
}

export type SizeResult =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly character: string };

/** A size in bytes: digits with at most one of k, m, g behind them, in either case. */
export function parseSize(text: string): SizeResult {
  const match = /^([0-9]+)([kKmMgG]?)/.exec(text);
  if (match === null) return { ok: false, character: text.charAt(0) };
  const end = match[0].length;
  if (end < text.length) return { ok: false, character: text.charAt(end) };
  const factor = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[match[2]!.toLowerCase()] ?? 1;
  return { ok: true, value: Number(match[1]) * factor };
}

const mostLong = 2n ** 63n - 1n;

/**
 * What C's `atol` makes of a word when it is put into an `int`: leading digits, 0 where there are none, and what does not
 * fit wraps around. Old keywords read their numbers so.
 */
export function leadingInteger(text: string): number {
  const match = /^[ \t]*([+-]?[0-9]+)/.exec(text);
  if (match === null) return 0;
  const digits = match[1]!;
  if (digits.length < 10) return Number(digits);
  const value = BigInt(digits.startsWith('+') ? digits.slice(1) : digits);
  const held = value > mostLong ? mostLong : value < -mostLong - 1n ? -mostLong - 1n : value;
  return Number(BigInt.asIntN(32, held));
}

/** The whole word as an integer, or undefined. */
export function wholeInteger(text: string): number | undefined {
  return /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined;
}
