// Requests whose head is at stake: request line, targets, Host, line ends, header syntax, sizes, connection headers.
// Specification: RFC 9110 and 9112 for what the bytes mean; the reference for what is made of them.

import {
  type CorpusCase,
  headerLines,
  requestFamily,
  requestsAround,
  requestsPerByte,
  visibleLabel,
} from './case.ts';

const HOST = 'Host: h\r\n';

/** A GET with these header lines (without the last CRLF) after Host. */
function withHeader(lines: string): string {
  return `GET / HTTP/1.1\r\n${HOST}${lines}\r\n\r\n`;
}

function lineCases(): CorpusCase[] {
  const lines: Record<string, string> = {
    plain: 'GET / HTTP/1.1',
    'two spaces before the target': 'GET  / HTTP/1.1',
    'two spaces before the version': 'GET /  HTTP/1.1',
    'tabs between the words': 'GET\t/\tHTTP/1.1',
    'space at the end': 'GET / HTTP/1.1 ',
    'space at the start': ' GET / HTTP/1.1',
    'HTTP/0.9': 'GET /',
    'HTTP/0.9 and a space': 'GET / ',
    'HTTP/0.9 with POST': 'POST /',
    'no target': 'GET HTTP/1.1',
    'method alone': 'GET',
    'method and a space': 'GET ',
    'four words': 'GET / x HTTP/1.1',
    'unknown method': 'FOO / HTTP/1.1',
    'lower-case method': 'get / HTTP/1.1',
    'digits as method': '123 / HTTP/1.1',
    'method with a dash': 'M-SEARCH * HTTP/1.1',
    'method of 300 bytes': `${'A'.repeat(300)} / HTTP/1.1`,
    'PRI of HTTP/2': 'PRI * HTTP/2.0',
    'PRI in HTTP/1.1': 'PRI / HTTP/1.1',
  };
  const versions =
    'HTTP/1.0 HTTP/1.2 HTTP/1.9 HTTP/1.10 HTTP/0.9 HTTP/0.0 HTTP/2.0 HTTP/3.0 HTTP/9.9 http/1.1 Http/1.1 HTTP/1 ' +
    'HTTP/1. HTTP/.1 HTTP/11.1 HTTP/01.1 HTTP/a.b HTTP/1,1 HTTP/1.1x HTTP/1.1; HTTPS/1.1 HTP/1.1 RTSP/1.0 ICY/1.1 HTTP1.1';
  return [
    ...requestFamily(
      'request line',
      Object.fromEntries(Object.entries(lines).map(([label, line]) => [label, `${line}\r\n${HOST}\r\n`])),
    ),
    ...requestsAround('version', versions.split(' '), (version) => `GET / ${version}\r\n${HOST}\r\n`),
    ...requestsPerByte('method byte', (byte) => `G${byte}T / HTTP/1.1\r\n${HOST}\r\n`),
    // The reference's verdict on 0x7f to 0xa3 depends on where in the target the byte stands.
    ...requestsPerByte(
      'target byte',
      (byte) => `GET /a${byte}b HTTP/1.1\r\n${HOST}\r\n`,
      (code) => code >= 0x7f && code <= 0xa3,
    ),
  ];
}

