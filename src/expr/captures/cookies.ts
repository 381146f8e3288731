/**
 * Finds the captured cookie in Cookie and Set-Cookie headers. Like HAProxy's, the search goes through all of them and
 * closes up the blanks around `=` on its way.
 * Specification: configuration manual 4.2 `capture cookie`, 8.7; tolerances observed on HAProxy 2.6.
 */
import { CookieScanner } from '../../protocol/http1/cookie-scanner.ts';
import type { HeaderBlock } from '../../protocol/http1/header-block.ts';
import { bytesEqual, H_COOKIE, H_SET_COOKIE } from '../../protocol/http1/known-headers.ts';
import type { CapturedValue } from './captures.ts';

const SET_COOKIE2 = Buffer.from('set-cookie2', 'latin1');

const scanner = new CookieScanner();

/** The first cookie of a request whose name begins so. */
export function captureCookie(
  u8: Uint8Array,
  block: HeaderBlock,
  name: Uint8Array,
  value: CapturedValue,
): void {
  for (let line = block.find(H_COOKIE); line >= 0; line = block.find(H_COOKIE, line + 1)) {
    scanner.open(u8, block.valueStart(line), block.valueEnd(line), true);
    while (scanner.next()) {
      if (!scanner.isAttribute) captureCurrent(u8, name, value);
    }
    if (scanner.shortened) shorten(block, line);
  }
}

/** The first that a response sets, each header setting one. */
export function captureSetCookie(
  u8: Uint8Array,
  block: HeaderBlock,
  name: Uint8Array,
  value: CapturedValue,
): void {
  for (let line = block.find(H_SET_COOKIE); line >= 0; line = block.find(H_SET_COOKIE, line + 1))
    captureFirst(u8, block, line, name, value, false);
  for (
    let line = block.findName(u8, SET_COOKIE2);
    line >= 0;
    line = block.findName(u8, SET_COOKIE2, line + 1)
  )
    captureFirst(u8, block, line, name, value, true);
}

/** What follows the first cookie are its attributes. */
function captureFirst(
  u8: Uint8Array,
  block: HeaderBlock,
  line: number,
  name: Uint8Array,
  value: CapturedValue,
  commas: boolean,
): void {
  const start = block.valueStart(line);
  scanner.open(u8, start, block.valueEnd(line), commas);
  if (!scanner.next() || scanner.nameStart !== start) return;
  captureCurrent(u8, name, value);
  if (scanner.shortened) shorten(block, line);
}

function captureCurrent(u8: Uint8Array, name: Uint8Array, value: CapturedValue): void {
  if (value.isThere || !scanner.hasValue) return;
  const { nameStart, valueEnd } = scanner;
  // The name may end with the equals sign.
  if (valueEnd - nameStart < name.length || !bytesEqual(u8, nameStart, name)) return;
  value.set(u8, nameStart, valueEnd);
}

function shorten(block: HeaderBlock, line: number): void {
  block.setValue(line, block.valueStart(line), scanner.end);
}
