// Requests whose body is at stake: Content-Length, Transfer-Encoding, both of them, chunks, trailers, pipelines.
// Specification: RFC 9112 sections 6 and 7 for what the bytes mean; the reference for what is made of them.

import { type CaseExtras, type CorpusCase, requestFamily, requestsAround } from './case.ts';

const HOST = 'Host: h\r\n';
const CHUNKS = '3\r\nabc\r\n0\r\n\r\n';
const LAST = '0\r\n\r\n';

function post(headers: string, body: string, version = '1.1', method = 'POST'): string {
  return `${method} /x HTTP/${version}\r\n${HOST}${headers}\r\n${body}`;
}

const WRAPPED_LENGTH = {
  why: 'HAProxy 2.6 lets these lengths wrap around 2^64; a framing that two parties read differently is refused',
  like: 'Content-Length: 99999999999999999999999',
};

const BAD_TRAILER_NAME = {
  why: 'HAProxy 2.6 refuses or passes illegal names of trailers by chance; they are refused like those of headers',
  like: 'trailer: no colon',
  unsettled: true,
} as const;

function lengthCases(): CorpusCase[] {
  const values =
    '3|03|0000000003|000000000000000000000000000000003| 3 |\t3\t|+3|-3|3 3|3,3|3, 3|3 ,3|3,4|3,|,3|,||a|3a|a3|0x3|3.0|1e1|"3"|3;|' +
    '9223372036854775808|18446744073709551620|99999999999999999999999';
  const wrapping = '9223372036854775810 18446744073709551615 18446744073709551616 18446744073709551619';
  const pairs = '3|3 3|4 3|03 3| 3|a 3,3|3 3|3,3'.split(' ').map((pair) => pair.split('|'));
  return [
    ...requestsAround('Content-Length', values.split('|'), (value) =>
      post(`Content-Length: ${value}\r\n`, 'abc'),
    ),
    ...requestsAround('Content-Length of a GET', ['3', '3,4', '-3'], (value) =>
      post(`Content-Length: ${value}\r\n`, 'abc', '1.1', 'GET'),
    ),
    ...wrapping.split(' ').map((value) => ({
      name: `Content-Length: ${value}`,
      request: [post(`Content-Length: ${value}\r\n`, 'abc')],
      final: true,
      differs: WRAPPED_LENGTH,
    })),
    ...pairs.map(([first, second]) => ({
      name: `two Content-Length: ${first} and ${second}`,
      request: [post(`Content-Length: ${first}\r\nX: y\r\nContent-Length: ${second}\r\n`, 'abc')],
    })),
    ...requestFamily('body', {
      'empty by Content-Length': post('Content-Length: 0\r\n', ''),
      'none in POST': post('', ''),
      'none in POST of HTTP/1.0': post('', '', '1.0'),
      'space before the colon of Content-Length': post('Content-Length : 3\r\n', 'abc'),
      'odd case of Content-Length': post('content-LENGTH: 3\r\n', 'abc'),
      'in several parts': [post('Content-Length: 9\r\n', 'abc'), 'def', 'ghi'],
      'head and body apart': [post('Content-Length: 3\r\n', ''), 'abc'],
    }),
  ];
}

function methodCases(): CorpusCase[] {
  const cases: CorpusCase[] = [];
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'PUT', 'PATCH', 'POST', 'FOO'])
    for (const version of ['1.1', '1.0'])
      cases.push(
        ...requestFamily(`body of ${method} in HTTP/${version}`, {
          'by length': post('Content-Length: 3\r\n', 'abc', version, method),
          'of length 0': post('Content-Length: 0\r\n', '', version, method),
          chunked: post('Transfer-Encoding: chunked\r\n', CHUNKS, version, method),
        }),
      );
  return cases;
}

