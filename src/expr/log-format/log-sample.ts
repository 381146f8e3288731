/**
 * `%[…]` in log formats: a sample expression whose value is written as text. Specification: configuration manual 8.2.6;
 * wording of messages as HAProxy 2.6.
 */
import type { Origin } from '../../config/words.ts';
import { needOf, type Point, sees } from '../availability.ts';
import { linkExpression } from '../expression.ts';
import type { Linker } from '../linker.ts';
import { type ExpressionPlace, readExpression } from '../parse-expression.ts';
import { T_STR } from '../sample.ts';
import type { LogSample, SampleCompiler } from './compile-log-format.ts';

/** What the parser uses: everything is checked, nothing is linked. */
export function checkSamples(place: ExpressionPlace, points: readonly Point[]): SampleCompiler {
  return (text, start) => {
    const read = readExpression(text, start, place);
    const shown = text.slice(start);
    if ('error' in read) {
      return { error: `failed to parse sample expression <${shown}> : ${read.error.detail}` };
    }
    if (text[read.end] !== ']') {
      const found = text.charAt(read.end);
      const but = found === '' ? '' : `, but found '${found}'`;
      return { error: `expected ']' after '${text.slice(start, read.end)}'${but}` };
    }
    const { layers } = read.record;
    if (points.length > 0 && !points.some((point) => sees(point, layers))) {
      return {
        error: `sample fetch <${shown}> may not be reliably used here because it needs '${needOf(layers)}' which is not available here`,
      };
    }
    return { sample: { write: () => {}, needs: 'end' }, end: read.end };
  };
}

/** What a thread uses. */
export function linkSamples(place: { origin: Origin; proxy: string }, linker: Linker): SampleCompiler {
  return (text, start) => {
    const read = readExpression(text, start, place);
    if ('error' in read) return { error: read.error.detail };
    const expression = linkExpression(read.expression, linker);
    const write: LogSample['write'] = (record, line, flags) => {
      const { scope } = record;
      const { sample } = expression;
      if (scope !== null && expression.evaluateAs(scope, T_STR))
        line.value(sample.u8, sample.start, sample.end, flags);
      else line.value(NOTHING, 0, 0, flags);
    };
    return { sample: { write, needs: 'end' }, end: read.end };
  };
}

const NOTHING = new Uint8Array(0);
