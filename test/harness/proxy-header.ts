// Builds and reads PROXY protocol headers for the tests. Specification: proxy-protocol.txt, versions 1 and 2.

import type { Wire } from './wire.ts';

export const V2_SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

export interface ProxyHeaderV2 {
  readonly command: 'local' | 'proxy';
  /** The byte of address family and transport: 0x11 TCP over IPv4, 0x21 TCP over IPv6, 0x31 unix stream. */
  readonly family: number;
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly tlvs: readonly { readonly type: number; readonly value: Buffer }[];
  readonly raw: Buffer;
}

/** A version 2 header for TCP over IPv4. */
export function buildV2(
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
  tlvs: readonly { type: number; value: Buffer }[] = [],
): Buffer {
  const addresses = Buffer.alloc(12);
  addresses.set(source.split('.').map(Number), 0);
  addresses.set(destination.split('.').map(Number), 4);
  addresses.writeUInt16BE(sourcePort, 8);
  addresses.writeUInt16BE(destinationPort, 10);
  const extras = tlvs.flatMap(({ type, value }) => {
    const head = Buffer.alloc(3);
    head.writeUInt8(type, 0);
    head.writeUInt16BE(value.length, 1);
    return [head, value];
  });
  const payload = Buffer.concat([addresses, ...extras]);
  const head = Buffer.concat([V2_SIGNATURE, Buffer.from([0x21, 0x11, 0, 0])]);
  head.writeUInt16BE(payload.length, 14);
  return Buffer.concat([head, payload]);
}

/** A version 2 LOCAL header: the connection is the sender's own. */
export function buildLocalV2(): Buffer {
  return Buffer.concat([V2_SIGNATURE, Buffer.from([0x20, 0, 0, 0])]);
}

/** Reads a version 2 header off a wire. */
export async function readV2(wire: Wire): Promise<ProxyHeaderV2> {
  const head = await wire.read(16);
  if (!head.subarray(0, 12).equals(V2_SIGNATURE))
    throw new Error(`not a PROXY v2 header: ${head.toString('hex')}`);
  const payload = await wire.read(head.readUInt16BE(14));
  const family = head.readUInt8(13);
  const raw = Buffer.concat([head, payload]);
  const command = (head.readUInt8(12) & 15) === 0 ? 'local' : 'proxy';
  if (family !== 0x11) {
    const tlvStart = family === 0x21 ? 36 : family === 0x31 ? 216 : 0;
    const text = (at: number): string => payload.subarray(at, at + 16).toString('hex');
    return {
      command,
      family,
      source: family === 0x21 ? text(0) : '',
      destination: family === 0x21 ? text(16) : '',
      sourcePort: family === 0x21 ? payload.readUInt16BE(32) : 0,
      destinationPort: family === 0x21 ? payload.readUInt16BE(34) : 0,
      tlvs: readTlvs(payload.subarray(tlvStart)),
      raw,
    };
  }
  return {
    command,
    family,
    source: [...payload.subarray(0, 4)].join('.'),
    destination: [...payload.subarray(4, 8)].join('.'),
    sourcePort: payload.readUInt16BE(8),
    destinationPort: payload.readUInt16BE(10),
    tlvs: readTlvs(payload.subarray(12)),
    raw,
  };
}

function readTlvs(bytes: Buffer): { type: number; value: Buffer }[] {
  const tlvs: { type: number; value: Buffer }[] = [];
  for (let at = 0; at + 3 <= bytes.length; ) {
    const size = bytes.readUInt16BE(at + 1);
    tlvs.push({ type: bytes.readUInt8(at), value: bytes.subarray(at + 3, at + 3 + size) });
    at += 3 + size;
  }
  return tlvs;
}