function encodingCases(): CorpusCase[] {
  const values =
    'chunked|Chunked|CHUNKED|chunked |\tchunked|chunked,|chunked, |, chunked|,chunked|chunked, chunked|gzip, chunked|' +
    'gzip,chunked|chunked, gzip|gzip|identity|identity, chunked|chunked, identity||"chunked"|chunked;x=y|chunked; q=1|' +
    'xchunked|chunkedx|chunked\x0b|\x0bchunked|chunked x|trailers|gzip, chunked, gzip|ch unked|chunked\0';
  const pairs = [
    'chunked|chunked',
    'gzip|chunked',
    'chunked|gzip',
    'identity|chunked',
    'chunked|',
    '|chunked',
  ];
  const te = (value: string): string => `Transfer-Encoding: ${value}\r\n`;
  return [
    ...requestsAround('Transfer-Encoding', values.split('|'), (value) => post(te(value), CHUNKS)),
    ...requestsAround('Transfer-Encoding in HTTP/1.0', values.split('|'), (value) =>
      post(te(value), CHUNKS, '1.0'),
    ),
    ...requestsAround('Content-Length and Transfer-Encoding', values.split('|'), (value) =>
      post(`Content-Length: 13\r\n${te(value)}X: y\r\n`, CHUNKS),
    ),
    ...pairs
      .map((pair) => pair.split('|'))
      .map(([first, second]) => ({
        name: `two Transfer-Encoding: "${first}" and "${second}"`,
        request: [post(`${te(first ?? '')}X: y\r\n${te(second ?? '')}`, CHUNKS)],
      })),
    ...requestFamily('both framings', {
      'encoding first': post('Transfer-Encoding: chunked\r\nContent-Length: 13\r\n', CHUNKS),
      'keep-alive in HTTP/1.0': post(
        'Connection: keep-alive\r\nContent-Length: 13\r\nTransfer-Encoding: chunked\r\n',
        CHUNKS,
        '1.0',
      ),
      'a bad length': post('Content-Length: a\r\nTransfer-Encoding: chunked\r\n', CHUNKS),
      'a bad length last': post('Transfer-Encoding: chunked\r\nContent-Length: a\r\n', CHUNKS),
      'two lengths': post('Content-Length: 3\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n', CHUNKS),
      'a request behind': `${post('Content-Length: 13\r\nTransfer-Encoding: chunked\r\n', CHUNKS)}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`,
      'a length that ends early': post(
        'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n',
        `${LAST}GET /smuggled HTTP/1.1\r\n${HOST}\r\n`,
      ),
      'space before the colon': post('Content-Length: 13\r\nTransfer-Encoding : chunked\r\n', CHUNKS),
    }),
  ];
}

