/**
 * Signed 64-bit integers as samples have them. A value is a number while that is exact (the usual case, and the fast
 * one), and a bigint beyond ±2^53; every function takes either and gives the normal form.
 * Specification: configuration manual 7.3.1: arithmetic of converters is on 64 bits and saturates where it says so.
 */
export type Int64 = number | bigint;

const MASK = (1n << 64n) - 1n;
export const INT64_MAX = (1n << 63n) - 1n;
export const INT64_MIN = -(1n << 63n);

/** The normal form of a value that is within 64 bits. */
export function normal(value: bigint): Int64 {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)
    ? Number(value)
    : value;
}

/** Wraps around as the processor does. */
export function wrapped(value: bigint): Int64 {
  return normal(BigInt.asIntN(64, value));
}

/** Stops at the ends of the range. */
export function saturated(value: bigint): Int64 {
  return normal(value > INT64_MAX ? INT64_MAX : value < INT64_MIN ? INT64_MIN : value);
}

/** The same bits without a sign, for what prints or hashes them. */
export function unsigned(value: Int64): bigint {
  return BigInt(value) & MASK;
}

export function isSafe(value: number): boolean {
  return value <= Number.MAX_SAFE_INTEGER && value >= Number.MIN_SAFE_INTEGER;
}

/** The low 32 bits, as a signed number: for shared words and hashes. */
export function low32(value: Int64): number {
  return typeof value === 'number' && value === (value | 0)
    ? value
    : Number(BigInt.asIntN(32, BigInt(value)));
}

/** A decimal number with an optional sign, nothing else; too large ones stop at the ends of the range. */
export function readInt64(text: string): Int64 | undefined {
  if (!/^[+-]?\d*$/.test(text)) return undefined;
  const digits = text.replace(/^[+-]/, '');
  if (digits === '') return 0;
  const value = BigInt(digits);
  return saturated(text.startsWith('-') ? -value : value);
}
