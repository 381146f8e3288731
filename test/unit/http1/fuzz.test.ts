// Made-up input for the HTTP/1 codecs. Whatever arrives: nothing is thrown, nothing outside the given bytes is touched,
// and what is accepted goes on with exactly one framing, in a form that reads back as itself.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, BODY_TUNNEL } from '../../../src/protocol/http1/framing.ts';
import { essenceOf, type Message, playRequests, playResponse, readPlainChunks } from './codec-lane.ts';

const words = [
  ...['GET', 'HEAD', 'POST', 'CONNECT', 'DELETE', 'PRI', '/', '*', 'http://h/', 'http://h:80/', 'h:443', '#'],
  ...['HTTP/1.1', 'HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'RTSP/1.0', '200', '101', '204', '304', '100', 'OK'],
  ...[
    ' ',
    '\t',
    '\r\n',
    '\n',
    '\r',
    ':',
    ': ',
    ',',
    ';',
    '\0',
    '\xff',
    '"',
    '\r\n\r\n',
    '\n\n',
    '\r\n ',
    '\n\t',
  ],
  ...['Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'Upgrade', 'TE', 'Expect', 'X-y'],
  ...[
    'h',
    'chunked',
    'gzip',
    'identity',
    'close',
    'keep-alive',
    'upgrade',
    'websocket',
    'trailers',
    '100-continue',
  ],
  ...[
    '0',
    '1',
    '3',
    '03',
    '+3',
    '3,3',
    'a',
    'F',
    '0\r\n\r\n',
    '3\r\nabc\r\n',
    '9223372036854775807',
    'fffffffffffff',
  ],
];
const anyByte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const soup = fc
  .array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: anyByte }), {
    maxLength: 40,
  })
  .map((pieces) => pieces.join(''));

const framingValue = fc.constantFrom(
  ...['3', '0', '03', '3, 3', '3,4', '-1', '', ' ', '3 ', '9223372036854775808', '99999999999999999999999'],
);
const codingValue = fc.constantFrom(
  ...[
    'chunked',
    'Chunked',
    'chunked,',
    'gzip',
    'gzip, chunked',
    'chunked, chunked',
    '',
    'identity',
    ' chunked\t',
  ],
);
const separator = fc.constantFrom(': ', ':', ':\t', ':  ', ':\r\n ', ' :', ':\x0b');
const endOfLine = fc.oneof(
  { weight: 8, arbitrary: fc.constant('\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\r\n', '\r\n ', '\0\r\n') },
);
const header = fc
  .tuple(
    fc.oneof(
      fc.tuple(fc.constantFrom('Content-Length', 'content-lengtH'), separator, framingValue),
      fc.tuple(fc.constantFrom('Transfer-Encoding', 'TRANSFER-ENCODING'), separator, codingValue),
      fc.tuple(
        fc.constantFrom('Connection', 'Upgrade', 'TE', 'Host'),
        separator,
        fc.constantFrom(
          'close',
          'keep-alive',
          'a, close ,b',
          ',',
          'upgrade',
          'Transfer-Encoding',
          'h',
          'trailers',
        ),
      ),
      fc.tuple(
        fc.constantFrom('X', 'Content-Lengthy', 'Content_Length', 'X-Transfer-Encoding'),
        separator,
        soup,
      ),
    ),
    endOfLine,
  )
  .map(([[name, colon, value], end]) => `${name}${colon}${value}${end}`);
const body = fc.constantFrom(
  '',
  'abc',
  '3\r\nabc\r\n0\r\n\r\n',
  '3\nabc\n0\n\n',
  '0\r\n\r\nGET /s HTTP/1.1\r\n\r\n',
);
const request = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'HEAD', 'CONNECT', 'DELETE', 'FOO'),
    fc.constantFrom('/', '/', '/', '*', 'http://h/', 'http://h:80/x', 'h:80', 'h:443'),
    fc.constantFrom('1.1', '1.1', '1.0', '2.0', '0.9'),
    fc.array(header, { maxLength: 6 }),
    body,
  )
  .map(
    ([method, target, version, lines, rest]) =>
      `${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n${rest}`,
  );
