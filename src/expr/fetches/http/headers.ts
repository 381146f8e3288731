/** Headers of requests and responses. Specification: configuration manual 7.3.6 `req.hdr` and its relatives. */
import { u8 } from '../../../os/arena.ts';
import type { HeaderBlock } from '../../../protocol/http1/header-block.ts';
import { parseInet4, parseInet6 } from '../../../protocol/inet-text.ts';
import {
  type ArgumentList,
  type ArgumentValue,
  noArguments,
  numberOf,
  takesAtLeast,
  textOf,
} from '../../argument.ts';
import type { SampleLayer } from '../../availability.ts';
import type { EachFetch, Fetch, FetchRecord } from '../../fetch-record.ts';
import { registerFetches } from '../../fetch-record.ts';
import { type Sample, type SampleType, T_BIN, T_INT, T_IPV4, T_IPV6, T_STR } from '../../sample.ts';
import type { Scope } from '../../scope.ts';
import { nextScratch } from '../../scratch.ts';
import { HeaderValues, MOST_BACK } from './header-values.ts';
import { asInteger, asString, type Make } from './value-forms.ts';

/** The head that a fetch looks into, or null where there is none now. */
export type HeadOf = (scope: Scope) => HeaderBlock | null;
export const ofRequest: HeadOf = (scope) => scope.requestHead?.block ?? null;
export const ofResponse: HeadOf = (scope) => scope.responseHead?.block ?? null;
/** `hdr` and `cookie` without a direction: that of the rules they stand in. */
const ofEither: HeadOf = (scope) => ofResponse(scope) ?? ofRequest(scope);

const values = new HeaderValues();

/** Names of headers have no case: they are looked for in lower case. */
function headerNameOf(argument: ArgumentValue | undefined): Uint8Array | null {
  const text = textOf(argument);
  return text === undefined || text === '' ? null : Buffer.from(text.toLowerCase(), 'latin1');
}

function one(head: HeadOf, whole: boolean, make: Make): FetchRecord['link'] {
  return ([nameArgument, occurrenceArgument]): Fetch => {
    const name = headerNameOf(nameArgument);
    const occurrence = numberOf(occurrenceArgument) ?? -1;
    return (scope, sample) => {
      const block = head(scope);
      if (block === null || name === null) return false;
      values.open(u8, block, name, whole);
      return values.seek(occurrence) && make(sample, values.start, values.end);
    };
  };
}

/** An ACL tries all values, unless it asks for one of them. */
function each(head: HeadOf, whole: boolean, make: Make): NonNullable<FetchRecord['linkEach']> {
  return ([nameArgument, occurrenceArgument]): EachFetch | undefined => {
    if (numberOf(occurrenceArgument) !== undefined) return undefined;
    const name = headerNameOf(nameArgument);
    if (name === null) return undefined;
    return (scope, sample, index) => {
      const block = head(scope);
      if (block === null) return false;
      values.open(u8, block, name, whole);
      // What has no such form is passed over.
      for (let found = 0; values.next(); ) {
        if (!make(sample, values.start, values.end)) continue;
        if (found++ === index) return true;
      }
      return false;
    };
  };
}

function counter(head: HeadOf, whole: boolean): FetchRecord['link'] {
  return ([nameArgument]): Fetch => {
    const name = headerNameOf(nameArgument);
    return (scope, sample) => {
      const block = head(scope);
      if (block === null) return false;
      values.open(u8, block, name, whole);
      let count = 0;
      while (values.next()) count++;
      return sample.setInt(count);
    };
  };
}

function asAddress(sample: Sample, start: number, end: number): boolean {
  if (u8[start] === 91 && u8[end - 1] === 93) {
    if (!parseInet6(u8, start + 1, end - 1, sample.address)) return false;
    sample.type = T_IPV6;
    return true;
  }
  if (parseInet4(u8, start, withoutPort(start, end), sample.address, 0)) {
    sample.type = T_IPV4;
    return true;
  }
  if (!parseInet6(u8, start, end, sample.address)) return false;
  sample.type = T_IPV6;
  return true;
}

/** A port may stand behind an IPv4 address. */
function withoutPort(start: number, end: number): number {
  for (let at = start; at < end; at++) if (u8[at] === 58) return at;
  return end;
}

const nameAndOccurrence = takesAtLeast(0, 'string', 'integer');
const nameOnly = takesAtLeast(0, 'string');

function checkOccurrence(args: readonly ArgumentValue[]): string | undefined {
  const occurrence = numberOf(args[1]) ?? 0;
  return occurrence < -MOST_BACK ? `occurrence must be >= -${MOST_BACK}` : undefined;
}

/** All names of the head in the order of the lines, with a delimiter between them. */
function names(head: HeadOf): FetchRecord['link'] {
  return ([delimiterArgument]): Fetch => {
    const delimiter = (textOf(delimiterArgument) ?? ',').charCodeAt(0);
    return (scope, sample) => {
      const block = head(scope);
      if (block === null) return false;
      const area = nextScratch();
      let at = 0;
      for (let line = 0; line < block.count; line++) {
        if (block.isDeleted(line)) continue;
        const start = block.nameStart(line);
        const end = block.nameEnd(line);
        if (at + end - start + 1 > area.length) break;
        if (at > 0) area[at++] = delimiter;
        for (let i = start; i < end; i++) area[at++] = u8[i] as number;
      }
      return sample.setString(area, 0, at);
    };
  };
}

