/**
 * `balance url_param <name>`: the key is the value of a parameter of the query string or, where it is not there, of the
 * body of a POST, which is waited for as far as a buffer holds it. HAProxy 2.6 does so with and without `check_post`, and
 * whatever the number behind it. Parameters are divided by `&`; one without `=` is none. Requests without the parameter have no
 * key.
 * Specification: configuration manual 4.2 `balance url_param`.
 */
import type { BalanceLine } from '../../../config/balance-syntax.ts';
import { u8 } from '../../../os/arena.ts';
import { copyChunkData } from '../../../protocol/http1/chunk-data.ts';
import { BODY_CHUNKED } from '../../../protocol/http1/framing.ts';
import { M_POST } from '../../../protocol/http1/request-facts.ts';
import { type BalanceRequest, NO_HASH } from '../../../proxy/balancing.ts';
import type { Key, KeyHashing } from './key.ts';
import { registerKeyAlgorithm } from './key-algorithm.ts';

const AMPERSAND = 38;
const EQUALS = 61;
const QUESTION_MARK = 63;

interface UrlParamSettings {
  readonly name: string;
}

function parse({ args }: BalanceLine): UrlParamSettings | undefined {
  const name = args.next();
  if (name === undefined) {
    args.alert('balance url_param requires an URL parameter name.');
    return undefined;
  }
  const modifier = args.next();
  if (modifier !== undefined && modifier !== 'check_post') {
    args.alert(`balance url_param only accepts 'check_post' modifier (got '${modifier}').`);
    return undefined;
  }
  args.rest();
  return { name };
}

class UrlParamKey implements Key {
  readonly #name: Uint8Array;
  /** A body without the framing of its chunks. */
  #scratch = new Uint8Array(0);

  constructor({ name }: UrlParamSettings) {
    this.#name = Buffer.from(name, 'latin1');
  }

  hash({ requestHead, requestFacts, received }: BalanceRequest, hashing: KeyHashing): number {
    if (requestHead === null || requestFacts === null) return NO_HASH;
    const { targetStart, targetEnd } = requestHead;
    let query = targetStart;
    while (query < targetEnd && u8[query] !== QUESTION_MARK) query++;
    const hash = this.#search(u8, query + 1, targetEnd, hashing);
    if (hash !== NO_HASH || requestFacts.method !== M_POST) return hash;
    const { head, ready } = received;
    if (requestFacts.body !== BODY_CHUNKED) return this.#search(u8, head, ready, hashing);
    if (this.#scratch.length < ready - head) this.#scratch = new Uint8Array(ready - head);
    const length = copyChunkData(u8, head, ready, this.#scratch);
    return this.#search(this.#scratch, 0, length, hashing);
  }

  #search(bytes: Uint8Array, start: number, end: number, hashing: KeyHashing): number {
    const name = this.#name;
    for (let at = start; at < end; ) {
      let next = at;
      while (next < end && bytes[next] !== AMPERSAND) next++;
      const value = at + name.length + 1;
      if (value <= next && bytes[value - 1] === EQUALS && startsWith(bytes, at, name)) {
        return hashing.bytes(bytes, value, next);
      }
      at = next + 1;
    }
    return NO_HASH;
  }
}

function startsWith(bytes: Uint8Array, at: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false;
  return true;
}

registerKeyAlgorithm<UrlParamSettings>({
  name: 'url_param',
  syntax: '<name> [check_post [<max_wait>]]',
  doc: 'A parameter of the URL or of the body of a POST, hashed; requests without it take turns.',
  needsHttp: true,
  parse,
  wantsBody: (_settings, { method }) => method === M_POST,
  key: (settings) => new UrlParamKey(settings),
});
