/** Percent encoding. Specification: configuration manual 7.3.1 `url_dec`, `url_enc`; RFC 3986 2. */
import { numberOf, takes, takesAtLeast, textOf } from '../argument.ts';
import { registerConverters } from '../converter-record.ts';
import { T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

const PERCENT = 0x25;
const PLUS = 0x2b;
const QUESTION = 0x3f;
const SPACE = 0x20;

/** Characters that stay as they are in a query. */
const plain = new Uint8Array(256);
for (const c of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~')
  plain[c.charCodeAt(0)] = 1;

const DIGITS = Buffer.from('0123456789ABCDEF', 'latin1');

function hexDigit(c: number | undefined): number {
  if (c === undefined) return -1;
  if (c >= 48 && c <= 57) return c - 48;
  const letter = c | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

registerConverters(
  {
    name: 'url_dec',
    arguments: takesAtLeast(0, 'integer'),
    input: T_STR,
    output: T_STR,
    doc: 'Percent-encoded characters decoded; plus signs become spaces behind a question mark, or anywhere with an argument other than 0.',
    manual: '7.3.1',
    link: ([form]) => {
      const everywhere = (numberOf(form) ?? 0) !== 0;
      return (sample) => {
        const area = nextScratch();
        const { u8, end } = sample;
        let inQuery = everywhere;
        let out = 0;
        for (let at = sample.start; at < end; at++) {
          if (out === area.length) return false;
          let c = u8[at] as number;
          if (c === PLUS && inQuery) c = SPACE;
          else if (c === QUESTION) inQuery = true;
          else if (c === PERCENT) {
            const high = at + 2 < end ? hexDigit(u8[at + 1]) : -1;
            const low = at + 2 < end ? hexDigit(u8[at + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = high * 16 + low;
            at += 2;
          }
          area[out++] = c;
        }
        return sample.setString(area, 0, out);
      };
    },
  },
  {
    name: 'url_enc',
    arguments: takes('string'),
    input: T_STR,
    output: T_STR,
    doc: 'Percent-encoded, for a query.',
    manual: '7.3.1',
    check: ([type]) => {
      const text = textOf(type) ?? '';
      return text === '' || text === 'query' ? undefined : "Unexpected encode type. Allowed value is 'query'";
    },
    link: () => (sample) => {
      const area = nextScratch();
      const { u8, end } = sample;
      let out = 0;
      for (let at = sample.start; at < end; at++) {
        const c = u8[at] as number;
        if (out + 3 > area.length) return false;
        if (plain[c] === 1) area[out++] = c;
        else {
          area[out++] = PERCENT;
          area[out++] = DIGITS[c >> 4] as number;
          area[out++] = DIGITS[c & 15] as number;
        }
      }
      return sample.setString(area, 0, out);
    },
  },
);
