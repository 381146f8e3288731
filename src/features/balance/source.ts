/**
 * `balance source`: the client's address decides, over the same list of turns as static-rr (`hash-type map-based`, the
 * default). An IPv4 address counts as a number, an IPv6 one as its four 32-bit words xor-ed, as HAProxy 2.6 is seen to
 * do; clients without an IP address take turns. The server is chosen even when it is full: the request is then queued
 * on it, as persistence requires. The server to avoid is not avoided either: HAProxy redispatches to the same one.
 * Structure: the list itself, O(1) a pick.
 * Specification: configuration manual 4.2 `balance source`, `hash-type`.
 */

import { FAMILY_INET, FAMILY_INET6, type SocketAddress } from '../../protocol/socket-address.ts';
import {
  type BalanceContext,
  type BalanceRequest,
  NO_SERVER,
  registerBalanceAlgorithm,
} from '../../proxy/balancing.ts';
import { SharedBalancer } from './shared-balancer.ts';
import { fillTurns, mostTurns } from './turn-map.ts';

const TOTAL = 0;
/** Next turn for clients without an IP address. */
const POSITION = 1;
const HEADER_WORDS = 2;

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** The number that an address counts as, or -1 for one that is no IP address. */
function addressNumber(address: SocketAddress): number {
  const bytes = address.bytes;
  if (address.family === FAMILY_INET) return word(bytes, 0) >>> 0;
  if (address.family === FAMILY_INET6) {
    return (word(bytes, 0) ^ word(bytes, 4) ^ word(bytes, 8) ^ word(bytes, 12)) >>> 0;
  }
  return -1;
}

class Source extends SharedBalancer {
  readonly #turns: Int32Array;

  static words(servers: number): number {
    return HEADER_WORDS + mostTurns(servers);
  }

  constructor(context: BalanceContext) {
    super(context);
    this.#turns = this.memory.subarray(HEADER_WORDS);
  }

  protected rebuild(): void {
    this.memory[TOTAL] = fillTurns(this.servers.reducedWeights(), this.#turns);
  }

  protected choose(request: BalanceRequest): number {
    const total = this.memory[TOTAL] as number;
    if (total === 0) return NO_SERVER;
    let number = addressNumber(request.clientAddress);
    if (number < 0) {
      number = this.memory[POSITION] as number;
      this.memory[POSITION] = (number + 1) % total;
    }
    return this.#turns[number % total] as number;
  }

  served(): void {
    // Loads do not count.
  }
}

registerBalanceAlgorithm({
  name: 'source',
  doc: 'The client address, over the weights of the servers that are up.',
  checkArguments: () => undefined,
  sharedBytes: (_config, servers) => SharedBalancer.bytes(servers, Source.words(servers)),
  create: (_config, context) => new Source(context),
});
