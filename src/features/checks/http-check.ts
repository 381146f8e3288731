/**
 * The request of an HTTP check as bytes, and what its response means. Pure.
 * Specification: configuration manual 4.2 `option httpchk`, `http-check`; forms and verdicts as HAProxy 2.6's.
 */
import type { CheckCode } from './check-status.ts';
import type { BackendCheck, Expectation } from './http-check-config.ts';

/** A response longer than this is judged by its beginning. */
export const MAX_RESPONSE_BYTES = 16384;

const HEAD_END = '\r\n\r\n';

export interface HttpVerdict {
  readonly status: CheckCode;
  readonly code: number | undefined;
  readonly info: string;
}

/** The bytes that are sent, latin1. */
export function httpCheckRequest(check: BackendCheck): string {
  const { request, send } = check;
  const isHttp11 = (send?.version ?? request.version ?? 'HTTP/1.0').toUpperCase() === 'HTTP/1.1';
  const method = send?.method ?? request.method ?? 'OPTIONS';
  const uri = send?.uri ?? request.uri ?? '/';
  const body = send?.body ?? request.body;
  const lines = [`${method} ${uri} HTTP/${isHttp11 ? '1.1' : '1.0'}`];
  let hasConnection = false;
  for (const [name, value] of [...request.headers, ...(send?.headers ?? [])]) {
    const lower = name.toLowerCase();
    // The body's length is ours to say.
    if (lower === 'content-length' || lower === 'transfer-encoding') continue;
    if (lower === 'connection') hasConnection = true;
    lines.push(`${lower}: ${value.replaceAll('%%', '%')}`);
  }
  if (body !== undefined) lines.push(`content-length: ${Buffer.byteLength(body, 'latin1')}`);
  if (isHttp11 && !hasConnection) lines.push('connection: close');
  return `${lines.join('\r\n')}${HEAD_END}${body ?? ''}`;
}

interface ResponseHead {
  readonly code: number;
  readonly reason: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly bodyAt: number;
}

const INVALID: HttpVerdict = { status: 'L7RSP', code: undefined, info: '' };

/**
 * Judges what has been received so far, latin1; undefined when more is needed. `ended`: there will be no more.
 */
export function judgeResponse(
  check: BackendCheck,
  received: string,
  ended: boolean,
): HttpVerdict | undefined {
  const head = readHead(received);
  if (head === 'invalid') return INVALID;
  if (head === 'incomplete') return ended ? INVALID : undefined;
  if (head.code >= 100 && head.code < 200 && head.code !== 101) {
    return judgeResponse(check, received.slice(head.bodyAt), ended);
  }
  const { code, reason } = head;
  if (check.disableOn404 && code === 404) return { status: 'L7OKC', code, info: '' };
  const body = readBody(head, received, ended);
  for (const expectation of check.expectations) {
    const matches = matchesExpectation(expectation, code, body.text);
    if (matches !== expectation.negated) continue;
    if (expectation.match === 'status' || expectation.match === 'rstatus') {
      return { status: 'L7STS', code, info: reason };
    }
    if (!matches && !body.complete) return undefined;
    const info = matches ? 'HTTP check matched unwanted content' : 'HTTP content check did not match';
    return { status: 'L7RSP', code: undefined, info };
  }
  if (check.expectations.length === 0 && (code < 200 || code > 399)) {
    return { status: 'L7STS', code, info: reason };
  }
  // Unwanted content may still come.
  const wantsAll = check.expectations.some(({ negated, match }) => negated && /string/.test(match));
  return wantsAll && !body.complete ? undefined : { status: 'L7OK', code, info: '' };
}

function matchesExpectation(expectation: Expectation, code: number, body: string): boolean {
  switch (expectation.match) {
    case 'status':
      return expectation.ranges.some(({ from, to }) => code >= from && code <= to);
    case 'rstatus':
      return new RegExp(expectation.pattern).test(String(code));
    case 'string':
      return body.includes(expectation.text);
    case 'rstring':
      return new RegExp(expectation.pattern).test(body);
  }
}

function readHead(received: string): ResponseHead | 'invalid' | 'incomplete' {
  const lineEnd = received.indexOf('\n');
  if (lineEnd < 0) return 'HTTP/'.startsWith(received.slice(0, 5)) ? 'incomplete' : 'invalid';
  const status = /^HTTP\/1\.[01] ([0-9]{3})(?: (.*?))?\r?$/.exec(received.slice(0, lineEnd));
  if (status === null) return 'invalid';
  const headers = new Map<string, string>();
  let at = lineEnd + 1;
  for (;;) {
    const end = received.indexOf('\n', at);
    if (end < 0) return 'incomplete';
    const line = received.slice(at, end).replace(/\r$/, '');
    at = end + 1;
    if (line === '') break;
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) return 'invalid';
    headers.set(name.toLowerCase(), value ?? '');
  }
  return { code: Number(status[1]), reason: status[2] ?? '', headers, bodyAt: at };
}

function readBody(head: ResponseHead, received: string, ended: boolean): { text: string; complete: boolean } {
  const rest = received.slice(head.bodyAt);
  const full = ended || received.length >= MAX_RESPONSE_BYTES;
  if (head.code === 204 || head.code === 304) return { text: '', complete: true };
  if (/chunked$/i.test(head.headers.get('transfer-encoding') ?? '')) return readChunks(rest, full);
  const length = head.headers.get('content-length');
  if (length === undefined) return { text: rest, complete: full };
  return { text: rest.slice(0, Number(length)), complete: full || rest.length >= Number(length) };
}

function readChunks(rest: string, full: boolean): { text: string; complete: boolean } {
  let text = '';
  let at = 0;
  for (;;) {
    const end = rest.indexOf('\r\n', at);
    const size = Number.parseInt(rest.slice(at, end < 0 ? at : end), 16);
    if (end < 0 || Number.isNaN(size)) return { text, complete: full };
    if (size === 0) return { text, complete: true };
    text += rest.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
  }
}
