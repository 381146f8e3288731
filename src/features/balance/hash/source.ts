/**
 * `balance source`: the key is the client's address. An IPv4 address counts as a number, an IPv6 one as its four 32-bit
 * words xor-ed, whatever the hash function; only the avalanche applies (as HAProxy 2.6 is seen to do it). Clients without
 * an IP address have no key.
 * Specification: configuration manual 4.2 `balance source`.
 */
import { FAMILY_INET, FAMILY_INET6 } from '../../../protocol/socket-address.ts';
import { NO_HASH, parseNothing } from '../../../proxy/balancing.ts';
import { registerKeyAlgorithm } from './key-algorithm.ts';

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

registerKeyAlgorithm({
  name: 'source',
  syntax: '',
  doc: 'The client address, hashed.',
  parse: parseNothing,
  key: () => ({
    hash: ({ clientAddress: { bytes, family } }, hashing) => {
      if (family === FAMILY_INET) return hashing.number(word(bytes, 0));
      if (family !== FAMILY_INET6) return NO_HASH;
      return hashing.number(word(bytes, 0) ^ word(bytes, 4) ^ word(bytes, 8) ^ word(bytes, 12));
    },
  }),
});
