// The body scanner in a window like a channel's: little room, of which some is not drained at once, and rewriting that
// needs more bytes than came in.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  BODY_END,
  BODY_MALFORMED,
  BODY_MORE,
  BodyScanner,
} from '../../../src/protocol/http1/body-scanner.ts';
import {
  BODY_CHUNKED,
  BODY_LENGTH,
  BODY_NONE,
  BODY_TUNNEL,
  BODY_UNTIL_CLOSE,
} from '../../../src/protocol/http1/framing.ts';
import { latin1, readPlainChunks } from './codec-lane.ts';

const FLOOR = 100;
/** What a channel keeps in front of an empty window. */
const LINE_ROOM = 8;
const SCRATCH = 4096;

interface Turn {
  readonly received: number;
  readonly drained: number;
}

/** Moves `sent` through a window of so many bytes, by turns. Throws when nothing moves any more. */
function squeeze(sent: string, sizeBytes: number, turns: readonly Turn[]): { body: string; verdict: number } {
  const memory = new Uint8Array(SCRATCH * 2);
  const start = FLOOR + LINE_ROOM;
  const limit = FLOOR + sizeBytes;
  const window = { head: start, ready: start, tail: start, floor: FLOOR, limit };
  const scanner = new BodyScanner(20, SCRATCH);
  scanner.begin(BODY_CHUNKED, 0);
  let body = '';
  let at = 0;
  for (let turn = 0; turn < 10_000; turn++) {
    const { received, drained } = turns[turn % turns.length] as Turn;
    const count = Math.min(received, sent.length - at, limit - window.tail);
    memory.set(Buffer.from(sent.slice(at, at + count), 'latin1'), window.tail);
    window.tail += count;
    at += count;
    const verdict = scanner.scan(memory, window);
    assert.ok(window.floor <= window.head && window.head <= window.ready);
    assert.ok(window.ready <= window.tail && window.tail <= window.limit);
    if (verdict === BODY_MALFORMED) return { body, verdict };
    const out = verdict === BODY_END ? window.ready : Math.min(window.ready, window.head + drained);
    body += latin1(memory, window.head, out);
    window.head = out;
    if (verdict === BODY_END) return { body, verdict };
    if (window.head === window.tail) {
      window.head = start;
      window.ready = start;
      window.tail = start;
    } else if (window.tail === limit && window.head > start) {
      const shift = window.head - start;
      memory.copyWithin(start, window.head, window.tail);
      window.head -= shift;
      window.ready -= shift;
      window.tail -= shift;
    }
  }
  throw new Error(`nothing moves after ${at} of ${sent.length} bytes`);
}

const turn = fc.record({
  received: fc.integer({ min: 1, max: 200 }),
  drained: fc.integer({ min: 1, max: 200 }),
});

test('chunks that grow get through a window with hardly any room', () => {
  const chunk = fc.tuple(
    fc.stringMatching(/^[a-z\r\n0]{1,30}$/),
    fc.constantFrom('\n', '\r\n', ';x\n', ' \r\n'),
    fc.constantFrom('\n', '\r\n'),
  );
  fc.assert(
    fc.property(
      fc.array(chunk, { maxLength: 30 }),
      fc.integer({ min: 48, max: 200 }),
      fc.array(turn, { minLength: 1, maxLength: 5 }),
      (chunks, sizeBytes, turns) => {
        const bytes = chunks.map(
          ([data, end, dataEnd]) => `${data.length.toString(16)}${end}${data}${dataEnd}`,
        );
        const { body, verdict } = squeeze(`${bytes.join('')}0\nx:y\n\n`, sizeBytes, turns);
        assert.equal(verdict, BODY_END);
        const read = readPlainChunks(body);
        assert.equal(read.data, chunks.map(([data]) => data).join(''));
        assert.equal(read.trailers, 'x: y\r\n\r\n');
      },
    ),
    { numRuns: 2000 },
  );
});

test('a chunk line that grows in a window without room in front makes room behind', () => {
  const memory = new Uint8Array(SCRATCH * 2);
  const sent = '3\nabc\n1\nd\n0\n\n';
  memory.set(Buffer.from(sent, 'latin1'), FLOOR);
  const window = { head: FLOOR, ready: FLOOR, tail: FLOOR + sent.length, floor: FLOOR, limit: FLOOR + 100 };
  const scanner = new BodyScanner(20, SCRATCH);
  scanner.begin(BODY_CHUNKED, 0);
  assert.equal(scanner.scan(memory, window), BODY_END);
  assert.equal(latin1(memory, window.head, window.ready), '3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n');
  assert.equal(window.ready, window.tail);
});