const response = fc
  .tuple(
    fc.constantFrom('1.1', '1.1', '1.0', '2.0'),
    fc.constantFrom(200, 200, 100, 101, 103, 204, 304, 404),
    fc.array(header, { maxLength: 6 }),
    body,
  )
  .map(([version, status, lines, rest]) => `HTTP/${version} ${status} X\r\n${lines.join('')}\r\n${rest}`);

/** Values of a header in a forwarded head, which has one plain line each. */
function valuesOf(head: string, name: string): string[] {
  return head
    .split('\r\n')
    .slice(1)
    .filter((line) => line.startsWith(`${name}: `))
    .map((line) => line.slice(name.length + 2));
}

/** A reader that knows the plain form alone must find one framing in the head, and it must be the codec's. */
function assertOneFraming({ head, kind, body: forwarded }: Message): void {
  const lengths = valuesOf(head, 'content-length');
  const codings = valuesOf(head, 'transfer-encoding').filter((value) => value !== '');
  assert.ok(lengths.length <= 1, `several lengths: ${JSON.stringify(head)}`);
  assert.ok(lengths.length === 0 || codings.length === 0, `two framings: ${JSON.stringify(head)}`);
  if (kind === BODY_CHUNKED) assert.match(codings.join(','), /^chunked[ ,\t]*$/i);
  else assert.deepEqual(codings, []);
  if (kind === BODY_LENGTH) {
    assert.match(lengths[0] ?? '', /^[0-9]+$/);
    assert.ok(forwarded.length <= Number(lengths[0]));
  } else if (kind === BODY_NONE) assert.match(lengths[0] ?? '0', /^0+$/);
  else assert.deepEqual(lengths, []);
}

function assertPlain(head: string): void {
  assert.match(head, /^[^\r\n]+\r\n(?:[^\r\n:]+: [^\r\n]*\r\n)*\r\n$/);
}

const parts = fc
  .tuple(fc.oneof(request, soup), fc.array(fc.nat(400), { maxLength: 4 }))
  .map(([bytes, cuts]) => {
    const places = [...new Set([0, ...cuts, bytes.length])]
      .filter((at) => at <= bytes.length)
      .sort((a, b) => a - b);
    return places.slice(1).map((at, i) => bytes.slice(places[i], at));
  });

const RUNS = { numRuns: 3000 };

test('requests: nothing is thrown, and nothing but the given bytes is touched', () => {
  fc.assert(
    fc.property(parts, fc.boolean(), (pieces, relaxed) => {
      playRequests(pieces, relaxed, { isGuarded: true });
    }),
    RUNS,
  );
});

test('responses: nothing is thrown, and nothing but the given bytes is touched', () => {
  const asked = fc.constantFrom(
    'GET / HTTP/1.1\r\n\r\n',
    'HEAD / HTTP/1.0\r\n\r\n',
    'CONNECT h:1 HTTP/1.1\r\n\r\n',
  );
  fc.assert(
    fc.property(asked, fc.oneof(response, soup), fc.nat(60), fc.boolean(), (first, bytes, cut, relaxed) => {
      playResponse(first, [bytes.slice(0, cut), bytes.slice(cut)], relaxed, { isGuarded: true });
    }),
    RUNS,
  );
});

for (const relaxed of [false, true]) {
  const mode = relaxed ? 'lenient' : 'strict';
  test(`an accepted request goes on with one framing: ${mode}`, () => {
    let accepted = 0;
    fc.assert(
      fc.property(request, (bytes) => {
        for (const message of playRequests([bytes], relaxed).messages) {
          accepted++;
          // Whatever follows the head of a CONNECT is the tunnel's.
          if (message.kind !== BODY_TUNNEL) assertOneFraming(message);
          if (!relaxed) assertPlain(message.head);
        }
      }),
      RUNS,
    );
    assert.ok(accepted > RUNS.numRuns / 20, `${accepted}`);
  });
}

