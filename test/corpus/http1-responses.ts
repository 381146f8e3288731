// The corpus of HTTP/1 responses, well-formed and not, for requests of several forms. Verdicts stand in
// http1-responses.verdicts. Specification: RFC 9110 and 9112; the reference for what is made of the bytes.

import { allBytes, type CaseExtras, type CorpusCase, type Step, visibleLabel } from './case.ts';

const HOST = 'Host: h\r\n';
const GET = `GET /1 HTTP/1.1\r\n${HOST}\r\n`;
const LENGTH_2 = 'Content-Length: 2\r\n';
const ORDINARY = `HTTP/1.1 200 OK\r\n${LENGTH_2}\r\nok`;
const CHUNKED_HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const CHUNKED = `${CHUNKED_HEAD}2\r\nok\r\n0\r\n\r\n`;

const REQUESTS: Readonly<Record<string, string>> = {
  GET,
  HEAD: GET.replace('GET', 'HEAD'),
  'GET in HTTP/1.0': GET.replace('1.1', '1.0'),
  'GET in HTTP/1.0 with keep-alive': GET.replace('1.1', '1.0').replace(
    HOST,
    `${HOST}Connection: keep-alive\r\n`,
  ),
  'GET with close': GET.replace(HOST, `${HOST}Connection: close\r\n`),
};

function responses(
  family: string,
  entries: Readonly<Record<string, Step | readonly Step[]>>,
  request: string | readonly Step[] = GET,
  extras: CaseExtras = {},
): CorpusCase[] {
  return Object.entries(entries).map(([label, steps]) => ({
    name: `${family}: ${label}`,
    request: typeof request === 'string' ? [request] : request,
    response: typeof steps === 'string' ? [steps] : steps,
    ...extras,
  }));
}

function byValue(
  family: string,
  values: readonly string[],
  bytesOf: (value: string) => Step | readonly Step[],
) {
  return responses(family, Object.fromEntries(values.map((value) => [visibleLabel(value), bytesOf(value)])));
}

function perByte(family: string, bytesOf: (byte: string) => string): CorpusCase[] {
  return allBytes().map(([label, byte]) => ({
    name: `${family}: ${label}`,
    request: [GET],
    response: [bytesOf(byte)],
  }));
}

function withHeader(lines: string): string {
  return `HTTP/1.1 200 OK\r\n${lines}\r\n${LENGTH_2}\r\nok`;
}

function statusLineCases(): CorpusCase[] {
  const lines =
    'HTTP/1.1 200 OK|HTTP/1.1 200|HTTP/1.1 200 |HTTP/1.1  200  OK|HTTP/1.1\t200\tOK| HTTP/1.1 200 OK|HTTP/1.2 200 OK|' +
    'HTTP/2.0 200 OK|HTTP/0.9 200 OK|HTTP/1.0 200 OK|HTTP/1.10 200 OK|HTTP/1 200 OK|http/1.1 200 OK|RTSP/1.0 200 OK|' +
    'ICY 200 OK|HTTP/1.1 2000 OK|HTTP/1.1 100x X|HTTP/1.1 600 X|HTTP/1.1 999 X|HTTP/1.1 1000 X|HTTP/1.1 2x0 X|' +
    'HTTP/1.1 -20 X|HTTP/1.1|HTTP/1.1 |HTTP/1.1 OK|HTTP/1.1 200 OK  |HTTP/1.1 200OK|HTTP/1.1 200;OK|garbage|';
  const small = ['HTTP/1.1 20 OK', 'HTTP/1.1 099 X', 'HTTP/1.1 000 X'];
  const line = (text: string): string => `${text}\r\n${LENGTH_2}\r\nok`;
  return [
    ...byValue('status line', lines.split('|'), line),
    ...byValue('status line', small, line).map((each) => ({
      ...each,
      differs: {
        why: 'HAProxy 2.6 drops the length of a status below 100 but passes the body on, which desynchronises the client',
        like: 'status line: HTTP/1.1 2x0 X',
      },
    })),
    ...perByte('reason byte', (byte) => `HTTP/1.1 200 O${byte}K\r\n${LENGTH_2}\r\nok`),
    ...responses('response start', {
      'CRLF before': `\r\n${ORDINARY}`,
      'LF before': `\n${ORDINARY}`,
      'LF everywhere': ORDINARY.replaceAll('\r', ''),
      'CR in the status line': `HTTP/1.1 200 OK\rX\r\n${LENGTH_2}\r\nok`,
      'no head at all': ['hello world\r\n\r\n', 'FIN'],
      'HTML without a head': ['<html>\n<body>\n\n', 'FIN'],
      'reason of 500 bytes': `HTTP/1.1 200 ${'r'.repeat(500)}\r\n${LENGTH_2}\r\nok`,
    }),
  ];
}

