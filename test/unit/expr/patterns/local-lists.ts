// Lists of patterns as the configuration would make them, and a plain model of what they must find.

import '../../../../src/expr/all.ts';
import type { PatternListSource } from '../../../../src/expr/patterns/pattern-files.ts';
import { PatternStore } from '../../../../src/expr/patterns/pattern-store.ts';
import { Sample, T_STR } from '../../../../src/expr/sample.ts';

export const ROOM_BYTES = 4 * 1024 * 1024;

export function source(name: string, text: string, withValues: boolean): PatternListSource {
  return {
    file: name,
    withValues,
    patterns: [],
    criterion: '',
    id: undefined,
    content: Buffer.from(text, 'latin1'),
    uses: [],
    checked: [],
  };
}

export function storeOf(lists: PatternListSource[], sizeBytes = ROOM_BYTES): PatternStore {
  const store = PatternStore.create({ lists, files: new Map(), names: new Map() }, sizeBytes);
  if (store === undefined) throw new Error('no room');
  return store;
}

export function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1');
}

export function stringSample(text: string): Sample {
  const sample = new Sample();
  sample.setBytes(T_STR, bytes(text));
  return sample;
}
