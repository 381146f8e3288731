/**
 * `balance hdr(<name>)`: the key is the first value of the header: what stands before the first comma of its first line. A
 * request without it has no key. With `use_domain_only` the label in front of the last dot counts alone.
 * Specification: configuration manual 4.2 `balance hdr`.
 */
import type { BalanceLine } from '../../../config/balance-syntax.ts';
import { u8 } from '../../../os/arena.ts';
import { SP, TAB } from '../../../protocol/http1/characters.ts';
import { COMMA } from '../../../protocol/http1/lists.ts';
import { type BalanceRequest, NO_HASH } from '../../../proxy/balancing.ts';
import type { Key, KeyHashing } from './key.ts';
import { registerKeyAlgorithm } from './key-algorithm.ts';

const QUOTE = 34;
const DOT = 46;
const BACKSLASH = 92;

interface HeaderSettings {
  /** In lower case. */
  readonly name: string;
  readonly domainOnly: boolean;
}

function parse({ args, inParentheses = '' }: BalanceLine): HeaderSettings | undefined {
  const name = inParentheses.slice(0, Math.max(0, inParentheses.indexOf(')')));
  if (name === '') {
    args.alert('balance hdr requires an http header field name.');
    return undefined;
  }
  const modifier = args.next();
  if (modifier !== undefined && modifier !== 'use_domain_only') {
    args.alert(`balance hdr(${name}) only accepts 'use_domain_only' modifier (got '${modifier}').`);
    return undefined;
  }
  args.rest();
  return { name: name.toLowerCase(), domainOnly: modifier !== undefined };
}

class HeaderKey implements Key {
  readonly #name: Uint8Array;
  readonly #domainOnly: boolean;

  constructor({ name, domainOnly }: HeaderSettings) {
    this.#name = Buffer.from(name, 'latin1');
    this.#domainOnly = domainOnly;
  }

  hash({ requestHead }: BalanceRequest, hashing: KeyHashing): number {
    if (requestHead === null) return NO_HASH;
    const { block } = requestHead;
    const line = block.findName(u8, this.#name);
    if (line < 0) return NO_HASH;
    const start = block.valueStart(line);
    const end = firstValueEnd(start, block.valueEnd(line));
    if (start === end) return NO_HASH;
    return this.#domainOnly ? hashDomain(start, end, hashing) : hashing.bytes(u8, start, end);
  }
}

/**
 * A dot at the very beginning is no last dot, and one right before the last dot does not begin the label: details that
 * were seen on names that are none, such as `a..b`.
 */
function hashDomain(start: number, end: number, hashing: KeyHashing): number {
  let dot = end - 1;
  while (dot > start && u8[dot] !== DOT) dot--;
  if (dot <= start) return hashing.bytes(u8, start, end);
  let label = dot - 1;
  while (label > start && u8[label - 1] !== DOT) label--;
  return hashing.bytes(u8, label, dot);
}

/** A comma between quotes does not end a value. */
function firstValueEnd(start: number, limit: number): number {
  let quoted = false;
  let end = start;
  for (; end < limit; end++) {
    const byte = u8[end];
    if (byte === BACKSLASH && quoted) end++;
    else if (byte === QUOTE) quoted = !quoted;
    else if (byte === COMMA && !quoted) break;
  }
  end = Math.min(end, limit);
  while (end > start && (u8[end - 1] === SP || u8[end - 1] === TAB)) end--;
  return end;
}

registerKeyAlgorithm<HeaderSettings>({
  name: 'hdr',
  syntax: '(<name>) [use_domain_only]',
  doc: 'The first value of a request header, hashed; requests without it take turns.',
  needsHttp: true,
  parse,
  key: (settings) => new HeaderKey(settings),
});
