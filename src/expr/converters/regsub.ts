/** Replacing what a regular expression matches. Specification: configuration manual 7.3.1 `regsub`. */
import { type ArgumentValue, takesAtLeast, textOf } from '../argument.ts';
import { registerConverters } from '../converter-record.ts';
import { compileRegex, type Regex } from '../regex/regex.ts';
import { Replacement } from '../regex/replacement.ts';
import { type Sample, T_STR } from '../sample.ts';
import { nextScratch } from '../scratch.ts';

function compile(pattern: ArgumentValue | undefined, flags: ArgumentValue | undefined) {
  return compileRegex(textOf(pattern) ?? '', (textOf(flags) ?? '').includes('i'));
}

/** Copies what fits. Result: the offset behind it. */
function copy(area: Uint8Array, at: number, u8: Uint8Array, start: number, end: number): number {
  const length = Math.min(end - start, area.length - at);
  for (let i = 0; i < length; i++) area[at + i] = u8[start + i] as number;
  return at + length;
}

function replace(sample: Sample, regex: Regex, replacement: Replacement, all: boolean): boolean {
  const area = nextScratch();
  const { u8, start, end } = sample;
  let from = start;
  let out = 0;
  for (;;) {
    const left = end - from;
    // What is left is searched as a text of its own, in which only the beginning of the first is that of a line.
    if (!regex.exec(u8, from, end, from > start)) break;
    const { matchStart, matchEnd } = regex;
    out = copy(area, out, u8, from, from + matchStart);
    out = replacement.write(regex, area, out);
    if (out < 0) return false;
    from += matchEnd;
    // No step forward: the next character is taken along, or the same would be found for ever.
    if (all && matchEnd === 0 && from < end) out = copy(area, out, u8, from, ++from);
    if (!all || left === 0) break;
  }
  out = copy(area, out, u8, from, end);
  return sample.setString(area, 0, out);
}

registerConverters({
  name: 'regsub',
  arguments: takesAtLeast(2, 'regex', 'string', 'string'),
  input: T_STR,
  output: T_STR,
  doc: 'With the first match of a regular expression replaced; flag g: all of them; flag i: whatever the case.',
  manual: '7.3.1',
  check: ([pattern, substitute, flags]) => {
    const wrong = /[^gi]/.exec(textOf(flags) ?? '');
    if (wrong !== null) return `invalid regex flag '${wrong[0]}', only 'i' and 'g' are supported`;
    if (textOf(pattern) === '') return 'missing regex';
    const regex = compile(pattern, flags);
    return 'error' in regex ? regex.error : new Replacement(textOf(substitute) ?? '').refusal(regex);
  },
  link: ([pattern, substitute, flags]) => {
    const regex = compile(pattern, flags);
    if ('error' in regex) throw new Error(regex.error);
    const replacement = new Replacement(textOf(substitute) ?? '');
    const all = (textOf(flags) ?? '').includes('g');
    return (sample) => replace(sample, regex, replacement, all);
  },
});
