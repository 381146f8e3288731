/**
 * The request of an HTTP check as bytes. Pure.
 * Specification: configuration manual 4.2 `option httpchk`, `http-check send`; forms as HAProxy 2.6 writes them.
 */
import type { HttpRequest } from './check-rules.ts';

/** Methods whose requests have no body where none was given; others say so with a length of 0. */
const WITHOUT_BODY = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE']);

/** latin1. `stateHeader` is the value of the header that tells the server its state. */
export function httpCheckRequest(request: HttpRequest<string>, stateHeader: string | undefined): string {
  const version = versionText(request.version);
  const method = request.method ?? 'OPTIONS';
  const isHttp11 = version === 'HTTP/1.1';
  const host = request.headers.find(([name]) => name.toLowerCase() === 'host')?.[1];
  const lines = [`${method} ${targetText(request.uri ?? '/', host)} ${version}`];
  let hasConnection = false;
  for (const [name, value] of request.headers) {
    const lower = name.toLowerCase();
    // The body's length is ours to say.
    if (lower === 'content-length' || lower === 'transfer-encoding') continue;
    if (lower !== 'connection') {
      lines.push(`${lower}: ${value}`);
      continue;
    }
    hasConnection = true;
    const tokens = connectionTokens(value, isHttp11);
    if (tokens !== '') lines.push(`connection: ${tokens}`);
  }
  if (stateHeader !== undefined) lines.push(`x-haproxy-server-state: ${stateHeader}`);
  if (request.body !== undefined) lines.push(`content-length: ${request.body.length}`);
  else if (!WITHOUT_BODY.has(method)) lines.push('content-length: 0');
  if (isHttp11 && !hasConnection) lines.push('connection: close');
  return `${lines.join('\r\n')}\r\n\r\n${request.body ?? ''}`;
}

/** Later versions are spoken as 1.1; what is no version goes out as it is. */
function versionText(version: string | undefined): string {
  if (version === undefined) return 'HTTP/1.0';
  const [, major, minor] = /^HTTP\/(\d)\.(\d)$/i.exec(version) ?? [];
  if (major === undefined || minor === undefined) return version;
  return Number(major) > 1 || (Number(major) === 1 && Number(minor) >= 1) ? 'HTTP/1.1' : version;
}

/** An absolute URI names the host that the header names. */
function targetText(uri: string, host: string | undefined): string {
  return host === undefined ? uri : uri.replace(/^([A-Za-z][A-Za-z0-9+.-]*:\/\/)[^/?#]*/, `$1${host}`);
}

/** Without the tokens that the version means anyway. */
function connectionTokens(value: string, isHttp11: boolean): string {
  const implied = isHttp11 ? 'keep-alive' : 'close';
  return value
    .split(',')
    .map((token) => token.trim())
    .filter((token) => token !== '' && token.toLowerCase() !== implied)
    .join(', ');
}
