/**
 * Classes of bytes in HTTP/1 heads (RFC 9110 5.6.2, RFC 9112 3), with the tolerances that HAProxy 2.6 has.
 */
export const TAB = 9;
export const LF = 10;
export const CR = 13;
export const SP = 32;
export const COLON = 58;

/** Bit: may stand in a method or a header name. */
export const TOKEN = 1;
/** Bit: may stand in a request target. */
export const TARGET = 2;
/** Bit: may stand in a request target with `option accept-invalid-http-request`. */
export const TARGET_RELAXED = 4;
/** Bit: a hexadecimal digit. */
export const HEX = 16;
/** Bit: may stand in the name and version of HTTP or of a protocol that looks like it (RTSP, ICY). */
export const VERSION = 32;

export const classes = new Uint8Array(256);
/** A token's byte in lower case; 0 for what may not stand in a token. */
export const tokenLower = new Uint8Array(256);

for (let c = 0; c < 256; c++) {
  const text = String.fromCharCode(c);
  let bits = 0;
  if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(text)) bits |= TOKEN;
  if (c === 0x21 || c === 0x22 || (c >= 0x24 && c <= 0x7e)) bits |= TARGET;
  if (c >= 0x21) bits |= TARGET_RELAXED;
  if (/[0-9A-Fa-f]/.test(text)) bits |= HEX;
  if (/[HTPRSICY0-9./]/.test(text)) bits |= VERSION;
  classes[c] = bits;
  if ((bits & TOKEN) !== 0) tokenLower[c] = c >= 65 && c <= 90 ? c | 32 : c;
}

/** Value of a hexadecimal digit; only for bytes of class HEX. */
export function hexValue(c: number): number {
  return c <= 57 ? c - 48 : (c | 32) - 87;
}
