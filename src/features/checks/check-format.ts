/**
 * Log formats, sample expressions and variables in the rules of checks, as they are read: plain data, which
 * check-samples.ts evaluates. Specification: configuration manual 4.2 `http-check`, `tcp-check`, 7.3, 8.2.4; wording of
 * messages as HAProxy 2.6.
 */
import { conditionPlace } from '../../expr/acl/acl-keyword.ts';
import type { ArgumentValue } from '../../expr/argument.ts';
import { needOf, sees } from '../../expr/availability.ts';
import { converterRecords } from '../../expr/converter-record.ts';
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import { checkFormat, type FormatConfig } from '../../expr/log-format/format-text.ts';
import { readArguments } from '../../expr/parse-arguments.ts';
import { readWholeExpression } from '../../expr/parse-expression.ts';
import type { Context } from './check-keyword.ts';

const POINT = 'backend tcp-check rule';

/** A text, or a format that makes one at each run. */
export type CheckText = string | FormatConfig;

/** What a message says of a format that is wrong. */
type Frame = (format: string, detail: string) => string;

const INVALID: Frame = (format, detail) => `'${format}' invalid log-format string (${detail}).`;
/** Headers of requests. */
export const PLAINLY: Frame = (_format, detail) => `${detail}.`;

/** The format, or undefined when it is wrong, which was reported. One without variables and samples is a text. */
export function readFormat(
  context: Context,
  directive: string,
  format: string,
  frame: Frame = INVALID,
  usedIn?: string,
): CheckText | undefined {
  if (!format.replaceAll('%%', '').includes('%')) return format.replaceAll('%%', '%');
  const { args, target } = context;
  const place = conditionPlace(context);
  const result = checkFormat(format, {
    origin: place.origin,
    proxy: target.name,
    files: place.files,
    references: place.references,
    usedIn,
    points: [POINT],
    http: target.mode === 'http',
  });
  if (result.ok) return { text: format, proxy: target.name, origin: place.origin };
  for (const { message, hint } of result.errors) {
    args.alert(`'${directive}' : ${frame(format, message.replace(/\.$/, ''))}`, hint);
  }
  return undefined;
}

/** The expression, or what is wrong with it. `action`: the word that a message names in the place of the fetch. */
export function readCheckExpression(
  context: Context,
  text: string,
  usedIn?: string,
  action?: string,
): ExpressionConfig | { readonly error: string; readonly hint?: string | undefined } {
  const read = readWholeExpression(text, { ...conditionPlace(context), usedIn });
  if ('error' in read) return { error: read.error.detail, hint: read.error.hint };
  const { layers } = read.record;
  if (sees(POINT, layers)) return read.expression;
  // HAProxy has a blank more where it names the fetch.
  const method = action === undefined ? ` fetch method '${text}'` : `fetch method '${action}'`;
  const needs = `extracts information from '${needOf(layers)}', none of which is available here`;
  return { error: `${method} ${needs}` };
}

/** `set-var(…)` and its siblings: the converter of that name does it. */
export interface VariableChange {
  readonly converter: 'set-var' | 'unset-var';
  readonly args: readonly ArgumentValue[];
}

/** Name and conditions of a variable, as they stand between the parentheses. */
export function readVariableChange(
  converter: VariableChange['converter'],
  inParentheses: string,
  proxy: string,
): VariableChange | { readonly error: string } {
  if (inParentheses === '') return { error: 'Empty variable name cannot be accepted' };
  const record = converterRecords().get(converter);
  if (record === undefined) throw new Error(`no converter ${converter}`);
  const read = readArguments(`(${inParentheses})`, 0, record.arguments, proxy);
  if ('error' in read) return { error: read.error };
  const wrong = record.check?.(read.values);
  return wrong === undefined ? { converter, args: read.values } : { error: wrong };
}
