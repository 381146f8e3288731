/**
 * `http-check set-var(…)`, `set-var-fmt(…)`, `unset-var(…)`, and the same of `tcp-check`.
 * Specification: configuration manual 4.2; wording of messages as HAProxy 2.6.
 */
import { readCheckExpression, readFormat, readVariableChange } from './check-format.ts';
import { type Context, rulesOf } from './check-keyword.ts';
import type { CheckRule } from './check-rules.ts';

const EXPECTED = "Expects 'set-var(<var-name>)', 'set-var-fmt(<var-name>)' or 'unset-var(<var-name>)'.";

/** How messages about the names in expressions call the place. */
const USED_IN = 'tcp-check expression';

/** Whether the second word of a line is one of these, well written or not. */
export function isVariableWord(word: string): boolean {
  return /^(set|unset)-var/.test(word);
}

/** Reads the rest of a line that begins with such a word. */
export function readVariableRule(context: Context, dialect: 'tcp' | 'http', found: string): void {
  const rule = readRule(context, dialect, found);
  context.args.rest();
  if (rule !== undefined) rulesOf(context, dialect).rules.push(rule);
}

function readRule(context: Context, dialect: 'tcp' | 'http', found: string): CheckRule | undefined {
  const { args, target } = context;
  const [, word = '', inParentheses, end] =
    /^(set-var-fmt|set-var|unset-var)(?:\(([^)]*)(\)?))?/.exec(found) ?? [];
  // Of a longer word HAProxy tells the beginning.
  const directive = `${dialect}-check ${found}`;
  const fail = (message: string, hint?: string): undefined => {
    args.alert(`'${directive}' : '${word}' : ${message}`, hint);
    return undefined;
  };
  if (inParentheses === undefined) return fail(`invalid or incomplete action '${found}'. ${EXPECTED}`);
  if (end !== ')') return fail(`incomplete argument after action '${found}'. ${EXPECTED}`);
  const converter = word === 'unset-var' ? 'unset-var' : 'set-var';
  const change = readVariableChange(converter, inParentheses, target.name);
  if ('error' in change) return fail(`${change.error}.`);
  if (word === 'unset-var') return { kind: 'unset-var', change };
  // What follows the value is not looked at.
  const text = args.next() ?? '';
  if (word === 'set-var-fmt') {
    const frame = (_format: string, detail: string): string => `'${word}' : ${detail}.`;
    const format = readFormat(context, directive, text, frame, USED_IN);
    return format === undefined ? undefined : { kind: 'set-var', change, value: { format } };
  }
  if (text === '') return fail('missing fetch method.');
  const expression = readCheckExpression(context, text, USED_IN, found);
  if ('error' in expression) return fail(`${expression.error}.`, expression.hint);
  return { kind: 'set-var', change, value: { expression } };
}
