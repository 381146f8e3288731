/**
 * Dates as logs show them, made once per second and time zone: a line only copies them. One instance of the cache per
 * data thread (module state); nothing here reads the clock.
 * Specification: configuration manual, 8.2.6 (`%t`, `%T`, `%Tl`); formats observed on HAProxy 2.6.
 */

/** `20/Nov/2026:10:42:41` */
export const DATE_BYTES = 20;
/** ` +0000` */
export const ZONE_BYTES = 6;

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** The texts of one second. */
export class SecondText {
  epochSecond = Number.NaN;
  /** Local time and its distance to UTC. */
  readonly local = new Uint8Array(DATE_BYTES + ZONE_BYTES);
  readonly utc = new Uint8Array(DATE_BYTES + ZONE_BYTES);

  set(epochSecond: number): void {
    this.epochSecond = epochSecond;
    const date = new Date(epochSecond * 1000);
    const clock = `:${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    const utcClock = `:${two(date.getUTCHours())}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}`;
    put(this.local, `${day(date.getDate(), date.getMonth(), date.getFullYear())}${clock} ${zone(date, '')}`);
    put(this.utc, `${day(date.getUTCDate(), date.getUTCMonth(), date.getUTCFullYear())}${utcClock} +0000`);
  }
}

// Lines of one moment belong to a handful of seconds: those in which their connections were accepted.
const SLOTS = 64;
const cache = Array.from({ length: SLOTS }, () => new SecondText());

export function secondText(epochSecond: number): SecondText {
  const entry = cache[epochSecond % SLOTS]!;
  if (entry.epochSecond !== epochSecond) entry.set(epochSecond);
  return entry;
}

export function monthName(month: number): string {
  return MONTHS[month]!;
}

export function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

/** `+0530`, or `+05:30` with a colon between. */
export function zone(date: Date, between: string): string {
  const minutes = -date.getTimezoneOffset();
  const distance = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(distance / 60))}${between}${two(distance % 60)}`;
}

function day(date: number, month: number, year: number): string {
  return `${two(date)}/${monthName(month)}/${String(year).padStart(4, '0')}`;
}

function put(bytes: Uint8Array, text: string): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
}
