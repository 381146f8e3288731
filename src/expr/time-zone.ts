/** The local zone at a time: how far from UTC, and its abbreviation. The runtime knows the first, names it its own way. */

export interface ZoneTime {
  readonly offsetMinutes: number;
  readonly name: string;
}

/** Beyond this a Date has no value; the zone stays what it was there. */
const LAST_S = 8.64e12;
const QUARTER_S = 900;

let last: ZoneTime = { offsetMinutes: 0, name: 'UTC' };
let lastQuarter = Number.NaN;

export function zoneAt(epochS: number): ZoneTime {
  const quarter = Math.floor(Math.min(epochS, LAST_S) / QUARTER_S);
  if (quarter === lastQuarter) return last;
  const date = new Date(quarter * QUARTER_S * 1000);
  lastQuarter = quarter;
  last = { offsetMinutes: -date.getTimezoneOffset(), name: abbreviation(date) };
  return last;
}

/** As tzdata has it where the runtime knows it; by its distance elsewhere. */
function abbreviation(date: Date): string {
  const part = (locale: string) =>
    new Intl.DateTimeFormat(locale, { timeZoneName: 'short' })
      .formatToParts(date)
      .find(({ type }) => type === 'timeZoneName')?.value ?? 'UTC';
  // Each locale names the zones of its own continent only.
  for (const locale of ['en-US', 'en-GB', 'en-AU', 'en-IN', 'en-ZA', 'en-NZ', 'en-CA']) {
    const name = part(locale);
    if (!/^(GMT|UTC)[+-]/.test(name)) return name;
  }
  const minutes = -date.getTimezoneOffset();
  const hours = Math.floor(Math.abs(minutes) / 60);
  const rest = Math.abs(minutes) % 60;
  const digits = String(hours).padStart(2, '0') + (rest === 0 ? '' : String(rest).padStart(2, '0'));
  return (minutes < 0 ? '-' : '+') + digits;
}
