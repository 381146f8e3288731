// The end of a line is found wherever the memory begins and whatever stands around it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lineEndFrom } from '../../../src/protocol/http1/line-scan.ts';

function naive(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) if (bytes[at] === 13 || bytes[at] === 10) return at;
  return end;
}

const byte = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 255 }) },
  { weight: 1, arbitrary: fc.constantFrom(9, 10, 11, 12, 13, 14, 127, 128, 141, 255) },
);

test('the first CR or LF, as a look at each byte finds it', () => {
  fc.assert(
    fc.property(
      fc.array(byte, { maxLength: 80 }),
      fc.nat(7),
      fc.nat(80),
      fc.nat(80),
      (content, shift, a, b) => {
        const memory = new Uint8Array(new ArrayBuffer(96), shift);
        memory.set(content);
        const start = Math.min(a, b, content.length);
        const end = Math.min(Math.max(a, b), content.length);
        assert.equal(lineEndFrom(memory, start, end), naive(memory, start, end));
      },
    ),
    { numRuns: 5000 },
  );
});

test('a line end at every place of a long line', () => {
  const memory = new Uint8Array(256).fill(0x80);
  for (let at = 0; at < 200; at++) {
    memory[at] = at % 2 === 0 ? 13 : 10;
    for (let start = 0; start <= at; start++) assert.equal(lineEndFrom(memory, start, 200), at);
    assert.equal(lineEndFrom(memory, 0, at), at);
    memory[at] = 0x80;
  }
});
