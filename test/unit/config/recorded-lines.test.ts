/** Holds Sluice's reading of every keyword to what HAProxy 2.6 said of the same lines when they were recorded. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { readRecord, textOf } from '../../corpus/config-lines.ts';
import { sluiceVerdict, type Verdict } from './haproxy-verdict.ts';

interface Difference {
  readonly why: string;
  readonly lines: RegExp;
}

const onPurpose: readonly Difference[] = [
  {
    why: 'spellings of HAProxy 1.4 are accepted (docs/differences.md)',
    lines: /^(no |default )?(grace|clitimeout|srvtimeout|contimeout|redispatch|monitor-net)\b/,
  },
  {
    why: 'HAProxy crashes, or cannot make its own replies any more',
    lines: /^(no |default )?tune\.(bufsize|http\.maxhdr)\b/,
  },
  { why: '`default option` does what the manual says; HAProxy 2.6.12 refuses it', lines: /^default option / },
  {
    why: 'names are resolved once everything has been read',
    lines: /(\bsource|^server x|agent-addr) ([xy]|3x|-1|10s)\b/,
  },
];

/** Known, and to be mended where the keyword is at home. */
const open: readonly Difference[] = [
  { why: 'HAProxy names the first word only', lines: /^monitor fail\b/ },
  { why: 'another fault of the line comes first', lines: /^option pgsql-check [x3] [y4]/ },
  {
    why: 'HAProxy warns a second time, or not, of what is ignored anyway',
    lines: /^(cookie 3|monitor-uri 3|stats show-desc|option http(s?)log)/,
  },
  { why: 'a quote more at the end', lines: /^stats socket .* (thread|process)/ },
];

/** Which word was probably meant is found in another way, and the checks over the whole go on behind refused lines. */
function comparable({ status, messages }: Verdict): Verdict {
  const lines = messages.map((message) => message.replace(/; did you mean '.*' maybe \?|\.$/, ''));
  return { status, messages: status === 1 ? lines.slice(0, 1) : lines };
}

const show = ({ status, messages }: Verdict) => [status, ...messages].join(' | ');

test('every keyword is judged as HAProxy judged it, with right and wrong arguments', () => {
  const record = readRecord();
  assert.ok(record.length > 5000, `${record.length} lines`);
  const wrong: string[] = [];
  for (const { each, verdict } of record) {
    if ([...onPurpose, ...open].some(({ lines }) => lines.test(each.line))) continue;
    const expected = comparable(verdict);
    const found = comparable(sluiceVerdict(textOf(each)));
    if (isDeepStrictEqual(found, expected)) continue;
    wrong.push(`[${each.section}] ${each.line}\n  expected: ${show(expected)}\n  found:    ${show(found)}`);
  }
  assert.equal(wrong.length, 0, `${wrong.length} lines:\n${wrong.join('\n')}`);
});

test('every known difference still is one', () => {
  const record = readRecord();
  for (const { why, lines } of [...onPurpose, ...open]) {
    const differs = record.some(({ each, verdict }) => {
      if (!lines.test(each.line)) return false;
      return !isDeepStrictEqual(comparable(sluiceVerdict(textOf(each))), comparable(verdict));
    });
    assert.ok(differs, `no line differs any more: ${why}`);
  }
});
