/**
 * A waiting line in shared memory: tickets in the order of their class, then of their time, then of their arrival.
 * Structure: a skip list, linked both ways on every level. Whoever belongs at the end, as all do where nobody has a
 * priority, joins in constant time; the first, or any other, leaves in constant time; the rest costs O(log n).
 * Every function wants the backend's lock to be held.
 * Specification: configuration manual 4.2 `http-request set-priority-class`, `set-priority-offset`.
 */
import {
  LEVELS,
  LINE_FIRST,
  LINE_LAST,
  TICKET_ARRIVAL,
  TICKET_CLASS,
  TICKET_HEIGHT,
  TICKET_NEXT,
  TICKET_PREVIOUS,
  TICKET_TIME,
} from './queue-memory.ts';

/** One in so many tickets of a level stands on the next one too: a power of two. */
const SPREAD_BITS = 3;
const SPREAD_MASK = (1 << SPREAD_BITS) - 1;

let seed = (Math.random() * 0x7fffffff) | 1;

/** xorshift32 (Marsaglia). */
function drawHeight(): number {
  seed ^= seed << 13;
  seed ^= seed >>> 17;
  seed ^= seed << 5;
  if ((seed & SPREAD_MASK) !== 0) return 1;
  let height = 2;
  for (let bits = seed >>> SPREAD_BITS; height < LEVELS && (bits & SPREAD_MASK) === 0; bits >>>= SPREAD_BITS)
    height++;
  return height;
}

/** Whether ticket `a` goes before `b`. Times and arrivals wrap around: the sign of their difference tells. */
export function goesBefore(words: Int32Array, a: number, b: number): boolean {
  const classes = (words[a + TICKET_CLASS] as number) - (words[b + TICKET_CLASS] as number);
  if (classes !== 0) return classes < 0;
  const times = ((words[a + TICKET_TIME] as number) - (words[b + TICKET_TIME] as number)) | 0;
  if (times !== 0) return times < 0;
  return (((words[a + TICKET_ARRIVAL] as number) - (words[b + TICKET_ARRIVAL] as number)) | 0) < 0;
}

/** The ticket that comes next, or 0. */
export function firstInLine(words: Int32Array, line: number): number {
  return words[line + LINE_FIRST] as number;
}

export function joinLine(words: Int32Array, line: number, ticket: number): void {
  const height = drawHeight();
  words[ticket + TICKET_HEIGHT] = height;
  const last = words[line + LINE_LAST] as number;
  if (last === 0 || goesBefore(words, last, ticket)) {
    for (let level = 0; level < height; level++)
      linkBehind(words, line, level, words[line + LINE_LAST + level] as number, ticket);
    return;
  }
  // Down from the highest level, as far right as the ticket does not go before what stands there.
  let before = 0;
  for (let level = LEVELS - 1; level >= 0; level--) {
    let next = (
      before === 0 ? words[line + LINE_FIRST + level] : words[before + TICKET_NEXT + level]
    ) as number;
    while (next !== 0 && goesBefore(words, next, ticket)) {
      before = next;
      next = words[next + TICKET_NEXT + level] as number;
    }
    if (level < height) linkBehind(words, line, level, before, ticket);
  }
}

export function leaveLine(words: Int32Array, line: number, ticket: number): void {
  const height = words[ticket + TICKET_HEIGHT] as number;
  for (let level = 0; level < height; level++) {
    const next = words[ticket + TICKET_NEXT + level] as number;
    const previous = words[ticket + TICKET_PREVIOUS + level] as number;
    if (previous === 0) words[line + LINE_FIRST + level] = next;
    else words[previous + TICKET_NEXT + level] = next;
    if (next === 0) words[line + LINE_LAST + level] = previous;
    else words[next + TICKET_PREVIOUS + level] = previous;
  }
  words[ticket + TICKET_HEIGHT] = 0;
}

/** `previous` is 0 for the first place. */
function linkBehind(words: Int32Array, line: number, level: number, previous: number, ticket: number): void {
  const next = (
    previous === 0 ? words[line + LINE_FIRST + level] : words[previous + TICKET_NEXT + level]
  ) as number;
  words[ticket + TICKET_NEXT + level] = next;
  words[ticket + TICKET_PREVIOUS + level] = previous;
  if (previous === 0) words[line + LINE_FIRST + level] = ticket;
  else words[previous + TICKET_NEXT + level] = ticket;
  if (next === 0) words[line + LINE_LAST + level] = ticket;
  else words[next + TICKET_PREVIOUS + level] = ticket;
}
