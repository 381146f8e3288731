/**
 * What `-f` names to the texts of files: a file as it is, a directory as its `*.cfg` files in order of name.
 * Specification: management manual, 3 (`-f`).
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { toByteText } from './byte-text.ts';
import type { ConfigurationSource } from './load.ts';

export type ConfigurationFiles =
  | { readonly ok: true; readonly sources: readonly ConfigurationSource[] }
  /** What stands behind `config : ` in HAProxy's alert; nothing else is tried then. */
  | { readonly ok: false; readonly message: string };

export function readConfigurationFiles(names: readonly string[]): ConfigurationFiles {
  const sources: ConfigurationSource[] = [];
  for (const name of names) {
    try {
      const files = statSync(name).isDirectory() ? filesIn(name) : [name];
      for (const file of files) {
        sources.push({ name: toByteText(file), text: readFileSync(file, 'latin1') });
      }
    } catch (error) {
      return {
        ok: false,
        message: `Cannot open configuration file/directory ${toByteText(name)} : ${reason(error)}`,
      };
    }
  }
  return { ok: true, sources };
}

function filesIn(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.cfg') && !name.startsWith('.'))
    .sort()
    .map((name) => `${directory}/${name}`)
    .filter((file) => statSync(file).isFile());
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
};

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return reasons[code] ?? code;
}
