// Which program is under test, and what it is called with. Scenarios never ask; only the harness does.
//   SLUICE_TEST_PROGRAM  sluice (default) or haproxy, the oracle
//   SLUICE_TEST_PATH     another path to it

import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type ProgramName = 'sluice' | 'haproxy';

function findRepositoryRoot(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (directory !== '/') {
    const manifest = join(directory, 'package.json');
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'sluice')
      return directory;
    directory = dirname(directory);
  }
  throw new Error('no package.json of sluice above the tests');
}

export const repositoryRoot = findRepositoryRoot();

/** The path of a command, or undefined when the machine does not have it. */
export function findCommand(name: string): string | undefined {
  const directories = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return directories
    .map((directory) => join(directory, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function chosenProgram(): ProgramName {
  const name = process.env['SLUICE_TEST_PROGRAM'] ?? 'sluice';
  if (name !== 'sluice' && name !== 'haproxy')
    throw new Error(`SLUICE_TEST_PROGRAM: ${name} is neither sluice nor haproxy`);
  return name;
}

export const programName: ProgramName = chosenProgram();
export const isOracle = programName === 'haproxy';

/** Path of the program under test; undefined when the oracle is not installed. */
export function programPath(): string | undefined {
  const override = process.env['SLUICE_TEST_PATH'];
  if (override !== undefined) return override;
  return isOracle ? findCommand('haproxy') : join(repositoryRoot, 'bin', 'sluice');
}
