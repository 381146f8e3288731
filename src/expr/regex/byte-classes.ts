/** Sets of bytes that patterns name. Specification: pcre2pattern(3), "Generic character types", "POSIX character classes". */

function setOf(holds: (c: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, c) => (holds(c) ? 1 : 0));
}

function listed(text: string): Uint8Array {
  const set = new Uint8Array(256);
  for (let i = 0; i < text.length; i++) set[text.charCodeAt(i)] = 1;
  return set;
}

export function complement(set: Uint8Array): Uint8Array {
  return set.map((flag) => 1 - flag);
}

export function single(c: number): Uint8Array {
  const set = new Uint8Array(256);
  set[c] = 1;
  return set;
}

const between = (c: number, first: string, last: string): boolean =>
  c >= first.charCodeAt(0) && c <= last.charCodeAt(0);
const isUpper = (c: number): boolean => between(c, 'A', 'Z');
const isLower = (c: number): boolean => between(c, 'a', 'z');
const isDigit = (c: number): boolean => between(c, '0', '9');
const isAlpha = (c: number): boolean => isUpper(c) || isLower(c);
const isAlnum = (c: number): boolean => isAlpha(c) || isDigit(c);
const isWord = (c: number): boolean => isAlnum(c) || c === 0x5f;
const isGraph = (c: number): boolean => c > 0x20 && c < 0x7f;

const digit = setOf(isDigit);
const space = listed('\t\n\v\f\r ');
const word = setOf(isWord);
const horizontal = listed('\t \xa0');
const vertical = listed('\n\v\f\r\x85');

export const ANY = setOf(() => true);
export const NO_LINE_FEED = complement(single(10));
/** What `\R` takes beside the pair of carriage return and line feed. */
export const LINE_ENDS = vertical;

/** By the letter behind the backslash. */
export const types: ReadonlyMap<string, Uint8Array> = new Map([
  ['d', digit],
  ['D', complement(digit)],
  ['s', space],
  ['S', complement(space)],
  ['w', word],
  ['W', complement(word)],
  ['h', horizontal],
  ['H', complement(horizontal)],
  ['v', vertical],
  ['V', complement(vertical)],
]);

/** By the name between the colons. */
export const posixClasses: ReadonlyMap<string, Uint8Array> = new Map([
  ['alnum', setOf(isAlnum)],
  ['alpha', setOf(isAlpha)],
  ['ascii', setOf((c) => c < 128)],
  ['blank', listed('\t ')],
  ['cntrl', setOf((c) => c < 32 || c === 127)],
  ['digit', digit],
  ['graph', setOf(isGraph)],
  ['lower', setOf(isLower)],
  ['print', setOf((c) => isGraph(c) || c === 0x20)],
  ['punct', setOf((c) => isGraph(c) && !isAlnum(c))],
  ['space', space],
  ['upper', setOf(isUpper)],
  ['word', word],
  ['xdigit', listed('0123456789abcdefABCDEF')],
]);

/** With the other case of its letters. Only ASCII has cases here, as in the C locale. */
export function bothCases(set: Uint8Array): Uint8Array {
  const both = set.slice();
  for (let c = 65; c <= 90; c++) if (set[c] === 1 || set[c + 32] === 1) both[c] = both[c + 32] = 1;
  return both;
}
