/**
 * A sample: one typed value taken from the traffic, on its way through converters to a match, a log line or a rule.
 * One object is used again and again, its bytes lie where they were found (the arena, a scratch area, a configured
 * string): whoever keeps a sample beyond the evaluation copies it.
 * Specification: configuration manual 7.1 and 7.3 (types).
 */
import type { SocketAddress } from '../protocol/socket-address.ts';
import { FAMILY_INET, FAMILY_INET6 } from '../protocol/socket-address.ts';
import type { Int64 } from './int64.ts';

export const T_ANY = 0;
export const T_BOOL = 1;
export const T_INT = 2;
/** Either family: what converters take and give that do not care. Never the type of a value. */
export const T_ADDR = 3;
export const T_IPV4 = 4;
export const T_IPV6 = 5;
export const T_STR = 6;
export const T_BIN = 7;
export const T_METH = 8;
export type SampleType =
  | typeof T_ANY
  | typeof T_BOOL
  | typeof T_INT
  | typeof T_ADDR
  | typeof T_IPV4
  | typeof T_IPV6
  | typeof T_STR
  | typeof T_BIN
  | typeof T_METH;

/** By type, as HAProxy's lists show them. */
export const typeNames: readonly string[] = [
  'any',
  'bool',
  'sint',
  'addr',
  'ipv4',
  'ipv6',
  'str',
  'bin',
  'meth',
];

const NOTHING = new Uint8Array(0);

export class Sample {
  type: SampleType = T_BOOL;
  /** Of booleans (0 or 1) and integers. */
  integer: Int64 = 0;
  /** Of strings, binaries and methods: the bytes `start`…`end` of `u8`. */
  u8: Uint8Array = NOTHING;
  start = 0;
  end = 0;
  /** Of addresses: 4 or 16 bytes in network order. */
  readonly address = new Uint8Array(16);
  /** The bytes may change or grow while more arrives: a rule may wait for the final value. */
  mayChange = false;
  /** Before the call: nothing more will arrive (`wait_end`). */
  final = true;

  get length(): number {
    return this.end - this.start;
  }

  setBool(value: boolean): true {
    this.type = T_BOOL;
    this.integer = value ? 1 : 0;
    return true;
  }

  setInt(value: Int64): true {
    this.type = T_INT;
    this.integer = value;
    return true;
  }

  setString(u8: Uint8Array, start: number, end: number): true {
    this.type = T_STR;
    this.u8 = u8;
    this.start = start;
    this.end = end;
    return true;
  }

  setBinary(u8: Uint8Array, start: number, end: number): true {
    this.type = T_BIN;
    this.u8 = u8;
    this.start = start;
    this.end = end;
    return true;
  }

  setMethod(u8: Uint8Array, start: number, end: number): true {
    this.type = T_METH;
    this.u8 = u8;
    this.start = start;
    this.end = end;
    return true;
  }

  /** From whole bytes that were made before (configured strings, names). */
  setBytes(type: typeof T_STR | typeof T_BIN, bytes: Uint8Array): true {
    this.type = type;
    this.u8 = bytes;
    this.start = 0;
    this.end = bytes.length;
    return true;
  }

  /** False for what is neither IPv4 nor IPv6 (unix sockets). */
  setAddress(address: SocketAddress): boolean {
    if (address.family === FAMILY_INET) {
      this.type = T_IPV4;
      for (let i = 0; i < 4; i++) this.address[i] = address.bytes[i] as number;
      return true;
    }
    if (address.family !== FAMILY_INET6) return false;
    this.type = T_IPV6;
    this.address.set(address.bytes);
    return true;
  }

  copyFrom(other: Sample): void {
    this.type = other.type;
    this.integer = other.integer;
    this.u8 = other.u8;
    this.start = other.start;
    this.end = other.end;
    this.copyAddress(other);
    this.mayChange = other.mayChange;
  }

  /** The other's address, if it is one. */
  protected copyAddress(other: Sample): void {
    if (other.type !== T_IPV4 && other.type !== T_IPV6) return;
    for (let i = 0; i < other.address.length; i++) this.address[i] = other.address[i] as number;
  }

  /** Of strings and binaries, one character a byte. Allocates: for regular expressions and cold paths. */
  text(): string {
    return latin1Text(this.u8, this.start, this.end);
  }
}

export function hasBytes(type: SampleType): boolean {
  return type === T_STR || type === T_BIN || type === T_METH;
}

// Buffer's native slice also works on any Uint8Array, of which the arena is one; the type does not say so.
const latin1Slice = (Buffer.prototype as unknown as { latin1Slice: (start: number, end: number) => string })
  .latin1Slice;

/** Part of the bytes as text, one character a byte. */
export function latin1Text(u8: Uint8Array, start: number, end: number): string {
  return start === end ? '' : latin1Slice.call(u8, start, end);
}
