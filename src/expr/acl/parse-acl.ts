/**
 * Reads one ACL: criterion, flags, patterns. Specification: configuration manual 7.1; wording of messages as HAProxy 2.6.
 */
import { nearestWord } from '../../config/suggest.ts';
import { castable } from '../casts.ts';
import { fetchRecords } from '../fetch-record.ts';
import { type ExpressionError, type ExpressionPlace, readWholeExpression } from '../parse-expression.ts';
import { resolvedPattern } from '../patterns/host-names.ts';
import { type MatchName, matchMethods } from '../patterns/match-method.ts';
import type { PatternFileReader } from '../patterns/pattern-files.ts';
import { type SampleType, T_ADDR, T_BIN, T_BOOL, T_INT, T_IPV4, T_IPV6, T_METH, T_STR } from '../sample.ts';
import type { AclConfig, PatternListConfig } from './acl-config.ts';
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
    case T_METH:
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
  const flags = readFlags(words.slice(1), initial, place);
  if ('error' in flags) return flags;
  const { method } = flags.list;
  const dotted = derived?.fetch === VERSION_FETCH && method === 'int';
  const patterns = dotted ? { ...flags.list, inline: flags.list.inline.map(dottedVersion) } : flags.list;
  const record = matchMethods().get(method);
  if (record === undefined) return { error: `ACL method '${method}' is not there` };
  if (!castable(expression.type, record.input))
    return { error: `Cannot apply matching method '${method}' to criterion '${criterion}'` };
  for (const pattern of patterns.inline) {
    const wrong = record.check(pattern, patterns);
    if (wrong !== undefined) return { error: wrong };
  }
  return { acl: { name, keyword: criterion, expression, patterns, origin: place.origin } };
}

function readFlags(
  words: readonly string[],
  initial: MatchName | undefined,
  place: AclPlace,
): { readonly list: PatternListConfig } | { readonly error: string; readonly hint?: string } {
  let method = initial;
  let ignoreCase = false;
  let noNames = false;
  let areMaps = false;
  let id: number | undefined;
  const files: string[] = [];
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
    else if (word === '-M') areMaps = true;
    else if (word === '-f' || word === '-u' || word === '-m') {
      const value = words[++at];
      if (value === undefined) return { error: `missing argument after '${word}'` };
      if (word === '-f') files.push(value);
      else if (word === '-u') {
        id = Number(value);
        if (!Number.isInteger(id)) return { error: 'Argument of "-u" must be integer' };
      } else {
        const found = matchMethods().get(value);
        if (found === undefined) {
          const near = nearestWord(value, matchMethods().keys());
          const hint = near === undefined ? {} : { hint: `did you mean '-m ${near}'?` };
          return { error: `unknown matching method '${value}' when parsing ACL expression`, ...hint };
        }
        method = found.name;
      }
    } else {
      return {
        error: `'${word}' is not a valid ACL option. Please use '--' before any pattern beginning with a '-'`,
      };
    }
  }
  const patterns = joinOperators(words.slice(at), method);
  const inline = method === 'ip' && !noNames ? patterns.map(resolvedPattern) : patterns;
  if (method === undefined) return { error: 'missing match method' };
  for (const file of files) {
    const content = place.files.readFile(file);
    if ('error' in content) return content;
  }
  return { list: { method, ignoreCase, noNames, inline, files, areMaps, id } };
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

/** An operator counts for all numbers behind it: each becomes a pattern of its own with it. */
function joinOperators(words: readonly string[], method: MatchName | undefined): string[] {
  if (method !== 'int' && method !== 'len') return [...words];
  const out: string[] = [];
  let operator = '';
  for (const [index, word] of words.entries()) {
    if (OPERATORS.has(word) && index + 1 < words.length) operator = word;
    else out.push(operator === '' ? word : `${operator} ${word}`);
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