/** The lines as they would stand in an HTTP/1 message, with the empty line. */
function allLines(head: HeadOf): FetchRecord['link'] {
  return () => (scope, sample) => {
    const block = head(scope);
    if (block === null) return false;
    const area = nextScratch();
    let at = 0;
    for (let line = 0; line < block.count; line++) {
      if (block.isDeleted(line)) continue;
      const length =
        block.nameEnd(line) - block.nameStart(line) + block.valueEnd(line) - block.valueStart(line);
      if (at + length + 6 > area.length) return false;
      at = put(area, at, block.nameStart(line), block.nameEnd(line));
      area[at++] = 58;
      area[at++] = 32;
      at = put(area, at, block.valueStart(line), block.valueEnd(line));
      area[at++] = 13;
      area[at++] = 10;
    }
    area[at++] = 13;
    area[at++] = 10;
    return sample.setString(area, 0, at);
  };
}

/** Lengths and bytes of names and values in turn; an empty pair ends them. */
function binaryLines(head: HeadOf): FetchRecord['link'] {
  return () => (scope, sample) => {
    const block = head(scope);
    if (block === null) return false;
    const area = nextScratch();
    let at = 0;
    for (let line = 0; line < block.count; line++) {
      if (block.isDeleted(line)) continue;
      const length =
        block.nameEnd(line) - block.nameStart(line) + block.valueEnd(line) - block.valueStart(line);
      if (at + length + 12 > area.length) return false;
      at = putCounted(area, at, block.nameStart(line), block.nameEnd(line));
      at = putCounted(area, at, block.valueStart(line), block.valueEnd(line));
    }
    area[at++] = 0;
    area[at++] = 0;
    return sample.setBinary(area, 0, at);
  };
}

function put(area: Uint8Array, at: number, start: number, end: number): number {
  for (let i = start; i < end; i++) area[at++] = u8[i] as number;
  return at;
}

/** Length as SPOP writes it (a varint of its own kind), then the bytes. */
function putCounted(area: Uint8Array, at: number, start: number, end: number): number {
  let length = end - start;
  if (length < 240) area[at++] = length;
  else {
    area[at++] = length | 240;
    length = (length - 240) >> 4;
    while (length >= 128) {
      area[at++] = length | 128;
      length = (length - 128) >> 7;
    }
    area[at++] = length;
  }
  return put(area, at, start, end);
}

interface Family {
  readonly prefix: string;
  readonly head: HeadOf;
  readonly layers: readonly SampleLayer[];
}

function family({ prefix, head, layers }: Family): FetchRecord[] {
  const record = (
    name: string,
    type: SampleType,
    args: ArgumentList,
    doc: string,
    link: FetchRecord['link'],
    linkEach?: FetchRecord['linkEach'],
  ): FetchRecord => ({
    name: `${prefix}${name}`,
    arguments: args,
    type,
    layers,
    doc,
    manual: '7.3.6',
    link,
    ...(linkEach === undefined ? {} : { linkEach }),
    ...(args === nameAndOccurrence ? { check: checkOccurrence } : {}),
  });
  return [
    record(
      'hdr',
      T_STR,
      nameAndOccurrence,
      'A value of the header, of those between commas: the last one, or the one asked for.',
      one(head, false, asString),
      each(head, false, asString),
    ),
    record(
      'fhdr',
      T_STR,
      nameAndOccurrence,
      'A whole line of the header, commas and all.',
      one(head, true, asString),
      each(head, true, asString),
    ),
    record(
      'hdr_cnt',
      T_INT,
      nameOnly,
      'How many values the header has; without a name, all headers.',
      counter(head, false),
    ),
    record('fhdr_cnt', T_INT, nameOnly, 'How many lines the header has.', counter(head, true)),
    record(
      'hdr_val',
      T_INT,
      nameAndOccurrence,
      'A value of the header as an integer.',
      one(head, false, asInteger),
      each(head, false, asInteger),
    ),
    record(
      'hdr_ip',
      T_IPV4,
      nameAndOccurrence,
      'A value of the header as an address.',
      one(head, false, asAddress),
      each(head, false, asAddress),
    ),
    record('hdr_names', T_STR, nameOnly, 'The names of all headers.', names(head)),
    record('hdrs', T_STR, noArguments, 'All header lines.', allLines(head)),
    record('hdrs_bin', T_BIN, noArguments, 'All headers, counted.', binaryLines(head)),
  ];
}

function pick(records: readonly FetchRecord[], names: Readonly<Record<string, string>>): FetchRecord[] {
  return records
    .filter((record) => names[record.name] !== undefined)
    .map((record) => ({ ...record, name: names[record.name] as string }));
}

const ofRequests = family({ prefix: 'req.', head: ofRequest, layers: ['request'] });
const ofResponses = family({ prefix: 'res.', head: ofResponse, layers: ['response'] });
const ofBoth = family({ prefix: '', head: ofEither, layers: ['request', 'response'] });
registerFetches(
  ...ofRequests,
  ...ofResponses,
  // The old names.
  ...pick(ofRequests, {
    'req.hdr_cnt': 'hdr_cnt',
    'req.hdr_val': 'hdr_val',
    'req.hdr_ip': 'hdr_ip',
  }),
  ...pick(ofResponses, {
    'res.hdr': 'shdr',
    'res.hdr_cnt': 'shdr_cnt',
    'res.hdr_val': 'shdr_val',
    'res.hdr_ip': 'shdr_ip',
  }),
  ...pick(ofBoth, { hdr: 'hdr' }),
);
