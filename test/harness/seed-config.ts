// The users' configurations (test/seed-configs), as written and as HAProxy 2.6 accepts them (modern/), moved to
// loopback: a scenario says which address or port becomes which, and nothing else changes. What the files leave out
// (timeouts, a log) may stand in sections in front of them.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ScenarioContext } from './context.ts';
import { isOracle, repositoryRoot } from './program.ts';
import { type ScenarioOptions, scenario } from './scenario.ts';

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

/** The text of the modern spelling, moved. */
export function movedSeedConfig(name: string, replacements: Replacements): string {
  return moved(modernSeedConfigPath(name), replacements);
}

/** What becomes what, wherever it stands; each must stand somewhere. */
export type Replacements = Readonly<Record<string, string>>;

function moved(path: string, replacements: Replacements): string {
  let text = readFileSync(path, 'utf8');
  for (const [from, to] of Object.entries(replacements)) {
    if (!text.includes(from)) throw new Error(`${path} does not contain ${from}`);
    text = text.replaceAll(from, to);
  }
  return text;
}

const LEGACY = 'HAProxy 2.6 dropped words that this document uses; Sluice takes them and warns';

export interface DocumentOptions extends Omit<ScenarioOptions, 'differs' | 'nbthread'> {
  /** The scenario waits for seconds: one thread for the modern spelling and two for the old one are enough. */
  readonly isSlow?: boolean;
  /** What Sluice does not have yet of the modern spelling: the words of 1.4 are tried then, and HAProxy gets the modern ones. */
  readonly modernWaitsFor?: string;
}

/**
 * A scenario about a configuration of a document, in each spelling that the program under test accepts. `config`
 * moves the configuration to the scenario's addresses.
 */
export function documentScenario(
  title: string,
  name: string,
  options: DocumentOptions,
  body: (t: ScenarioContext, config: (replacements: Replacements) => string) => Promise<void>,
): void {
  const isLegacy =
    readFileSync(seedConfigPath(name), 'utf8') !== readFileSync(modernSeedConfigPath(name), 'utf8');
  const { modernWaitsFor, isSlow = false, ...others } = options;
  if (modernWaitsFor === undefined || isOracle) {
    const nbthread = isSlow && isLegacy ? 1 : 'both';
    scenario(`${name}: ${title}`, { ...others, nbthread }, (t) =>
      body(t, (r) => moved(modernSeedConfigPath(name), r)),
    );
  }
  if (!isLegacy) return;
  // The words are read once; with how many threads they are carried out makes no difference to them.
  const nbthread = isSlow ? 2 : 1;
  scenario(`${name} as written: ${title}`, { ...others, nbthread, differs: LEGACY }, (t) =>
    body(t, (r) => moved(seedConfigPath(name), r)),
  );
}
