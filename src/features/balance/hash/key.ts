/**
 * The key of a request, and its hash.
 * Specification: configuration manual 4.2 `hash-type`.
 */
import { avalanche } from '../../../expr/hashes/avalanche.ts';
import { type BalanceRequest, HASH_UNREAD } from '../../../proxy/balancing.ts';
import { type HashType, type KeyHash, keyHashes } from './hash-type.ts';

/** The proxy's hash function. */
export class KeyHashing {
  readonly #function: KeyHash;
  readonly #avalanche: boolean;

  constructor(type: HashType) {
    const found = keyHashes.get(type.function);
    if (found === undefined) throw new Error(`no hash function ${type.function}`);
    this.#function = found;
    this.#avalanche = type.avalanche;
  }

  /** The hash of a key that is made of bytes. */
  bytes(u8: Uint8Array, start: number, end: number): number {
    const hash = this.#function(u8, start, end);
    return this.#avalanche ? avalanche(hash) : hash;
  }

  /** The hash of a key that is a number already: only the avalanche is left to do. */
  number(key: number): number {
    return this.#avalanche ? avalanche(key) : key >>> 0;
  }
}

export interface Key {
  /** The hash of the request's key, or NO_HASH when it has none. */
  hash(request: BalanceRequest, hashing: KeyHashing): number;
}

/** Read once for each request: when a server is sought again, its head may have gone out of the buffer. */
export function hashOf(request: BalanceRequest, key: Key, hashing: KeyHashing): number {
  if (request.balanceHash === HASH_UNREAD) request.balanceHash = key.hash(request, hashing);
  return request.balanceHash;
}