function headerCases(): CorpusCase[] {
  const lines: Record<string, string> = {
    fold: 'X: a\r\n b',
    'fold with LF': 'X: a\n\tb',
    'fold before the first': ' X: a',
    'empty name': ': v',
    'no colon': 'X',
    'space before the colon': 'X : v',
    'space in the name': 'X Y: v',
    'no value': 'X:',
    'blanks around': 'X:   v  ',
    'mixed case': 'X-FoO: V',
    'same name twice': 'X: 1\r\nX: 2',
    NUL: 'X: \0',
    CR: 'X: a\rb',
    'two Set-Cookie': 'Set-Cookie: a=b\r\nSet-Cookie: c=d',
    'Server and Date': 'Server: s\r\nDate: d',
    'two Host': 'Host: a\r\nHost: b',
    'name of 255 bytes': `${'N'.repeat(255)}: v`,
    'name of 256 bytes': `${'N'.repeat(256)}: v`,
    'Connection: close': 'Connection: close',
    'Connection: keep-alive': 'Connection: keep-alive',
    'Connection: X': 'Connection: X',
    'Connection: X, close': 'Connection: X, close',
    'Connection: close, keep-alive': 'Connection: close, keep-alive',
    'Upgrade offered': 'Connection: upgrade\r\nUpgrade: foo',
    'Upgrade alone': 'Upgrade: h2',
    'Keep-Alive': 'Keep-Alive: timeout=5',
    'Proxy-Connection': 'Proxy-Connection: close',
    TE: 'TE: trailers',
    Trailer: 'Trailer: X',
    'head too large': `X: ${'a'.repeat(16_000)}`,
    'head of 40000 bytes': `X: ${'a'.repeat(40_000)}`,
    '100 headers': 'X: v\r\n'.repeat(99).trimEnd(),
    '101 headers': 'X: v\r\n'.repeat(100).trimEnd(),
    '200 headers': 'X: v\r\n'.repeat(199).trimEnd(),
  };
  return [
    ...responses(
      'response header',
      Object.fromEntries(Object.entries(lines).map(([label, line]) => [label, withHeader(line)])),
    ),
    ...perByte('response name byte', (byte) => withHeader(`X${byte}Y: v`)),
    ...perByte('response value byte', (byte) => withHeader(`X: a${byte}b`)),
  ];
}

