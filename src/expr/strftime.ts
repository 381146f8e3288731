/**
 * strftime in the C locale, as glibc has it: with its flags and widths, and for years of any size.
 * Specification: strftime(3); POSIX.
 */
import type { Int64 } from './int64.ts';

export interface BrokenTime {
  readonly year: number;
  /** From 0. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** From Sunday, 0. */
  readonly weekday: number;
  /** From 0. */
  readonly yearDay: number;
  /** East of Greenwich. */
  readonly offsetMinutes: number;
  readonly zone: string;
  readonly epochS: Int64;
}

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const DAY_S = 86400;

/** The parts of a time. `epochS` is not negative where it is a bigint, `offsetMinutes` the zone's distance from UTC. */
export function breakTime(epochS: Int64, offsetMinutes: number, zone: string): BrokenTime {
  const isLong = typeof epochS === 'bigint';
  const local = (isLong ? Number(epochS % BigInt(DAY_S)) : epochS) + offsetMinutes * 60;
  const before = Math.floor(local / DAY_S);
  const days = before + (isLong ? Number(epochS / BigInt(DAY_S)) : 0);
  const inDay = local - before * DAY_S;
  // Civil date from days, in eras of 400 years that begin in March.
  const shifted = days + 719468;
  const era = Math.floor(shifted / 146097);
  const dayOfEra = shifted - era * 146097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const march = Math.floor((5 * dayOfYear + 2) / 153);
  const month = march < 10 ? march + 2 : march - 10;
  const year = yearOfEra + era * 400 + (month < 2 ? 1 : 0);
  const leap = isLeap(year) ? 1 : 0;
  return {
    year,
    month,
    day: dayOfYear - Math.floor((153 * march + 2) / 5) + 1,
    hour: Math.floor(inDay / 3600),
    minute: Math.floor(inDay / 60) % 60,
    second: inDay % 60,
    weekday: (((days + 4) % 7) + 7) % 7,
    yearDay: month < 2 ? dayOfYear - 306 : dayOfYear + 59 + leap,
    offsetMinutes,
    zone,
    epochS,
  };
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Week of the year; `first`: the weekday that begins one. */
function weekOf(time: BrokenTime, first: number): number {
  const sinceFirst = (time.weekday - first + 7) % 7;
  return Math.floor((time.yearDay + 7 - sinceFirst) / 7);
}

/** Year and week of ISO 8601. */
function isoWeek(time: BrokenTime): readonly [year: number, week: number] {
  const monday = (time.weekday + 6) % 7;
  const week = Math.floor((time.yearDay - monday + 10) / 7);
  if (week < 1) return [time.year - 1, weeksOf(time.year - 1)];
  return week > weeksOf(time.year) ? [time.year + 1, 1] : [time.year, week];
}

function weeksOf(year: number): number {
  // A year has 53 weeks when it begins on a Thursday, or is a leap year that begins on a Wednesday.
  const before = year - 1;
  const start =
    (1 +
      (before % 7) +
      (Math.floor(before / 4) % 7) -
      (Math.floor(before / 100) % 7) +
      (Math.floor(before / 400) % 7) +
      70) %
    7;
  return start === 4 || (isLeap(year) && start === 3) ? 53 : 52;
}

const FIELD = /%([_\-0^#]*)(\d*)([EO]?)([A-Za-z%+])/y;
/** What has no other form, by the modifier that asks for one. */
const WITHOUT_ERA = 'aAbBdDeFgGhHIjklmMSUVwW+';
const WITHOUT_DIGITS = 'aAcDFxXY+';

export function strftime(format: string, time: BrokenTime): string {
  let out = '';
  for (let at = 0; at < format.length; ) {
    FIELD.lastIndex = at;
    const found = format[at] === '%' ? FIELD.exec(format) : null;
    const text = found === null ? undefined : field(found, time);
    if (found === null || text === undefined) {
      // What is no field stays as it is.
      out += format.charAt(at++);
      continue;
    }
    out += text;
    at += found[0].length;
  }
  return out;
}

/** The field as text, without flags; numbers with the width and padding that they have by themselves. */
type Value =
  | { readonly text: string }
  | { readonly number: Int64; readonly width: number; readonly pad: string };

function padded(number: Int64, width: number, pad = '0'): Value {
  return { number, width, pad };
}

function fieldValue(letter: string, time: BrokenTime): Value | undefined {
  const twelve = time.hour % 12 === 0 ? 12 : time.hour % 12;
  switch (letter) {
    case 'a':
      return { text: (WEEKDAYS[time.weekday] as string).slice(0, 3) };
    case 'A':
      return { text: WEEKDAYS[time.weekday] as string };
    case 'b':
    case 'h':
      return { text: (MONTHS[time.month] as string).slice(0, 3) };
    case 'B':
      return { text: MONTHS[time.month] as string };
    case 'c':
      return { text: strftime('%a %b %e %H:%M:%S %Y', time) };
    case 'C':
      return padded(Math.floor(time.year / 100), 2);
    case 'd':
      return padded(time.day, 2);
    case 'D':
    case 'x':
      return { text: strftime('%m/%d/%y', time) };
    case 'e':
      return padded(time.day, 2, ' ');
    case 'F':
      return { text: strftime('%Y-%m-%d', time) };
    case 'g':
      return padded(((isoWeek(time)[0] % 100) + 100) % 100, 2);
    case 'G':
      return padded(isoWeek(time)[0], 1);
    case 'H':
      return padded(time.hour, 2);
    case 'I':
      return padded(twelve, 2);
    case 'j':
      return padded(time.yearDay + 1, 3);
    case 'k':
      return padded(time.hour, 2, ' ');
    case 'l':
      return padded(twelve, 2, ' ');
    case 'm':
      return padded(time.month + 1, 2);
    case 'M':
      return padded(time.minute, 2);
    case 'n':
      return { text: '\n' };
    case 'p':
      return { text: time.hour < 12 ? 'AM' : 'PM' };
    case 'P':
      return { text: time.hour < 12 ? 'am' : 'pm' };
    case 'r':
      return { text: strftime('%I:%M:%S %p', time) };
    case 'R':
      return { text: strftime('%H:%M', time) };
    case 's':
      return padded(time.epochS, 1, ' ');
    case 'S':
      return padded(time.second, 2);
    case 't':
      return { text: '\t' };
    case 'T':
    case 'X':
      return { text: strftime('%H:%M:%S', time) };
    case 'u':
      return padded(time.weekday === 0 ? 7 : time.weekday, 1);
    case 'U':
      return padded(weekOf(time, 0), 2);
    case 'V':
      return padded(isoWeek(time)[1], 2);
    case 'w':
      return padded(time.weekday, 1);
    case 'W':
      return padded(weekOf(time, 1), 2);
    case 'y':
      return padded(((time.year % 100) + 100) % 100, 2);
    case 'Y':
      return padded(time.year, 1);
    case 'Z':
      return { text: time.zone };
    case '%':
      return { text: '%' };
    default:
      return undefined;
  }
}

function field(found: RegExpExecArray, time: BrokenTime): string | undefined {
  const [, flags = '', width = '', modifier = '', letter = ''] = found;
  if (modifier === 'E' && WITHOUT_ERA.includes(letter)) return undefined;
  if (modifier === 'O' && WITHOUT_DIGITS.includes(letter)) return undefined;
  if (letter === 'z') return zoneText(time.offsetMinutes, flags, Number(width));
  const value = fieldValue(letter, time);
  if (value === undefined) return undefined;
  let pad = '';
  for (const flag of flags) if (flag === '_' || flag === '-' || flag === '0') pad = flag;
  if ('number' in value) {
    const least = width === '' ? value.width : Math.max(Number(width), value.width);
    const digits = String(value.number < 0 ? -value.number : value.number);
    const fill = pad === '_' ? ' ' : pad === '0' ? '0' : value.pad;
    const sign = value.number < 0 ? '-' : '';
    if (pad === '-') return (sign + digits).padStart(Number(width));
    return sign + digits.padStart(least - sign.length, fill);
  }
  let { text } = value;
  if (flags.includes('^') && letter !== 'P') text = text.toUpperCase();
  // The other case: names in capitals, zones and halves of the day in small letters.
  else if (flags.includes('#')) {
    if ('pZ'.includes(letter)) text = text.toLowerCase();
    else if ('aAbBh'.includes(letter)) text = text.toUpperCase();
  }
  return text.padStart(Number(width), pad === '0' ? '0' : ' ');
}

/** The distance from UTC: a sign and four digits. With a width, each of both is that wide. */
function zoneText(offsetMinutes: number, flags: string, width: number): string {
  let pad = '';
  for (const flag of flags) if (flag === '_' || flag === '-' || flag === '0') pad = flag;
  const minutes = Math.abs(offsetMinutes);
  const number = String(Math.floor(minutes / 60) * 100 + (minutes % 60));
  const sign = (offsetMinutes < 0 ? '-' : '+').padStart(width, pad === '0' ? '0' : ' ');
  if (pad === '-') return sign + number.padStart(width);
  return sign + number.padStart(Math.max(4, width), pad === '_' ? ' ' : '0');
}
