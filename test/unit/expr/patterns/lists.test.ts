// Lists as they are loaded, shown, bounded, and given back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchMethod } from '../../../../src/expr/patterns/match-method.ts';
import { lineNumberAt, readPatternLines } from '../../../../src/expr/patterns/pattern-lines.ts';
import { FOUND, WITHOUT_VALUE } from '../../../../src/expr/patterns/pattern-lookup.ts';
import { NO_ROOM, PatternReference, REFUSED } from '../../../../src/expr/patterns/pattern-reference.ts';
import { PatternStore } from '../../../../src/expr/patterns/pattern-store.ts';
import { Regexes } from '../../../../src/expr/patterns/regexes.ts';
import { SharedHeap } from '../../../../src/state/shared-heap.ts';
import { bytes, source, storeOf, stringSample } from './local-lists.ts';

function lines(text: string, withValues: boolean): string[][] {
  const found: string[][] = [];
  readPatternLines(bytes(text), withValues, (keyStart, keyEnd, valueStart, valueEnd) => {
    found.push([text.slice(keyStart, keyEnd), ...(withValues ? [text.slice(valueStart, valueEnd)] : [])]);
    return true;
  });
  return found;
}

test('lines are read as HAProxy reads them', () => {
  const text = ' #hash\n#c\n  lead\ntrail  \ncr\r\nin ner sp\n\t tab\t\n\nlast';
  assert.deepEqual(lines(text, false), [
    ['#hash'],
    ['lead'],
    ['trail  '],
    ['cr'],
    ['in ner sp'],
    ['tab\t'],
    ['last'],
  ]);
  const pairs = ' #k v\n#c x\n  lead  v1 \ntr\t v2\t\ncr v3\r\nonly\nonlysp  \nin ner sp x  \nlast v';
  assert.deepEqual(lines(pairs, true), [
    ['#k', 'v'],
    ['lead', 'v1'],
    ['tr', 'v2'],
    ['cr', 'v3'],
    ['only', ''],
    ['onlysp', ''],
    ['in', 'ner sp x'],
    ['last', 'v'],
  ]);
  assert.equal(lineNumberAt(bytes(text), text.indexOf('cr')), 5);
});

test('lists without an id of their own get the lowest that are left', () => {
  const of = (id: number | undefined) => ({ ...source(`f${id}`, '', false), id });
  const store = storeOf([of(undefined), of(1), of(undefined), of(0)]);
  assert.deepEqual(
    store.references.map(({ id }) => id),
    [2, 1, 3, 0],
  );
  assert.equal(store.byId(3), store.list(2));
});

test('a value of a list of expressions is made of what the expression matched, also a new one', () => {
  const store = storeOf([source('r.map', '^a(.*)$ is-\\1\n^b b\n', true)]);
  const regexes = new Regexes(PatternStore.attach(store.buffers).list(0), false, true);
  const replaced = (text: string): string | undefined => {
    const sample = stringSample(text);
    if (regexes.lookup.value(sample) !== FOUND) return undefined;
    const area = new Uint8Array(100);
    return Buffer.from(area.slice(0, regexes.writeReplacement(sample, area))).toString('latin1');
  };
  assert.equal(replaced('abc'), 'is-bc');
  store.list(0).set(bytes('^a(.*)$'), bytes('was-\\1'));
  assert.equal(replaced('abc'), 'was-bc');
  store.list(0).add(bytes('^c(x)'), bytes('[\\1]'));
  assert.equal(replaced('cx'), '[x]');
  assert.equal(store.list(0).add(bytes('('), bytes('')), REFUSED);
  store.list(0).delete(bytes('^b'), 0, 2);
  assert.equal(replaced('b'), undefined);
});

test('an entry that was added without a value has none, and gets none', () => {
  const store = storeOf([source('m.map', 'a 1\n', true)]);
  const list = store.list(0);
  const lookup = matchMethod('str').lookup(list, false);
  assert.equal(list.addMissing(bytes('b'), 0, 1), 1);
  assert.equal(lookup.value(stringSample('b')), WITHOUT_VALUE);
  assert.equal(list.set(bytes('b'), bytes('2')), 1);
  assert.equal(lookup.value(stringSample('b')), WITHOUT_VALUE);
});

