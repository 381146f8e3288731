/**
 * Times since 1970 as text. Only the low 55 bits of seconds count, as in HAProxy.
 * Specification: configuration manual 7.3.1 `http_date`, `ltime`, `utime`; RFC 9110 5.6.7.
 */
import { type ArgumentValue, int64Of, takesAtLeast, textOf } from '../argument.ts';
import { type Converter, registerConverters } from '../converter-record.ts';
import { type Int64, normal, wrapped } from '../int64.ts';
import { type Sample, T_INT, T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';
import { breakTime, strftime } from '../strftime.ts';
import { zoneAt } from '../time-zone.ts';

const SECONDS_MASK = (1n << 55n) - 1n;

function plus(value: Int64, offset: Int64): Int64 {
  if (typeof value === 'number' && typeof offset === 'number') {
    const sum = value + offset;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return wrapped(BigInt(value) + BigInt(offset));
}

function seconds(value: Int64): Int64 {
  return typeof value === 'number' && value >= 0 ? value : normal(BigInt(value) & SECONDS_MASK);
}

function writeText(sample: Sample, text: string): true {
  const area = nextScratch();
  const length = Math.min(text.length, area.length);
  for (let i = 0; i < length; i++) area[i] = text.charCodeAt(i);
  return sample.setString(area, 0, length);
}

function formatting(local: boolean, [format, offset]: readonly ArgumentValue[]): Converter {
  const text = textOf(format) ?? '';
  const shift = int64Of(offset) ?? 0;
  return (sample) => {
    const epochS = plus(seconds(sample.integer), shift);
    const zone = local ? zoneAt(Number(epochS)) : { offsetMinutes: 0, name: 'GMT' };
    return writeText(sample, strftime(text, breakTime(epochS, zone.offsetMinutes, zone.name)));
  };
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', 1],
  ['ms', 1000],
  ['us', 1_000_000],
]);

registerConverters(
  {
    name: 'http_date',
    arguments: takesAtLeast(0, 'integer', 'string'),
    input: T_INT,
    output: T_STR,
    doc: 'A time as in header fields; with an offset, of a time in seconds (s), milliseconds (ms) or microseconds (us).',
    manual: '7.3.1',
    check: ([, unit]) => {
      const text = textOf(unit);
      return text === undefined || UNITS.has(text) ? undefined : `expects 's', 'ms' or 'us', got '${text}'`;
    },
    link: ([offset, unit]) => {
      const shift = int64Of(offset) ?? 0;
      const divisor = BigInt(UNITS.get(textOf(unit) ?? 's') ?? 1);
      return (sample) => {
        const value = plus(sample.integer, shift);
        let epochS: Int64;
        let fraction = '';
        if (divisor === 1n) epochS = seconds(value);
        else {
          const whole = BigInt(value) / divisor;
          epochS = seconds(wrapped(whole));
          // As it comes, without zeros in front of it.
          fraction = `.${BigInt(value) - whole * divisor}`;
        }
        const time = breakTime(epochS, 0, 'GMT');
        const text = `${strftime('%a, %d %b %Y %H:%M:%S', time)}${fraction} GMT`;
        return writeText(sample, text);
      };
    },
  },
  {
    name: 'utime',
    arguments: takesAtLeast(1, 'string', 'integer'),
    input: T_INT,
    output: T_STR,
    doc: 'A time in UTC, in the format of strftime; with an offset in seconds.',
    manual: '7.3.1',
    link: (args) => formatting(false, args),
  },
  {
    name: 'ltime',
    arguments: takesAtLeast(1, 'string', 'integer'),
    input: T_INT,
    output: T_STR,
    doc: 'A time in local time, in the format of strftime; with an offset in seconds.',
    manual: '7.3.1',
    link: (args) => formatting(true, args),
  },
);
