/** Lines to words: quotes, escapes, variables, places. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Environment } from '../../../src/config/environment.ts';
import { lexLine, maxWords } from '../../../src/config/lexer.ts';

const environment = new Environment({ HOME: '/home/me', LIST: 'one two  three', EMPTY: '' });

function words(raw: string): string[] {
  const { words: found, fault } = lexLine(raw, environment);
  assert.equal(fault, undefined, `${raw}: ${fault?.message}`);
  return found.map((word) => word.text);
}

test('words are cut at blanks and end at a comment or carriage return', () => {
  assert.deepEqual(words(' a\tb  c#d e'), ['a', 'b', 'c']);
  assert.deepEqual(words('a b\r'), ['a', 'b']);
  assert.deepEqual(words('a "#" \\# \'#\''), ['a', '#', '#', '#']);
  assert.deepEqual(words('# all of it'), []);
});

test('quotes join, protect and may be empty', () => {
  assert.deepEqual(words(`"a b"' c'd`), ['a b cd']);
  assert.deepEqual(words(`a "" ''`), ['a', '', '']);
  assert.deepEqual(words(`"it's" 'say "x"'`), ["it's", 'say "x"']);
});

test('escapes mean what the manual says, others stay', () => {
  assert.deepEqual(words('\\r\\n\\t\\x41\\\\\\ \\#\\"\\\''), ['\r\n\tA\\ #"\'']);
  assert.deepEqual(words('\\d+\\.\\$ "\\$\\d"'), ['\\d+\\.\\$', '$\\d']);
  assert.deepEqual(words("'\\n\\x41'"), ['\\n\\x41']);
});

test('variables are replaced inside weak quotes only', () => {
  assert.deepEqual(words('$HOME "$HOME" \'$HOME\' "${HOME}x"'), ['$HOME', '/home/me', '$HOME', '/home/mex']);
  assert.deepEqual(words('"[$MISSING]" "${MISSING-a b}" "${EMPTY-x}"'), ['[]', 'a b', '']);
  assert.deepEqual(words('a"${LIST[*]}"b'), ['aone', 'two', 'threeb']);
  assert.deepEqual(words('"${MISSING[*]-x y}"'), ['x', 'y']);
});

test('pseudo-variables tell the place', () => {
  const here = new Environment();
  here.file = 'a.cfg';
  here.line = 7;
  here.section = 'web';
  const { words: found } = lexLine('"$.FILE:${.LINE}" "$.SECTION"', here);
  assert.deepEqual(
    found.map((word) => word.text),
    ['a.cfg:7', 'web'],
  );
});

test('places are those of the raw line', () => {
  const { words: found } = lexLine('  bind "a b" c', environment);
  assert.deepEqual(
    found.map(({ column, endColumn }) => [column, endColumn]),
    [
      [3, 7],
      [8, 13],
      [14, 15],
    ],
  );
});

test('too many words are an error with its place', () => {
  assert.equal(words(Array.from({ length: maxWords }, () => 'a').join(' ')).length, maxWords);
  const { fault } = lexLine(Array.from({ length: maxWords + 6 }, () => 'aa').join(' '), environment);
  assert.equal(fault?.message, 'too many words, truncating after word 64, position 190: <aa>.');
});

test('any line is read to words inside it or to a fault inside it', () => {
  const piece = fc.constantFrom(
    'a',
    ' ',
    '\t',
    '"',
    "'",
    '\\',
    '$',
    '{',
    '}',
    '[*]',
    '-',
    '#',
    'x4',
    '\r',
    '.',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
      const raw = pieces.join('');
      const { words: found, fault } = lexLine(raw, environment);
      if (fault !== undefined) assert.ok(fault.offset >= 0 && fault.offset <= raw.length);
      for (const { column, endColumn } of found) {
        assert.ok(column >= 1 && column < endColumn && endColumn <= raw.length + 1, raw);
      }
    }),
    { numRuns: 3000 },
  );
});

test('what is quoted strongly or escaped comes back as it was', () => {
  const text = fc.string({ unit: 'binary-ascii' }).filter((s) => !/['\n\0]/.test(s));
  fc.assert(fc.property(text, (s) => assert.deepEqual(words(`'${s}'`), [s])));
  const escaped = fc.string({ unit: 'binary-ascii' }).filter((s) => !/[\n\0]/.test(s) && s !== '');
  fc.assert(
    fc.property(escaped, (s) => {
      const hex = [...s].map((c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
      assert.deepEqual(words(hex), [s]);
    }),
  );
});
