/**
 * base64 and base64url over bytes, without strings. Specification: RFC 4648 4 and 5; what is accepted of malformed text
 * as observed on HAProxy 2.6.
 */

const STANDARD = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');
const URL_SAFE = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', 'latin1');
const EQUALS = 0x3d;

function valuesOf(alphabet: Uint8Array): Int8Array {
  const values = new Int8Array(256).fill(-1);
  for (let i = 0; i < 64; i++) values[alphabet[i] as number] = i;
  return values;
}

const standardValues = valuesOf(STANDARD);
const urlValues = valuesOf(URL_SAFE);
// HAProxy's base64url decoder knows no padding, and takes an equals sign for the last letter.
urlValues[EQUALS] = 63;

/** Writes the text from the beginning of `into`. Result: its length, or -1 when it does not fit. */
export function encodeBase64(
  u8: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  urlSafe: boolean,
): number {
  const alphabet = urlSafe ? URL_SAFE : STANDARD;
  if (Math.ceil((end - start) / 3) * 4 > into.length) return -1;
  let out = 0;
  let at = start;
  for (; at + 2 < end; at += 3) {
    const three = ((u8[at] as number) << 16) | ((u8[at + 1] as number) << 8) | (u8[at + 2] as number);
    into[out++] = alphabet[three >> 18] as number;
    into[out++] = alphabet[(three >> 12) & 63] as number;
    into[out++] = alphabet[(three >> 6) & 63] as number;
    into[out++] = alphabet[three & 63] as number;
  }
  const left = end - at;
  if (left === 0) return out;
  const rest = ((u8[at] as number) << 16) | (left === 2 ? (u8[at + 1] as number) << 8 : 0);
  into[out++] = alphabet[rest >> 18] as number;
  into[out++] = alphabet[(rest >> 12) & 63] as number;
  if (left === 2) into[out++] = alphabet[(rest >> 6) & 63] as number;
  if (urlSafe) return out;
  while (out % 4 !== 0) into[out++] = EQUALS;
  return out;
}

/** Result: how many bytes were written, or -1 for what is no base64 or does not fit. */
export function decodeBase64(u8: Uint8Array, start: number, end: number, into: Uint8Array): number {
  if ((end - start) % 4 !== 0) return -1;
  let out = 0;
  for (let at = start; at < end; at += 4) {
    let four = 0;
    let padding = 0;
    for (let i = 0; i < 4; i++) {
      const c = u8[at + i] as number;
      const value = standardValues[c] as number;
      if (c === EQUALS) padding++;
      else if (value < 0 || padding > 0) return -1;
      four = (four << 6) | (c === EQUALS ? 0 : value);
    }
    if (padding > 3) return -1;
    if (out + 3 > into.length) return -1;
    if (padding < 3) into[out++] = (four >> 16) & 0xff;
    if (padding < 2) into[out++] = (four >> 8) & 0xff;
    if (padding < 1) into[out++] = four & 0xff;
  }
  return out;
}

/** The same for base64url, whose length tells what padding would. */
export function decodeBase64Url(u8: Uint8Array, start: number, end: number, into: Uint8Array): number {
  const left = (end - start) % 4;
  if (left === 1) return -1;
  let out = 0;
  for (let at = start; at < end; at += 4) {
    let four = 0;
    const letters = Math.min(4, end - at);
    for (let i = 0; i < letters; i++) {
      const value = urlValues[u8[at + i] as number] as number;
      if (value < 0) return -1;
      four |= value << (18 - 6 * i);
    }
    if (out + 3 > into.length) return -1;
    into[out++] = (four >> 16) & 0xff;
    if (letters > 2) into[out++] = (four >> 8) & 0xff;
    if (letters > 3) into[out++] = four & 0xff;
  }
  return out;
}

/** Text of the configuration. Undefined: it is no base64. */
export function base64Bytes(text: string): Uint8Array | undefined {
  const from = Buffer.from(text, 'latin1');
  const into = new Uint8Array(from.length + 3);
  const length = decodeBase64(from, 0, from.length, into);
  return length < 0 ? undefined : into.slice(0, length);
}