function chunkCases(): CorpusCase[] {
  const chunked = (body: string): string => post('Transfer-Encoding: chunked\r\n', body);
  const sizes =
    '3|0003|00000000000000003|0000000000000000000000000000000000000003|-3|+3|0x3| 3|\t3|3 |3   |3\t|3;a=b|3 ; a = b|3;a="b;c"|' +
    '3;|3;a\0b|3;\xe9|3;\x01|3\r|3;a\rb|3g|g|3,3|3.0|3 0||;a=b|\0|10000000000000|fffffffffffffff|ffffffffffffffff|10000000000000003';
  const bodies: Record<string, string> = {
    'upper-case size': `A\r\n0123456789\r\n${LAST}`,
    'lower-case size': `a\r\n0123456789\r\n${LAST}`,
    'LF after the size': `3\nabc\r\n${LAST}`,
    'LF in an extension': `3;a\nabc\r\n${LAST}`,
    'LF after the data': `3\r\nabc\n${LAST}`,
    'nothing after the data': `3\r\nabc${LAST}`,
    'CR alone after the data': `3\r\nabc\r${LAST}`,
    'data longer than the size': `3\r\nabcd\r\n${LAST}`,
    'CR alone after the size': `3\rabc\r\n${LAST}`,
    'LF after the last chunk': '3\r\nabc\r\n0\n\n',
    'extension on the last chunk': '3\r\nabc\r\n0;x=y\r\n\r\n',
    'last chunk of two zeros': '3\r\nabc\r\n00\r\n\r\n',
    'last chunk with a sign': '3\r\nabc\r\n-0\r\n\r\n',
    'no data at all': LAST,
    'long extension': `3;${'a'.repeat(2000)}\r\nabc\r\n${LAST}`,
    'several chunks': '1\r\na\r\n2\r\nbc\r\n003;e\r\ndef\r\n0\r\nT: 1\r\n\r\n',
  };
  const trailers: Record<string, string> = {
    one: 'X: y',
    two: 'X: y\r\nZ: w',
    'Content-Length': 'Content-Length: 3',
    'Transfer-Encoding': 'Transfer-Encoding: chunked',
    Host: 'Host: x',
    Connection: 'Connection: close',
    'no colon': 'X',
    'empty name': ': x',
    fold: 'X: a\r\n b',
    LF: 'X: y\nZ: w',
    NUL: 'X: \0',
    CR: 'X: a\rb',
    '8-bit value': 'X: \xe9',
    'blanks around': 'X:   y  ',
    '100 of them': `${'X: y\r\n'.repeat(99)}X: y`,
    '101 of them': `${'X: y\r\n'.repeat(100)}X: y`,
  };
  const badNames: Record<string, string> = {
    'space before the colon': 'X : y',
    'blank at the start': ' X: y',
    'bad name': 'X@Y: v',
  };
  const trailerCases = (entries: Record<string, string>, extras: CaseExtras = {}): CorpusCase[] =>
    requestFamily(
      'trailer',
      Object.fromEntries(
        Object.entries(entries).map(([label, lines]) => [
          label,
          chunked(`3\r\nabc\r\n0\r\n${lines}\r\n\r\n`),
        ]),
      ),
      extras,
    );
  const head = post('Transfer-Encoding: chunked\r\n', '');
  const late: Record<string, readonly string[]> = {
    'bad size': [`${head}1\r\nz\r\n`, 'g\r\n'],
    'nothing after the data': [`${head}1\r\nz\r\n`, '3\r\nabcX'],
    'CR after the size': [`${head}1\r\nz\r\n`, '3\rabc'],
    'bad trailer': [`${head}1\r\nz\r\n`, '0\r\nX\r\n\r\n'],
    'huge size': [`${head}1\r\nz\r\n`, 'fffffffffffffffff\r\n'],
    'nothing wrong': [`${head}1\r\nz\r\n`, LAST],
    'chunk in parts': [head, '5\r\nab', 'cde\r\n', '2\r\nfg\r\n', '0\r\n', '\r\n'],
  };
  return [
    ...requestsAround('chunk size', sizes.split('|'), (size) => chunked(`${size}\r\nabc\r\n${LAST}`)),
    ...requestFamily(
      'chunks',
      Object.fromEntries(Object.entries(bodies).map(([label, body]) => [label, chunked(body)])),
    ),
    ...trailerCases(trailers),
    ...trailerCases(badNames, { differs: BAD_TRAILER_NAME }),
    ...requestFamily('late chunk', late),
  ];
}

function pipelineCases(): CorpusCase[] {
  const first = post('Content-Length: 3\r\n', 'abc');
  return requestFamily('pipeline', {
    'two requests': `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`,
    'CRLF between': `${first}\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`,
    'garbage behind': `GET /1 HTTP/1.1\r\n${HOST}\r\n\0\0garbage\r\n\r\n`,
    'a body too long': `${first}def\r\n\r\n`,
    'a request after close': `GET /1 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`,
    'a request after HTTP/1.0': `GET /1 HTTP/1.0\r\n\r\nGET /2 HTTP/1.1\r\n${HOST}\r\n`,
    'a bad request behind': `GET /1 HTTP/1.1\r\n${HOST}\r\nGET /2 HTTP/1.1\r\n: v\r\n\r\n`,
  });
}

/** Clients that stop, or leave, in the body. */
function unfinishedCases(): CorpusCase[] {
  const chunked = post('Transfer-Encoding: chunked\r\n', '');
  const bodies: [string, string][] = [
    ['after the head of a length', post('Content-Length: 10\r\n', '')],
    ['in the data of a length', post('Content-Length: 10\r\n', 'abc')],
    ['in a chunk size', `${chunked}3`],
    ['in chunk data', `${chunked}3\r\nab`],
    ['after chunk data', `${chunked}3\r\nabc\r\n`],
    ['before the last line', `${chunked}3\r\nabc\r\n0\r\n`],
    ['in a trailer', `${chunked}3\r\nabc\r\n0\r\nX: y\r\n`],
  ];
  const entries: [string, readonly string[]][] = bodies.flatMap(([label, bytes]) => [
    [`FIN ${label}`, [bytes, 'FIN']],
    [`silence ${label}`, [bytes]],
  ]);
  return requestFamily('unfinished body', Object.fromEntries(entries), { final: true });
}

export const requestBodyCases: readonly CorpusCase[] = [
  ...lengthCases(),
  ...methodCases(),
  ...encodingCases(),
  ...chunkCases(),
  ...pipelineCases(),
  ...unfinishedCases(),
];
