/**
 * Fields of protocol buffers, alone or in gRPC messages. Specification: configuration manual 7.3.1 `protobuf`, `ungrpc`;
 * protobuf.dev, "Encoding"; gRPC over HTTP/2, "Length-Prefixed-Message".
 */
import { type ArgumentValue, takesAtLeast, textOf } from '../argument.ts';
import { type ConverterRecord, registerConverters } from '../converter-record.ts';
import { normal } from '../int64.ts';
import { type Sample, T_BIN } from '../sample.ts';

const WIRE_VARINT = 0;
const WIRE_64BIT = 1;
const WIRE_LENGTH = 2;
const WIRE_32BIT = 5;
const MAX_VARINT_BYTES = 10;
const GRPC_HEADER_BYTES = 5;

interface FieldType {
  readonly wire: number;
  readonly read: (view: DataView) => bigint;
}

const MIN_INT64 = -(1n << 63n);

/** As HAProxy cuts off a fraction: into 64 bits without a sign, of which too large values have none. */
function truncated(value: number): bigint {
  if (value >= 2 ** 64) return 0n;
  if (Number.isNaN(value) || value < -(2 ** 63)) return MIN_INT64;
  return BigInt.asIntN(64, BigInt(Math.trunc(value)));
}

function varint(view: DataView): bigint {
  let value = 0n;
  for (let i = 0; i < view.byteLength; i++) value |= BigInt(view.getUint8(i) & 0x7f) << BigInt(7 * i);
  return BigInt.asUintN(64, value);
}

function plain(view: DataView): bigint {
  return BigInt.asIntN(64, varint(view));
}

function zigzag(view: DataView): bigint {
  const value = varint(view);
  return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
}

const types: ReadonlyMap<string, FieldType> = new Map<string, FieldType>([
  ...['int32', 'int64', 'uint32', 'uint64', 'bool', 'enum'].map((name): [string, FieldType] => [
    name,
    { wire: WIRE_VARINT, read: plain },
  ]),
  ['sint32', { wire: WIRE_VARINT, read: zigzag }],
  ['sint64', { wire: WIRE_VARINT, read: zigzag }],
  ['fixed64', { wire: WIRE_64BIT, read: (view) => view.getBigInt64(0, true) }],
  ['sfixed64', { wire: WIRE_64BIT, read: (view) => view.getBigInt64(0, true) }],
  ['double', { wire: WIRE_64BIT, read: (view) => truncated(view.getFloat64(0, true)) }],
  ['fixed32', { wire: WIRE_32BIT, read: (view) => BigInt(view.getUint32(0, true)) }],
  ['sfixed32', { wire: WIRE_32BIT, read: (view) => BigInt(view.getInt32(0, true)) }],
  // HAProxy keeps the low 32 bits, without a sign.
  ['float', { wire: WIRE_32BIT, read: (view) => BigInt.asUintN(32, truncated(view.getFloat32(0, true))) }],
]);

/** Behind the number that begins at `at`, or -1 when it does not end. */
function varintEnd(u8: Uint8Array, at: number, end: number): number {
  for (let i = 0; i < MAX_VARINT_BYTES && at < end; i++) if ((u8[at++] as number) < 0x80) return at;
  return -1;
}

function readVarint(u8: Uint8Array, at: number, end: number): number {
  let value = 0;
  for (let weight = 1; at < end; at++, weight *= 128) value += ((u8[at] as number) & 0x7f) * weight;
  return value;
}

/** Moves the sample to the field, if it is there: its raw bytes, or the integer that they stand for. */
function takeField(
  sample: Sample,
  path: readonly number[],
  type: FieldType | undefined,
  start: number,
  end: number,
): boolean {
  const { u8 } = sample;
  let level = 0;
  let at = start;
  let limit = end;
  let first = start;
  while (at < end) {
    const keyEnd = varintEnd(u8, at, end);
    if (keyEnd < 0) return false;
    const key = readVarint(u8, at, keyEnd);
    const wire = key & 7;
    let from = keyEnd;
    let to: number;
    if (wire === WIRE_VARINT) {
      // A number that is not there at all is nothing, and zero.
      to = from === end ? from : varintEnd(u8, from, end);
    } else if (wire === WIRE_64BIT) to = from + 8;
    else if (wire === WIRE_32BIT) to = from + 4;
    else if (wire === WIRE_LENGTH) {
      const lengthEnd = from === end ? from : varintEnd(u8, from, end);
      if (lengthEnd < 0) return false;
      to = lengthEnd + readVarint(u8, from, lengthEnd);
      from = lengthEnd;
    } else return false;
    if (to < 0 || to > end) return false;
    if (to > limit && at !== first && wire !== WIRE_LENGTH) return false;
    if (Math.floor(key / 8) !== path[level]) {
      at = to;
      // Behind the outer field, the search for it goes on. HAProxy 2.6.12 takes any length-delimited field for its end.
      if (at >= limit || wire === WIRE_LENGTH) {
        level = 0;
        limit = end;
      }
      continue;
    }
    if (level + 1 < path.length) {
      // Into the field. As in HAProxy its first part is looked at even if it is empty, or no message at all.
      level++;
      at = from;
      first = from;
      limit = to;
      continue;
    }
    if (type === undefined) return sample.setBinary(u8, from, to);
    if (type.wire !== wire) return false;
    return sample.setInt(normal(type.read(new DataView(u8.buffer, u8.byteOffset + from, to - from))));
  }
  return false;
}

function record(
  name: string,
  doc: string,
  take: (sample: Sample, path: readonly number[], type: FieldType | undefined) => boolean,
): ConverterRecord {
  return {
    name,
    arguments: takesAtLeast(1, 'Protocol buffers field number', 'string'),
    input: T_BIN,
    output: T_BIN,
    doc,
    manual: '7.3.1',
    check: ([, type]) => {
      const text = textOf(type);
      return text === undefined || types.has(text) ? undefined : `Wrong protocol buffer type '${text}'`;
    },
    link: ([field, name]: readonly ArgumentValue[]) => {
      const path = field?.kind === 'Protocol buffers field number' ? field.path : [];
      const type = types.get(textOf(name) ?? '');
      return (sample) => take(sample, path, type);
    },
  };
}

registerConverters(
  record(
    'protobuf',
    'A field of a protocol buffer by its number, with dots for nested ones: raw, or as an integer by its type.',
    (sample, path, type) => takeField(sample, path, type, sample.start, sample.end),
  ),
  record(
    'ungrpc',
    'A field of a gRPC message by its number, with dots for nested ones: raw, or as an integer by its type.',
    (sample, path, type) => {
      const { u8, end } = sample;
      let at = sample.start;
      while (end - at > GRPC_HEADER_BYTES) {
        const length = new DataView(u8.buffer, u8.byteOffset + at + 1, 4).getUint32(0);
        at += GRPC_HEADER_BYTES;
        if (at + length > end) return false;
        if (takeField(sample, path, type, at, at + length)) return true;
        at += length;
      }
      return false;
    },
  ),
);
