/**
 * Reads a sample expression: `fetch(args),converter(args),…`. Specification: configuration manual 7.3; wording of
 * messages as HAProxy 2.6, which words them differently for ACLs and for other places (`say…` below).
 */
import { nearestWord } from '../config/suggest.ts';
import type { Origin } from '../config/words.ts';
import { castable } from './casts.ts';
import { converterRecords } from './converter-record.ts';
import type { CallConfig, ExpressionConfig } from './expression-config.ts';
import { type FetchRecord, fetchRecords } from './fetch-record.ts';
import { readArguments } from './parse-arguments.ts';
import type { PatternFileReader } from './patterns/pattern-files.ts';
import { noteReferences, type Reference } from './references.ts';
import type { SampleType } from './sample.ts';

export interface ExpressionPlace {
  readonly origin: Origin;
  /** Name of the section, for arguments that mean the current one. */
  readonly proxy: string;
  /** Files of patterns that the expression may name. */
  readonly files?: PatternFileReader;
  /** Takes the names in arguments that must be looked for later; undefined where that has been done before. */
  readonly references?: Reference[] | undefined;
  /** What messages about them call the place (`http-request expression`); undefined: an ACL. */
  readonly usedIn?: string | undefined;
}

export interface ExpressionError {
  /** What stands there instead of a fetch, or the fetch that was read. */
  readonly fetch: string;
  readonly stage: 'fetch' | 'arguments' | 'check' | 'converter' | 'end';
  /** The whole message. */
  readonly detail: string;
  /** The same without the fetch that it is about, for frames that name it. */
  readonly bare: string;
  readonly hint: string | undefined;
}

export interface ReadExpression {
  readonly expression: ExpressionConfig;
  readonly record: FetchRecord;
  /** Offset behind the expression: the text's end, or the character that cannot belong to it. */
  readonly end: number;
}

const NAME_END = /[^A-Za-z0-9_.+-]/g;

function nameAt(text: string, at: number): string {
  NAME_END.lastIndex = at;
  const found = NAME_END.exec(text);
  return text.slice(at, found === null ? text.length : found.index);
}

/** Reads the expression that begins at `start`; it ends where neither a parenthesis nor a comma goes on. */
export function readExpression(
  text: string,
  start: number,
  place: ExpressionPlace,
): ReadExpression | { readonly error: ExpressionError } {
  const name = nameAt(text, start);
  const record = fetchRecords().get(name);
  const fail = (stage: ExpressionError['stage'], detail: string, hint?: string, bare = detail) => ({
    error: { fetch: name, stage, detail, bare, hint },
  });
  if (name === '') return fail('fetch', 'missing fetch method');
  if (record === undefined) {
    const near = nearestWord(name, fetchRecords().keys());
    const hint = near === undefined ? undefined : `did you mean '${near}'?`;
    return fail('fetch', `unknown fetch method '${name}'`, hint);
  }
  let at = start + name.length;
  const read = readArguments(text, at, record.arguments, place.proxy);
  if ('error' in read)
    return fail('arguments', `fetch method '${name}' : ${read.error}`, undefined, read.error);
  const wrong = record.check?.(read.values);
  if (wrong !== undefined) return fail('check', `invalid args in fetch method '${name}' : ${wrong}`);
  at = read.end;
  const { references, usedIn } = place;
  const user = usedIn === undefined ? `ACL keyword '${name}'` : `sample fetch keyword '${name}' in ${usedIn}`;
  const { proxy, origin } = place;
  if (references !== undefined) noteReferences(references, read.values, { user, proxy, origin });
  const converters: CallConfig[] = [];
  let type: SampleType = record.type;
  while (text[at] === ',') {
    // A comma too many at the end, or two in a row, say nothing.
    at++;
    if (at >= text.length || text[at] === ',') continue;
    const converter = readConverter(text, at, type, place);
    if ('error' in converter) return fail('converter', converter.error, converter.hint);
    converters.push(converter.call);
    if (references !== undefined) {
      const calls = `conversion keyword '${converter.call.name}' for ${user}`;
      noteReferences(references, converter.call.args, { user: calls, proxy, origin });
    }
    type = converter.type;
    at = converter.end;
  }
  const fetch = { name, args: read.values };
  return {
    expression: { text: text.slice(start, at), fetch, converters, type, origin: place.origin },
    record,
    end: at,
  };
}

/** The same where nothing may follow the expression. */
export function readWholeExpression(
  text: string,
  place: ExpressionPlace,
): ReadExpression | { readonly error: ExpressionError } {
  const read = readExpression(text, 0, place);
  if ('error' in read || read.end === text.length) return read;
  const { fetch, converters } = read.expression;
  const last = converters.at(-1);
  const after = last === undefined ? `fetch keyword '${fetch.name}'` : `converter '${last.name}'`;
  return {
    error: {
      fetch: fetch.name,
      stage: 'end',
      detail: `missing comma after ${after}`,
      bare: last === undefined ? 'missing comma after fetch keyword.' : `missing comma after ${after}.`,
      hint: `'${text.charAt(read.end)}' cannot follow '${text.slice(0, read.end)}'`,
    },
  };
}

function readConverter(
  text: string,
  at: number,
  from: SampleType,
  place: ExpressionPlace,
):
  | { readonly call: CallConfig; readonly type: SampleType; readonly end: number }
  | { readonly error: string; readonly hint?: string } {
  const name = nameAt(text, at);
  const record = converterRecords().get(name);
  if (record === undefined) {
    const near = nearestWord(name, converterRecords().keys());
    return {
      error: `unknown converter '${name}'`,
      ...(near === undefined ? {} : { hint: `did you mean '${near}'?` }),
    };
  }
  if (!castable(from, record.input)) return { error: `converter '${name}' cannot be applied` };
  const read = readArguments(text, at + name.length, record.arguments, place.proxy);
  if ('error' in read)
    return { error: `invalid arg ${read.position} in converter '${name}' : ${read.error}` };
  const wrong = record.check?.(read.values, place.files);
  if (wrong !== undefined) return { error: `invalid args in converter '${name}' : ${wrong}` };
  // What gives back what it was given keeps the type that it was given.
  const type = record.output === 0 ? from : record.output;
  return { call: { name, args: read.values }, type, end: read.end };
}
