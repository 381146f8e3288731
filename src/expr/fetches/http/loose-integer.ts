/**
 * The integer at the beginning of a header or a parameter, as HAProxy reads it there: it ends at the first byte above `9`,
 * and what lies below `0` counts as the negative digit that the subtraction makes of it (observed on 2.6: `1.2` is 8).
 */
export function readLooseInteger(u8: Uint8Array, start: number, end: number): number {
  let at = start;
  const negative = u8[at] === 45 && at < end;
  if (negative || (u8[at] === 43 && at < end)) at++;
  let value = 0;
  for (; at < end; at++) {
    const digit = (u8[at] as number) - 48;
    if (digit > 9 || (negative && digit < 0)) break;
    value = (Math.imul(value, 10) + digit) | 0;
  }
  return negative ? -value | 0 : value;
}
