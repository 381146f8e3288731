/**
 * The dates that `maxidle` and `maxlife` keep in a cookie's value: `server|last seen|first seen`, each five characters
 * of base 64 that count units of four seconds since 1970.
 * Specification: configuration manual 4.2 `cookie`; the form was observed on HAProxy 2.6.
 */
export const DATE_CHARACTERS = 5;
const UNIT_S = 4;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** A cookie from the future is believed up to this much: clocks and time zones differ. */
const FUTURE_S = 86400;

const encoded = Buffer.from(ALPHABET, 'latin1');
const decoded = new Int8Array(256).fill(-1);
encoded.forEach((character, value) => {
  decoded[character] = value;
});

/** A date in units, as cookies have it. */
export function dateUnits(timeMs: number): number {
  return Math.floor(timeMs / 1000 / UNIT_S);
}

/** 0 when there are too few characters or others than the alphabet's. */
export function readDate(u8: Uint8Array, start: number, end: number): number {
  if (end - start < DATE_CHARACTERS) return 0;
  let units = 0;
  for (let i = 0; i < DATE_CHARACTERS; i++) {
    const value = decoded[u8[start + i] as number] as number;
    if (value < 0) return 0;
    units = units * 64 + value;
  }
  return units;
}

export function writeDate(u8: Uint8Array, at: number, units: number): void {
  for (let i = DATE_CHARACTERS - 1; i >= 0; i--) {
    u8[at + i] = encoded[units & 63] as number;
    units = Math.floor(units / 64);
  }
}

/** Whether a date is too old, or so far in the future that it is not believed. */
export function isOutdated(units: number, now: number, limitS: number): boolean {
  const ageS = (now - units) * UNIT_S;
  return ageS > limitS || ageS < -FUTURE_S;
}
