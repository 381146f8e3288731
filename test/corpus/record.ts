// Records what the installed HAProxy makes of the corpora: node dist/test/corpus/record.js [pattern]
// With a pattern, only cases whose name contains it are played and printed, and nothing is written. It is run by hand
// when cases are added; the scenarios in test/scenarios/40-bad-input then hold every program to the record.

import { execFileSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { ScenarioContext } from '../harness/context.ts';
import { findCommand } from '../harness/program.ts';
import type { CorpusCase } from './case.ts';
import { http1Requests } from './http1-requests.ts';
import { http1Responses } from './http1-responses.ts';
import { type Lane, openLanes, playOnLanes } from './lane.ts';
import { condense, MODES, type Observation } from './observation.ts';
import {
  assertUniqueNames,
  type CorpusName,
  isRecorded,
  type Verdicts,
  verdictKey,
  writeVerdicts,
} from './verdict-file.ts';

/** While recording, nothing tells when the last byte has come: so long is waited for more, in many small steps. */
const SETTLE_STEPS = 10;
const SETTLE_STEP_MS = 10;
const MAX_PLAYS = 6;
const LANES_PER_KIND = 12;

async function settle(): Promise<void> {
  for (let step = 0; step < SETTLE_STEPS; step++) await delay(SETTLE_STEP_MS);
}

/** Plays a case until it gives the same twice, so that no pause of a busy machine is recorded as a verdict. */
async function playUntilStable(each: CorpusCase, lane: Lane): Promise<Observation> {
  let last: Observation | undefined;
  for (let play = 0; play < MAX_PLAYS; play++) {
    const now = condense((await lane.play(each, undefined, { settle })).observation);
    if (isDeepStrictEqual(now, last)) return now;
    last = now;
  }
  throw new Error(`${each.name} [${lane.mode}] never gives the same twice: ${JSON.stringify(last)}`);
}

async function record(cases: readonly CorpusCase[], path: string): Promise<Verdicts> {
  const context = new ScenarioContext(path, 1);
  const verdicts: Verdicts = new Map();
  try {
    const lanes = await openLanes(context, LANES_PER_KIND);
    await playOnLanes(
      lanes,
      cases,
      (each) => each,
      async (each, lane) => {
        verdicts.set(verdictKey(each, lane.mode), await playUntilStable(each, lane));
      },
    );
  } finally {
    await context.end();
  }
  const keys = cases.flatMap((each) => MODES.map((mode) => verdictKey(each, mode)));
  return new Map(keys.flatMap((key) => (verdicts.has(key) ? [[key, verdicts.get(key)!]] : [])));
}

async function main(): Promise<void> {
  const path = findCommand('haproxy');
  if (path === undefined) throw new Error('haproxy is not installed: apt-get install haproxy');
  const version = /version (\d+\.\d+\.\d+)/.exec(execFileSync(path, ['-v'], { encoding: 'utf8' }))?.[1];
  const corpora: [CorpusName, readonly CorpusCase[]][] = [
    ['http1-requests', http1Requests],
    ['http1-responses', http1Responses],
  ];
  const pattern = process.argv[2];
  for (const [name, cases] of corpora) {
    assertUniqueNames(cases);
    const chosen = cases.filter(
      (each) => isRecorded(each) && (pattern === undefined || each.name.includes(pattern)),
    );
    if (chosen.length === 0) continue;
    const verdicts = await record(chosen, path);
    if (pattern === undefined) writeVerdicts(name, `HAProxy ${version}`, cases, verdicts);
    else for (const [key, verdict] of verdicts) process.stdout.write(`${key} ${JSON.stringify(verdict)}\n`);
    process.stdout.write(`${name}: ${chosen.length} cases\n`);
  }
}

await main();
