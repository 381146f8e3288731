/** Holds Sluice's reading of configurations against the real HAProxy's: exit status and every message. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot } from '../../harness/program.ts';
import { haproxyVerdicts, skipWithoutHaproxy, sluiceVerdict } from './haproxy-verdict.ts';

const folder = join(repositoryRoot, 'test/golden/config');
const options = { ...skipWithoutHaproxy, timeout: 120_000 };

/** What a section needs so that nothing but the line under test is worth a message. */
const starts: Readonly<Record<string, string>> = {
  global: 'global\n',
  defaults: 'defaults\n',
  frontend: 'frontend f\n bind :8000\n timeout client 1s\n',
  listen: 'listen l\n bind :8000\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n',
  backend: 'backend b\n timeout server 1s\n timeout connect 1s\n',
};

function singleLines(file: string): { line: string; text: string }[] {
  let start = '';
  const cases: { line: string; text: string }[] = [];
  for (const line of readFileSync(join(folder, file), 'latin1').split('\n')) {
    const section = /^\[([a-z]+)\]$/.exec(line)?.[1];
    if (section !== undefined) start = starts[section] ?? '';
    else if (line !== '' && !line.startsWith('#')) cases.push({ line, text: `${start} ${line}\n` });
  }
  return cases;
}

/** Whole configurations, each behind a line `=== what it is about`. */
function wholeFiles(file: string): { line: string; text: string }[] {
  const parts = readFileSync(join(folder, file), 'latin1').split(/^=== ?(.*)\n/m);
  const cases: { line: string; text: string }[] = [];
  for (let i = 1; i + 1 < parts.length; i += 2) cases.push({ line: parts[i]!, text: parts[i + 1]! });
  return cases;
}

async function compare(cases: readonly { line: string; text: string }[]): Promise<void> {
  assert.ok(cases.length > 0);
  const verdicts = await haproxyVerdicts(cases.map((c) => c.text));
  cases.forEach(({ line, text }, i) => {
    assert.deepEqual(sluiceVerdict(text), verdicts[i], `about: ${line}`);
  });
}

test('single lines are judged as HAProxy judges them', options, () => compare(singleLines('lines.txt')));

test('whole configurations are judged as HAProxy judges them', options, async () => {
  for (const file of readdirSync(folder).filter(
    (name) => name.startsWith('whole-') && name.endsWith('.txt'),
  )) {
    await compare(wholeFiles(file));
  }
});
