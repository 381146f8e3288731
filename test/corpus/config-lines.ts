/**
 * Every keyword with right and wrong arguments, in every section: lines of a configuration, and what HAProxy 2.6 said of
 * them when they were recorded (config-lines.verdicts, one case a line: section, line, exit status of `-c`, messages).
 * record-config-lines.ts writes the file; test/unit/config/recorded-lines.test.ts holds Sluice's reading to it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keywordsOf } from '../../src/config/keyword.ts';
import { repositoryRoot } from '../harness/program.ts';
import type { Verdict } from '../unit/config/haproxy-verdict.ts';
import { captureCases } from './capture-lines.ts';

export interface LineCase {
  readonly section: string;
  readonly line: string;
}

/** What a section needs so that nothing but the line under test is worth a message. */
const starts: Readonly<Record<string, string>> = {
  global: 'global\n',
  defaults: 'defaults\n',
  frontend: 'frontend f\n bind :8000\n timeout client 1s\n',
  listen: 'listen l\n bind :8000\n timeout client 1s\n timeout server 1s\n timeout connect 1s\n',
  backend: 'backend b\n timeout server 1s\n timeout connect 1s\n',
};

const wordings = ['', 'x', '3', '0', '-1', '3x', '99999999999', '10s', '3 4'];
const fewWordings = ['', '3', 'x y'];
const sections = ['defaults', 'frontend', 'listen', 'backend'] as const;

/** Rules, filters and expressions have tests of their own; the rest changes what the test itself sees. */
const leftOut =
  /^(setenv|stats http-request|presetenv|unsetenv|resetenv|acl|http-(request|response|after-response|check)|tcp-(request|response|check)|use_backend|use-server|redirect|stick|stick-table|filter|capture|declare|log-format|errorfile|default_backend)\b/;

export function textOf({ section, line }: LineCase): string {
  return `${starts[section]} ${line}\n`;
}

/** All cases that are worth recording for the keywords that are carried out now. */
export function generateCases(): LineCase[] {
  const cases: LineCase[] = [];
  const add = (section: string, line: string) => cases.push({ section, line: line.trimEnd() });
  for (const name of keywordsOf('global').keys()) {
    if (leftOut.test(name)) continue;
    for (const words of wordings) add('global', `${name} ${words}`);
    for (const line of [`no ${name}`, `default ${name}`]) add('global', line);
    add('global', `${name} 3\n ${name} 4`);
    add('listen', `${name} 3`);
  }
  for (const name of keywordsOf('proxy').keys()) {
    if (leftOut.test(name)) continue;
    for (const section of sections) {
      for (const words of section === 'listen' ? wordings : fewWordings) add(section, `${name} ${words}`);
      if (name.includes(' ') || section === 'listen') add(section, `no ${name}`);
    }
    add('listen', `default ${name}`);
    add('listen', `${name} 3\n ${name} 4`);
  }
  for (const name of keywordsOf('server').keys()) {
    for (const words of wordings) add('listen', `server s 127.0.0.1:80 ${name} ${words}`);
    for (const words of fewWordings) add('backend', `default-server ${name} ${words}`);
    add('listen', `server s 127.0.0.1:80 ${name} 3 ${name} 4`);
    add('listen', `default-server ${name} 3\n server s 127.0.0.1:80`);
    add('defaults', `default-server ${name} 3`);
  }
  for (const name of keywordsOf('bind').keys()) {
    for (const words of wordings) add('frontend', `bind 127.0.0.1:80 ${name} ${words}`);
    for (const words of fewWordings) {
      add('frontend', `bind /tmp/x.sock ${name} ${words}`);
      add('global', `stats socket /tmp/x.sock ${name} ${words}`);
    }
    add('frontend', `bind 127.0.0.1:80 ${name} 3 ${name} 4`);
    add('frontend', `bind 127.0.0.1:80-81 ${name} 3`);
  }
  cases.push(...captureCases());
  return cases;
}

const path = join(repositoryRoot, 'test', 'corpus', 'config-lines.verdicts');

export function readRecord(): { readonly each: LineCase; readonly verdict: Verdict }[] {
  return readFileSync(path, 'latin1')
    .split('\n')
    .filter((row) => row !== '')
    .map((row) => {
      const [section = '', line = '', status = '', ...messages] = row.split('\t');
      return {
        each: { section, line: line.replaceAll('\\n', '\n') },
        verdict: { status: Number(status), messages },
      };
    });
}

/** What depends on the machine that recorded it: the number of processors, and pids that HAProxy mixes into a message. */
function isSteady(row: string): boolean {
  return !/thread [0-9]|\([0-9]+\) : config : /.test(row);
}

/** `before`: cases whose verdicts are kept. */
export function writeRecord(
  cases: readonly LineCase[],
  verdicts: readonly Verdict[],
  before: ReturnType<typeof readRecord> = [],
): void {
  const all = [...before, ...cases.map((each, at) => ({ each, verdict: verdicts[at] as Verdict }))];
  const rows = all.map(({ each: { section, line }, verdict: { status, messages } }) => {
    return [section, line.replaceAll('\n', '\\n'), status, ...messages].join('\t');
  });
  writeFileSync(path, `${rows.filter(isSteady).join('\n')}\n`, 'latin1');
}
