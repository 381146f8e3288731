/**
 * `balance rdp-cookie(<name>)`: the key is the cookie in the first packet of an RDP client: behind the eleven bytes of its
 * TPKT and X.224 headers, which are not looked at, stands `Cookie: <name>=<value>` and CR LF. The packet must have arrived
 * when the server is chosen (`tcp-request content` rules wait for it); without it there is no key.
 * Specification: configuration manual 4.2 `balance rdp-cookie`.
 */
import type { BalanceLine } from '../../../config/balance-syntax.ts';
import { u8 } from '../../../os/arena.ts';
import { CR, LF, SP } from '../../../protocol/http1/characters.ts';
import { wordEquals } from '../../../protocol/http1/known-headers.ts';
import { type BalanceRequest, NO_HASH } from '../../../proxy/balancing.ts';
import type { Key, KeyHashing } from './key.ts';
import { registerKeyAlgorithm } from './key-algorithm.ts';

const HEADER_BYTES = 11;
const COOKIE = Buffer.from('cookie:', 'latin1');
const EQUALS = 61;
const DEFAULT_NAME = 'mstshash';

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
    if (requestHead !== null) return NO_HASH;
    const { tail } = received;
    let at = received.head + HEADER_BYTES;
    if (at + COOKIE.length > tail || !wordEquals(u8, at, at + COOKIE.length, COOKIE)) return NO_HASH;
    at += COOKIE.length;
    while (at < tail && u8[at] === SP) at++;
    const value = at + this.#name.length + 1;
    if (value > tail || u8[value - 1] !== EQUALS || !wordEquals(u8, at, value - 1, this.#name))
      return NO_HASH;
    let end = value;
    while (end < tail && u8[end] !== CR && u8[end] !== LF) end++;
    if (end === value || end + 1 >= tail || u8[end] !== CR || u8[end + 1] !== LF) return NO_HASH;
    return hashing.bytes(u8, value, end);
  }
}

registerKeyAlgorithm<RdpCookieSettings>({
  name: 'rdp-cookie',
  syntax: '[(<name>)]',
  doc: 'The cookie of an RDP client, hashed; connections without it take turns.',
  parse,
  key: (settings) => new RdpCookieKey(settings),
});
