/** Text as the inside of a JSON string, in ASCII. Specification: configuration manual 7.3.1 `json`; RFC 8259 7. */
import { takes, textOf } from '../argument.ts';
import { registerConverters } from '../converter-record.ts';
import { T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

const DIGITS = Buffer.from('0123456789abcdef', 'latin1');
const BACKSLASH = 0x5c;

/** What stands behind the backslash, by character; 0 for none. */
const short = new Uint8Array(256);
for (const [character, letter] of [
  ['"', '"'],
  ['\\', '\\'],
  ['/', '/'],
  ['\b', 'b'],
  ['\f', 'f'],
  ['\n', 'n'],
  ['\r', 'r'],
  ['\t', 't'],
] as const)
  short[character.charCodeAt(0)] = letter.charCodeAt(0);

interface Decoder {
  readonly utf8: boolean;
  /** Wrong characters are left out instead of ending everything. */
  readonly skips: boolean;
  /** Characters that are longer than they need to be are taken. */
  readonly takesOverlong: boolean;
}

const decoders: ReadonlyMap<string, Decoder> = new Map([
  ['', { utf8: false, skips: false, takesOverlong: false }],
  ['ascii', { utf8: false, skips: false, takesOverlong: false }],
  ['utf8', { utf8: true, skips: false, takesOverlong: false }],
  ['utf8s', { utf8: true, skips: true, takesOverlong: false }],
  ['utf8p', { utf8: true, skips: false, takesOverlong: true }],
  ['utf8ps', { utf8: true, skips: true, takesOverlong: true }],
]);

/** Of the last character that was read. */
let codePoint = 0;
let isOverlong = false;
let isWrong = false;

/** Reads the character at `at`. Result: the offset behind it. */
function readUtf8(u8: Uint8Array, at: number, end: number): number {
  const first = u8[at] as number;
  isOverlong = false;
  isWrong = false;
  codePoint = first;
  if (first < 0x80) return at + 1;
  const more =
    first < 0xc0
      ? -1
      : first < 0xe0
        ? 1
        : first < 0xf0
          ? 2
          : first < 0xf8
            ? 3
            : first < 0xfc
              ? 4
              : first < 0xfe
                ? 5
                : -1;
  if (more < 0) {
    isWrong = true;
    return at + 1;
  }
  codePoint = first & (0x3f >> more);
  let next = at + 1;
  for (let i = 0; i < more; i++, next++) {
    const c = next < end ? (u8[next] as number) : 0;
    if ((c & 0xc0) !== 0x80) {
      isWrong = true;
      return next;
    }
    codePoint = codePoint * 64 + (c & 0x3f);
  }
  const least = [0x80, 0x800, 0x10000, 0x200000, 0x4000000][more - 1] as number;
  isOverlong = codePoint < least;
  isWrong = (codePoint >= 0xd800 && codePoint <= 0xdfff) || codePoint === 0xfffe || codePoint === 0xffff;
  return next;
}

registerConverters({
  name: 'json',
  arguments: takes('string'),
  input: T_STR,
  output: T_STR,
  doc: 'Escaped for a JSON string, in ASCII; the argument tells how the input is coded and what becomes of wrong characters.',
  manual: '7.3.1',
  check: ([code]) =>
    decoders.has(textOf(code) ?? '')
      ? undefined
      : "Unexpected input code type. Allowed value are 'ascii', 'utf8', 'utf8s', 'utf8p' and 'utf8ps'",
  link: ([code]) => {
    const { utf8, skips, takesOverlong } = decoders.get(textOf(code) ?? '') as Decoder;
    return (sample) => {
      const area = nextScratch();
      const { u8, end } = sample;
      let out = 0;
      for (let at = sample.start; at < end; ) {
        if (utf8) {
          at = readUtf8(u8, at, end);
          if (isWrong || (isOverlong && !takesOverlong) || codePoint > 0xffff) {
            if (skips) continue;
            return false;
          }
        } else codePoint = u8[at++] as number;
        if (out + 6 > area.length) return false;
        const letter = codePoint < 256 ? (short[codePoint] as number) : 0;
        if (letter !== 0) {
          area[out++] = BACKSLASH;
          area[out++] = letter;
        } else if (codePoint >= 0x20 && codePoint < 0x7f) area[out++] = codePoint;
        else {
          area[out++] = BACKSLASH;
          area[out++] = 0x75;
          for (let shift = 12; shift >= 0; shift -= 4)
            area[out++] = DIGITS[(codePoint >> shift) & 15] as number;
        }
      }
      return sample.setString(area, 0, out);
    };
  },
});
