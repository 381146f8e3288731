/**
 * The PROXY protocol header that a server connection begins with (`send-proxy`, `send-proxy-v2` and their options).
 */
import { u8 } from '../os/arena.ts';
import {
  PROXY_V2_OPTIONS,
  ProxyV2Details,
  writeProxyV1,
  writeProxyV2,
} from '../protocol/proxy-protocol/send.ts';
import type { Server } from './server.ts';
import type { Stream } from './stream.ts';

const ROOM = 2048;
const details = new ProxyV2Details();
const optionBits = new WeakMap<Server, number>();

function bitsOf(server: Server): number {
  let bits = optionBits.get(server);
  if (bits === undefined) {
    bits = 0;
    for (const option of server.config.sendProxy?.options ?? []) bits |= PROXY_V2_OPTIONS.get(option) ?? 0;
    optionBits.set(server, bits);
  }
  return bits;
}

/** Writes the header at `offset`. Result: its length. */
export function writeProxyPreface(stream: Stream, server: Server, offset: number): number {
  const source = stream.clientAddress;
  const destination = stream.destinationAddress;
  if (server.config.sendProxy?.version === 1) return writeProxyV1(u8, offset, source, destination);
  details.clear();
  details.uniqueId = stream.uniqueIdBytes;
  details.authority = stream.session.authority;
  return writeProxyV2(u8, offset, offset + ROOM, source, destination, bitsOf(server), details);
}