function framingCases(): CorpusCase[] {
  const lengths =
    '2|02|+2|-2|2 2|2,2|2, 2|2,3|2,|,2||a|2a|0x2|9223372036854775808|99999999999999999999999|2;';
  const encodings =
    'chunked|Chunked|chunked,|, chunked|chunked, chunked|gzip, chunked|chunked, gzip|gzip|identity|identity, chunked||' +
    'chunkedx|\x0bchunked|"chunked"|chunked;q=1';
  const body = '2\r\nok\r\n0\r\n\r\n';
  const pairs = ['2|2', '2|3', '2|02', '2|', '2|a'].map((pair) => pair.split('|'));
  return [
    ...byValue(
      'response Content-Length',
      lengths.split('|'),
      (v) => `HTTP/1.1 200 OK\r\nContent-Length: ${v}\r\n\r\nok`,
    ),
    ...pairs.flatMap(([a, b]) =>
      responses('response with two Content-Length', {
        [`${a} and ${b}`]: `HTTP/1.1 200 OK\r\nContent-Length: ${a}\r\nX: y\r\nContent-Length: ${b}\r\n\r\nok`,
      }),
    ),
    ...responses('response Content-Length', {
      0: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
    }),
    ...byValue('response Transfer-Encoding', encodings.split('|'), (v) => [
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${v}\r\n\r\n${body}`,
      'FIN',
    ]),
    ...byValue('response Transfer-Encoding in HTTP/1.0', encodings.split('|'), (v) => [
      `HTTP/1.0 200 OK\r\nTransfer-Encoding: ${v}\r\n\r\n${body}`,
      'FIN',
    ]),
    ...byValue('response with both framings', encodings.split('|'), (v) => [
      `HTTP/1.1 200 OK\r\nContent-Length: 12\r\nTransfer-Encoding: ${v}\r\n\r\n${body}`,
      'FIN',
    ]),
    ...responses('response with two Transfer-Encoding', {
      'chunked and chunked': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
      'gzip and chunked': `HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    }),
    ...responses('response with both framings', {
      'encoding first': `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 12\r\n\r\n${body}`,
      'a bad length': `HTTP/1.1 200 OK\r\nContent-Length: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    }),
  ];
}

function formCases(): CorpusCase[] {
  const head = (status: string, lines = ''): string => `HTTP/1.1 ${status}\r\n${lines}\r\n`;
  const forms: Record<string, Step | readonly Step[]> = {
    'by length': ORDINARY,
    'by length in HTTP/1.0': [ORDINARY.replace('1.1', '1.0'), 'FIN'],
    'by length in HTTP/1.0 with keep-alive': ORDINARY.replace(
      'HTTP/1.1 200 OK',
      'HTTP/1.0 200 OK\r\nConnection: keep-alive',
    ),
    chunked: CHUNKED,
    'chunked with a trailer': `${CHUNKED_HEAD}2\r\nok\r\n0\r\nT: 1\r\n\r\n`,
    'to the end of the connection': ['HTTP/1.1 200 OK\r\nX: y\r\n\r\nok', 'more', 'FIN'],
    'to the end of the connection in HTTP/1.0': ['HTTP/1.0 200 OK\r\nX: y\r\n\r\nok', 'FIN'],
    'to the end, with close': ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok', 'FIN'],
    'empty, to the end of the connection': [head('200 OK'), 'FIN'],
    204: head('204 No Content'),
    '204 with length 0': head('204 No Content', 'Content-Length: 0\r\n'),
    '204 with a body': `${head('204 No Content', LENGTH_2)}ok`,
    '204 chunked': `${head('204 No Content', 'Transfer-Encoding: chunked\r\n')}2\r\nok\r\n0\r\n\r\n`,
    '304 with a length': head('304 Not Modified', LENGTH_2),
    '304 with a body': `${head('304 Not Modified', LENGTH_2)}ok`,
    '304 with an encoding': head('304 Not Modified', 'Transfer-Encoding: chunked\r\n'),
    205: head('205 Reset', 'Content-Length: 0\r\n'),
    '100 before': [head('100 Continue'), ORDINARY],
    '103 before': [head('103 Early Hints', 'Link: x\r\n'), ORDINARY],
    '102 with a length before': [head('102 Processing', LENGTH_2), ORDINARY],
    '100 before, in one part': head('100 Continue') + ORDINARY,
    'three informational before':
      head('100 Continue') + head('100 Continue') + head('103 Hints', 'A: b\r\n') + ORDINARY,
    '199 before': [head('199 Odd'), ORDINARY],
    '100 in HTTP/1.0 before': ['HTTP/1.0 100 Continue\r\n\r\n', ORDINARY],
    '100, then FIN': [head('100 Continue'), 'FIN'],
  };
  return Object.entries(REQUESTS).flatMap(([label, request]) =>
    responses(`answer to ${label}`, forms, request),
  );
}

function chunkCases(): CorpusCase[] {
  const bodies: Record<string, string> = {
    'bad size': 'g\r\nok\r\n0\r\n\r\n',
    'blank before the size': ' 2\r\nok\r\n0\r\n\r\n',
    extensions: '2;x=y\r\nok\r\n0;z\r\n\r\n',
    LF: '2\nok\n0\n\n',
    'nothing after the data': '2\r\nok0\r\n\r\n',
    'leading zeros': '0000000000000000000002\r\nok\r\n0\r\n\r\n',
    'huge size': 'fffffffffffffffff\r\nok',
    'blank after the size': '2 \r\nok\r\n0\r\n\r\n',
    'CR after the size': '2\rok\r\n0\r\n\r\n',
    'bad trailer': '2\r\nok\r\n0\r\nX\r\n\r\n',
    'Content-Length as trailer': '2\r\nok\r\n0\r\nContent-Length: 3\r\n\r\n',
    'three chunks': '1\r\na\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n',
    'an empty line first': '\r\n2\r\nok\r\n0\r\n\r\n',
  };
  return Object.entries(bodies).flatMap(([label, body]) => [
    ...responses('response chunks', { [label]: CHUNKED_HEAD + body }),
    ...responses('later response chunks', { [label]: [`${CHUNKED_HEAD}1\r\nz\r\n`, body] }),
  ]);
}

function endingCases(): CorpusCase[] {
  const length10 = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';
  const chunkEnds: Record<string, string> = {
    'in a chunk size': '2',
    'after a chunk size': '2\r\n',
    'in chunk data': '2\r\no',
    'after chunk data': '2\r\nok\r\n',
    'before the last line': '2\r\nok\r\n0\r\n',
    'in a trailer': '2\r\nok\r\n0\r\nT: x\r\n',
  };
  return [
    ...responses('early end', {
      'FIN at once': ['FIN'],
      'RST at once': ['RST'],
      'FIN in the status line': ['HTTP/1.1 20', 'FIN'],
      'FIN in the head': ['HTTP/1.1 200 OK\r\nX: y\r\n', 'FIN'],
      'RST in the head': ['HTTP/1.1 200 OK\r\nX: y\r\n', 'RST'],
      'FIN in the body': [`${length10}abc`, 'FIN'],
      'FIN before the body': [length10, 'FIN'],
      'RST in the body': [`${length10}abc`, 'RST'],
      'RST in a body without length': ['HTTP/1.1 200 OK\r\n\r\nabc', 'RST'],
    }),
    ...responses(
      'early end',
      Object.fromEntries(
        Object.entries(chunkEnds).map(([label, body]) => [`FIN ${label}`, [CHUNKED_HEAD + body, 'FIN']]),
      ),
    ),
    ...responses(
      'stall',
      {
        'before the head': [],
        'in the head': ['HTTP/1.1 200 OK\r\nX: y\r\n'],
        'in the body': [`${length10}abc`],
        'in a body without length': ['HTTP/1.1 200 OK\r\n\r\nabc'],
        'in chunks': [`${CHUNKED_HEAD}3\r\nabc\r\n`],
        'after 100': ['HTTP/1.1 100 Continue\r\n\r\n'],
      },
      GET.replace(HOST, `${HOST}Connection: close\r\n`),
      { final: true },
    ),
    ...responses('extra bytes', {
      'behind the body': `${ORDINARY}extra`,
      'a second response behind': ORDINARY + ORDINARY,
      'CRLF behind': `${ORDINARY}\r\n`,
      'behind the last chunk': `${CHUNKED}xx`,
      later: [ORDINARY, 'extra'],
      'a second response later': [ORDINARY, ORDINARY],
      'FIN behind': [ORDINARY, 'FIN'],
    }),
    ...responses('extra bytes', { 'body of an answer to HEAD': ORDINARY }, REQUESTS['HEAD']),
    ...responses('extra bytes', { 'chunks of an answer to HEAD': CHUNKED }, REQUESTS['HEAD']),
  ];
}

function upgradeCases(): CorpusCase[] {
  const ask = (lines: string, version = '1.1'): string =>
    `GET /1 HTTP/${version}\r\n${HOST}Connection: Upgrade\r\n${lines}\r\n\r\n`;
  const foo = ask('Upgrade: foo');
  const webSocket = ask(
    'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13',
  );
  const connect = 'CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n';
  const switching = (lines: string): string => `HTTP/1.1 101 Switching Protocols\r\n${lines}\r\nhello`;
  const accepted = 'Connection: Upgrade\r\nUpgrade: foo\r\n';
  const ending = { final: true };
  return [
    ...responses(
      'upgrade',
      {
        accepted: [switching(accepted), 'world', 'FIN'],
        'to another protocol': [switching('Connection: Upgrade\r\nUpgrade: bar\r\n'), 'FIN'],
        'with a length': [switching(`${accepted}Content-Length: 5\r\n`), 'FIN'],
        'after 100': [`HTTP/1.1 100 Continue\r\n\r\n${switching(accepted)}`, 'FIN'],
      },
      foo,
      ending,
    ),
    ...responses('upgrade', { 'without its headers': switching('') }, foo),
    ...responses(
      'upgrade',
      { 'in HTTP/1.0': [switching(accepted), 'FIN'] },
      ask('Upgrade: foo', '1.0'),
      ending,
    ),
    ...responses(
      'upgrade',
      {
        'refused by 200': ORDINARY,
        'refused, offered again': withHeader('Connection: upgrade\r\nUpgrade: foo'),
      },
      foo,
    ),
    ...responses('upgrade', { 'not asked for': switching(accepted) }),
    ...responses(
      'WebSocket',
      {
        accepted: [
          switching(
            'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n',
          ),
          'FIN',
        ],
        'with a wrong accept': [
          switching('Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n'),
          'FIN',
        ],
      },
      webSocket,
      ending,
    ),
    ...responses(
      'WebSocket',
      { 'without accept': switching('Connection: Upgrade\r\nUpgrade: websocket\r\n') },
      webSocket,
    ),
    ...responses(
      'CONNECT',
      {
        200: ['HTTP/1.1 200 OK\r\n\r\nhello', 'FIN'],
        '200 with a length': [`HTTP/1.1 200 OK\r\n${LENGTH_2}\r\nhello`, 'FIN'],
        '200 with an encoding': ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nhello', 'FIN'],
        '200 in HTTP/1.0': ['HTTP/1.0 200 OK\r\n\r\nhello', 'FIN'],
        204: ['HTTP/1.1 204 No Content\r\n\r\nhello', 'FIN'],
      },
      connect,
      ending,
    ),
    ...responses('CONNECT', { 'refused with a length': `HTTP/1.1 403 No\r\n${LENGTH_2}\r\nno` }, connect),
  ];
}

export const http1Responses: readonly CorpusCase[] = [
  ...statusLineCases(),
  ...headerCases(),
  ...framingCases(),
  ...formCases(),
  ...chunkCases(),
  ...endingCases(),
  ...upgradeCases(),
];
