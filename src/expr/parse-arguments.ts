/**
 * Reads the arguments between the parentheses of a fetch or converter. They have a level of quoting of their own, below
 * that of the line. Specification: configuration manual 2.2; wording of messages as HAProxy 2.6.
 */

import { parseSize, parseTime } from '../config/time-and-size.ts';
import { FAMILY_INET, FAMILY_INET6, SocketAddress } from '../protocol/socket-address.ts';
import type { ArgumentKind, ArgumentList, ArgumentValue } from './argument.ts';
import { readInt64 } from './int64.ts';
import { prefixMask } from './prefix-mask.ts';
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
): ReadArguments | ArgumentError {
  const { kinds, required } = list;
  const values: ArgumentValue[] = [];
  const enclosed = text[at] === '(';
  if (enclosed) at++;
  // No parentheses are as good as empty ones.
  const none = !enclosed || text[at] === ')';
  for (const [index, kind] of kinds.entries()) {
    if (none && index >= required) break;
    const cut = none ? EMPTY_WORD : cutWord(text, at);
    if (cut === undefined) return { error: "expected ')'", position: index + 1 };
    if (!none) at = cut.end;
    if (cut.word === '' && !isText(kind)) {
      if (index < required) {
        return {
          error: `expected type '${kind}' at position ${index + 1}, but got nothing`,
          position: index + 1,
        };
      }
      // An empty one ends the list. A number counts as there, and is zero.
      if (!none) values.push(zeroOf(kind));
      if (text[at] === ',') return { error: `expected ')' before '${text.slice(at)}'`, position: index + 1 };
      break;
    }
    const value = readValue(cut.word, kind, proxy);
    if (typeof value === 'string') {
      const reason = value === '' ? '' : ` : ${value}`;
      return {
        error: `failed to parse '${cut.word}' as type '${kind}' at position ${index + 1}${reason}`,
        position: index + 1,
      };
    }
    values.push(value);
    if (none || text[at] !== ',' || index + 1 === kinds.length) break;
    at++;
  }
  if (values.length < required) {
    const missing = kinds[values.length];
    return {
      error: `missing arguments (got ${values.length}/${required}), type '${missing}' expected`,
      position: values.length + 1,
    };
  }
  if (enclosed) {
    if (at >= text.length) return { error: "expected ')'", position: Math.max(values.length, 1) };
    if (text[at] !== ')') {
      // As HAProxy counts: the argument that is too much, but of longer lists their last.
      const position = kinds.length < 2 ? kinds.length + 1 : kinds.length;
      return { error: `expected ')' before '${text.slice(at)}'`, position };
    }
    at++;
  }
  while (values.length < kinds.length) values.push({ kind: 'absent' });
  return { values, end: at };
}

export interface ArgumentError {
  readonly error: string;
  /** Of the argument, from 1. */
  readonly position: number;
}

interface CutWord {
  readonly word: string;
  /** Offset of the comma or parenthesis behind it. */
  readonly end: number;
}

const EMPTY_WORD: CutWord = { word: '', end: 0 };

/** What may be empty and is still there: texts, and names, where the section's own proxy is meant. */
function isText(kind: ArgumentKind): boolean {
  switch (kind) {
    case 'string':
    case 'regex':
    case 'frontend':
    case 'backend':
    case 'table':
    case 'server':
    case 'user list':
      return true;
    default:
      return false;
  }
}

function zeroOf(kind: ArgumentKind): ArgumentValue {
  switch (kind) {
    case 'integer':
    case 'delay':
    case 'size':
      return { kind, value: 0 };
    default:
      return { kind: 'absent' };
  }
}

/**
 * The word at `at`, up to a comma or a closing parenthesis; the quotes and backslashes of this level are resolved.
 * Undefined when nothing ends it.
 */
function cutWord(text: string, at: number): CutWord | undefined {
  let word = '';
  let quote = '';
  for (; at < text.length; at++) {
    const c = text.charAt(at);
    if (quote === "'") {
      if (c === "'") quote = '';
      else word += c;
    } else if (c === '\\') {
      const next = text.charAt(at + 1);
      const escaped = escapes.get(next);
      // A backslash in front of anything else is an ordinary character, as in regular expressions.
      word += escaped ?? '\\';
      if (escaped !== undefined) at++;
    } else if (c === '"') quote = quote === '"' ? '' : '"';
    else if (c === "'" && quote === '') quote = "'";
    else if (quote === '' && (c === ',' || c === ')')) return { word, end: at };
    else word += c;
  }
  return undefined;
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
      const exact = readInt64(word);
      if (exact === undefined) return '';
      return typeof exact === 'number' ? { kind, value: exact } : { kind, value: Number(exact), exact };
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
    case 'Protocol buffers field number':
      return /^\.?\d+(\.\d+)*$/.test(word) ? { kind, path: fieldPath(word) } : '';
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
  if (/^\+?\d+$/.test(word)) {
    const bits = Number(word);
    if (bits > sizeBytes * 8) return undefined;
    return prefixMask(bits, sizeBytes);
  }
  const address = SocketAddress.parse(word);
  if (address?.family !== (sizeBytes === 4 ? FAMILY_INET : FAMILY_INET6)) return undefined;
  return address.bytes.slice(0, sizeBytes);
}

/** Numbers of nested fields, outermost first. They are 32 bits wide. */
function fieldPath(word: string): readonly number[] {
  return word.split('.').map((number) => Number(BigInt.asUintN(32, BigInt(number === '' ? '0' : number))));
}
