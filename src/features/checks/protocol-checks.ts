/**
 * The built-in dialogues that need no more than bytes and patterns: Redis, SMTP, PostgreSQL and the SSLv3 hello.
 * Specification: configuration manual 4.2 `option redis-check`, `smtpchk`, `pgsql-check`, `ssl-hello-chk`; RFC 5321;
 * the PostgreSQL protocol 3.0; RFC 6101. Sequences and texts as HAProxy 2.6 is seen to use them.
 */
import { type BuiltInRule, DEFAULT_CONNECT, expecting, sending } from './check-rules.ts';

/** These servers log connections that are reset. */
const GENTLE_CONNECT: BuiltInRule = { ...DEFAULT_CONNECT, linger: true };

export function redisRules(): BuiltInRule[] {
  return [
    sending('*1\r\n$4\r\nPING\r\n'),
    expecting(
      { type: 'string', text: '+PONG\r\n' },
      { errorStatus: 'L7STS', onSuccess: 'Redis server is ok', onError: { lineFrom: 0 } },
    ),
  ];
}

export function smtpRules(command: 'HELO' | 'EHLO', domain: string): BuiltInRule[] {
  const reply = { codeDigits: 3, errorStatus: 'L7STS', onError: { lineFrom: 4 } } as const;
  return [
    GENTLE_CONNECT,
    expecting(
      { type: 'regex', pattern: '^[0-9]{3}[ \\r]' },
      { minReceivedBytes: 4, errorStatus: 'L7RSP', onError: { lineFrom: 0 } },
    ),
    expecting({ type: 'regex', pattern: '^2[0-9]{2}[ \\r]' }, { ...reply, minReceivedBytes: 4 }),
    sending(`${command} ${domain}\r\n`),
    expecting({ type: 'regex', pattern: '^(?:2[0-9]{2}-[^\\r]*\\r\\n)*2[0-9]{2}[ \\r]' }, reply),
    sending('QUIT\r\n'),
    expecting(
      { type: 'regex', pattern: '^2[0-9]{2}[- \\r]' },
      { ...reply, minReceivedBytes: 4, onSuccess: { lineFrom: 4 } },
    ),
  ];
}

export function pgsqlRules(user: string): BuiltInRule[] {
  const parameters = `user\0${user}\0\0`;
  const message = Buffer.alloc(8);
  message.writeUInt32BE(8 + parameters.length, 0);
  message.writeUInt32BE(0x00030000, 4);
  return [
    GENTLE_CONNECT,
    sending(message.toString('latin1') + parameters),
    // An error's first field is its severity.
    expecting(
      { type: 'regex', pattern: '^E' },
      { negated: true, minReceivedBytes: 5, errorStatus: 'L7RSP', onError: { lineFrom: 6 } },
    ),
    // Authentication: done, or one of the ways to ask for it.
    expecting(
      {
        type: 'binary regex',
        pattern: '^52000000[0-9A-F]{2}000000(?:00|02|03|04|05|06|07|09|0A)',
      },
      {
        minReceivedBytes: 9,
        errorStatus: 'L7STS',
        onSuccess: 'PostgreSQL server is ok',
        onError: 'PostgreSQL unknown error',
      },
    ),
  ];
}

export function sslHelloRules(): BuiltInRule[] {
  return [
    sending(sslHello),
    // A server's hello, or an alert: both are said by somebody who speaks the protocol.
    expecting(
      { type: 'binary regex', pattern: '^1[56]' },
      {
        minReceivedBytes: 5,
        okStatus: 'L6OK',
        errorStatus: 'L6RSP',
        timeoutStatus: 'L6TOUT',
        onSuccess: '',
        onError: '',
      },
    ),
  ];
}

const SSL_HELLO_RANDOM = 'HAPROXYSSLCHK\nHAPROXYSSLCHK\n';
const SSL_CIPHERS = [...range(0x01, 0x1b), ...range(0x2f, 0x3a)];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

/** An SSLv3 ClientHello with the time of now, without extensions. */
function sslHello(): string {
  const time = Buffer.alloc(4);
  time.writeUInt32BE(Math.floor(Date.now() / 1000));
  const ciphers = SSL_CIPHERS.flatMap((cipher) => [0, cipher]);
  const body = Buffer.concat([
    Buffer.from([3, 0]),
    time,
    Buffer.from(SSL_HELLO_RANDOM, 'latin1'),
    // No session; the ciphers; no compression.
    Buffer.from([0, 0, ciphers.length, ...ciphers, 1, 0]),
  ]);
  const handshake = Buffer.concat([Buffer.from([1, 0, 0, body.length]), body]);
  return Buffer.concat([Buffer.from([0x16, 3, 0, 0, handshake.length]), handshake]).toString('latin1');
}
