/** Turns what a JSON path found into a sample. Specification: configuration manual 7.3.1 `json_query`. */
import { readInteger } from './casts.ts';
import { JSON_FALSE, JSON_NUMBER, JSON_STRING, JSON_TRUE, type JsonPath } from './json-path.ts';
import { latin1Text, type Sample } from './sample.ts';
import { nextScratch } from './scratch.ts';

const ESCAPES: ReadonlyMap<number, number> = new Map(
  [
    ['b', 8],
    ['f', 12],
    ['n', 10],
    ['r', 13],
    ['t', 9],
    ['"', 0x22],
    ['\\', 0x5c],
  ].map(([letter, code]) => [String(letter).charCodeAt(0), Number(code)]),
);

/** Looks a path up in the sample; `asInteger`: numbers become integers, else text. */
export function queryJson(sample: Sample, path: JsonPath, asInteger: boolean): boolean {
  if (!path.find(sample.u8, sample.start, sample.end)) return false;
  switch (path.kind) {
    case JSON_STRING:
      return unescaped(sample, path.start, path.end);
    case JSON_NUMBER: {
      if (!asInteger) return writeText(sample, shortNumber(latin1Text(sample.u8, path.start, path.end)));
      const value = readInteger(sample.u8, path.start, path.end);
      // What a double cannot hold is refused.
      return typeof value === 'number' && Number.isSafeInteger(value) && sample.setInt(value + 0);
    }
    case JSON_TRUE:
      return sample.setBool(true);
    case JSON_FALSE:
      return sample.setBool(false);
    default:
      return false;
  }
}

/** Only `\u00XX` of the coded characters has a form of one byte. */
function unescaped(sample: Sample, start: number, end: number): boolean {
  const area = nextScratch();
  const { u8 } = sample;
  let out = 0;
  for (let at = start; at < end; at++) {
    let c = u8[at] as number;
    if (c === 0x5c) {
      const letter = u8[++at] as number;
      if (letter === 0x75) {
        const digits = latin1Text(u8, at + 1, Math.min(at + 5, end));
        if (!/^00[0-9a-fA-F]{2}$/.test(digits)) return false;
        c = Number.parseInt(digits, 16);
        at += 4;
      } else {
        const code = ESCAPES.get(letter);
        if (code === undefined) return false;
        c = code;
      }
    }
    if (out === area.length) return false;
    area[out++] = c;
  }
  return sample.setString(area, 0, out);
}

function writeText(sample: Sample, text: string): true {
  const area = nextScratch();
  for (let i = 0; i < text.length; i++) area[i] = text.charCodeAt(i);
  return sample.setString(area, 0, text.length);
}

/** As printf's %g has it: six digits, the shorter notation, no zeros at the end. */
function shortNumber(text: string): string {
  const value = Number.parseFloat(text);
  if (Number.isNaN(value)) return text.startsWith('-') ? '-0' : '0';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [mantissa = '', power = '0'] = sixDigits(value).split('e');
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) {
    const plain = Number(`${mantissa}e${exponent}`).toFixed(5 - exponent);
    return plain.includes('.') ? plain.replace(/\.?0+$/, '') : plain;
  }
  const digits = mantissa.replace(/\.?0+$/, '');
  const sign = exponent < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

/** As toExponential(5), but what lies in the middle goes to the even digit, as in C. */
function sixDigits(value: number): string {
  // All digits of a double, with which a tie can be told.
  const exact = value.toExponential(60);
  const found = /^(-?\d\.\d{4}[02468])50*(e.*)$/.exec(exact);
  return found === null ? value.toExponential(5) : `${found[1]}${found[2]}`;
}
