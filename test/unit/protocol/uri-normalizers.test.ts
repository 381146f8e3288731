// Normalizers of request targets: what they must not do, whatever they are given. What they do is compared with HAProxy
// in scenarios (test/golden/rules/normalize-uri.json).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decodeUnreserved,
  encodeFragment,
  mergeSlashes,
  type Normalizer,
  REFUSED,
  sortQuery,
  stripDot,
  stripDotDot,
  stripFragment,
  upperCasePercents,
} from '../../../src/protocol/uri-normalizers.ts';

function run(normalizer: Normalizer, text: string, strict = false): string {
  const from = Buffer.from(`<<${text}>>`, 'latin1');
  const out = new Uint8Array(text.length * 3 + 1);
  const length = normalizer(from, 2, from.length - 2, out, strict);
  return length === REFUSED ? 'refused' : Buffer.from(out.subarray(0, length)).toString('latin1');
}

const piece = fc.constantFrom('/', '.', '..', '%', '2', 'e', '%2E', '#', '?', '&', '=', 'a', 'b');
const path = fc.array(piece, { maxLength: 20 }).map((pieces) => `/${pieces.join('')}`);

const plain: readonly [string, Normalizer, boolean][] = [
  ['fragment-encode', encodeFragment, false],
  ['fragment-strip', stripFragment, false],
  ['path-merge-slashes', mergeSlashes, false],
  ['path-strip-dot', stripDot, false],
  ['path-strip-dotdot', stripDotDot, false],
  ['path-strip-dotdot full', stripDotDot, true],
  ['percent-to-uppercase', upperCasePercents, false],
];
for (const [name, normalizer, strict] of plain) {
  test(`${name}: what is normal stays as it is, and a path stays one`, () => {
    fc.assert(
      fc.property(path, (text) => {
        const once = run(normalizer, text, strict);
        assert.equal(run(normalizer, once, strict), once);
        assert.ok(once.startsWith('/'));
      }),
    );
  });
}

test('path-strip-dotdot full: nothing leads above the root', () => {
  fc.assert(
    fc.property(path, (text) => {
      assert.doesNotMatch(run(stripDotDot, text, true), /\/\.\.(\/|$)/);
    }),
  );
});

test('query-sort-by-name: the same parameters, in order', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'aa', 'ab', 'c'), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(names, (list) => {
      const parameters = list.map((name, i) => `${name}=${i}`);
      const sorted = run(sortQuery, parameters.join('&')).split('&');
      const expected = parameters
        .map((text, i) => ({ text, name: list[i] ?? '', i }))
        .sort((x, y) => (x.name < y.name ? -1 : x.name > y.name ? 1 : x.i - y.i))
        .map(({ text }) => text);
      assert.deepEqual(sorted, expected);
    }),
  );
});

test('percent-decode-unreserved: strict refuses what is broken, the other leaves it', () => {
  assert.equal(run(decodeUnreserved, '/%%36%36'), '/%66');
  assert.equal(run(decodeUnreserved, '/%%36%36', true), 'refused');
  assert.equal(run(decodeUnreserved, '/a%7', true), 'refused');
  assert.equal(run(decodeUnreserved, '/%2f%41%7e'), '/%2fA~');
});
