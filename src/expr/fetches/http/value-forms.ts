/** What the fetches of headers, cookies and parameters share: the name they look for, and the sample they make of a value. */
import { u8 } from '../../../os/arena.ts';
import { type ArgumentValue, textOf } from '../../argument.ts';
import type { Sample } from '../../sample.ts';
import { readLooseInteger } from './loose-integer.ts';

/** Makes a sample of the bytes `start`…`end`; false: they have no such form. */
export type Make = (sample: Sample, start: number, end: number) => boolean;
export const asString: Make = (sample, start, end) => sample.setString(u8, start, end);
export const asInteger: Make = (sample, start, end) => sample.setInt(readLooseInteger(u8, start, end));

/** The bytes of a name that may be left out: null then. */
export function nameOf(argument: ArgumentValue | undefined): Uint8Array | null {
  const text = textOf(argument);
  return text === undefined || text === '' ? null : Buffer.from(text, 'latin1');
}
