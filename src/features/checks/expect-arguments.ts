/**
 * `tcp-check expect` and `http-check expect`.
 * Specification: configuration manual 4.2; wording of errors as HAProxy 2.6 gives them.
 */
import type { ArgumentReader } from '../../config/argument-reader.ts';
import { compileRegex } from '../../expr/regex/regex.ts';
import { type CheckText, readCheckExpression, readFormat } from './check-format.ts';
import type { Context } from './check-keyword.ts';
import { EXPECTATION, type ExpectRule, type Match, type TextMatch, type TextMethod } from './check-rules.ts';
import type { CheckCode } from './check-status.ts';
import { bytesOfDigits } from './stream-match.ts';

const MAX_INTEGER = 2 ** 31 - 1;

type Dialect = 'tcp' | 'http';
type Options = { -readonly [Key in keyof Omit<ExpectRule, 'kind' | 'match'>]?: ExpectRule[Key] };

const SUPPORTED = {
  tcp: "'only supports min-recv, '[!]binary', '[!]string', '[!]rstring', '[!]string-lf''[!]rbinary', '[!]binary-lf' or comment",
  http: "'only supports min-recv, [!]string', '[!]rstring', '[!]string-lf', '[!]status', '[!]rstatus', [!]hdr, [!]fhdr or comment",
} as const;

const MATCH_WORDS = {
  tcp: ['string', 'rstring', 'string-lf', 'binary', 'rbinary', 'binary-lf'],
  http: ['string', 'rstring', 'string-lf', 'status', 'rstatus', 'hdr', 'fhdr'],
} as const;

interface StatusOption {
  readonly field: 'okStatus' | 'errorStatus' | 'timeoutStatus';
  readonly allowed: readonly CheckCode[];
  readonly shown: string;
}

const STATUS_OPTIONS: ReadonlyMap<string, StatusOption> = new Map([
  [
    'ok-status',
    {
      field: 'okStatus',
      allowed: ['L4OK', 'L6OK', 'L7OK', 'L7OKC'],
      shown: "'L4OK', 'L6OK', 'L7OK' or 'L7OKC'",
    },
  ],
  [
    'error-status',
    {
      field: 'errorStatus',
      allowed: ['L4CON', 'L6RSP', 'L7RSP', 'L7STS', 'L7OKC'],
      shown: "'L4CON', 'L6RSP', 'L7RSP' or 'L7STS'",
    },
  ],
  [
    'tout-status',
    {
      field: 'timeoutStatus',
      allowed: ['L4TOUT', 'L6TOUT', 'L7TOUT'],
      shown: "'L4TOUT', 'L6TOUT' or 'L7TOUT'",
    },
  ],
]);

/** The rule, or undefined when an error was reported. */
export function readExpect(context: Context, dialect: Dialect): ExpectRule | undefined {
  const { args } = context;
  const directive = `${dialect}-check expect`;
  if (args.done) {
    args.alert(`'${directive}' : expects at least a matching pattern as arguments.`);
    return undefined;
  }
  const options: Options = {};
  let match: Match<CheckText> | undefined;
  while (!args.done) {
    let word = args.next() as string;
    let negated = false;
    while (word.startsWith('!')) {
      negated = !negated;
      word = word === '!' ? (args.next() ?? '') : word.slice(1);
    }
    if ((MATCH_WORDS[dialect] as readonly string[]).includes(word)) {
      if (match !== undefined) {
        args.alert(`'${directive}' : only on pattern expected.`);
        return undefined;
      }
      match = readMatch(context, directive, word);
      if (match === undefined) return undefined;
      options.negated = negated;
    } else if (!isOption(word)) {
      args.alert(`'${directive}' : ${SUPPORTED[dialect]} but got '${word}' as argument..`);
      return undefined;
    } else if (negated) {
      args.alert(`'${directive}' : [!] not supported with '${word}'.`);
      return undefined;
    } else if (!readOption(context, directive, word, options)) return undefined;
  }
  if (match === undefined) {
    args.alert(`'${directive}' : pattern not found.`);
    return undefined;
  }
  return { ...EXPECTATION, match, ...options };
}

const OTHER_OPTIONS = ['min-recv', 'comment', 'on-success', 'on-error', 'status-code'];

function isOption(word: string): boolean {
  return STATUS_OPTIONS.has(word) || OTHER_OPTIONS.includes(word);
}

function readOption(context: Context, directive: string, word: string, options: Options): boolean {
  const { args } = context;
  const text = args.next();
  if (text === undefined) {
    const wanted = word === 'min-recv' ? 'a integer' : word === 'status-code' ? 'an expression' : 'a string';
    args.alert(`'${directive}' : '${word}' expects ${wanted} as argument.`);
    return false;
  }
  const status = STATUS_OPTIONS.get(word);
  if (status !== undefined) {
    const chosen = status.allowed.find((code) => code === text.toUpperCase());
    if (chosen !== undefined) options[status.field] = chosen;
    else args.alert(`'${directive}' : '${word}' only supports ${status.shown} status (got '${text}')..`);
    return chosen !== undefined;
  }
  switch (word) {
    case 'comment':
      options.comment = text;
      return true;
    case 'min-recv': {
      const count = Number(/^[+-]?[0-9]+/.exec(text)?.[0] ?? 0);
      options.minReceivedBytes = count;
      if (count >= -1 && count <= MAX_INTEGER) return true;
      args.alert(`'${directive}' : 'min-recv' expects -1 or an integer from 0 to INT_MAX.`);
      return false;
    }
    case 'status-code': {
      const read = readCheckExpression(context, text);
      if (!('error' in read)) {
        options.statusCode = read;
        return true;
      }
      args.alert(
        `'${directive}' : error detected while parsing status-code expression : ${read.error}.`,
        read.hint,
      );
      return false;
    }
    default: {
      const told = readFormat(context, directive, text);
      if (told === undefined) return false;
      if (word === 'on-success') options.onSuccess = told;
      else options.onError = told;
      return true;
    }
  }
}

