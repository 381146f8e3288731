// What the server of a corpus case does: it answers complete requests only, so that what a proxy forwards in pieces
// gives one observation. It reads the normalised form that proxies forward; it judges nothing.

const HEAD_END = '\r\n\r\n';

export const ORDINARY_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** To a HEAD, so that no byte is left over on the connection. */
export const HEAD_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n';

/** End of the chunked body that starts at `at`; undefined when it is not complete. */
function endOfChunks(text: string, at: number): number | undefined {
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) break;
    at = lineEnd + 2 + size + 2;
    if (Number.isNaN(size) || at > text.length) return undefined;
  }
  const trailersFrom = text.indexOf('\r\n', at);
  const end = text.indexOf(HEAD_END, trailersFrom);
  return end < 0 ? undefined : end + HEAD_END.length;
}

/** End of the first request that starts at `at`; undefined when it is not complete. */
function endOfRequest(text: string, at: number): number | undefined {
  const headEnd = text.indexOf(HEAD_END, at);
  if (headEnd < 0) return undefined;
  const head = text.slice(at, headEnd + 2);
  const bodyAt = headEnd + HEAD_END.length;
  if (head.startsWith('CONNECT')) return bodyAt;
  if (/^transfer-encoding:.*chunked/im.test(head)) return endOfChunks(text, bodyAt);
  const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
  return bodyAt + length > text.length ? undefined : bodyAt + length;
}

/** Where the complete requests in what a server has received so far end. */
function requestEnds(text: string): number[] {
  const ends: number[] = [];
  for (let end = endOfRequest(text, 0); end !== undefined; end = endOfRequest(text, end)) ends.push(end);
  return ends;
}

/** Methods of the complete requests in what a server has received so far. */
export function completeRequests(text: string): string[] {
  return [0, ...requestEnds(text)].slice(0, -1).map((at) => text.slice(at, text.indexOf(' ', at)));
}

/** What a server has received, without a request that is not complete. */
export function completePart(text: string): string {
  return text.slice(0, requestEnds(text).at(-1) ?? 0);
}

/** Joins the data of all chunks, so that forwarded bodies compare equal however they were split on their way. */
export function joinChunks(text: string): string {
  const headEnd = text.indexOf(HEAD_END);
  if (headEnd < 0 || !/^transfer-encoding:.*chunked/im.test(text.slice(0, headEnd))) return text;
  let data = '';
  let at = headEnd + HEAD_END.length;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (lineEnd < 0 || Number.isNaN(size) || size === 0) break;
    data += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
  }
  return `${text.slice(0, headEnd + HEAD_END.length)}${data}|${text.slice(at)}`;
}
