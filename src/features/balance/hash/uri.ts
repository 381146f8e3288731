/**
 * `balance uri`: the key is the request's target up to the question mark, or all of it (`whole`), from the beginning of
 * its path on with `path-only`; `len` bytes of it at most, and not beyond `depth` directories, which end where the next
 * slash begins.
 * Specification: configuration manual 4.2 `balance uri`.
 */
import type { BalanceLine } from '../../../config/balance-syntax.ts';
import { leadingInteger } from '../../../config/time-and-size.ts';
import { u8 } from '../../../os/arena.ts';
import { pathStart } from '../../../protocol/http1/request-target.ts';
import { type BalanceRequest, NO_HASH } from '../../../proxy/balancing.ts';
import type { Key, KeyHashing } from './key.ts';
import { registerKeyAlgorithm } from './key-algorithm.ts';

const SLASH = 47;
const QUESTION_MARK = 63;

interface UriSettings {
  readonly whole: boolean;
  readonly pathOnly: boolean;
  /** 0: no limit. */
  readonly lengthBytes: number;
  readonly depth: number;
}

function parse({ args }: BalanceLine): UriSettings | undefined {
  const settings = { whole: false, pathOnly: false, lengthBytes: 0, depth: 0 };
  for (let word = args.next(); word !== undefined; word = args.next()) {
    switch (word) {
      case 'whole':
        settings.whole = true;
        break;
      case 'path-only':
        settings.pathOnly = true;
        break;
      case 'len':
      case 'depth': {
        const text = args.next() ?? '';
        const number = leadingInteger(text);
        if (number <= 0) {
          args.alert(`balance uri : '${word}' expects a positive integer (got '${text}').`);
          return undefined;
        }
        if (word === 'len') settings.lengthBytes = number;
        else settings.depth = number;
        break;
      }
      default:
        args.alert(
          `balance uri only accepts parameters 'len', 'depth', 'path-only', and 'whole' (got '${word}').`,
        );
        return undefined;
    }
  }
  return settings;
}

class UriKey implements Key {
  readonly #whole: boolean;
  readonly #pathOnly: boolean;
  readonly #lengthBytes: number;
  readonly #depth: number;

  constructor(settings: UriSettings) {
    this.#whole = settings.whole;
    this.#pathOnly = settings.pathOnly;
    this.#lengthBytes = settings.lengthBytes === 0 ? Number.POSITIVE_INFINITY : settings.lengthBytes;
    this.#depth = settings.depth === 0 ? Number.POSITIVE_INFINITY : settings.depth;
  }

  hash({ requestHead }: BalanceRequest, hashing: KeyHashing): number {
    if (requestHead === null) return NO_HASH;
    const { targetStart, targetEnd } = requestHead;
    const start = this.#pathOnly ? this.#pathIn(targetStart, targetEnd) : targetStart;
    const limit = Math.min(targetEnd, start + this.#lengthBytes);
    let slashes = 0;
    let end = start;
    for (; end < limit; end++) {
      const byte = u8[end];
      if (byte === SLASH && ++slashes > this.#depth) break;
      if (byte === QUESTION_MARK && !this.#whole) break;
    }
    return hashing.bytes(u8, start, end);
  }

  /** Where the path begins; the end of a target that has none. */
  #pathIn(targetStart: number, targetEnd: number): number {
    const start = pathStart(u8, targetStart, targetEnd);
    return u8[start] === SLASH ? start : targetEnd;
  }
}

registerKeyAlgorithm<UriSettings>({
  name: 'uri',
  syntax: '[whole] [path-only] [len <length>] [depth <levels>]',
  doc: 'The URI up to the question mark, or a part of it, hashed: for caches.',
  needsHttp: true,
  parse,
  key: (settings) => new UriKey(settings),
});
