/**
 * Reads one ACL: criterion, flags, patterns. Specification: configuration manual 7.1; wording of messages as HAProxy 2.6.
 */
import { nearestWord } from '../../config/suggest.ts';
import { castable } from '../casts.ts';
import { fetchRecords } from '../fetch-record.ts';
import { type ExpressionError, type ExpressionPlace, readWholeExpression } from '../parse-expression.ts';
import { resolvedPattern } from '../patterns/host-names.ts';
import { rangeWithOperator } from '../patterns/integers.ts';
import { type MatchName, matchMethod, matchMethods } from '../patterns/match-method.ts';
import type { PatternFileReader } from '../patterns/pattern-files.ts';
import { type SampleType, T_ADDR, T_BIN, T_BOOL, T_INT, T_IPV4, T_IPV6, T_STR } from '../sample.ts';
import type { AclConfig, PatternFileConfig } from './acl-config.ts';
import { aclDerivatives } from './derivatives.ts';

export interface AclPlace extends ExpressionPlace {
  readonly files: PatternFileReader;
}

export type AclResult = { readonly acl: AclConfig } | { readonly error: string; readonly hint?: string };

const OPERATORS: ReadonlySet<string> = new Set(['eq', 'ge', 'gt', 'le', 'lt']);

/** What a criterion without a method matches with, by the type of its value. */
function methodForType(type: SampleType): MatchName | undefined {
  switch (type) {
    case T_BOOL:
      return 'bool';
    case T_INT:
      return 'int';
    case T_ADDR:
    case T_IPV4:
    case T_IPV6:
      return 'ip';
    case T_STR:
      return 'str';
    case T_BIN:
      return 'bin';
    default:
      return undefined;
  }
}

