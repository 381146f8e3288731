// Holds the program under test to the recorded verdicts of a corpus.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import type { ScenarioContext } from '../harness/context.ts';
import { isOracle } from '../harness/program.ts';
import type { Wire } from '../harness/wire.ts';
import type { CorpusCase } from './case.ts';
import { comparable } from './chunk-boundaries.ts';
import { type Lane, openLanes, type Pace, playOnLanes } from './lane.ts';
import { condense, essence, MODES, type Mode, type Observation } from './observation.ts';
import {
  assertUniqueNames,
  type CorpusName,
  isRecorded,
  readVerdicts,
  type Verdicts,
  verdictKey,
} from './verdict-file.ts';

const LANES_PER_KIND = 6;
/** More differences than these say nothing new, and each costs a deadline. */
const MAX_DIFFERENCES = 12;

/** One way to play a case. */
interface Turn {
  readonly each: CorpusCase;
  /** Shown with a difference: how the bytes were split. */
  readonly how: string;
  readonly pace: Pace;
}

function expectationOf(verdicts: Verdicts, each: CorpusCase, lane: Lane): Observation {
  const like = isOracle ? each.name : (each.differs?.like ?? each.name);
  const verdict = verdicts.get(verdictKey({ name: like }, lane.mode));
  assert.ok(verdict !== undefined, `no verdict is recorded on "${like}": run test/corpus/record.ts`);
  return verdict;
}

function describe({ each, how }: Turn, lane: Lane, expected: unknown, observed: unknown): string {
  return [
    `${verdictKey(each, lane.mode)} ${how}`.trim(),
    `  request  ${JSON.stringify(each.request).slice(0, 600)}`,
    ...(each.response === undefined ? [] : [`  response ${JSON.stringify(each.response).slice(0, 600)}`]),
    `  expected ${JSON.stringify(expected)}`,
    `  observed ${JSON.stringify(observed)}`,
  ].join('\n');
}

async function check(
  t: ScenarioContext,
  corpus: CorpusName,
  turns: readonly Turn[],
  agrees: (observed: Observation, verdict: Observation, wasReset: boolean) => boolean,
  modes: readonly Mode[] = MODES,
): Promise<void> {
  const verdicts = readVerdicts(corpus);
  const lanes = await openLanes(t, LANES_PER_KIND);
  const differences: string[] = [];
  const play = async (turn: Turn, lane: Lane): Promise<void> => {
    if (differences.length >= MAX_DIFFERENCES) return;
    const verdict = expectationOf(verdicts, turn.each, lane);
    const { observation, wasReset, leftOpen } = await lane.play(turn.each, verdict, turn.pace);
    if (!agrees(comparable(condense(observation)), comparable(verdict), wasReset))
      differences.push(describe(turn, lane, verdict, observation));
    else if (leftOpen > 0)
      differences.push(`${verdictKey(turn.each, lane.mode)}: its server connection was left open`);
  };
  const played = isOracle ? turns.filter(({ each }) => isRecorded(each)) : turns;
  await playOnLanes(lanes, played, (turn) => turn.each, play, modes);
  assert.equal(differences.length, 0, `\n${differences.join('\n')}\n`);
}

/** Plays every case as it is written: all that was recorded must be seen again. */
export function checkWhole(
  t: ScenarioContext,
  corpus: CorpusName,
  cases: readonly CorpusCase[],
): Promise<void> {
  assertUniqueNames(cases);
  const turns = cases.map((each) => ({ each, how: '', pace: {} }));
  return check(t, corpus, turns, (observed, verdict) => isDeepStrictEqual(observed, verdict));
}

/** The bytes of a request of one part. */
function bytesOf(each: CorpusCase): string | undefined {
  const [bytes, ...more] = each.request;
  return more.length === 0 && bytes !== 'FIN' && bytes !== 'RST' ? bytes : undefined;
}

/**
 * A client that goes on sending after the proxy has answered and closed is reset, and may lose the answer; what reached
 * a server counts all the same.
 */
function sameEssence(observed: Observation, verdict: Observation, wasReset: boolean): boolean {
  const seen = essence(observed);
  const wanted = essence(verdict);
  if (wasReset && wanted.after === 'closed' && wanted.statuses.startsWith(seen.statuses))
    return isDeepStrictEqual({ ...seen, statuses: wanted.statuses }, wanted);
  return isDeepStrictEqual(seen, wanted);
}

/** Sends the parts between the offsets, each when the proxy has read the one before. */
async function sendParts(wire: Wire, bytes: string, offsets: readonly number[]): Promise<void> {
  const bounds = [0, ...offsets, bytes.length];
  for (let part = 1; part < bounds.length && wire.ending === undefined; part++) {
    if (part > 1) await wire.taken();
    await wire.send(bytes.slice(bounds[part - 1], bounds[part]));
  }
}

/**
 * Sends each request in two parts, split at every boundary: the essence of the verdict must stay.
 * In strict mode alone: how a parser resumes does not depend on what it allows.
 */
export function checkSplit(
  t: ScenarioContext,
  corpus: CorpusName,
  cases: readonly CorpusCase[],
): Promise<void> {
  const turns = cases.flatMap((each) => {
    return everyOffset(bytesOf(each) ?? '').map((offset): Turn => {
      return {
        each,
        how: `split at ${offset}`,
        pace: { send: (wire, bytes) => sendParts(wire, bytes, [offset]) },
      };
    });
  });
  assert.ok(turns.length > 0);
  return check(t, corpus, turns, sameEssence, ['strict']);
}

function everyOffset(bytes: string): number[] {
  return Array.from({ length: Math.max(0, bytes.length - 1) }, (_, at) => at + 1);
}

/** Sends each request byte by byte, in strict mode alone as well. */
export function checkByteByByte(
  t: ScenarioContext,
  corpus: CorpusName,
  cases: readonly CorpusCase[],
): Promise<void> {
  const turns = cases
    .filter((each) => bytesOf(each) !== undefined)
    .map(
      (each): Turn => ({
        each,
        how: 'byte by byte',
        pace: { send: (wire, bytes) => sendParts(wire, bytes, everyOffset(bytes)) },
      }),
    );
  assert.ok(turns.length > 0);
  return check(t, corpus, turns, sameEssence, ['strict']);
}
