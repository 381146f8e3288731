// Every input of the corpora, split at every byte boundary and byte by byte, means what it means whole.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Step } from '../../corpus/case.ts';
import { http1Requests } from '../../corpus/http1-requests.ts';
import { http1Responses } from '../../corpus/http1-responses.ts';
import { essenceOf, type Played, playRequests, playResponse } from './codec-lane.ts';

/** Longer inputs are there for their size; they are split at some places only. */
const LONGEST_BYTES = 1200;
const SOME_PLACES = 40;

function bytesOf(steps: readonly Step[]): string {
  return steps.filter((step) => step !== 'FIN' && step !== 'RST').join('');
}

function* cutsOf(length: number): Generator<number> {
  const step = length <= LONGEST_BYTES ? 1 : Math.floor(length / SOME_PLACES);
  for (let cut = 1; cut < length; cut += step) yield cut;
}

function checkSplits(name: string, bytes: string, play: (parts: readonly string[]) => Played): number {
  const whole = essenceOf(play([bytes]));
  let count = 0;
  for (const cut of cutsOf(bytes.length)) {
    const halves = play([bytes.slice(0, cut), bytes.slice(cut)]);
    assert.deepEqual(essenceOf(halves), whole, `${name}, split at ${cut}: ${JSON.stringify(bytes)}`);
    count++;
  }
  if (bytes.length <= LONGEST_BYTES)
    assert.deepEqual(essenceOf(play([...bytes])), whole, `${name}, byte by byte: ${JSON.stringify(bytes)}`);
  return count;
}

for (const relaxed of [false, true]) {
  const mode = relaxed ? 'lenient' : 'strict';
  test(`requests mean the same however they are split: ${mode}`, () => {
    let count = 0;
    for (const each of http1Requests) {
      count += checkSplits(each.name, bytesOf(each.request), (parts) => playRequests(parts, relaxed));
    }
    assert.ok(count > 50_000);
  });

  test(`responses mean the same however they are split: ${mode}`, () => {
    let count = 0;
    for (const each of http1Responses) {
      const request = bytesOf(each.request);
      count += checkSplits(each.name, bytesOf(each.response ?? []), (parts) =>
        playResponse(request, parts, relaxed),
      );
    }
    assert.ok(count > 20_000);
  });
}
