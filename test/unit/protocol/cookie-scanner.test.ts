// The cookie scanner on arbitrary bytes: it ends, stays inside its value, and cuts nothing that is not asked for.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CookieScanner } from '../../../src/protocol/http1/cookie-scanner.ts';

const text = fc.string({ unit: fc.constantFrom(...'aS=;, \t"\\$~|'), maxLength: 40 });

function scan(value: string, cutNamed?: string): { names: string[]; rest: string; bytes: Buffer } {
  const bytes = Buffer.from(`<${value}>`, 'latin1');
  const scanner = new CookieScanner();
  scanner.open(bytes, 1, bytes.length - 1, true);
  const names: string[] = [];
  let cutFrom = -1;
  for (let steps = 0; scanner.next(); steps++) {
    assert.ok(steps <= value.length + 1, 'the scanner does not come to an end');
    assert.ok(scanner.before <= scanner.nameStart && scanner.nameStart <= scanner.nameEnd);
    assert.ok(scanner.nameEnd <= scanner.valueStart && scanner.valueStart <= scanner.valueEnd);
    assert.ok(scanner.valueEnd <= scanner.after && scanner.after <= scanner.end);
    const name = bytes.toString('latin1', scanner.nameStart, scanner.nameEnd);
    names.push(name);
    if (name === cutNamed) {
      if (cutFrom < 0) cutFrom = scanner.before;
      continue;
    }
    if (cutFrom >= 0) scanner.cutBefore(cutFrom);
    cutFrom = -1;
  }
  if (cutFrom >= 0) scanner.cutTail(cutFrom);
  assert.ok(scanner.end <= bytes.length - 1);
  return { names, rest: bytes.toString('latin1', 1, scanner.end), bytes };
}

test('any value: offsets stay in order and nothing outside is touched', () => {
  fc.assert(
    fc.property(text, (value) => {
      const { bytes } = scan(value, 'S');
      assert.equal(bytes[0], 0x3c);
      assert.equal(bytes.at(-1), 0x3e);
    }),
  );
});

test('what is cut out is not found again, and the others still are', () => {
  fc.assert(
    fc.property(text, (value) => {
      const first = scan(value, 'S');
      const again = scan(first.rest);
      const significant = (names: string[]) => names.filter((name) => name !== '');
      assert.deepEqual(
        significant(again.names),
        significant(first.names).filter((name) => name !== 'S'),
      );
    }),
  );
});
