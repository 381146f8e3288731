/** Expressions are refused where HAProxy refuses them, in its words. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { compileRegex } from '../../../../src/expr/regex/regex.ts';
import { haproxyPath, skipWithoutHaproxy } from './haproxy-samples.ts';
import { refusalOf } from './local-samples.ts';
import { questionable, wrongPatterns } from './refusals.ts';

const TEST_OPTIONS = { ...skipWithoutHaproxy, timeout: 120_000 };
const HEAD = [
  'defaults',
  '  mode http',
  '  timeout connect 1s',
  '  timeout client 1s',
  '  timeout server 1s',
  'frontend f',
  '  bind 127.0.0.1:1',
];

function quoted(text: string): string {
  return `"${text.replace(/[\\"$]/g, (c) => `\\${c}`)}"`;
}

/** What HAProxy says of each expression, in one run over all of them. */
function haproxyOn(rules: readonly string[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-refusals-'));
  try {
    const file = join(directory, 'haproxy.cfg');
    writeFileSync(file, `${[...HEAD, ...rules].join('\n')}\n`, 'latin1');
    return spawnSync(haproxyPath as string, ['-c', '-f', file], { encoding: 'latin1' }).stderr;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function linesOf(stderr: string, pattern: RegExp): Map<number, string> {
  return new Map(
    [...stderr.matchAll(pattern)].map((found) => [Number(found[1]) - HEAD.length - 1, found[2] as string]),
  );
}

/** HAProxy gives up after fifty errors. */
const AT_ONCE = 40;

test('expressions with converters are refused as HAProxy does', TEST_OPTIONS, () => {
  const differences: string[] = [];
  for (let from = 0; from < questionable.length; from += AT_ONCE) {
    const some = questionable.slice(from, from + AT_ONCE);
    const said = linesOf(
      haproxyOn(some.map((text) => `acl x ${quoted(text)} -m found`)),
      /\[ALERT\].*parsing \[[^\]]*:(\d+)\] : error detected while parsing ACL 'x' : (.*) in ACL expression '.*'\.$/gm,
    );
    for (const [at, text] of some.entries()) {
      const [here, there] = [refusalOf(text), said.get(at)];
      if (here !== there) differences.push(`${text}\n    haproxy: ${there}\n    here:    ${here}`);
    }
  }
  assert.equal(differences.length, 0, differences.join('\n'));
});

test('wrong regular expressions are refused in the words of PCRE2', TEST_OPTIONS, () => {
  const stderr = haproxyOn(
    wrongPatterns.map((pattern) => `http-request set-var(txn.y) ${quoted(`str(a),regsub('${pattern}',x)`)}`),
  );
  const said = linesOf(stderr, /parsing \[[^\]]*:(\d+)\]: error in regex .* in proxy 'f' : (.*)\.$/gm);
  const differences = wrongPatterns.flatMap((pattern, at) => {
    const regex = compileRegex(pattern, false);
    const here = 'error' in regex ? regex.error : undefined;
    const there = said.get(at);
    return here === there ? [] : [`${pattern}\n    haproxy: ${there}\n    here:    ${here}`];
  });
  assert.equal(differences.length, 0, differences.join('\n'));
});
