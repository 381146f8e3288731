/** Upper and lower case. Specification: configuration manual 7.3.1 `lower`, `upper`. */
import { noArguments } from '../argument.ts';
import type { Converter } from '../converter-record.ts';
import { registerConverters } from '../converter-record.ts';
import { T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

/** Letters from `first` on, 26 of them, moved by `distance`. */
function shifted(first: number, distance: number): Converter {
  return (sample) => {
    const area = nextScratch();
    const { u8, start, end } = sample;
    const length = Math.min(end - start, area.length);
    for (let i = 0; i < length; i++) {
      const c = u8[start + i] as number;
      area[i] = c >= first && c < first + 26 ? c + distance : c;
    }
    return sample.setString(area, 0, length);
  };
}

export const lowerCased = shifted(65, 32);

registerConverters(
  {
    name: 'lower',
    arguments: noArguments,
    input: T_STR,
    output: T_STR,
    doc: 'In lower case.',
    manual: '7.3.1',
    link: () => lowerCased,
  },
  {
    name: 'upper',
    arguments: noArguments,
    input: T_STR,
    output: T_STR,
    doc: 'In upper case.',
    manual: '7.3.1',
    link: () => shifted(97, -32),
  },
);
