// Runs the tests: node dist/test/run.js [--oracle] [--soak] [pattern…]
//   --oracle   the scenarios only, against the real HAProxy
//   --soak     the soak only, for its full time instead of some seconds
//   pattern    only files whose path contains one of the patterns
// It starts `node --test` on the compiled files and ends with its status, so that the runner's closing lines are the
// last output.

import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { repositoryRoot } from './harness/program.ts';

/** Scenarios mostly wait, so more of them than cores may run at once. */
const CONCURRENCY = 4;
const SOAK_SECONDS = 600;

interface Choice {
  readonly oracle: boolean;
  readonly soak: boolean;
  readonly patterns: readonly string[];
}

function parseArguments(args: readonly string[]): Choice {
  const known = new Set(['--oracle', '--soak']);
  const unknown = args.find((arg) => arg.startsWith('-') && !known.has(arg));
  if (unknown !== undefined) throw new Error(`unknown option ${unknown}`);
  return {
    oracle: args.includes('--oracle'),
    soak: args.includes('--soak'),
    patterns: args.filter((arg) => !arg.startsWith('-')),
  };
}

function filesBelow(directory: string, suffix: RegExp): string[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => suffix.test(path))
    .map((path) => join(directory, path))
    .sort();
}

function chooseFiles({ oracle, soak, patterns }: Choice): string[] {
  const compiled = join(repositoryRoot, 'dist');
  const scenarios = filesBelow(join(compiled, 'test', 'scenarios'), /\.js$/);
  const soaks = filesBelow(join(compiled, 'test', 'soak'), /\.test\.js$/);
  const units = [
    ...filesBelow(join(compiled, 'test', 'unit'), /\.test\.js$/),
    ...filesBelow(join(compiled, 'src'), /\.test\.js$/),
  ];
  const files = soak ? soaks : oracle ? scenarios : [...units, ...scenarios, ...soaks];
  if (patterns.length === 0) return files;
  return files.filter((path) => patterns.some((pattern) => relative(compiled, path).includes(pattern)));
}

function main(): void {
  const choice = parseArguments(process.argv.slice(2));
  const files = chooseFiles(choice);
  if (files.length === 0) throw new Error('no test file matches');
  const program = choice.oracle ? 'haproxy' : (process.env['SLUICE_TEST_PROGRAM'] ?? 'sluice');
  const child = spawn(
    process.execPath,
    [
      '--test',
      // Node's own clean-up at the end of a file may spin for ever over a request that will not be answered any more.
      '--test-force-exit',
      `--test-concurrency=${CONCURRENCY}`,
      `--test-reporter=${process.stdout.isTTY ? 'spec' : 'tap'}`,
      ...files,
    ],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        SLUICE_TEST_PROGRAM: program,
        ...(choice.soak
          ? { SLUICE_TEST_SOAK_SECONDS: process.env['SLUICE_TEST_SOAK_SECONDS'] ?? String(SOAK_SECONDS) }
          : {}),
      },
    },
  );
  child.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
}

main();
