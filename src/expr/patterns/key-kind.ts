/**
 * The ways in which keys of a list are read for an index: as bytes, as numbers, as networks. One kind serves several
 * match methods, and a list has one index for each kind that something matches it with.
 */

/** Numbers of the kinds, as they stand in shared memory. */
export const KIND_TEXT = 0;
export const KIND_TEXT_NO_CASE = 1;
export const KIND_DIR = 2;
export const KIND_DIR_NO_CASE = 3;
export const KIND_DOM = 4;
export const KIND_DOM_NO_CASE = 5;
export const KIND_BIN = 6;
export const KIND_INT = 7;
export const KIND_IP = 8;
export const KIND_REG = 9;
export const KIND_REG_NO_CASE = 10;
/** Of methods that look at no pattern. */
export const KIND_NONE = 11;
const KINDS = 12;

/** What a key is for an index. */
export const SHAPE_NONE = 0;
/** Found by the hash of its bytes, or of a part of them. */
export const SHAPE_BYTES = 1;
/** Found by the hash of up to four words. */
export const SHAPE_NUMBER = 2;
/** Not found by a hash: a range, an expression. Every thread has its own way of looking through these. */
export const SHAPE_SPECIAL = 3;

/** What a kind says of a key. One object is used again and again. */
export class DerivedKey {
  hash = 0;
  /** Of SHAPE_BYTES: bytes left out at both ends. */
  trimStart = 0;
  trimEnd = 0;
  /** By which the index counts: the length of bytes, the mask of a network. */
  length = 0;
  /** The bytes at both ends as they are compared; -1 where there are none. */
  firstByte = -1;
  lastByte = -1;
  /** Of SHAPE_NUMBER. */
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
}

export interface KeyKind {
  readonly kind: number;
  /** Of the keys that are not special. */
  readonly shape: typeof SHAPE_BYTES | typeof SHAPE_NUMBER;
  /** SHAPE_NONE for a key that it cannot read. */
  derive(
    u8: Uint8Array,
    start: number,
    end: number,
    base: number,
    names: ReadonlyMap<string, string>,
    out: DerivedKey,
  ): number;
  /** Why it cannot read the key, in HAProxy's words; undefined where it can. */
  refusal(text: string): string | undefined;
}

const kinds: (KeyKind | undefined)[] = new Array(KINDS).fill(undefined);

export function registerKeyKinds(...list: readonly KeyKind[]): void {
  for (const each of list) {
    if (kinds[each.kind] !== undefined) throw new Error(`kind of keys registered twice: ${each.kind}`);
    kinds[each.kind] = each;
  }
}

export function keyKind(kind: number): KeyKind {
  const found = kinds[kind];
  if (found === undefined) throw new Error(`no kind of keys ${kind}`);
  return found;
}
