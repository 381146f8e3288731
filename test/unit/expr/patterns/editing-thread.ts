/** A thread that changes a list, or looks things up in it, while others do the same. */
import { parentPort, workerData } from 'node:worker_threads';
import '../../../../src/expr/all.ts';
import { matchMethod } from '../../../../src/expr/patterns/match-method.ts';
import { NOT_FOUND } from '../../../../src/expr/patterns/pattern-lookup.ts';
import { PatternStore } from '../../../../src/expr/patterns/pattern-store.ts';
import type { PatternBuffers } from '../../../../src/state/messages.ts';
import { bytes, stringSample } from './local-lists.ts';

export interface EditingTask {
  readonly buffers: PatternBuffers;
  readonly rounds: number;
  /** 0: it reads; otherwise it writes values made of this digit. */
  readonly digit: number;
  readonly gate: SharedArrayBuffer;
}

export const KEYS = 40;
const LONGEST = 200;

export function keyOf(number: number): string {
  return `key-${number}`;
}

/** Begins with its key, and goes on with one digit: a mixture of two values would show. */
function isWhole(key: string, value: string): boolean {
  return value === 'loaded' || (value.startsWith(`${key}=`) && /^(\d)\1*$/.test(value.slice(key.length + 1)));
}

function write(store: PatternStore, rounds: number, digit: number): void {
  const list = store.list(0);
  let random = digit * 7919;
  const next = (below: number): number => {
    random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff;
    return (random >>> 8) % below;
  };
  for (let round = 0; round < rounds; round++) {
    const text = keyOf(next(KEYS));
    const key = bytes(text);
    const value = bytes(`${text}=${String(digit).repeat(1 + next(LONGEST))}`);
    const kind = next(10);
    if (kind < 6) list.put(key, 0, key.length, value, 0, value.length);
    else if (kind < 9) list.delete(key, 0, key.length);
    else {
      // Another generation comes and goes, and nobody ever sees it.
      const other = list.nextGeneration + 1;
      list.add(bytes(`${text}-${next(1000)}`), value, other);
      if (kind === 9 && round % 3 === 0) list.clear(other);
    }
  }
}

/** What it saw that cannot be. */
function read(store: PatternStore, rounds: number): string[] {
  const wrong: string[] = [];
  const equal = matchMethod('str').lookup(store.list(0), false);
  const inside = matchMethod('sub').lookup(store.list(0), false);
  const samples = Array.from({ length: KEYS }, (_, i) => ({ key: keyOf(i), sample: stringSample(keyOf(i)) }));
  for (let round = 0; round < rounds; round++) {
    const each = samples[round % KEYS];
    if (each === undefined) continue;
    if (equal.value(each.sample) !== NOT_FOUND) {
      const value = Buffer.from(equal.u8.slice(equal.start, equal.end)).toString('latin1');
      if (!isWhole(each.key, value)) wrong.push(`${each.key}: ${value}`);
    }
    inside.matches(each.sample);
    // This one is never touched.
    if (!equal.matches(anchor)) wrong.push('the key that nobody changes is gone');
  }
  return wrong;
}

const anchor = stringSample('anchor');

if (parentPort !== null && workerData !== null) {
  // The test that starts this file hands it exactly this.
  const { buffers, rounds, digit, gate } = workerData as EditingTask;
  const store = PatternStore.attach(buffers);
  parentPort.postMessage('ready');
  Atomics.wait(new Int32Array(gate), 0, 0);
  if (digit === 0) parentPort.postMessage(read(store, rounds));
  else {
    write(store, rounds, digit);
    parentPort.postMessage([]);
  }
}
