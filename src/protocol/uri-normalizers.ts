/**
 * Rewrites of paths and queries into plainer forms that mean the same. Each reads the bytes from `start` to `end` and
 * writes what they become to the beginning of `out`, which has room for one more, for `encodeFragment` three times as many. Result: the new length, or
 * REFUSED for what is malformed where the caller wants that refused.
 * Specification: configuration manual 4.2 `http-request normalize-uri`; RFC 3986, 6.2.2.
 */

export const REFUSED = -1;

/** `strict`: the option of the normalizer that takes one. */
export type Normalizer = (
  from: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  strict: boolean,
) => number;

const HASH = 35;
const PERCENT = 37;
const AMPERSAND = 38;
const DOT = 46;
const SLASH = 47;
const EQUALS = 61;

export const encodeFragment: Normalizer = (from, start, end, out) => {
  let at = 0;
  for (let i = start; i < end; i++) {
    const byte = from[i] as number;
    if (byte === HASH) {
      out[at++] = PERCENT;
      out[at++] = 50;
      out[at++] = 51;
    } else out[at++] = byte;
  }
  return at;
};

export const stripFragment: Normalizer = (from, start, end, out) => {
  let at = 0;
  for (let i = start; i < end && from[i] !== HASH; i++) out[at++] = from[i] as number;
  return at;
};

export const mergeSlashes: Normalizer = (from, start, end, out) => {
  let at = 0;
  for (let i = start; i < end; i++) {
    const byte = from[i] as number;
    if (byte === SLASH && at > 0 && out[at - 1] === SLASH) continue;
    out[at++] = byte;
  }
  return at;
};

/** The end of the segment whose slash is at `slash`. */
function segmentEnd(from: Uint8Array, slash: number, end: number): number {
  let i = slash + 1;
  while (i < end && from[i] !== SLASH) i++;
  return i;
}

export const stripDot: Normalizer = (from, start, end, out) => {
  let at = 0;
  for (let slash = start; slash < end; ) {
    const next = segmentEnd(from, slash, end);
    if (next - slash !== 2 || from[slash + 1] !== DOT) at = copy(from, slash, next, out, at);
    else if (next === end) out[at++] = SLASH;
    slash = next;
  }
  return at;
};

/** `full`: what would lead above the root is dropped too. */
export const stripDotDot: Normalizer = (from, start, end, out, full) => {
  let at = 0;
  /** Segments in `out` that a later one may take away. */
  let depth = 0;
  for (let slash = start; slash < end; ) {
    const next = segmentEnd(from, slash, end);
    if (next - slash !== 3 || from[slash + 1] !== DOT || from[slash + 2] !== DOT) {
      at = copy(from, slash, next, out, at);
      depth++;
    } else if (depth > 0 || full) {
      if (depth > 0) {
        depth--;
        do at--;
        while (out[at] !== SLASH);
      }
      if (next === end) out[at++] = SLASH;
    } else {
      at = copy(from, slash, next, out, at);
      if (next === end) out[at++] = SLASH;
    }
    slash = next;
  }
  return at;
};

function copy(from: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  for (let i = start; i < end; i++) out[at++] = from[i] as number;
  return at;
}

/** 0 to 15, or -1. */
function hexDigit(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

function isUnreserved(byte: number): boolean {
  const letter = byte | 32;
  if (letter >= 97 && letter <= 122) return true;
  return (byte >= 48 && byte <= 57) || byte === 45 || byte === 46 || byte === 95 || byte === 126;
}

export const decodeUnreserved: Normalizer = (from, start, end, out, strict) => {
  let at = 0;
  for (let i = start; i < end; i++) {
    const byte = from[i] as number;
    out[at++] = byte;
    if (byte !== PERCENT) continue;
    const high = i + 2 < end ? hexDigit(from[i + 1]) : -1;
    const low = i + 2 < end ? hexDigit(from[i + 2]) : -1;
    if (high < 0 || low < 0) {
      if (strict) return REFUSED;
      continue;
    }
    const decoded = high * 16 + low;
    if (isUnreserved(decoded)) out[at - 1] = decoded;
    else {
      out[at++] = from[i + 1] as number;
      out[at++] = from[i + 2] as number;
    }
    i += 2;
  }
  return at;
};

function upperCased(byte: number): number {
  return byte >= 97 ? byte - 32 : byte;
}

export const upperCasePercents: Normalizer = (from, start, end, out, strict) => {
  let at = 0;
  for (let i = start; i < end; i++) {
    const byte = from[i] as number;
    out[at++] = byte;
    if (byte !== PERCENT) continue;
    if (i + 2 >= end || hexDigit(from[i + 1]) < 0 || hexDigit(from[i + 2]) < 0) {
      if (strict) return REFUSED;
      continue;
    }
    out[at++] = upperCased(from[i + 1] as number);
    out[at++] = upperCased(from[i + 2] as number);
    i += 2;
  }
  return at;
};

/** Of the query that is being sorted; a comparison is given nothing but two places. */
let sorted: Uint8Array = new Uint8Array(0);
let sortedEnd = 0;
const places: number[] = [];

/** Negative when the parameter at `a` goes first: by the bytes of their names, a shorter one before what it begins. */
function compareNames(a: number, b: number): number {
  for (let i = 0; ; i++) {
    const left = nameByte(a + i);
    const right = nameByte(b + i);
    if (left !== right) return left - right;
    if (left < 0) return 0;
  }
}

/** -1 behind the name. */
function nameByte(at: number): number {
  if (at >= sortedEnd) return -1;
  const byte = sorted[at] as number;
  return byte === EQUALS || byte === AMPERSAND ? -1 : byte;
}

/** Of a query, without its question mark. Parameters of one name stay in their order. */
export const sortQuery: Normalizer = (from, start, end, out) => {
  sorted = from;
  sortedEnd = end;
  places.length = 0;
  places.push(start);
  for (let i = start; i < end; i++) if (from[i] === AMPERSAND) places.push(i + 1);
  places.sort(compareNames);
  let at = 0;
  for (let n = 0; n < places.length; n++) {
    // What has no name at all goes first, and leaves no separator behind.
    if (at > 0) out[at++] = AMPERSAND;
    for (let i = places[n] as number; i < end && from[i] !== AMPERSAND; i++) out[at++] = from[i] as number;
  }
  return at;
};
