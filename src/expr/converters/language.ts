/** The preferred one of some languages. Specification: configuration manual 7.3.1 `language`; RFC 9110 12.5.4. */
import { takesAtLeast, textOf } from '../argument.ts';
import { registerConverters } from '../converter-record.ts';
import { T_STR } from '../sample.ts';

const COMMA = 0x2c;
const SEMICOLON = 0x3b;
const MINUS = 0x2d;
const EQUALS = 0x3d;
const SMALL_Q = 0x71;
const DOT = 0x2e;

function isBlank(c: number | undefined): boolean {
  return c === 0x20 || c === 0x09;
}

/** A quality in thousandths, from up to three decimals; what is no number counts as much as the best. */
function readQuality(u8: Uint8Array, start: number, end: number): number {
  const whole = start < end ? (u8[start] as number) - 48 : -1;
  if (whole !== 0 && whole !== 1) return 1000;
  let quality = whole * 1000;
  if (start + 1 < end && u8[start + 1] === DOT) {
    for (let i = 0, weight = 100; i < 3 && start + 2 + i < end; i++, weight /= 10) {
      const digit = (u8[start + 2 + i] as number) - 48;
      if (digit < 0 || digit > 9) break;
      quality += digit * weight;
    }
  }
  return Math.min(quality, 1000);
}

function equals(bytes: Uint8Array, u8: Uint8Array, start: number, end: number): boolean {
  if (bytes.length !== end - start) return false;
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== u8[start + i]) return false;
  return true;
}

registerConverters({
  name: 'language',
  arguments: takesAtLeast(1, 'string', 'string'),
  input: T_STR,
  output: T_STR,
  doc: 'Of some languages with semicolons between them the one that an Accept-Language header prefers; else a default.',
  manual: '7.3.1',
  link: ([list, otherwise]) => {
    const languages = (textOf(list) ?? '')
      .split(';')
      .filter((name) => name !== '')
      .map((name) => Buffer.from(name, 'latin1'));
    const preset = textOf(otherwise);
    const fallback = preset === undefined ? undefined : Buffer.from(preset, 'latin1');

    const find = (u8: Uint8Array, start: number, end: number): Uint8Array | undefined => {
      for (let i = 0; i < languages.length; i++)
        if (equals(languages[i] as Uint8Array, u8, start, end)) return languages[i];
      return undefined;
    };

    return (sample) => {
      const { u8, end } = sample;
      let best: Uint8Array | undefined;
      let bestQuality = 0;
      for (let at = sample.start; at < end && bestQuality < 1000; at++) {
        while (at < end && isBlank(u8[at])) at++;
        const start = at;
        let base = -1;
        while (at < end && u8[at] !== COMMA && u8[at] !== SEMICOLON && !isBlank(u8[at])) {
          if (u8[at] === MINUS && base < 0) base = at;
          at++;
        }
        const nameEnd = at;
        let quality = 1000;
        while (at < end && isBlank(u8[at])) at++;
        const isWhole = at === end || u8[at] === COMMA || u8[at] === SEMICOLON;
        if (at < end && u8[at] === SEMICOLON) {
          at++;
          while (at < end && isBlank(u8[at])) at++;
          if (u8[at] === SMALL_Q && at < end) {
            at++;
            while (at < end && isBlank(u8[at])) at++;
            if (at < end && u8[at] === EQUALS) {
              at++;
              while (at < end && isBlank(u8[at])) at++;
              quality = readQuality(u8, at, end);
            }
          }
        }
        while (at < end && u8[at] !== COMMA) at++;
        if (!isWhole || quality <= bestQuality) continue;
        const found = find(u8, start, nameEnd) ?? (base < 0 ? undefined : find(u8, start, base));
        if (found === undefined) continue;
        best = found;
        bestQuality = quality;
      }
      const chosen = best ?? fallback;
      return chosen !== undefined && sample.setBytes(T_STR, chosen);
    };
  },
});
