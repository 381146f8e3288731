/**
 * Log variables about the HTTP request and response: the request line and its parts, status, captures.
 * Parts are cut out of the logged request line, so that a long one may have lost its version, as in HAProxy.
 * Specification: configuration manual, 8.2.3, 8.2.6, 8.6 to 8.8.
 */
import type { CapturedValue } from '../captures/captures.ts';
import { HEADER_ENCODING, type LineWriter, URI_ENCODING } from './line-writer.ts';
import type { LoggedBytes, LogRecord } from './log-record.ts';
import { registerLogVariables } from './log-variable.ts';

const BAD_REQUEST = Buffer.from('<BADREQ>', 'latin1');
const OLDEST_VERSION = Buffer.from('HTTP/0.9', 'latin1');
const NOTHING = new Uint8Array(0);
const SPACE = 0x20;
const SLASH = 0x2f;
const COLON = 0x3a;
const QUESTION = 0x3f;
const OPEN = 0x7b;
const BAR = 0x7c;
const CLOSE = 0x7d;

function writeEncoded(u8: Uint8Array, start: number, end: number, line: LineWriter, flags: number): void {
  line.quoteMark(flags);
  line.encoded(u8, start, end, URI_ENCODING, flags);
  line.quoteMark(flags);
}

function writeBadRequest(line: LineWriter, flags: number): void {
  writeEncoded(BAD_REQUEST, 0, BAD_REQUEST.length, line, flags);
}

/** The first of `byte` in [start, end), or `end`. */
function find(u8: Uint8Array, start: number, end: number, byte: number): number {
  let at = start;
  while (at < end && u8[at] !== byte) at++;
  return at;
}

function methodEnd(request: LoggedBytes): number {
  return find(request.u8, request.start, request.end, SPACE);
}

function targetEnd(request: LoggedBytes, start: number): number {
  return find(request.u8, start, request.end, SPACE);
}

/** Where the path of a target starts: behind scheme and authority; `end` for `*` and `host:port`. */
function pathStart(u8: Uint8Array, start: number, end: number): number {
  if (u8[start] === SLASH) return start;
  const slash = find(u8, start, end, SLASH);
  if (slash === end || u8[slash - 1] !== COLON || u8[slash + 1] !== SLASH) return end;
  return find(u8, slash + 2, end, SLASH);
}

type TargetPart = (record: LogRecord, line: LineWriter, flags: number, start: number, end: number) => void;

/** A writer for part of the target; without a target the request was bad. */
function ofTarget(write: TargetPart): (record: LogRecord, line: LineWriter, flags: number) => void {
  return (record, line, flags) => {
    const request = record.requestLine;
    const start = methodEnd(request) + 1;
    if (start > request.end) writeBadRequest(line, flags);
    else write(record, line, flags, start, targetEnd(request, start));
  };
}

/** `{a|b}`; nothing when the configuration captures nothing. */
function writeBlock(values: readonly CapturedValue[] | undefined, line: LineWriter, flags: number): void {
  if (values === undefined || values.length === 0) return;
  line.quoteMark(flags);
  line.byte(OPEN);
  for (let i = 0; i < values.length; i++) {
    if (i > 0) line.byte(BAR);
    const value = values[i]!;
    line.encoded(value.u8, 0, value.length, HEADER_ENCODING, flags);
  }
  line.byte(CLOSE);
  line.quoteMark(flags);
}

/** One word for each capture; an empty value is an empty word. */
function writeList(values: readonly CapturedValue[] | undefined, line: LineWriter, flags: number): void {
  if (values === undefined) return;
  for (let i = 0; i < values.length; i++) {
    if (i > 0) line.byte(SPACE);
    const value = values[i]!;
    if (!value.isThere) {
      line.value(NOTHING, 0, 0, flags);
      continue;
    }
    line.quoteMark(flags);
    line.encoded(value.u8, 0, value.length, HEADER_ENCODING, flags);
    line.quoteMark(flags);
  }
}

/** A cookie as it is. One that is cut to nothing leaves nothing, not even a dash. */
function writeCookie(value: CapturedValue | undefined, line: LineWriter, flags: number): void {
  if (value?.length === 0) {
    line.touch();
    line.quoteMark(flags);
    line.quoteMark(flags);
  } else line.value(value?.u8 ?? NOTHING, 0, Math.max(value?.length ?? 0, 0), flags);
}

