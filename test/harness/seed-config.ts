// The users' configurations (test/seed-configs), as written and as HAProxy 2.6 accepts them (modern/), moved to
// loopback: a scenario says which address or port becomes which, and nothing else changes.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './program.ts';

const directory = join(repositoryRoot, 'test', 'seed-configs');

export function seedConfigNames(): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.cfg'))
    .sort();
}

/** The path of a file as the user wrote it. */
export function seedConfigPath(name: string): string {
  return join(directory, name);
}

/** The path of a file with the smallest change that HAProxy 2.6 accepts. */
export function modernSeedConfigPath(name: string): string {
  return join(directory, 'modern', name);
}

/** The text of the modern spelling, with each given text replaced wherever it stands; each must stand somewhere. */
export function movedSeedConfig(name: string, replacements: Readonly<Record<string, string>>): string {
  let text = readFileSync(join(directory, 'modern', name), 'utf8');
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from)) throw new Error(`${name} does not contain ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}
