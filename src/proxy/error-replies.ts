/**
 * The replies that the proxy gives itself: the built-in ones, byte for byte those of HAProxy 2.6, or what `errorfile`,
 * `errorloc*` and `errorfiles` put in their place. Each is encoded once.
 */
import type { ProxyConfig } from '../config/model.ts';
import { type PreparedReply, prepareReply, rawMessage } from '../rules/prepared-reply.ts';

/** Status → reason and text as HAProxy words them. */
const builtIn = new Map<number, readonly [reason: string, text: string]>([
  [200, ['OK', 'Service ready.']],
  [400, ['Bad request', 'Your browser sent an invalid request.']],
  [401, ['Unauthorized', 'You need a valid user and password to access this content.']],
  [403, ['Forbidden', 'Request forbidden by administrative rules.']],
  [404, ['Not Found', 'The resource could not be found.']],
  [
    405,
    [
      'Method Not Allowed',
      'A request was made of a resource using a request method not supported by that resource',
    ],
  ],
  [407, ['Unauthorized', 'You need a valid user and password to access this content.']],
  [408, ['Request Time-out', "Your browser didn't send a complete request in time."]],
  [410, ['Gone', 'The resource is no longer available and will not be available again.']],
  [413, ['Payload Too Large', 'The request entity exceeds the maximum allowed.']],
  [421, ['Misdirected Request', 'Request sent to a non-authoritative server.']],
  [422, ['Unprocessable Content', 'The server cannot process the contained instructions.']],
  [425, ['Too Early', 'Your browser sent early data.']],
  [429, ['Too Many Requests', 'You have sent too many requests in a given amount of time.']],
  [500, ['Internal Server Error', 'An internal server error occurred.']],
  [
    501,
    ['Not Implemented', '.The server does not support the functionality required to fulfill the request.'],
  ],
  [502, ['Bad Gateway', 'The server returned an invalid or incomplete response.']],
  [503, ['Service Unavailable', 'No server is available to handle this request.']],
  [504, ['Gateway Time-out', "The server didn't respond in time."]],
]);

const CLOSING = new Set([400, 408]);
const CLOSE_LINE_BYTES = 'connection'.length + 'close'.length;
const preparedBuiltIn = new Map<number, PreparedReply>();
for (const [status, [reason, text]] of builtIn) {
  const body = `<html><body><h1>${status} ${reason}</h1>\n${text}\n</body></html>\n`;
  const head = `HTTP/1.1 ${status} ${reason}\r\ncontent-length: ${body.length}\r\ncache-control: no-cache\r\ncontent-type: text/html\r\n`;
  preparedBuiltIn.set(status, {
    status,
    head: Buffer.from(head, 'latin1'),
    body: Buffer.from(body, 'latin1'),
    closes: CLOSING.has(status),
    uncountedBytes: CLOSING.has(status) ? CLOSE_LINE_BYTES : 0,
    old: false,
  });
}

/**
 * The form of a reply to what could not be read as a request: names in the case of a message that never passed a stream.
 * Always followed by closing.
 */
const preparedRaw = new Map<number, Buffer>();
for (const status of [400, 408, 413, 422, 500, 501]) {
  const [reason, text] = builtIn.get(status) as readonly [string, string];
  const body = `<html><body><h1>${status} ${reason}</h1>\n${text}\n</body></html>\n`;
  const close = CLOSING.has(status) ? 'Connection: close\r\n' : '';
  preparedRaw.set(
    status,
    Buffer.from(
      `HTTP/1.1 ${status} ${reason}\r\nContent-length: ${body.length}\r\nCache-Control: no-cache\r\n${close}Content-Type: text/html\r\n\r\n${body}`,
      'latin1',
    ),
  );
}

export class ErrorReplies {
  private readonly own = new Map<number, PreparedReply>();
  private readonly ownRaw = new Map<number, Buffer>();

  constructor(config: ProxyConfig) {
    for (const [status, reply] of config.errorReplies) {
      const raw = rawMessage(reply);
      this.ownRaw.set(status, raw);
      this.own.set(status, prepareReply(status, raw));
    }
  }

  /** The reply of a stream. */
  of(status: number): PreparedReply {
    const reply = this.own.get(status) ?? preparedBuiltIn.get(status);
    return reply ?? (preparedBuiltIn.get(500) as PreparedReply);
  }

  /** Whether the configuration says something of its own about this status. */
  configured(status: number): boolean {
    return this.own.has(status);
  }

  /** The reply where no stream exists. */
  raw(status: number): Buffer {
    const reply = this.ownRaw.get(status) ?? preparedRaw.get(status);
    return reply ?? (preparedRaw.get(400) as Buffer);
  }
}
