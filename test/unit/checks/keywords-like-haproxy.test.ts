/** Holds the reading of everything about checks against the real HAProxy's: exit status and every message. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import '../../../src/features/checks/keywords.ts';
import { repositoryRoot } from '../../harness/program.ts';
import { haproxyVerdicts, skipWithoutHaproxy, sluiceVerdict } from '../config/haproxy-verdict.ts';

const folder = join(repositoryRoot, 'test/golden/checks');
const options = { ...skipWithoutHaproxy, timeout: 120_000 };

/** What a section needs so that nothing but the line under test is worth a message. */
const starts: Readonly<Record<string, string>> = {
  global: 'global\n',
  frontend: 'frontend f\n bind :8000\n timeout client 1s\n',
  backend: 'backend b\n timeout server 1s\n timeout connect 1s\n',
};

interface Case {
  readonly about: string;
  readonly text: string;
}

function singleLines(file: string): Case[] {
  let start = '';
  const cases: Case[] = [];
  for (const line of readFileSync(join(folder, file), 'latin1').split('\n')) {
    const section = /^\[([a-z]+)\]$/.exec(line)?.[1];
    if (section !== undefined) start = starts[section] ?? '';
    else if (line !== '' && !line.startsWith('#')) cases.push({ about: line, text: `${start} ${line}\n` });
  }
  return cases;
}

/** Whole configurations, each behind a line `=== what it is about`. */
function wholeConfigurations(file: string): Case[] {
  const parts = readFileSync(join(folder, file), 'latin1').split(/^=== ?(.*)\n/m);
  const cases: Case[] = [];
  for (let at = 1; at + 1 < parts.length; at += 2) {
    cases.push({ about: parts[at] as string, text: parts[at + 1] as string });
  }
  return cases;
}

/** All differences at once. */
async function compare(cases: readonly Case[]): Promise<void> {
  assert.ok(cases.length > 0);
  const verdicts = await haproxyVerdicts(cases.map(({ text }) => text));
  const ours = cases.map(({ about, text }) => ({ about, verdict: sluiceVerdict(text) }));
  const theirs = cases.map(({ about }, at) => ({ about, verdict: verdicts[at] }));
  const different = ours.filter((one, at) => !sameVerdict(one.verdict, theirs[at]?.verdict));
  const wanted = theirs.filter(({ about }) => different.some((one) => one.about === about));
  assert.deepEqual(different, wanted);
}

function sameVerdict(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

test('single lines about checks are judged as HAProxy judges them', options, () =>
  compare(singleLines('lines.txt')),
);
test('configurations of checks are judged as HAProxy judges them', options, () =>
  compare(wholeConfigurations('whole.txt')),
);
