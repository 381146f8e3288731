/**
 * Headers whose meaning the engine has to know. A name is recognised once, when it is parsed, by its length and bytes;
 * everything later compares small numbers.
 */
export const H_OTHER = 0;
export const H_HOST = 1;
export const H_CONNECTION = 2;
export const H_CONTENT_LENGTH = 3;
export const H_TRANSFER_ENCODING = 4;
export const H_UPGRADE = 5;
export const H_TE = 6;
export const H_EXPECT = 7;
export const H_COOKIE = 8;
export const H_SET_COOKIE = 9;
export const H_PROXY_CONNECTION = 10;
export const H_SEC_WEBSOCKET_KEY = 11;
export const H_AUTHORIZATION = 12;
export const H_CACHE_CONTROL = 13;

const names: [string, number][] = [
  ['host', H_HOST],
  ['connection', H_CONNECTION],
  ['content-length', H_CONTENT_LENGTH],
  ['transfer-encoding', H_TRANSFER_ENCODING],
  ['upgrade', H_UPGRADE],
  ['te', H_TE],
  ['expect', H_EXPECT],
  ['cookie', H_COOKIE],
  ['set-cookie', H_SET_COOKIE],
  ['proxy-connection', H_PROXY_CONNECTION],
  ['sec-websocket-key', H_SEC_WEBSOCKET_KEY],
  ['authorization', H_AUTHORIZATION],
  ['cache-control', H_CACHE_CONTROL],
];

interface Known {
  readonly bytes: Uint8Array;
  readonly id: number;
}
const LONGEST = 32;
// By length and first letter: at most two candidates share a slot.
const table: (Known[] | undefined)[] = new Array<Known[] | undefined>(LONGEST * 32).fill(undefined);
for (const [name, id] of names) {
  const slot = name.length * 32 + (name.charCodeAt(0) & 31);
  const list = table[slot] ?? [];
  list.push({ bytes: Buffer.from(name, 'latin1'), id });
  table[slot] = list;
}

/** Number of a lower-case header name. */
export function identifyHeader(u8: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length >= LONGEST || length === 0) return H_OTHER;
  const candidates = table[length * 32 + ((u8[start] as number) & 31)];
  if (candidates === undefined) return H_OTHER;
  for (let i = 0; i < candidates.length; i++) {
    const known = candidates[i] as Known;
    if (bytesEqual(u8, start, known.bytes)) return known.id;
  }
  return H_OTHER;
}

/** Whether the bytes at `start` are those of `expected`, to the letter. */
export function bytesEqual(u8: Uint8Array, start: number, expected: Uint8Array): boolean {
  for (let i = 0; i < expected.length; i++) if (u8[start + i] !== expected[i]) return false;
  return true;
}

/** Whether `start`…`end` is `expected` (lower case) when letters are folded. */
export function wordEquals(u8: Uint8Array, start: number, end: number, expected: Uint8Array): boolean {
  if (end - start !== expected.length) return false;
  for (let i = 0; i < expected.length; i++) {
    let c = u8[start + i] as number;
    if (c >= 65 && c <= 90) c |= 32;
    if (c !== expected[i]) return false;
  }
  return true;
}
