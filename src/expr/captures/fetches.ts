/**
 * What was captured, and what of the request and the response stays when their heads have gone.
 * Specification: configuration manual 7.3.6 `capture.req.hdr` and its relatives.
 */
import { pathStart } from '../../protocol/http1/request-target.ts';
import { type ArgumentValue, noArguments, numberOf, takes } from '../argument.ts';
import { type Fetch, type FetchRecord, registerFetches } from '../fetch-record.ts';
import { T_STR } from '../sample.ts';
import { NO_RESPONSE, RESPONSE_1_0 } from '../scope.ts';
import type { CapturedValue, Captures } from './captures.ts';

const SPACE = 32;
const SLASH = 47;
const HTTP_1_0 = Buffer.from('HTTP/1.0', 'latin1');
const HTTP_1_1 = Buffer.from('HTTP/1.1', 'latin1');

function slotFetch(
  name: string,
  doc: string,
  layer: 'requestKept' | 'responseKept',
  valuesOf: (captures: Captures) => readonly CapturedValue[],
): FetchRecord {
  return {
    name,
    arguments: takes('integer'),
    type: T_STR,
    layers: [layer],
    doc,
    manual: '7.3.6',
    link: ([number]: readonly ArgumentValue[]): Fetch => {
      const index = numberOf(number) ?? 0;
      return (scope, sample) => {
        const captures = scope.exchange?.captures ?? null;
        const value = captures === null ? undefined : valuesOf(captures)[index];
        return value?.isThere === true && sample.setString(value.u8, 0, value.length);
      };
    },
  };
}

/** End of the word of the request line that begins at `from`. */
function wordEnd(line: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && line[at] !== SPACE) at++;
  return at;
}

registerFetches(
  slotFetch(
    'capture.req.hdr',
    'What the slot of this number, from 0, has captured of the request.',
    'requestKept',
    (captures) => captures.request,
  ),
  slotFetch(
    'capture.res.hdr',
    'What the slot of this number, from 0, has captured of the response.',
    'responseKept',
    (captures) => captures.response,
  ),
  {
    name: 'capture.req.method',
    arguments: noArguments,
    type: T_STR,
    layers: ['requestKept'],
    doc: 'The method as it was received; also when the request has gone.',
    manual: '7.3.6',
    link: (_args, linker): Fetch => {
      linker.keepRequestLine();
      return (scope, sample) => {
        const { exchange } = scope;
        if (exchange === null || exchange.requestLineLength === 0) return false;
        const line = exchange.requestLine;
        return sample.setString(line, 0, wordEnd(line, 0, exchange.requestLineLength));
      };
    },
  },
  {
    name: 'capture.req.uri',
    arguments: noArguments,
    type: T_STR,
    layers: ['requestKept'],
    doc: 'Path and query as they were received, from the first slash; also when the request has gone.',
    manual: '7.3.6',
    link: (_args, linker): Fetch => {
      linker.keepRequestLine();
      return (scope, sample) => {
        const { exchange } = scope;
        if (exchange === null) return false;
        const { requestLine: line, requestLineLength: length } = exchange;
        const start = wordEnd(line, 0, length) + 1;
        if (start >= length) return false;
        const end = wordEnd(line, start, length);
        const path = line[start] === SLASH ? start : pathStart(line, start, end);
        return line[path] === SLASH && path < end && sample.setString(line, path, end);
      };
    },
  },
  {
    name: 'capture.req.ver',
    arguments: noArguments,
    type: T_STR,
    layers: ['requestKept'],
    doc: 'HTTP/1.0 or HTTP/1.1, as the request was received; also when it has gone.',
    manual: '7.3.6',
    link: (): Fetch => (scope, sample) => {
      const facts = scope.requestFacts;
      return facts !== null && sample.setBytes(T_STR, facts.old ? HTTP_1_0 : HTTP_1_1);
    },
  },
  {
    name: 'capture.res.ver',
    arguments: noArguments,
    type: T_STR,
    // Before there is a response it has no value.
    layers: ['requestKept'],
    doc: 'HTTP/1.0 or HTTP/1.1, as the response was received; also when it has gone.',
    manual: '7.3.6',
    link: (): Fetch => (scope, sample) => {
      const version = scope.exchange?.responseVersion ?? NO_RESPONSE;
      if (version === NO_RESPONSE) return false;
      return sample.setBytes(T_STR, version === RESPONSE_1_0 ? HTTP_1_0 : HTTP_1_1);
    },
  },
);
