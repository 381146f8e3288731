/**
 * Actions that say who goes first in the queues of servers.
 * Specification: configuration manual 4.2 `http-request set-priority-class`, `set-priority-offset`.
 */
import { linkExpression } from '../../expr/expression.ts';
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import { T_INT } from '../../expr/sample.ts';
import { registerAction } from '../action-record.ts';
import type { StreamTarget } from '../target.ts';
import { CONTINUE } from '../verdict.ts';

const HIGHEST_CLASS = 2047;
const LONGEST_OFFSET_MS = 524_287;

function priorityAction(
  name: string,
  doc: string,
  most: number,
  set: (stream: StreamTarget, value: number) => void,
): void {
  registerAction<ExpressionConfig>({
    name,
    ruleSets: ['tcp-request content', 'http-request'],
    syntax: '<expr>',
    doc,
    manual: '4.2',
    parse: (context) => context.expression(),
    link: (expression, linker) => {
      const value = linkExpression(expression, linker);
      return (target) => {
        const stream = target.streamTarget;
        if (stream === null || !value.evaluateAs(target, T_INT)) return CONTINUE;
        const { integer } = value.sample;
        // What lies outside counts as the nearest value.
        set(stream, within(integer, most));
        return CONTINUE;
      };
    },
  });
}

priorityAction(
  'set-priority-class',
  'In a queue those of a lower class go first, -2047 to 2047; everybody starts in 0.',
  HIGHEST_CLASS,
  (stream, value) => {
    stream.priorityClass = value;
  },
);
priorityAction(
  'set-priority-offset',
  'In a queue it goes, within its class, as if it had come so many milliseconds later, or earlier.',
  LONGEST_OFFSET_MS,
  (stream, value) => {
    stream.priorityOffsetMs = value;
  },
);

/** Held to −most … most, whatever its size. */
function within(integer: number | bigint, most: number): number {
  if (integer > most) return most;
  return integer < -most ? -most : Number(integer);
}
