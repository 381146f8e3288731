/**
 * Keys that are searched as bytes: whole, or without the delimiters around them, with or without regard to case; and
 * bytes written in hexadecimal. Specification: configuration manual 7.1.3, 7.1.5.
 */
import { HASH_START, hashByte, lowerCase, sameCase } from './key-hash.ts';
import {
  type KeyKind,
  KIND_BIN,
  KIND_DIR,
  KIND_DIR_NO_CASE,
  KIND_DOM,
  KIND_DOM_NO_CASE,
  KIND_TEXT,
  KIND_TEXT_NO_CASE,
  registerKeyKinds,
  SHAPE_BYTES,
  SHAPE_NONE,
} from './key-kind.ts';

/** Longer runs of delimiters at the ends of a pattern are not left out. */
const MOST_TRIM = 0xffff;

function delimiters(text: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const c of text) table[c.charCodeAt(0)] = 1;
  return table;
}

export const pathDelimiters = delimiters('/?');
export const domainDelimiters = delimiters('/?.:');
const none = delimiters('');

/** Whether bytes of a kind are compared without regard to case. */
export function caseMap(kind: number): Uint8Array {
  return kind === KIND_TEXT_NO_CASE || kind === KIND_DIR_NO_CASE || kind === KIND_DOM_NO_CASE
    ? lowerCase
    : sameCase;
}

function text(kind: number, isDelimiter: Uint8Array): KeyKind {
  const map = caseMap(kind);
  return {
    kind,
    shape: SHAPE_BYTES,
    derive: (u8, start, end, base, _names, out) => {
      let from = start;
      let to = end;
      while (from < to && isDelimiter[u8[from] as number] === 1 && from - start < MOST_TRIM) from++;
      while (to > from && isDelimiter[u8[to - 1] as number] === 1 && end - to < MOST_TRIM) to--;
      let hash = HASH_START;
      if (map === sameCase) for (let i = from; i < to; i++) hash = hashByte(hash, u8[i] as number, base);
      else for (let i = from; i < to; i++) hash = hashByte(hash, map[u8[i] as number] as number, base);
      out.hash = hash;
      out.trimStart = from - start;
      out.trimEnd = end - to;
      out.length = to - from;
      out.firstByte = from === to ? -1 : (map[u8[from] as number] as number);
      out.lastByte = from === to ? -1 : (map[u8[to - 1] as number] as number);
      return SHAPE_BYTES;
    },
    refusal: () => undefined,
  };
}

/** Value of a hexadecimal digit by its character; 255: it is none. */
export const hexDigits = Uint8Array.from({ length: 256 }, (_, c) => {
  if (c >= 48 && c <= 57) return c - 48;
  const small = c | 32;
  return small >= 97 && small <= 102 ? small - 87 : 255;
});

export function checkHex(pattern: string): string | undefined {
  const wrong = /[^0-9a-fA-F]/.exec(pattern);
  if (wrong !== null) return `an hex digit is expected (found '${wrong[0]}')`;
  return pattern.length % 2 === 0 ? undefined : 'an even number of hex digit is expected';
}

registerKeyKinds(
  text(KIND_TEXT, none),
  text(KIND_TEXT_NO_CASE, none),
  text(KIND_DIR, pathDelimiters),
  text(KIND_DIR_NO_CASE, pathDelimiters),
  text(KIND_DOM, domainDelimiters),
  text(KIND_DOM_NO_CASE, domainDelimiters),
  {
    kind: KIND_BIN,
    shape: SHAPE_BYTES,
    derive: (u8, start, end, base, _names, out) => {
      if ((end - start) % 2 !== 0) return SHAPE_NONE;
      let hash = HASH_START;
      for (let i = start; i < end; i += 2) {
        const high = hexDigits[u8[i] as number] as number;
        const low = hexDigits[u8[i + 1] as number] as number;
        if (high > 15 || low > 15) return SHAPE_NONE;
        hash = hashByte(hash, high * 16 + low, base);
      }
      out.hash = hash;
      out.trimStart = 0;
      out.trimEnd = 0;
      out.length = (end - start) / 2;
      out.firstByte = -1;
      out.lastByte = -1;
      return SHAPE_BYTES;
    },
    refusal: checkHex,
  },
);
