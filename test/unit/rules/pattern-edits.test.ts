// A rule that finds no room for its entry says so to the operator, and not with every request.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Configuration } from '../../../src/config/model.ts';
import type { Linker } from '../../../src/expr/linker.ts';
import { sizeScratch } from '../../../src/expr/scratch.ts';
import { actionRecords } from '../../../src/rules/action-record.ts';
import '../../../src/rules/actions/pattern-edits.ts';
import type { RuleTarget } from '../../../src/rules/target.ts';
import { CONTINUE } from '../../../src/rules/verdict.ts';
import { SharedState } from '../../../src/state/shared-state.ts';
import { bytes, source, storeOf } from '../expr/patterns/local-lists.ts';

test('a list without room is left as it is, and the operator is told once', () => {
  sizeScratch(16_384);
  const store = storeOf([source('full.map', 'a 1\n', true)], 64 * 1024);
  const list = store.list(0);
  for (let i = 0; list.add(bytes(`key-${i}`), bytes('value')) === 1; i++);
  const { count } = list;
  const warnings: string[] = [];
  const linker: Linker = {
    configuration: { global: {}, proxies: [], defaults: [], facets: new Map() } as unknown as Configuration,
    shared: SharedState.create({ threads: 1, proxies: 0, servers: 0, listeners: 0 }),
    patterns: store,
    frontendIndex: () => -1,
    backendIndex: () => -1,
    keepRequestLine: () => undefined,
    warn: (text) => warnings.push(text),
  };
  const format = (text: string) => ({ text, proxy: 'p', origin: { file: 'test', line: 1 } });
  const record = actionRecords('http-request').get('set-map');
  const act = (file: string, key: string, value: string) =>
    record?.link({ file, key: format(key), value: format(value) }, linker, 'http-request');
  // Texts without samples look at nothing of the request.
  const target = {} as RuleTarget;
  const add = act('full.map', 'new', 'x'.repeat(500));
  for (let i = 0; i < 5; i++) assert.equal(add?.(target, true), CONTINUE);
  assert.equal(list.count, count);
  assert.deepEqual(warnings, [
    `'full.map' is not changed: there is no room left for patterns (${count} entries, 2 changes refused so far).`,
  ]);
  assert.equal(act('nosuch.map', 'a', 'b')?.(target, true), CONTINUE);
  assert.equal(list.delete(bytes('key-0'), 0, 5), 1);
  assert.equal(act('full.map', 'a', '2')?.(target, true), CONTINUE);
  assert.equal(warnings.length, 1);
  assert.deepEqual(list.page({ entry: 0, sequence: -1 }, 1)[0]?.value, '2');
});
