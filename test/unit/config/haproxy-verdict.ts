/** What the real HAProxy says of a configuration, in the form in which Sluice's own findings are compared with it. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import '../../../src/features/all.ts';
import type { Severity } from '../../../src/config/diagnostics.ts';
import { type LoadedConfiguration, loadConfiguration } from '../../../src/config/load.ts';
import '../../../src/features/balance/algorithms.ts';
import { findCommand } from '../../harness/program.ts';

export interface Verdict {
  readonly status: number;
  /** `[ALERT] …`, `[WARNING] …`: the first line of each message, without process and time of writing. */
  readonly messages: readonly string[];
}

/** The name that the configuration has in messages. */
const fileName = 'test.cfg';

const haproxy = findCommand('haproxy');

/** Other versions speak another language. */
const wantedVersion = /version 2\.6\./;

function unmetNeed(): string | false {
  if (haproxy === undefined) return 'needs haproxy: apt-get install haproxy';
  const version = execFileSync(haproxy, ['-v'], { encoding: 'utf8' }).split('\n')[0]!;
  return wantedVersion.test(version) ? false : `needs haproxy 2.6, found: ${version}`;
}

export const skipWithoutHaproxy = { skip: unmetNeed() };

/** Two at a time: the machines that run this have few cores. */
const parallel = 2;

/** HAProxy's verdicts, in the order of the texts. */
export async function haproxyVerdicts(texts: readonly string[]): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  let next = 0;
  const worker = async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-verdict-'));
    try {
      while (next < texts.length) {
        const index = next++;
        writeFileSync(join(directory, fileName), texts[index]!, 'latin1');
        verdicts[index] = await runHaproxy(directory);
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return verdicts;
}

function runHaproxy(directory: string): Promise<Verdict> {
  return new Promise((resolve) => {
    const options = { cwd: directory, encoding: 'latin1' as const, timeout: 10_000 };
    execFile(haproxy!, ['-c', '-f', fileName], options, (error, _stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ status, messages: messagesIn(stderr) });
    });
  });
}

function messagesIn(stderr: string): string[] {
  return stderr
    .split('\n')
    .map((line) => /^\[(ALERT|WARNING|NOTICE)\] +\([0-9]+\) : config : (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map((match) => `[${match[1]}] ${match[2]}`)
    .filter(saysSomething);
}

/** The closing lines of a refused configuration follow from the others. */
function saysSomething(message: string): boolean {
  return !/\] (Error\(s\) found in|Fatal errors found in)/.test(message);
}

const shown: Readonly<Partial<Record<Severity, string>>> = {
  alert: 'ALERT',
  objection: 'ALERT',
  warning: 'WARNING',
  notice: 'NOTICE',
};

export function load(text: string): LoadedConfiguration {
  return loadConfiguration([{ name: fileName, text }], {
    environment: process.env,
    version: '2.6.12',
    workingDirectory: tmpdir(),
  });
}

export function sluiceVerdict(text: string): Verdict {
  const loaded = load(text);
  const messages = loaded.diagnostics.list
    .filter((d) => shown[d.severity] !== undefined)
    .map((d) => `[${shown[d.severity]}] ${d.message.split('\n')[0]}`)
    .filter(saysSomething);
  return { status: loaded.exitStatus, messages };
}
