/**
 * Replies that the configuration gives as whole messages (`errorfile`, `errorloc*`), taken apart for the stream that sends
 * them.
 */
import type { ErrorReply } from '../config/model.ts';

/** A reply in two pieces, because the Connection header depends on what becomes of the client's connection. */
export interface PreparedReply {
  readonly status: number;
  /** Status line and header lines, without a Connection header and without the empty line. */
  readonly head: Buffer;
  readonly body: Buffer;
  /** The connection ends with it: the template says so, or does not tell its length. */
  readonly closes: boolean;
  /** What the Connection line of the template counts, which is not in `head`. */
  readonly uncountedBytes: number;
  /** It is an HTTP/1.0 message. */
  readonly old: boolean;
}

/** The whole message that the configuration gives. */
export function rawMessage(reply: ErrorReply): Buffer {
  switch (reply.kind) {
    case 'raw':
      return Buffer.from(reply.content, 'latin1');
    case 'redirect': {
      const reason = reply.status === 303 ? '303 See Other' : '302 Found';
      return Buffer.from(
        `HTTP/1.1 ${reason}\r\nCache-Control: no-cache\r\nContent-length: 0\r\nLocation: ${reply.location}\r\n\r\n`,
        'latin1',
      );
    }
  }
}

/** Splits a message of the user's into head and body, as it goes out through a stream: names lower-cased. */
export function prepareReply(status: number, message: Buffer): PreparedReply {
  const text = message.toString('latin1');
  const match = /\r?\n\r?\n/.exec(text);
  const head = match === null ? text : text.slice(0, match.index);
  const body = match === null ? '' : text.slice(match.index + match[0].length);
  const lines = head.split(/\r?\n/);
  const start = lines.shift() ?? '';
  let closes = false;
  let framed = false;
  let uncountedBytes = 0;
  let out = `${start}\r\n`;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'connection') {
      if (/\bclose\b/i.test(value)) closes = true;
      uncountedBytes += name.length + value.length;
      continue;
    }
    if (name === 'content-length' || name === 'transfer-encoding') framed = true;
    out += `${name}: ${value}\r\n`;
  }
  const found = /^HTTP\/\d\.\d (\d+)/.exec(start);
  return {
    status: found === null ? status : Number(found[1]),
    head: Buffer.from(out, 'latin1'),
    body: Buffer.from(body, 'latin1'),
    closes: closes || !framed,
    uncountedBytes,
    old: start.startsWith('HTTP/1.0'),
  };
}