/** `words`: criterion, flags and patterns. `name` is empty for an anonymous ACL. */
export function readAcl(name: string, words: readonly string[], place: AclPlace): AclResult {
  const [criterion = ''] = words;
  if (criterion === '') return { error: "missing fetch method in ACL expression ''" };
  const keyword = /^[^(,]*/.exec(criterion)?.[0] ?? '';
  const derived = aclDerivatives().get(keyword);
  const text = derived === undefined ? criterion : derived.fetch + criterion.slice(keyword.length);
  const read = readWholeExpression(text, place);
  if ('error' in read) return sayError(read.error, criterion, derived === undefined ? undefined : keyword);
  const { expression } = read;
  const hasConverters = expression.converters.length > 0;
  const initial = (hasConverters ? undefined : derived?.method) ?? methodForType(expression.type);
  const flags = readFlags(words.slice(1), initial, place, keyword);
  if ('error' in flags) return flags;
  const { method, ignoreCase, noNames, files, id } = flags.list;
  const record = matchMethod(method);
  if (!castable(expression.type, record.input))
    return { error: `Cannot apply matching method '${method}' to criterion '${criterion}'` };
  const dotted = derived?.fetch === VERSION_FETCH && method === 'int';
  const patterns: string[] = [];
  for (const { operator, text } of flags.list.patterns) {
    const plain = dotted ? dottedVersion(text) : text;
    const pattern = operator === '' ? plain : rangeWithOperator(operator, plain);
    const wrong = record.check(pattern, { ignoreCase, noNames });
    if (wrong !== undefined) return { error: wrong };
    patterns.push(pattern);
  }
  const added = place.files.addList(patterns, { criterion, method, ignoreCase, id });
  if ('error' in added) return added;
  const list = { method, ignoreCase, files, list: added.list };
  return { acl: { name, keyword: criterion, expression, patterns: list, origin: place.origin } };
}

interface ReadPattern {
  /** Empty, or what compares numbers. */
  readonly operator: string;
  readonly text: string;
}

interface ReadFlags {
  readonly method: MatchName;
  readonly ignoreCase: boolean;
  readonly noNames: boolean;
  readonly files: readonly PatternFileConfig[];
  readonly patterns: readonly ReadPattern[];
  readonly id: number | undefined;
}

function readFlags(
  words: readonly string[],
  initial: MatchName | undefined,
  place: AclPlace,
  keyword: string,
): { readonly list: ReadFlags } | { readonly error: string; readonly hint?: string } {
  let method = initial;
  let ignoreCase = false;
  let noNames = false;
  let withValues = false;
  let id: number | undefined;
  const named: { name: string; ignoreCase: boolean; noNames: boolean; withValues: boolean }[] = [];
  let at = 0;
  for (; at < words.length; at++) {
    const word = words[at] as string;
    if (word === '--') {
      at++;
      break;
    }
    if (!/^-[a-zA-Z]/.test(word)) break;
    if (word === '-i') ignoreCase = true;
    else if (word === '-n') noNames = true;
    else if (word === '-M') withValues = true;
    // Flags count for the files behind them.
    else if (word === '-f') named.push({ name: words[++at] ?? '', ignoreCase, noNames, withValues });
    else if (word === '-u') {
      const value = words[++at];
      if (value !== undefined && !/^[+-]?\d+$/.test(value))
        return { error: 'the argument of -u must be an integer' };
      if (value !== undefined) id = Number(value) | 0;
    } else if (word === '-m') {
      const value = words[++at];
      if (value === undefined) return { error: "missing argument after '-m'" };
      const found = matchMethods().get(value);
      if (found === undefined) {
        const near = nearestWord(value, matchMethods().keys());
        const hint = near === undefined ? {} : { hint: `did you mean '-m ${near}'?` };
        return { error: `unknown matching method '${value}' when parsing ACL expression`, ...hint };
      }
      method = found.name;
    } else {
      return {
        error: `'${word}' is not a valid ACL option. Please use '--' before any pattern beginning with a '-'`,
      };
    }
  }
  if (method === undefined) {
    return {
      error: `matching method must be specified first (using '-m') when using a sample fetch of this type ('${keyword}')`,
    };
  }
  for (const { name, ...flags } of named) {
    const wrong = place.files.useFile(name, { by: 'acl', method, ...flags });
    if (wrong !== undefined) return { error: wrong };
  }
  const patterns = withOperators(words.slice(at), method).map(({ operator, text }) => ({
    operator,
    text: method === 'ip' && !noNames ? resolvedPattern(text) : text,
  }));
  const files = named.map(({ name, ignoreCase }) => ({ name, ignoreCase }));
  return { list: { method, ignoreCase, noNames, files, patterns, id } };
}

/** Whose ACL keywords take versions as people write them. */
const VERSION_FETCH = 'req.ssl_ver';

/** `3.1` in a pattern becomes the number that the sample has, major times 65536 plus minor; `3` alone: any minor. */
function dottedVersion(pattern: string): string {
  const whole = /^(\d+)$/.exec(pattern)?.[1];
  if (whole !== undefined) return `${Number(whole) * 65536}:${Number(whole) * 65536 + 65535}`;
  return pattern.replace(/(\d+)\.(\d+)/g, (_, major: string, minor: string) =>
    String(Number(major) * 65536 + Number(minor)),
  );
}

/** An operator counts for all numbers behind it. */
function withOperators(words: readonly string[], method: MatchName): ReadPattern[] {
  const takesOperators = method === 'int' || method === 'len';
  const out: ReadPattern[] = [];
  let operator = '';
  for (const [index, word] of words.entries()) {
    if (takesOperators && OPERATORS.has(word) && index + 1 < words.length) operator = word;
    else out.push({ operator, text: word });
  }
  return out;
}

/** `keyword`: the derived name that was used, if it was one; HAProxy words its errors another way. */
function sayError(error: ExpressionError, criterion: string, keyword: string | undefined): AclResult {
  let { hint } = error;
  if (error.stage === 'fetch') {
    const near = nearestWord(error.fetch, [...fetchRecords().keys(), ...aclDerivatives().keys()]);
    hint = near === undefined ? undefined : `did you mean '${near}'?`;
  }
  const message =
    keyword === undefined || error.stage === 'check'
      ? `${error.detail} in ACL expression '${criterion}'`
      : `ACL keyword '${keyword}' : ${error.bare}${error.stage === 'converter' ? '.' : ''}`;
  return hint === undefined ? { error: message } : { error: message, hint };
}