test('a forwarded request reads back as itself', () => {
  fc.assert(
    fc.property(request, (bytes) => {
      const { messages } = playRequests([bytes]);
      const first = messages[0];
      if (first?.complete !== true || first.kind === BODY_TUNNEL) return;
      const again = playRequests([first.head + first.body]);
      assert.deepEqual(
        { ...(essenceOf(again) as object), closing: false },
        { ...(essenceOf({ messages: [first], refusal: 0, closing: false }) as object) },
      );
    }),
    RUNS,
  );
});

test('an accepted response goes on with one framing', () => {
  let accepted = 0;
  fc.assert(
    fc.property(response, (bytes) => {
      for (const message of playResponse('GET / HTTP/1.1\r\n\r\n', [bytes]).messages) {
        accepted++;
        const status = Number(message.head.slice(9, 12));
        // A 304 tells the length of what it stands for.
        if (status === 304) continue;
        assertOneFraming(message);
        assertPlain(message.head);
      }
    }),
    RUNS,
  );
  assert.ok(accepted > RUNS.numRuns / 20, `${accepted}`);
});

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const visible = fc.stringMatching(/^[\x21-\x7e](?:[\x20-\x7e\t]{0,20}[\x21-\x7e])?$/);
const plainLine = fc
  .tuple(token, visible)
  .map(([name, value]) => ({ name: `x${name.toLowerCase()}`, value }));
const spelled = fc.tuple(
  plainLine,
  fc.constantFrom(': ', ':', ':\t ', ': '),
  fc.constantFrom('\r\n', '\n', ' \r\n'),
);

test('headers arrive as they were meant, in order, whatever their spelling', () => {
  fc.assert(
    fc.property(fc.array(spelled, { maxLength: 20 }), (lines) => {
      const written = lines.map(
        ([{ name, value }, colon, end]) => `${name.toUpperCase()}${colon}${value}${end}`,
      );
      const { messages } = playRequests([`GET / HTTP/1.1\r\n${written.join('')}\r\n`]);
      const wanted = lines.map(([{ name, value }]) => `${name}: ${value}\r\n`).join('');
      assert.equal(messages[0]?.head, `GET / HTTP/1.1\r\n${wanted}\r\n`);
    }),
  );
});

const chunk = fc
  .tuple(
    fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.constantFrom('', '0', '000000000000000000'),
    fc.constantFrom('', ' ', ';a', ' ;a="b"', '\t'),
    fc.constantFrom('\r\n', '\n'),
    fc.constantFrom('\r\n', '\n'),
  )
  .map(([data, zeros, extension, end, dataEnd]) => ({
    data,
    bytes: `${zeros}${data.length.toString(16)}${extension}${end}${data}${dataEnd}`,
  }));

test('a chunked body goes on as the same data in plain chunks, however it is spelled and split', () => {
  const head = 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n';
  fc.assert(
    fc.property(
      fc.array(chunk, { maxLength: 12 }),
      fc.array(spelled, { maxLength: 4 }),
      fc.constantFrom('0\r\n', '0\n', '00;x\r\n'),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 6 }),
      (chunks, trailers, last, steps) => {
        const lines = trailers.map(([{ name, value }, colon, end]) => name + colon + value + end);
        const sent = `${chunks.map(({ bytes }) => bytes).join('')}${last}${lines.join('')}\n`;
        const pieces = [head];
        for (let at = 0, turn = 0; at < sent.length; turn++) {
          const size = steps[turn % steps.length] ?? 1;
          pieces.push(sent.slice(at, at + size));
          at += size;
        }
        const { messages, refusal } = playRequests(pieces, false, { isGuarded: true });
        assert.equal(refusal, 0);
        const [message] = messages;
        assert.ok(message?.complete);
        const read = readPlainChunks(message.body);
        assert.equal(read.data, chunks.map(({ data }) => data).join(''));
        const wanted = trailers.map(([{ name, value }]) => `${name}: ${value}\r\n`).join('');
        assert.equal(read.trailers, `${wanted}\r\n`);
      },
    ),
    { numRuns: 1000 },
  );
});
