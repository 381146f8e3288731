/** Rules that wait for a body. Specification: configuration manual 4.2 `http-request wait-for-body`, `http-response wait-for-body`. */
import { parseSize, parseTime } from '../../config/time-and-size.ts';
import { type ActionContext, registerAction } from '../action-record.ts';
import { CONTINUE } from '../verdict.ts';

interface Waiting {
  readonly limitMs: number;
  readonly leastBytes: number;
}

const SYNTAX = 'time <time> [ at-least <bytes> ]';
/** Sizes are kept in 32 bits. */
const LARGEST = 2 ** 32 - 1;

/** Which character makes a size too large. */
function overflowAt(text: string): string {
  let value = 0;
  for (const character of text) {
    if (character < '0' || character > '9') return character;
    value = value * 10 + Number(character);
    if (value > LARGEST) return character;
  }
  return '';
}

function parse(context: ActionContext): Waiting | undefined {
  const { args } = context;
  let limitMs: number | undefined;
  let leastBytes = 0;
  for (;;) {
    const word = args.peek();
    if (word !== 'time' && word !== 'at-least') break;
    args.next();
    const value = args.next();
    if (value === undefined) return context.fail(`missing argument for '${word}'`);
    if (word === 'time') {
      const time = parseTime(value, 'ms');
      if (!time.ok && time.fault === 'character')
        return context.fail(`unexpected character '${time.character}'`);
      if (!time.ok) return context.fail('time overflow (maximum value is 2147483647 ms or ~24.8 days)');
      limitMs = time.value;
    } else {
      const size = parseSize(value);
      if (!size.ok) return context.fail(`unexpected character '${size.character}'`);
      if (size.value > LARGEST) return context.fail(`unexpected character '${overflowAt(value)}'`);
      leastBytes = size.value;
    }
  }
  if (limitMs === undefined) return context.fail(`expects ${SYNTAX}`);
  return { limitMs, leastBytes };
}

registerAction<Waiting>({
  name: 'wait-for-body',
  ruleSets: ['http-request', 'http-response'],
  syntax: SYNTAX,
  doc: 'Waits for the body, or so much of it, as far as the buffer holds it. Who does not send it in time gets an error.',
  manual: '4.2',
  parse,
  link:
    ({ limitMs, leastBytes }) =>
    (target) =>
      target.httpTarget?.waitForBody(limitMs, leastBytes) ?? CONTINUE,
});
