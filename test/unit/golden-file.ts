/** Reads the golden files of the unit tests, whether the tests run compiled or not. Their text has C escapes. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/** The file's text, one character per byte; `name` counts from test/unit. */
export function readGoldenText(name: string): string {
  return readFileSync(join(projectRoot(), 'test/unit', name), 'latin1');
}

export interface GoldenRow {
  readonly words: string[];
  readonly bytes: Uint8Array;
  /** The row as written, for messages. */
  readonly line: string;
}

/** Rows of so many words, and then bytes. */
export function readGolden(name: string, wordCount: number): GoldenRow[] {
  const rows: GoldenRow[] = [];
  for (const line of readGoldenText(name).split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const words = line.split(' ', wordCount);
    const rest = line.slice(words.join(' ').length + 1);
    rows.push({ words, bytes: Buffer.from(unescapeBytes(rest), 'latin1'), line: line.slice(0, 160) });
  }
  return rows;
}

export function unescapeBytes(text: string): string {
  return text.replace(/\\(x[0-9a-f]{2}|.)/g, (_, what: string) => {
    if (what.startsWith('x')) return String.fromCharCode(Number.parseInt(what.slice(1), 16));
    if (what === 'r') return '\r';
    return what === 'n' ? '\n' : what;
  });
}