test('pages go on where they were although entries come and go', () => {
  const text = Array.from({ length: 10 }, (_, i) => `k${i} ${i}\n`).join('');
  const list = storeOf([source('m.map', text, true)]).list(0);
  const cursor = PatternReference.cursor();
  const keys = (most: number): string[] => list.page(cursor, most).map(({ key }) => key);
  assert.deepEqual(keys(4), ['k0', 'k1', 'k2', 'k3']);
  // The entry that the cursor stands on goes, and its place is taken by another.
  list.delete(bytes('k3'), 0, 2);
  list.delete(bytes('k4'), 0, 2);
  list.add(bytes('new'), bytes('x'));
  assert.deepEqual(keys(3), ['k5', 'k6', 'k7']);
  assert.deepEqual(keys(9), ['k8', 'k9', 'new']);
  assert.deepEqual(keys(9), []);
});

test('without room an edit changes nothing, and room that is given back is used again', () => {
  const store = storeOf([source('m.map', 'a 1\n', true)], 96 * 1024);
  const list = store.list(0);
  const methods = (['str', 'sub', 'dom'] as const).map((name) => matchMethod(name).lookup(list, false));
  const key = (i: number): Uint8Array => bytes(`a-key-of-some-length-${i}`);
  const value = bytes('a value of some length');
  let added = 0;
  while (list.add(key(added), value) === 1) added++;
  assert.ok(added > 200, `${added}`);
  assert.equal(list.add(key(added), value), NO_ROOM);
  assert.equal(list.refusedEdits, 2);
  assert.equal(list.count, added + 1);
  for (let i = 0; i < added; i++)
    for (const lookup of methods) assert.ok(lookup.matches(stringSample(Buffer.from(key(i)).toString())));
  assert.equal(methods[0]?.matches(stringSample(Buffer.from(key(added)).toString())), false);
  const full = store.usedBytes;
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < added; i++) assert.equal(list.delete(key(i), 0, key(i).length), 1);
    assert.ok(store.usedBytes < full / 2);
    for (let i = 0; i < added; i++) assert.equal(list.add(key(i), value), 1, `${round} ${i}`);
  }
  assert.equal(store.usedBytes, full);
  list.clear();
  assert.equal(list.count, 0);
  for (const lookup of methods) assert.equal(lookup.matches(stringSample('a')), false);
});

test('edits without end take no more than what is there', () => {
  const store = storeOf([source('m.map', 'counter 0\n', true)], 128 * 1024);
  const list = store.list(0);
  const lookup = matchMethod('str').lookup(list, false);
  const key = bytes('counter');
  for (let i = 0; i < 20_000; i++) {
    const value = bytes(String(i).repeat(1 + (i % 9)));
    assert.equal(list.put(key, 0, key.length, value, 0, value.length), 1);
    if (i % 500 === 0) {
      const generation = list.prepare();
      list.add(key, value, generation);
      assert.equal(list.commit(generation), true);
    }
  }
  assert.equal(lookup.value(stringSample('counter')), FOUND);
  assert.equal(list.count, 1);
  assert.equal(list.refusedEdits, 0);
});

test('blocks of every size are given out whole, and given out again', () => {
  const heap = SharedHeap.create(1 << 20);
  const blocks: { at: number; size: number }[] = [];
  for (let size = 1; size < 200; size += 3) {
    const at = heap.takeClear(size);
    assert.ok(at > 0);
    heap.words.fill(size, at, at + size);
    blocks.push({ at, size });
  }
  for (const { at, size } of blocks) for (let i = 0; i < size; i++) assert.equal(heap.words[at + i], size);
  const used = heap.usedBytes;
  for (const { at, size } of blocks) heap.give(at, size);
  assert.equal(heap.usedBytes, 0);
  const again = new Set(blocks.map(({ size }) => heap.take(size)));
  assert.equal(heap.usedBytes, used);
  for (const { at } of blocks) assert.ok(again.has(at));
  assert.equal(heap.take(1 << 20), 0);
});