function targetCases(): CorpusCase[] {
  const targets =
    '* / // /a#frag #frag a a/b ?q /?q /%zz /%00 /a% http://h/ http://h http://H/ HTTP://h/ http://other/ http://h:80/ ' +
    'http://h:8080/ http://u@h/ http://u:p@h/ http:// http:/// https://h/ https://h:443/ ftp://h/ http:/h http:h ://h/ ' +
    'h:80 h:443 h:8080 h [::1]:80 http://[::1]/ /\\ mailto:x 1http://h/ ht+tp://h/ ht_tp://h/ /http://x/ */ ** http://h?q ' +
    'http://h#f http://h:/ http://h:abc/';
  const cases: CorpusCase[] = [];
  for (const method of ['GET', 'OPTIONS', 'CONNECT'])
    cases.push(
      ...requestsAround(
        `target of ${method}`,
        targets.split(' '),
        (target) => `${method} ${target} HTTP/1.1\r\n${HOST}\r\n`,
      ),
    );
  const pairs: [string, string, string][] = [
    ['GET', 'http://h/', 'h:80'],
    ['GET', 'https://h/', 'h:443'],
    ['GET', 'http://h:443/', 'h'],
    ['GET', 'http://h:81/', 'h:82'],
    ['GET', 'http://a/', 'b'],
    ['GET', 'http://a/', ''],
    ['GET', 'http://u@a/', 'a'],
    ['GET', 'http://u@a/', 'u@a'],
    ['CONNECT', 'h:80', 'h:80'],
    ['CONNECT', 'h:443', 'h:443'],
    ['CONNECT', 'h:80', 'x:80'],
    ['CONNECT', 'u@h:80', 'h:80'],
    ['CONNECT', '[::1]:80', '[::1]:80'],
  ];
  for (const [method, target, host] of pairs)
    cases.push({
      name: `target and Host: ${method} ${target} with "${host}"`,
      request: [`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
    });
  return [
    ...cases,
    ...requestFamily('target and Host', {
      'absolute without Host': 'GET http://a/ HTTP/1.1\r\n\r\n',
      'absolute without Host in HTTP/1.0': 'GET http://a/ HTTP/1.0\r\n\r\n',
    }),
  ];
}

function hostCases(): CorpusCase[] {
  const values = [
    '',
    'a,b',
    'a b',
    'a/b',
    'http://a',
    'a:',
    'a:b',
    'a:99999',
    ':80',
    '@',
    'u@h',
    '[::1',
    '::1',
    'a\\b',
  ];
  return [
    ...requestFamily('Host', {
      'missing in HTTP/1.1': 'GET / HTTP/1.1\r\n\r\n',
      'missing in HTTP/1.0': 'GET / HTTP/1.0\r\n\r\n',
      'twice the same': `GET / HTTP/1.1\r\n${HOST}${HOST}\r\n`,
      'twice, in other case': `GET / HTTP/1.1\r\n${HOST}HOST: H\r\n\r\n`,
      'twice, one with a port': `GET / HTTP/1.1\r\n${HOST}Host: h:80\r\n\r\n`,
      'twice, differing': `GET / HTTP/1.1\r\n${HOST}Host: b\r\n\r\n`,
      'twice, differing, in HTTP/1.0': `GET / HTTP/1.0\r\n${HOST}Host: b\r\n\r\n`,
      'three, the last differing': `GET / HTTP/1.1\r\n${HOST}${HOST}Host: b\r\n\r\n`,
    }),
    ...requestsAround('Host value', values, (value) => `GET / HTTP/1.1\r\nHost: ${value}\r\n\r\n`),
    ...requestsPerByte('Host byte', (byte) => `GET / HTTP/1.1\r\nHost: a${byte}b\r\n\r\n`),
  ];
}

function lineEndCases(): CorpusCase[] {
  return requestFamily('line end', {
    'LF everywhere': 'GET / HTTP/1.1\nHost: h\n\n',
    'LF after the request line': 'GET / HTTP/1.1\nHost: h\r\n\r\n',
    'LF after a header': 'GET / HTTP/1.1\r\nHost: h\n\r\n',
    'LF as the last line': 'GET / HTTP/1.1\r\nHost: h\r\n\n',
    'CRLF before the request': `\r\nGET / HTTP/1.1\r\n${HOST}\r\n`,
    'many CRLF before the request': `${'\r\n'.repeat(50)}GET / HTTP/1.1\r\n${HOST}\r\n`,
    'LF before the request': `\n\nGET / HTTP/1.1\r\n${HOST}\r\n`,
    'CR before the request': `\rGET / HTTP/1.1\r\n${HOST}\r\n`,
    'NUL before the request': `\0GET / HTTP/1.1\r\n${HOST}\r\n`,
    'CR in the request line': 'GET / HTTP/1.1\rX\r\nHost: h\r\n\r\n',
    'CR CR LF after the request line': 'GET / HTTP/1.1\r\r\nHost: h\r\n\r\n',
    'CR CR LF after a header': 'GET / HTTP/1.1\r\nHost: h\r\r\n\r\n',
    'CR alone everywhere': 'GET / HTTP/1.1\rHost: h\r\r',
    'CR CR LF as the last line': 'GET / HTTP/1.1\r\nHost: h\r\n\r\r\n',
    'CR in a value': withHeader('X: a\rY: b'),
    'CR and a letter as the last line': `GET / HTTP/1.1\r\n${HOST}\rX\r\n`,
    'LF CR': 'GET / HTTP/1.1\n\rHost: h\n\r\n\r',
    'CR LF in parts': ['GET / HTTP/1.1\r', '\nHost: h\r', '\n\r', '\n'],
  });
}

function headerCases(): CorpusCase[] {
  const lines: Record<string, string> = {
    'fold with a space': 'X: a\r\n b',
    'fold with a tab': 'X: a\r\n\tb',
    'fold over three lines': 'X: a\r\n   b\r\n \t c',
    'fold of blanks': 'X: a\r\n  ',
    'fold of blanks before another': 'X: a\r\n  \r\nY: b',
    'fold after an empty value': 'X:\r\n b',
    'fold with LF': 'X: a\n b',
    'fold with blanks around': 'X: a  \r\n b  ',
    'empty name': ': v',
    'empty name, no blank': ':v',
    'no colon': 'X',
    'no colon, two words': 'X y',
    'space before the colon': 'X : v',
    'tab before the colon': 'X\t: v',
    'blank before the name': ' X: v',
    'space in the name': 'X Y: v',
    'no value': 'X:',
    'only blanks as value': 'X:   ',
    'many blanks before the value': 'X:    v',
    'tab before the value': 'X:\tv',
    'no blank before the value': 'X:v',
    'blanks after the value': 'X: v \t ',
    'blanks in the value': 'X: a    b\t c',
    'two colons': 'X:: v',
    'same name twice': 'X: 1\r\nX: 2',
    'mixed case': 'x-LoWeR: V',
    'quoted name': '"X": v',
    'NUL as value': 'X: \0',
    'name of 255 bytes': `${'N'.repeat(255)}: v`,
    'name of 256 bytes': `${'N'.repeat(256)}: v`,
    'name of 2000 bytes': `${'N'.repeat(2000)}: v`,
    'value of 10000 bytes': `X: ${'v'.repeat(10_000)}`,
  };
  return [
    ...requestFamily(
      'header',
      Object.fromEntries(Object.entries(lines).map(([label, line]) => [label, withHeader(line)])),
    ),
    ...requestFamily('header', {
      none: 'GET / HTTP/1.1\r\n\r\n',
      'fold before the first': 'GET / HTTP/1.1\r\n X: a\r\nHost: h\r\n\r\n',
      'fold in Host': 'GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n',
      'fold in Content-Length': `POST / HTTP/1.1\r\n${HOST}Content-Length:\r\n 3\r\n\r\nabc`,
      'fold in Transfer-Encoding': `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`,
    }),
    ...requestsPerByte('name byte', (byte) => withHeader(`X${byte}Y: v`)),
    ...requestsPerByte('value byte', (byte) => withHeader(`X: a${byte}b`)),
  ];
}

function sizeCases(): CorpusCase[] {
  const start = `GET / HTTP/1.1\r\n${HOST}`;
  const cases: CorpusCase[] = [];
  for (const size of [15_000, 15_360, 16_384, 16_385, 40_000]) {
    const lines = headerLines(size - start.length - 2);
    const path = `/${'a'.repeat(size - start.length - 2)}`;
    cases.push(
      ...requestFamily('size', {
        [`head of ${size} bytes`]: `${start}${lines}\r\n`,
        [`target that makes a head of ${size} bytes`]: `GET ${path} HTTP/1.1\r\n${HOST}\r\n`,
      }),
    );
  }
  for (const size of [15_273, 15_274]) {
    const value = 'a'.repeat(size - start.length - 7);
    cases.push(...requestFamily('size', { [`two headers, ${size} bytes`]: `${start}X: ${value}\r\n\r\n` }));
  }
  for (const count of [99, 100, 101, 102, 300])
    cases.push(
      ...requestFamily('size', { [`${count} headers`]: `${start}${'X: v\r\n'.repeat(count - 1)}\r\n` }),
    );
  return cases;
}

function connectionCases(): CorpusCase[] {
  const values = [
    'close',
    'keep-alive',
    'Close',
    'KEEP-ALIVE',
    'close, keep-alive',
    'X',
    'X, close',
    'keep-alive, X',
  ];
  const odd = [
    '',
    ',',
    ' , close',
    'close,',
    'clo se',
    'close;x',
    '"close"',
    'closed',
    'X,,Y',
    'X ,Y , close',
    'Host',
  ];
  const cases: CorpusCase[] = [];
  for (const header of ['Connection', 'Proxy-Connection'])
    for (const version of ['1.1', '1.0'])
      for (const value of header === 'Connection' ? [...values, ...odd] : values)
        cases.push({
          name: `${header} in HTTP/${version}: ${visibleLabel(value)}`,
          request: [`GET / HTTP/${version}\r\n${HOST}A: 1\r\n${header}: ${value}\r\nX: y\r\n\r\n`],
        });
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const hopByHop: Record<string, string> = {
    'two Connection headers': 'Connection: keep-alive\r\nA: 1\r\nConnection: close',
    'Keep-Alive': 'Keep-Alive: timeout=5',
    'TE: trailers': 'TE: trailers',
    'TE: Trailers': 'TE: Trailers',
    'TE: gzip, trailers': 'TE: gzip, trailers',
    'TE: trailers;q=1': 'TE: trailers;q=1',
    'TE: gzip': 'TE: gzip',
    'two TE headers': 'TE: gzip\r\nA: 1\r\nTE: trailers',
    Expect: 'Expect: 100-continue',
    'Expect of something else': 'Expect: foo',
    Trailer: 'Trailer: X',
    'Proxy-Authorization': 'Proxy-Authorization: x',
    'two Cookie headers': 'Cookie: a=b\r\nCookie: c=d',
    'Upgrade without Connection': 'Upgrade: websocket',
    'Connection: upgrade without Upgrade': 'Connection: upgrade',
    'Upgrade to foo': 'Connection: upgrade\r\nUpgrade: foo',
    'Upgrade to two protocols': 'Connection: upgrade\r\nUpgrade: a\r\nUpgrade: b',
    'Upgrade and close': 'Connection: upgrade, close\r\nUpgrade: foo',
    'Upgrade to h2c': 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAA',
    WebSocket: `Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n${key}`,
    'WebSocket without key': 'Connection: Upgrade\r\nUpgrade: websocket',
    'WebSocket with a short key': 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x',
    'WebSocket in a list': 'Connection: Upgrade\r\nUpgrade: foo, websocket',
  };
  return [
    ...cases,
    ...requestFamily(
      'hop by hop',
      Object.fromEntries(Object.entries(hopByHop).map(([label, line]) => [label, withHeader(line)])),
    ),
  ];
}

/** Clients that stop, or leave, before the head is complete. */
function unfinishedCases(): CorpusCase[] {
  return requestFamily(
    'unfinished head',
    {
      'nothing, then FIN': ['FIN'],
      'CRLF, then FIN': ['\r\n', 'FIN'],
      'method, then FIN': ['GE', 'FIN'],
      'headers, then FIN': [`GET / HTTP/1.1\r\n${HOST}`, 'FIN'],
      'nothing, then silence': [],
      'CRLF, then silence': ['\r\n'],
      'one byte, then silence': ['G'],
      'headers, then silence': [`GET / HTTP/1.1\r\n${HOST}`],
      'whole request, then FIN': [`GET / HTTP/1.1\r\n${HOST}\r\n`, 'FIN'],
    },
    { final: true },
  );
}

export const requestHeadCases: readonly CorpusCase[] = [
  ...lineCases(),
  ...targetCases(),
  ...hostCases(),
  ...lineEndCases(),
  ...headerCases(),
  ...sizeCases(),
  ...connectionCases(),
  ...unfinishedCases(),
];