registerLogVariables([
  {
    name: 'r',
    doc: 'The request line, `<BADREQ>` when there was no valid one.',
    type: 'string',
    needs: 'request',
    httpOnly: true,
    write: (record, line, flags) => {
      const request = record.requestLine;
      if (request.start === request.end) writeBadRequest(line, flags);
      else writeEncoded(request.u8, request.start, request.end, line, flags);
    },
  },
  {
    name: 'HM',
    doc: 'Method of the request.',
    type: 'string',
    needs: 'request',
    httpOnly: true,
    write: (record, line, flags) => {
      const request = record.requestLine;
      const end = methodEnd(request);
      if (end === request.end) writeBadRequest(line, flags);
      else writeEncoded(request.u8, request.start, end, line, flags);
    },
  },
  {
    name: 'HU',
    doc: 'Target of the request.',
    type: 'string',
    needs: 'request',
    httpOnly: true,
    write: ofTarget((record, line, flags, start, end) => {
      writeEncoded(record.requestLine.u8, start, end, line, flags);
    }),
  },
  {
    name: 'HP',
    doc: 'Target of the request without its query string.',
    type: 'string',
    needs: 'request',
    httpOnly: true,
    write: ofTarget((record, line, flags, start, end) => {
      const u8 = record.requestLine.u8;
      writeEncoded(u8, start, find(u8, start, end, QUESTION), line, flags);
    }),
  },
  {
    name: 'HPO',
    doc: 'Path of the request, without authority and query string.',
    type: 'string',
    needs: 'request',
    httpOnly: true,
    write: ofTarget((record, line, flags, start, end) => {
      const u8 = record.requestLine.u8;
      const stop = find(u8, start, end, QUESTION);
      writeEncoded(u8, pathStart(u8, start, stop), stop, line, flags);
    }),
  },
  {
    name: 'HQ',
    doc: 'Query string of the request, with its question mark.',
    type: 'string',
    needs: 'request',
    httpOnly: true,
    write: (record, line, flags) => {
      const request = record.requestLine;
      // Unlike its siblings this one is empty, and not bad, when a long method left no room for a target.
      if (request.start === request.end) {
        writeBadRequest(line, flags);
        return;
      }
      const end = targetEnd(request, methodEnd(request) + 1);
      writeEncoded(request.u8, find(request.u8, request.start, end, QUESTION), end, line, flags);
    },
  },
  {
    name: 'HV',
    doc: 'Version of the request.',
    type: 'string',
    needs: 'request',
    httpOnly: true,
    write: ofTarget((record, line, flags, _start, end) => {
      const request = record.requestLine;
      const start = end + 1;
      if (start >= request.end) writeEncoded(OLDEST_VERSION, 0, OLDEST_VERSION.length, line, flags);
      else writeEncoded(request.u8, start, find(request.u8, start, request.end, SPACE), line, flags);
    }),
  },
  {
    name: 'ST',
    doc: 'Status of the response.',
    type: 'numeric',
    needs: 'response',
    write: (record, line) => line.decimal(record.status),
  },
  {
    name: 'CC',
    doc: 'Captured cookie of the request.',
    type: 'string',
    needs: 'response',
    httpOnly: true,
    write: (record, line, flags) => writeCookie(record.captures?.requestCookie, line, flags),
  },
  {
    name: 'CS',
    doc: 'Captured cookie of the response.',
    type: 'string',
    needs: 'response',
    httpOnly: true,
    write: (record, line, flags) => writeCookie(record.captures?.responseCookie, line, flags),
  },
  {
    name: 'hr',
    doc: 'Captured headers of the request as one block.',
    type: 'string',
    needs: 'response',
    write: (record, line, flags) => writeBlock(record.captures?.request, line, flags),
  },
  {
    name: 'hrl',
    doc: 'Captured headers of the request, one word each.',
    type: 'list',
    needs: 'response',
    write: (record, line, flags) => writeList(record.captures?.request, line, flags),
  },
  {
    name: 'hs',
    doc: 'Captured headers of the response as one block.',
    type: 'string',
    needs: 'response',
    write: (record, line, flags) => writeBlock(record.captures?.response, line, flags),
  },
  {
    name: 'hsl',
    doc: 'Captured headers of the response, one word each.',
    type: 'list',
    needs: 'response',
    write: (record, line, flags) => writeList(record.captures?.response, line, flags),
  },
]);