function readMatch(context: Context, directive: string, word: string): Match<CheckText> | undefined {
  const { args } = context;
  if (word === 'hdr' || word === 'fhdr') return readHeader(context, directive, word);
  const pattern = args.next();
  if (pattern === undefined) {
    args.alert(`'${directive}' : '${word}' expects a <pattern> as argument.`);
    return undefined;
  }
  switch (word) {
    case 'string':
      return { type: 'string', text: pattern };
    case 'string-lf':
    case 'binary-lf': {
      const text = readFormat(context, directive, pattern);
      const type = word === 'string-lf' ? 'log-format string' : 'log-format binary';
      return text === undefined ? undefined : { type, text };
    }
    case 'binary': {
      const text = bytesOfDigits(pattern);
      if (text !== undefined) return { type: 'binary', text };
      args.alert(`'${directive}' : invalid binary string (${faultInDigits(pattern)}).`);
      return undefined;
    }
    case 'status': {
      const ranges = readStatusRanges(args, directive, pattern);
      return ranges && { type: 'status', ranges };
    }
    default: {
      const type = word === 'rstatus' ? 'rstatus' : word === 'rbinary' ? 'binary regex' : 'regex';
      return isPattern(args, directive, pattern) ? { type, pattern } : undefined;
    }
  }
}

/** What is wrong with a word that should be hexadecimal digits in pairs. */
export function faultInDigits(text: string): string {
  if (text.length % 2 !== 0) return 'an even number of hex digit is expected';
  const bad = /[^0-9A-Fa-f]/.exec(text);
  return `an hex digit is expected (found '${bad?.[0] ?? ''}')`;
}

function isPattern(args: ArgumentReader, directive: string, pattern: string): boolean {
  const compiled = compileRegex(pattern, false);
  if (!('error' in compiled)) return true;
  args.alert(`'${directive}' : ${compiled.error}.`);
  return false;
}

const METHODS: readonly TextMethod[] = ['str', 'beg', 'end', 'sub', 'reg'];

function readHeader(context: Context, directive: string, word: 'hdr' | 'fhdr'): Match<CheckText> | undefined {
  const { args } = context;
  const kind = args.take('name', 'name-lf');
  if (kind === undefined || args.done) {
    args.rest();
    args.alert(
      `'${directive}' : '${word}' expects at the name keyword as first argument followed by a pattern.`,
    );
    return undefined;
  }
  const missing = `'${directive}' : '${word}' expects at the name keyword as first argument followed by a pattern.`;
  const name = readText(context, directive, word, kind === 'name-lf', missing);
  if (name === undefined) return undefined;
  const full = word === 'fhdr';
  const valueKind = args.take('value', 'value-lf');
  if (valueKind === undefined) return { type: 'header', full, name, value: undefined };
  const noValue = `'${directive}' : '${word}' expect a pattern with the value keyword.`;
  const value = readText(context, directive, word, valueKind === 'value-lf', noValue);
  return value && { type: 'header', full, name, value };
}

/** `[-m <method>] <pattern>` */
function readText(
  context: Context,
  directive: string,
  word: string,
  isFormat: boolean,
  missing: string,
): TextMatch<CheckText> | undefined {
  const { args } = context;
  let method: TextMethod = 'str';
  if (args.take('-m') !== undefined) {
    const written = args.next();
    const found = METHODS.find((name) => name === written);
    if (written === undefined) {
      args.alert(
        `'${directive}' : '${word}' : '-m' expects at a matching pattern ('str', 'beg', 'end', 'sub' or 'reg').`,
      );
      return undefined;
    }
    if (found === undefined) {
      args.alert(
        `'${directive}' : '${word}' : '-m' only supports 'str', 'beg', 'end', 'sub' or 'reg' (got '${written}').`,
      );
      return undefined;
    }
    method = found;
    if (isFormat && method === 'reg') {
      args.alert(
        `'${directive}' : '${word}': log-format string is not supported with a regex matching method.`,
      );
      return undefined;
    }
  }
  const pattern = args.next();
  if (pattern === undefined) {
    args.alert(missing);
    return undefined;
  }
  if (method === 'reg' && !isPattern(args, directive, pattern)) return undefined;
  const text = isFormat ? readFormat(context, directive, pattern) : pattern;
  return text === undefined ? undefined : { method, text };
}

type Ranges = { from: number; to: number }[];

/** `200,300-399`; what has no number counts as 0, as HAProxy reads it. */
function readStatusRanges(args: ArgumentReader, directive: string, text: string): Ranges | undefined {
  const bad = /[^0-9,-]/.exec(text);
  if (bad !== null) {
    args.alert(`'${directive}' : invalid character '${bad[0]}' in the list of status codes.`);
    return undefined;
  }
  const ranges: Ranges = [];
  for (const part of text.split(',')) {
    const [, from, hyphen, to] = /^(\d*)(?:(-)(\d*))?$/.exec(part) ?? [];
    const first = Number(from ?? '');
    const last = hyphen === undefined ? first : Number(to ?? '');
    if (from === undefined || last < first) {
      args.alert(`'${directive}' : invalid range of status codes '${text}'.`);
      return undefined;
    }
    ranges.push({ from: first, to: last });
  }
  return ranges;
}
