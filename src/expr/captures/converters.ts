/**
 * Converters that put what passes by into a slot. Specification: configuration manual 7.3.1 `capture-req`,
 * `capture-res`.
 */
import { numberOf, takes } from '../argument.ts';
import { type ConverterRecord, registerConverters } from '../converter-record.ts';
import { T_STR } from '../sample.ts';
import type { CapturedValue, Captures } from './captures.ts';

function slotConverter(
  name: string,
  doc: string,
  valuesOf: (captures: Captures) => readonly CapturedValue[],
): ConverterRecord {
  return {
    name,
    arguments: takes('integer'),
    input: T_STR,
    output: T_STR,
    doc,
    manual: '7.3.1',
    link: ([number]) => {
      const index = numberOf(number) ?? 0;
      return (sample, scope) => {
        const captures = scope.exchange?.captures ?? null;
        const value = captures === null ? undefined : valuesOf(captures)[index];
        // Frontends may have fewer slots than the one that the configuration was written for.
        if (value === undefined) return false;
        value.set(sample.u8, sample.start, sample.end);
        return true;
      };
    },
  };
}

registerConverters(
  slotConverter(
    'capture-req',
    "Keeps the value in the request's slot of this number, and passes it on whole.",
    (captures) => captures.request,
  ),
  slotConverter(
    'capture-res',
    "Keeps the value in the response's slot of this number, and passes it on whole.",
    (captures) => captures.response,
  ),
);
