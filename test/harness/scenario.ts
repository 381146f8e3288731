// `scenario`: one behaviour, as a test of node:test. It runs against the program under test, with one and with two
// threads (the oracle once), and prints configuration and transcript when it fails.

import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { ScenarioContext } from './context.ts';
import { type Need, unmetNeed } from './needs.ts';
import { isOracle, programPath } from './program.ts';
import { within } from './waiting.ts';

export interface ScenarioOptions {
  /** 1: the behaviour depends on a single thread. 1 or 2: it takes long, and another scenario has the other one. */
  readonly nbthread?: 'both' | 1 | 2;
  readonly needs?: readonly Need[];
  /** Why Sluice differs from HAProxy here on purpose. The oracle skips the scenario with this reason. */
  readonly differs?: string;
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 40_000;

function skipReason(options: ScenarioOptions): string | undefined {
  if (isOracle && options.differs !== undefined) return `differs on purpose: ${options.differs}`;
  if (isOracle && programPath() === undefined) return 'needs haproxy: apt-get install haproxy';
  return unmetNeed(options.needs ?? []);
}

async function play(
  body: (t: ScenarioContext) => Promise<void>,
  nbthread: number,
  timeoutMs: number,
): Promise<void> {
  const path = programPath();
  if (path === undefined || !existsSync(path)) throw new Error(`the program under test is missing: ${path}`);
  const context = new ScenarioContext(path, nbthread);
  let failure: unknown;
  try {
    // Not left to node's runner, which would not end what the scenario has started.
    await within(body(context), 'the scenario to end', timeoutMs);
  } catch (error) {
    failure = error ?? new Error('failed');
    process.stderr.write(`${context.report()}\n`);
  }
  const leftOver = await context.end();
  if (failure !== undefined) throw failure;
  if (leftOver.length > 0) {
    process.stderr.write(`${context.report()}\n`);
    throw new Error(leftOver.join('; '));
  }
}

export function scenario(
  title: string,
  options: ScenarioOptions,
  body: (t: ScenarioContext) => Promise<void>,
): void {
  const reason = skipReason(options);
  const { nbthread = 'both' } = options;
  const threads = isOracle ? [1] : nbthread === 'both' ? [1, 2] : [nbthread];
  for (const nbthread of threads) {
    const name = threads.length === 1 ? title : `${title} (nbthread ${nbthread})`;
    const testOptions = reason === undefined ? {} : { skip: reason };
    test(name, testOptions, () => play(body, nbthread, options.timeoutMs ?? TIMEOUT_MS));
  }
}
