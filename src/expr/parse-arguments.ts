/**
 * Reads the arguments between the parentheses of a fetch or converter. They have a level of quoting of their own, below
 * that of the line. Specification: configuration manual 2.2; wording of messages as HAProxy 2.6.
 */

import { parseSize, parseTime } from '../config/time-and-size.ts';
import { FAMILY_INET, FAMILY_INET6, SocketAddress } from '../protocol/socket-address.ts';
import type { ArgumentKind, ArgumentList, ArgumentValue } from './argument.ts';
import { parseVariableName } from './variable-name.ts';

export interface ReadArguments {
  readonly values: readonly ArgumentValue[];
  /** Offset of what follows the arguments. */
  readonly end: number;
}

/**
 * `at` is the place behind the name. `proxy`: the section that the expression stands in. The error is the text that
 * HAProxy puts behind `ACL keyword 'x' : ` or `invalid arg N in converter 'x' : `.
 */
export function readArguments(
  text: string,
  at: number,
  list: ArgumentList,
  proxy: string,
): ReadArguments | { readonly error: string; readonly position: number } {
  const values: ArgumentValue[] = [];
  const cut = text[at] === '(' ? cutArguments(text, at, list.kinds.length) : { words: [], end: at };
  if ('error' in cut) return { error: cut.error, position: cut.position };
  for (const [index, kind] of list.kinds.entries()) {
    const word = cut.words[index];
    if (word === undefined || (word === '' && kind !== 'string' && index >= list.required)) {
      if (index < list.required) {
        return {
          error: `expected type '${kind}' at position ${index + 1}, but got nothing`,
          position: index + 1,
        };
      }
      values.push({ kind: 'absent' });
      continue;
    }
    const value = readValue(word, kind, proxy);
    if (typeof value === 'string') {
      const reason = value === '' ? '' : ` : ${value}`;
      return {
        error: `failed to parse '${word}' as type '${kind}' at position ${index + 1}${reason}`,
        position: index + 1,
      };
    }
    values.push(value);
  }
  return { values, end: cut.end };
}

interface Cut {
  readonly words: readonly string[];
  readonly end: number;
}

/** Cuts at commas up to the closing parenthesis; the quotes and backslashes of this level are resolved. */
function cutArguments(
  text: string,
  open: number,
  most: number,
): Cut | { readonly error: string; readonly position: number } {
  const words: string[] = [];
  let at = open + 1;
  let word = '';
  let quote = '';
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    if (quote === "'") {
      if (c === "'") quote = '';
      else word += c;
    } else if (c === '\\') {
      const next = text.charAt(at + 1);
      if (next === '') break;
      at++;
      // A backslash in front of anything else is an ordinary character, as in regular expressions.
      word += escapes.get(next) ?? `\\${next}`;
    } else if (c === '"') quote = quote === '"' ? '' : '"';
    else if (c === "'" && quote === '') quote = "'";
    else if (quote === '' && c === ',' && words.length + 1 < most) {
      words.push(word);
      word = '';
    } else if (quote === '' && c === ')') {
      // A pair of parentheses with nothing between them has no arguments.
      if (words.length > 0 || word !== '' || at > open + 1) words.push(word);
      if (most === 0 && at > open + 1)
        return { error: `expected ')' before '${text.slice(open + 1)}'`, position: 1 };
      return { words, end: at + 1 };
    } else if (quote === '' && c === ',' && words.length + 1 >= most) {
      return { error: `expected ')' before '${text.slice(at)}'`, position: words.length + 1 };
    } else word += c;
  }
  if (quote !== '') return { error: `unmatched quote`, position: words.length + 1 };
  return { error: "expected ')'", position: words.length + 1 };
}

const escapes: ReadonlyMap<string, string> = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['\\', '\\'],
  ['"', '"'],
  ["'", "'"],
  [' ', ' '],
]);

/** The value, or why it is none (possibly the empty string). */
function readValue(word: string, kind: ArgumentKind, proxy: string): ArgumentValue | string {
  switch (kind) {
    case 'string':
    case 'regex':
      return { kind, text: word };
    case 'integer': {
      if (!/^[+-]?\d+$/.test(word)) return '';
      return { kind, value: Number(word) };
    }
    case 'delay': {
      const time = parseTime(word, 'ms');
      return time.ok ? { kind, value: time.value } : '';
    }
    case 'size': {
      const size = parseSize(word);
      return size.ok ? { kind, value: size.value } : '';
    }
    case 'IPv4 address':
    case 'IPv6 address': {
      const address = SocketAddress.parse(word);
      if (address?.family === (kind === 'IPv4 address' ? FAMILY_INET : FAMILY_INET6)) {
        return { kind, bytes: address.bytes.slice(0, kind === 'IPv4 address' ? 4 : 16) };
      }
      return '';
    }
    case 'IPv4 mask':
    case 'IPv6 mask': {
      const bytes = readMask(word, kind === 'IPv4 mask' ? 4 : 16);
      return bytes === undefined ? '' : { kind, bytes };
    }
    case 'variable': {
      const name = parseVariableName(word);
      return 'error' in name ? name.error : { kind, ...name };
    }
    case 'frontend':
    case 'backend':
    case 'table':
    case 'server':
    case 'user list':
      return { kind, name: word, proxy };
  }
}

/** A mask as a number of bits or as an address. */
function readMask(word: string, sizeBytes: number): Uint8Array | undefined {
  if (/^\d+$/.test(word)) {
    const bits = Number(word);
    if (bits > sizeBytes * 8) return undefined;
    return maskOf(bits, sizeBytes);
  }
  const address = SocketAddress.parse(word);
  if (address?.family !== (sizeBytes === 4 ? FAMILY_INET : FAMILY_INET6)) return undefined;
  return address.bytes.slice(0, sizeBytes);
}

function maskOf(bits: number, sizeBytes: number): Uint8Array {
  const mask = new Uint8Array(sizeBytes);
  for (let i = 0; i < bits; i++) mask[i >> 3] = (mask[i >> 3] as number) | (0x80 >> (i & 7));
  return mask;
}
