/**
 * `balance rdp-cookie(<name>)`: the key is the cookie in the first packet of an RDP client (protocol/rdp-cookie.ts). The
 * packet must have arrived when the server is chosen (`tcp-request content` rules wait for it); without it there is no key.
 * Specification: configuration manual 4.2 `balance rdp-cookie`.
 */
import type { BalanceLine } from '../../../config/balance-syntax.ts';
import { u8 } from '../../../os/arena.ts';
import { RDP_FOUND, RdpCookie } from '../../../protocol/rdp-cookie.ts';
import { type BalanceRequest, NO_HASH } from '../../../proxy/balancing.ts';
import type { Key, KeyHashing } from './key.ts';
import { registerKeyAlgorithm } from './key-algorithm.ts';

const DEFAULT_NAME = 'mstshash';

const cookie = new RdpCookie();

interface RdpCookieSettings {
  /** In lower case. */
  readonly name: string;
}

function parse({ args, inParentheses }: BalanceLine): RdpCookieSettings | undefined {
  args.rest();
  if (inParentheses === undefined) return { name: DEFAULT_NAME };
  const name = inParentheses.slice(0, Math.max(0, inParentheses.indexOf(')')));
  if (name !== '') return { name: name.toLowerCase() };
  args.alert('balance rdp-cookie : missing cookie name.');
  return undefined;
}

class RdpCookieKey implements Key {
  readonly #name: Uint8Array;

  constructor({ name }: RdpCookieSettings) {
    this.#name = Buffer.from(name, 'latin1');
  }

  hash({ requestHead, received }: BalanceRequest, hashing: KeyHashing): number {
    if (requestHead !== null || cookie.find(u8, received, this.#name) !== RDP_FOUND) return NO_HASH;
    return cookie.end === cookie.start ? NO_HASH : hashing.bytes(u8, cookie.start, cookie.end);
  }
}

registerKeyAlgorithm<RdpCookieSettings>({
  name: 'rdp-cookie',
  syntax: '[(<name>)]',
  doc: 'The cookie of an RDP client, hashed; connections without it take turns.',
  parse,
  key: (settings) => new RdpCookieKey(settings),
});