test('what follows the last chunk stays where it is, unread', () => {
  const memory = new Uint8Array(SCRATCH * 2);
  const sent = '3\nabc\n0\n\nGET /';
  memory.set(Buffer.from(sent, 'latin1'), FLOOR);
  const window = { head: FLOOR, ready: FLOOR, tail: FLOOR + sent.length, floor: FLOOR, limit: FLOOR + 100 };
  const scanner = new BodyScanner(20, SCRATCH);
  scanner.begin(BODY_CHUNKED, 0);
  assert.equal(scanner.scan(memory, window), BODY_END);
  assert.equal(latin1(memory, window.ready, window.tail), 'GET /');
});

test('the last chunk is not ready before the trailers are complete', () => {
  const sent = '1\r\na\r\n0\r\nt: v\r\n\r\n';
  for (let length = 6; length < sent.length; length++) {
    const memory = new Uint8Array(SCRATCH * 2);
    memory.set(Buffer.from(sent, 'latin1'), FLOOR);
    const window = { head: FLOOR, ready: FLOOR, tail: FLOOR + length, floor: FLOOR, limit: FLOOR + 100 };
    const scanner = new BodyScanner(20, SCRATCH);
    scanner.begin(BODY_CHUNKED, 0);
    assert.equal(scanner.scan(memory, window), BODY_MORE);
    assert.equal(latin1(memory, window.head, window.ready), '1\r\na\r\n');
  }
});

test('chunk sizes: below 2^52, whatever the zeros in front', () => {
  const verdictOn = (line: string): number => squeezeOnce(line).verdict;
  const squeezeOnce = (line: string): { verdict: number; remaining: number } => {
    const memory = new Uint8Array(SCRATCH * 2);
    memory.set(Buffer.from(line, 'latin1'), FLOOR);
    const window = { head: FLOOR, ready: FLOOR, tail: FLOOR + line.length, floor: FLOOR, limit: FLOOR + 200 };
    const scanner = new BodyScanner(20, SCRATCH);
    scanner.begin(BODY_CHUNKED, 0);
    return { verdict: scanner.scan(memory, window), remaining: scanner.remaining };
  };
  assert.deepEqual(squeezeOnce('fffffffffffff\r\n'), { verdict: BODY_MORE, remaining: 2 ** 52 - 1 });
  assert.deepEqual(squeezeOnce(`${'0'.repeat(60)}1f\r\n`), { verdict: BODY_MORE, remaining: 31 });
  assert.equal(verdictOn('10000000000000\r\n'), BODY_MALFORMED);
  for (const line of [
    '\r\n',
    ' 1\r\n',
    '+1\r\n',
    '-1\r\n',
    '0x1\r\n',
    '1,1\r\n',
    '1 1\r\n',
    ';a\r\n',
    '1\ra',
    '1;\ra',
  ])
    assert.equal(verdictOn(line), BODY_MALFORMED, JSON.stringify(line));
});

test('the other kinds of body end where they must', () => {
  const memory = new Uint8Array(SCRATCH * 2);
  const windowOf = (length: number) => ({
    head: FLOOR,
    ready: FLOOR,
    tail: FLOOR + length,
    floor: FLOOR,
    limit: FLOOR + 100,
  });
  const scanner = new BodyScanner(20, SCRATCH);

  scanner.begin(BODY_NONE, 0);
  let window = windowOf(5);
  assert.equal(scanner.scan(memory, window), BODY_END);
  assert.equal(window.ready, FLOOR);
  assert.ok(scanner.finished);
  assert.equal(scanner.blind, 0);

  scanner.begin(BODY_LENGTH, 8);
  window = windowOf(5);
  assert.equal(scanner.scan(memory, window), BODY_MORE);
  assert.equal(window.ready, FLOOR + 5);
  assert.equal(scanner.blind, 3);
  scanner.skip(2);
  window = windowOf(5);
  assert.equal(scanner.scan(memory, window), BODY_END);
  assert.equal(window.ready, FLOOR + 1);
  assert.ok(scanner.finished);

  for (const kind of [BODY_UNTIL_CLOSE, BODY_TUNNEL]) {
    scanner.begin(kind, 0);
    window = windowOf(5);
    assert.equal(scanner.scan(memory, window), BODY_MORE);
    assert.equal(window.ready, window.tail);
    assert.ok(!scanner.finished);
    assert.equal(scanner.blind, Number.MAX_SAFE_INTEGER);
  }
});
