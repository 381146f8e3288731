// Reads HTTP/1 messages off a wire for the tests and keeps their exact bytes: the head as it came, the headers in
// their order and case, the body raw and decoded. It judges nothing: what is sent on purpose as nonsense is read with
// Wire's own methods. Framing follows RFC 9112 section 6.

import { DEFAULT_DEADLINE_MS } from './waiting.ts';
import type { Wire } from './wire.ts';

export type Header = readonly [name: string, value: string];
export type Framing = 'none' | 'length' | 'chunked' | 'close' | 'tunnel';

export interface HttpHead {
  /** The head with its line ends, up to and including the empty line. */
  readonly rawHead: string;
  readonly startLine: string;
  readonly headers: readonly Header[];
}

export interface HttpBody {
  readonly framing: Framing;
  /** The body without its chunk lines. */
  readonly body: Buffer;
  /** The body as it came. */
  readonly rawBody: Buffer;
  readonly trailers: readonly Header[];
}

export interface HttpRequest extends HttpHead, HttpBody {
  readonly method: string;
  readonly target: string;
  readonly version: string;
  header(name: string): string | undefined;
}

export interface HttpResponse extends HttpHead, HttpBody {
  readonly version: string;
  readonly status: number;
  readonly reason: string;
  readonly text: string;
  header(name: string): string | undefined;
}

export interface ResponseOptions {
  /** The request's method: the answers to HEAD and CONNECT are framed in their own way. */
  readonly method?: string;
  readonly deadlineMs?: number;
}

function parseHeaders(lines: readonly string[]): Header[] {
  return lines.map((line) => {
    const colon = line.indexOf(':');
    return colon < 0
      ? ([line, ''] as const)
      : ([line.slice(0, colon), line.slice(colon + 1).trim()] as const);
  });
}

function parseHead(bytes: Buffer): HttpHead {
  const rawHead = bytes.toString('latin1');
  const lines = rawHead.slice(0, -4).split('\r\n');
  return { rawHead, startLine: lines[0] ?? '', headers: parseHeaders(lines.slice(1)) };
}

/** The values of all headers of that name, joined as one list; undefined when there is none. */
export function headerOf(headers: readonly Header[], name: string): string | undefined {
  const values = headers.filter(([n]) => n.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

async function readChunked(wire: Wire, deadlineMs: number): Promise<Omit<HttpBody, 'framing'>> {
  const raw: Buffer[] = [];
  const data: Buffer[] = [];
  for (;;) {
    const sizeLine = await wire.readUntil('\r\n', deadlineMs);
    raw.push(sizeLine);
    const sizeBytes = Number.parseInt(sizeLine.toString('latin1'), 16);
    if (Number.isNaN(sizeBytes))
      throw new Error(`${wire.label}: bad chunk size line ${sizeLine.toString('latin1')}`);
    if (sizeBytes === 0) break;
    const chunk = await wire.read(sizeBytes + 2, deadlineMs);
    raw.push(chunk);
    data.push(chunk.subarray(0, sizeBytes));
  }
  const trailerLines: string[] = [];
  for (;;) {
    const line = await wire.readUntil('\r\n', deadlineMs);
    raw.push(line);
    if (line.length === 2) break;
    trailerLines.push(line.toString('latin1').slice(0, -2));
  }
  return { body: Buffer.concat(data), rawBody: Buffer.concat(raw), trailers: parseHeaders(trailerLines) };
}

const NO_BODY: HttpBody = { framing: 'none', body: Buffer.alloc(0), rawBody: Buffer.alloc(0), trailers: [] };

async function readBody(
  wire: Wire,
  framing: Framing,
  sizeBytes: number,
  deadlineMs: number,
): Promise<HttpBody> {
  switch (framing) {
    case 'none':
    case 'tunnel':
      return { ...NO_BODY, framing };
    case 'chunked':
      return { framing, ...(await readChunked(wire, deadlineMs)) };
    case 'length': {
      const body = await wire.read(sizeBytes, deadlineMs);
      return { framing, body, rawBody: body, trailers: [] };
    }
    case 'close': {
      const body = await wire.readToEnd(deadlineMs);
      return { framing, body, rawBody: body, trailers: [] };
    }
  }
}

function isChunked(head: HttpHead): boolean {
  return /(^|,)\s*chunked\s*$/i.test(headerOf(head.headers, 'transfer-encoding') ?? '');
}

export async function readResponse(wire: Wire, options: ResponseOptions = {}): Promise<HttpResponse> {
  const deadlineMs = options.deadlineMs ?? DEFAULT_DEADLINE_MS;
  const head = parseHead(await wire.readUntil('\r\n\r\n', deadlineMs));
  const match = /^(HTTP\/\d\.\d) (\d{3}) ?(.*)$/.exec(head.startLine);
  if (match === null) throw new Error(`${wire.label}: not a status line: ${JSON.stringify(head.startLine)}`);
  const [, version = '', statusText = '', reason = ''] = match;
  const status = Number(statusText);
  const length = headerOf(head.headers, 'content-length');
  let framing: Framing;
  if (status === 101 || (options.method === 'CONNECT' && status >= 200 && status < 300)) framing = 'tunnel';
  else if (options.method === 'HEAD' || status < 200 || status === 204 || status === 304) framing = 'none';
  else if (isChunked(head)) framing = 'chunked';
  else framing = length === undefined ? 'close' : 'length';
  const body = await readBody(wire, framing, Number(length ?? 0), deadlineMs);
  return {
    ...head,
    ...body,
    version,
    status,
    reason,
    text: body.body.toString('latin1'),
    header: (name) => headerOf(head.headers, name),
  };
}

/** Reads a request's head only; what stands behind it stays on the wire. */
export async function readRequestHead(
  wire: Wire,
  deadlineMs = DEFAULT_DEADLINE_MS,
): Promise<Omit<HttpRequest, keyof HttpBody>> {
  const head = parseHead(await wire.readUntil('\r\n\r\n', deadlineMs));
  const [method = '', target = '', version = ''] = head.startLine.split(' ');
  return { ...head, method, target, version, header: (name) => headerOf(head.headers, name) };
}

export async function readRequestBody(
  wire: Wire,
  head: HttpHead,
  deadlineMs = DEFAULT_DEADLINE_MS,
): Promise<HttpBody> {
  const length = headerOf(head.headers, 'content-length');
  const framing = isChunked(head) ? 'chunked' : length === undefined ? 'none' : 'length';
  return readBody(wire, framing, Number(length ?? 0), deadlineMs);
}

export async function readRequest(wire: Wire, deadlineMs = DEFAULT_DEADLINE_MS): Promise<HttpRequest> {
  const head = await readRequestHead(wire, deadlineMs);
  return { ...head, ...(await readRequestBody(wire, head, deadlineMs)) };
}
