/**
 * What came back to an HTTP check, taken apart: status, headers, and as much of the body as there is. Strict where
 * HAProxy is. Pure. Specification: RFC 9112; configuration manual 4.2 `option httpchk`.
 */
export interface HttpResponseText {
  readonly code: number;
  readonly reason: string;
  /** Names in lower case, in the order of the message. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  readonly bodyIsComplete: boolean;
}

const HTTP = 'HTTP/';

/** `final`: there will be no more bytes. A response to HEAD has no body. */
export function readResponse(
  received: string,
  final: boolean,
  hasBody: boolean,
): HttpResponseText | 'invalid' | 'incomplete' {
  const lineEnd = received.indexOf('\n');
  if (lineEnd < 0) return HTTP.startsWith(received.slice(0, HTTP.length)) ? 'incomplete' : 'invalid';
  const status = /^HTTP\/\d\.\d ([0-9]{3})(?: (.*?))?\r?$/.exec(received.slice(0, lineEnd));
  if (status === null) return 'invalid';
  const headers: (readonly [string, string])[] = [];
  let at = lineEnd + 1;
  for (;;) {
    const end = received.indexOf('\n', at);
    if (end < 0) return 'incomplete';
    const line = received.slice(at, end).replace(/\r$/, '');
    at = end + 1;
    if (line === '') break;
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) return 'invalid';
    headers.push([name.toLowerCase(), value ?? '']);
  }
  const code = Number(status[1]);
  const without = !hasBody || code < 200 || code === 204 || code === 304;
  const body = without ? NO_BODY : readBody(headers, received.slice(at), final);
  if (body === 'invalid') return 'invalid';
  return { code, reason: status[2] ?? '', headers, body: body.text, bodyIsComplete: body.complete };
}

interface Body {
  readonly text: string;
  readonly complete: boolean;
}

const NO_BODY: Body = { text: '', complete: true };

function readBody(headers: HttpResponseText['headers'], rest: string, final: boolean): Body | 'invalid' {
  const coding = headers.find(([name]) => name === 'transfer-encoding')?.[1];
  if (coding !== undefined && /chunked$/i.test(coding)) return readChunks(rest, final);
  const length = headers.find(([name]) => name === 'content-length')?.[1];
  if (length === undefined) return { text: rest, complete: final };
  if (!/^[0-9]+$/.test(length)) return 'invalid';
  return { text: rest.slice(0, Number(length)), complete: final || rest.length >= Number(length) };
}

function readChunks(rest: string, final: boolean): Body | 'invalid' {
  let text = '';
  let at = 0;
  for (;;) {
    const end = rest.indexOf('\n', at);
    if (end < 0) return { text, complete: final };
    const [, digits] = /^([0-9A-Fa-f]+)[ \t]*(?:;.*)?\r?$/.exec(rest.slice(at, end)) ?? [];
    if (digits === undefined) return 'invalid';
    const size = Number.parseInt(digits, 16);
    if (size === 0) return { text, complete: true };
    const data = rest.slice(end + 1, end + 1 + size);
    text += data;
    if (data.length < size) return { text, complete: final };
    const next = rest.indexOf('\n', end + 1 + size);
    if (next < 0) return { text, complete: final };
    at = next + 1;
  }
}
