/**
 * `hash-type`: how the algorithms that hash a key find a server by it.
 * Specification: configuration manual 4.2 `hash-type`.
 */
import { Facet } from '../../../config/facet.ts';
import { registerKeywords } from '../../../config/keyword.ts';
import type { ProxyConfig } from '../../../config/model.ts';
import { crc32 } from '../../../expr/hashes/crc.ts';
import { djb2, sdbm } from '../../../expr/hashes/multiplicative.ts';
import { wt6 } from '../../../expr/hashes/wt6.ts';

/** Hashes the bytes `start`…`end` to an unsigned 32-bit number. */
export type KeyHash = (u8: Uint8Array, start: number, end: number) => number;

export const keyHashes: ReadonlyMap<string, KeyHash> = new Map([
  ['sdbm', sdbm],
  ['djb2', djb2],
  ['crc32', crc32],
  ['wt6', wt6],
]);

export interface HashType {
  readonly method: 'map-based' | 'consistent';
  /** A name of `keyHashes`. */
  readonly function: string;
  readonly avalanche: boolean;
}

const DEFAULT: HashType = { method: 'map-based', function: 'sdbm', avalanche: false };

const facet = new Facet<{ type: HashType }>('hash-type', () => ({ type: DEFAULT }));

export function hashTypeOf(proxy: ProxyConfig): HashType {
  return facet.read(proxy)?.type ?? DEFAULT;
}

registerKeywords({
  scope: 'proxy',
  name: 'hash-type',
  syntax: '{ map-based | consistent } [ sdbm | djb2 | wt6 | crc32 ] [ avalanche ]',
  doc: 'How a hashed key finds its server: by a list of turns, or on a ring that moves few keys when servers change. Default: map-based sdbm; consistent alone is consistent sdbm avalanche.',
  manual: '4.2',
  sections: ['defaults', 'listen', 'backend'],
  parse: ({ args, target }) => {
    const method = args.next();
    if (method === 'avalanche') {
      args.alert(
        "experimental feature 'hash-type avalanche' is not supported anymore, please use 'hash-type map-based sdbm avalanche' instead.",
      );
      return;
    }
    if (method !== 'map-based' && method !== 'consistent') {
      args.alert("'hash-type' only supports 'consistent' and 'map-based'.");
      return;
    }
    const name = args.next();
    if (name !== undefined && !keyHashes.has(name)) {
      args.alert("'hash-type' only supports 'sdbm', 'djb2', 'crc32', or 'wt6' hash functions.");
      return;
    }
    const modifier = args.next();
    if (modifier !== undefined && modifier !== 'avalanche') {
      args.alert("'hash-type' only supports 'avalanche' as a modifier for hash functions.");
      return;
    }
    // What follows counts for nothing, as with HAProxy.
    args.rest();
    facet.of(target).type = {
      method,
      function: name ?? DEFAULT.function,
      avalanche: modifier !== undefined || (method === 'consistent' && name === undefined),
    };
  },
});
