// Every way of matching follows every edit: held against a list that is walked from its beginning.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type MatchName, matchMethod } from '../../../../src/expr/patterns/match-method.ts';
import { FOUND, NOT_FOUND, type PatternLookup } from '../../../../src/expr/patterns/pattern-lookup.ts';
import { type PatternReference, REFUSED } from '../../../../src/expr/patterns/pattern-reference.ts';
import { PatternStore } from '../../../../src/expr/patterns/pattern-store.ts';
import { Sample } from '../../../../src/expr/sample.ts';
import { SocketAddress } from '../../../../src/protocol/socket-address.ts';
import { bytes, source, storeOf, stringSample } from './local-lists.ts';

interface ModelEntry {
  readonly key: string;
  value: string;
  readonly generation: number;
}

/** What a list is, without any index. */
class Model {
  entries: ModelEntry[] = [];
  generation = 0;
  next = 0;

  current(): ModelEntry[] {
    return this.entries.filter((entry) => entry.generation === this.generation);
  }

  /** The value of the first entry that matches, or of the one with the largest `weight`. */
  find(matches: (key: string) => boolean, weight: (key: string) => number = () => 0): string | undefined {
    let found: ModelEntry | undefined;
    for (const entry of this.current()) {
      if (matches(entry.key) && (found === undefined || weight(entry.key) > weight(found.key))) found = entry;
    }
    return found?.value;
  }
}

const delimiters = { dir: '/?', dom: '/?.:' };

function trimmed(key: string, set: string): string {
  let start = 0;
  let end = key.length;
  while (start < end && set.includes(key.charAt(start))) start++;
  while (end > start && set.includes(key.charAt(end - 1))) end--;
  return key.slice(start, end);
}

function hasWord(subject: string, key: string, set: string): boolean {
  const word = trimmed(key, set);
  if (word === '') return false;
  for (let at = subject.indexOf(word); at >= 0; at = subject.indexOf(word, at + 1)) {
    const before = at === 0 || set.includes(subject.charAt(at - 1));
    const end = at + word.length;
    if (before && (end === subject.length || set.includes(subject.charAt(end)))) return true;
  }
  return false;
}

type Finder = (model: Model, subject: string) => string | undefined;

const finders: Readonly<Record<string, Finder>> = {
  str: (model, subject) => model.find((key) => key === subject),
  beg: (model, subject) =>
    model.find(
      (key) => subject.startsWith(key),
      (key) => key.length,
    ),
  end: (model, subject) => model.find((key) => subject.endsWith(key)),
  sub: (model, subject) => model.find((key) => subject.includes(key)),
  dir: (model, subject) => model.find((key) => hasWord(subject, key, delimiters.dir)),
  dom: (model, subject) => model.find((key) => hasWord(subject, key, delimiters.dom)),
  reg: (model, subject) => model.find((key) => subject.includes(key)),
};

const lower: Readonly<Record<string, Finder>> = {
  str: (model, subject) => model.find((key) => key.toLowerCase() === subject.toLowerCase()),
  sub: (model, subject) => model.find((key) => subject.toLowerCase().includes(key.toLowerCase())),
  dom: (model, subject) =>
    model.find((key) => hasWord(subject.toLowerCase(), key.toLowerCase(), delimiters.dom)),
};

function foundValue(lookup: PatternLookup, sample: Sample): string | undefined {
  const found = lookup.value(sample);
  assert.equal(found === FOUND, lookup.matches(sample));
  if (found === NOT_FOUND) return undefined;
  return Buffer.from(lookup.u8.slice(lookup.start, lookup.end)).toString('latin1');
}

type Step =
  | { readonly kind: 'put' | 'add'; readonly key: string; readonly value: string }
  | { readonly kind: 'set'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete' | 'addMissing'; readonly key: string }
  | { readonly kind: 'prepare' | 'clear' | 'clearNew' }
  | { readonly kind: 'addNew'; readonly key: string; readonly value: string }
  | { readonly kind: 'commit'; readonly back: number }
  | { readonly kind: 'setEntry' | 'deleteEntry'; readonly position: number };

function steps(key: fc.Arbitrary<string>): fc.Arbitrary<Step[]> {
  const value = fc.string({ maxLength: 12 });
  const edit = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('put', 'add', 'set', 'addNew'), key, value }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete'), key }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('prepare', 'clear', 'clearNew') }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('commit'), back: fc.nat(2) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constantFrom('setEntry', 'deleteEntry'), position: fc.nat(20) }),
    },
  );
  return fc.array(edit as fc.Arbitrary<Step>, { maxLength: 40 });
}

/** Does the same to both. */
function carryOut(step: Step, list: PatternReference, model: Model): void {
  switch (step.kind) {
    case 'put': {
      const same = model.current().filter(({ key }) => key === step.key);
      const key = bytes(step.key);
      const value = bytes(step.value);
      assert.equal(list.put(key, 0, key.length, value, 0, value.length), Math.max(1, same.length));
      for (const entry of same) entry.value = step.value;
      if (same.length === 0)
        model.entries.push({ key: step.key, value: step.value, generation: model.generation });
      return;
    }
    case 'add':
      assert.equal(list.add(bytes(step.key), bytes(step.value)), 1);
      model.entries.push({ key: step.key, value: step.value, generation: model.generation });
      return;
    case 'addNew':
      assert.equal(list.add(bytes(step.key), bytes(step.value), model.next), 1);
      model.entries.push({ key: step.key, value: step.value, generation: model.next });
      return;
    case 'set': {
      const same = model.current().filter(({ key }) => key === step.key);
      assert.equal(list.set(bytes(step.key), bytes(step.value)), same.length);
      for (const entry of same) entry.value = step.value;
      return;
    }
    case 'delete': {
      const key = bytes(step.key);
      const same = new Set(model.current().filter((entry) => entry.key === step.key));
      assert.equal(list.delete(key, 0, key.length), same.size);
      model.entries = model.entries.filter((entry) => !same.has(entry));
      return;
    }
    case 'addMissing':
      return;
    case 'prepare':
      model.next++;
      assert.equal(list.prepare(), model.next);
      return;
    case 'clear':
      list.clear();
      model.entries = model.entries.filter(({ generation }) => generation !== model.generation);
      return;
    case 'clearNew':
      list.clear(model.next);
      model.entries = model.entries.filter(({ generation }) => generation !== model.next);
      return;
    case 'commit': {
      const wanted = model.next - step.back;
      const possible = wanted > model.generation;
      assert.equal(list.commit(wanted), possible);
      if (!possible) return;
      model.generation = wanted;
      model.entries = model.entries.filter(({ generation }) => generation >= wanted);
      return;
    }
    case 'setEntry':
    case 'deleteEntry': {
      const all = everything(list);
      const current = model.current();
      assert.deepEqual(
        all.map(({ key, value }) => [key, value]),
        current.map(({ key, value }) => [key, value]),
      );
      const chosen = all[step.position];
      if (chosen === undefined) return;
      const entry = current[step.position] as ModelEntry;
      if (step.kind === 'setEntry') {
        assert.equal(list.setEntry(chosen.id, bytes('by id')), 1);
        entry.value = 'by id';
      } else {
        assert.equal(list.deleteEntry(chosen.id), 1);
        model.entries = model.entries.filter((each) => each !== entry);
        assert.equal(list.deleteEntry(chosen.id), 0);
      }
    }
  }
}

/** In pages of a size that lists are larger than. */
function everything(list: PatternReference): { id: number; key: string; value: string | undefined }[] {
  const cursor = { entry: 0, sequence: -1 };
  const all = [];
  for (;;) {
    const page = list.page(cursor, 3);
    if (page.length === 0) return all;
    all.push(...page);
  }
}

/** Short keys of few characters, so that they meet; and now and then one that is long enough for a filter. */
const textKey = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b', 'A', '/', '.'), minLength: 1, maxLength: 5 }),
  fc.string({ unit: fc.constantFrom('a', 'B'), minLength: 4, maxLength: 12 }),
);
const subject = fc.string({ unit: fc.constantFrom('a', 'b', 'A', 'B', '/', '.', ':'), maxLength: 14 });

function mapText(pairs: readonly (readonly [string, string])[]): string {
  return pairs.map(([key, value]) => `${key} ${value}\n`).join('');
}

const loadable = fc.array(
  fc.tuple(
    textKey.filter((key) => !key.startsWith('#')),
    fc.string({ unit: fc.constantFrom('x', 'y', '1'), minLength: 1, maxLength: 6 }),
  ),
  { maxLength: 20 },
);

for (const [name, ignoreCase, finder] of [
  ...Object.entries(finders).map(([method, find]) => [method, false, find] as const),
  ...Object.entries(lower).map(([method, find]) => [method, true, find] as const),
]) {
  test(`-m ${name}${ignoreCase ? ' -i' : ''} finds what a walk along the list finds, after any edits`, () => {
    fc.assert(
      fc.property(loadable, steps(textKey), fc.array(subject, { maxLength: 6 }), (pairs, edits, subjects) => {
        // As an expression every key of this test matches itself but for dots.
        const plain = (text: string): string => (name === 'reg' ? text.replaceAll('.', '_') : text);
        const loaded = pairs.map(([key, value]) => [plain(key), value] as const);
        const store = storeOf([source('m.map', mapText(loaded), true)]);
        const list = store.list(0);
        // Another thread sees the same memory through objects of its own.
        const other = PatternStore.attach(store.buffers).list(0);
        const lookup = matchMethod(name as MatchName).lookup(other, ignoreCase);
        const model = new Model();
        for (const [key, value] of loaded) model.entries.push({ key, value, generation: 0 });
        const check = (): void => {
          for (const text of [...subjects, ...model.entries.map(({ key }) => key)])
            assert.equal(foundValue(lookup, stringSample(text)), finder(model, text), text);
        };
        check();
        for (const step of edits) {
          carryOut('key' in step ? { ...step, key: plain(step.key) } : step, list, model);
          assert.equal(list.count, model.entries.length);
          if (subjects.length > 3) check();
        }
        check();
      }),
      { numRuns: 150 },
    );
  });
}

const number = fc.oneof(fc.nat(12), fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 40));
const integerKey = fc.oneof(
  number.map(String),
  fc.tuple(fc.nat(12), fc.nat(12)).map(([a, b]) => `${Math.min(a, b)}:${Math.max(a, b)}`),
  fc.nat(12).map((low) => `${low}:`),
  fc.nat(12).map((high) => `:${high}`),
);

function holdsInteger(key: string, value: number): boolean {
  const [low = '', high = low] = key.split(':');
  return (low === '' || value >= Number(low)) && (high === '' || value <= Number(high));
}

test('-m int finds the first number or range of the list, after any edits', () => {
  const pairs = fc.array(fc.tuple(integerKey, fc.constantFrom('x', 'y')), { maxLength: 20 });
  fc.assert(
    fc.property(pairs, steps(integerKey), (loaded, edits) => {
      const store = storeOf([source('m.map', mapText(loaded), true)]);
      const list = store.list(0);
      const lookup = matchMethod('int').lookup(PatternStore.attach(store.buffers).list(0), false);
      const model = new Model();
      for (const [key, value] of loaded) model.entries.push({ key, value, generation: 0 });
      const sample = new Sample();
      for (const step of [undefined, ...edits]) {
        if (step !== undefined) carryOut(step, list, model);
        for (const value of [-1, 0, 1, 5, 6, 12, 13, 2 ** 31, 2 ** 32, 2 ** 40]) {
          sample.setInt(value);
          assert.equal(
            foundValue(lookup, sample),
            model.find((key) => holdsInteger(key, value)),
            `${value}`,
          );
        }
      }
    }),
    { numRuns: 150 },
  );
});

const networkKey = fc.oneof(
  fc
    .tuple(fc.nat(3), fc.nat(3), fc.constantFrom(0, 7, 8, 9, 31, 32))
    .map(([a, b, bits]) => `10.0.${a}.${b}/${bits}`),
  fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => `10.0.${a}.${b}`),
  fc.tuple(fc.nat(3), fc.constantFrom(0, 16, 33, 64, 127, 128)).map(([a, bits]) => `fd00:${a}::1/${bits}`),
);

function networkOf(key: string): { bytes: Uint8Array; bits: number; size: number } {
  const [host = '', suffix] = key.split('/');
  const address = SocketAddress.parse(host) as SocketAddress;
  const size = host.includes(':') ? 16 : 4;
  return { bytes: address.bytes.slice(0, size), bits: Number(suffix ?? size * 8), size };
}

function holdsAddress(key: string, address: Uint8Array): boolean {
  const network = networkOf(key);
  if (network.size !== address.length) return false;
  for (let bit = 0; bit < network.bits; bit++) {
    const mask = 0x80 >> (bit & 7);
    if ((((network.bytes[bit >> 3] as number) ^ (address[bit >> 3] as number)) & mask) !== 0) return false;
  }
  return true;
}

test('-m ip finds the longest prefix, and the first of equal ones, after any edits', () => {
  const pairs = fc.array(fc.tuple(networkKey, fc.constantFrom('x', 'y')), { maxLength: 20 });
  const hosts = ['10.0.1.2', '10.0.3.3', '10.1.0.1', '192.168.0.1', 'fd00:1::1', 'fd00:2::2', 'fe80::1'];
  fc.assert(
    fc.property(pairs, steps(networkKey), (loaded, edits) => {
      const store = storeOf([source('m.map', mapText(loaded), true)]);
      const list = store.list(0);
      const lookup = matchMethod('ip').lookup(PatternStore.attach(store.buffers).list(0), false);
      const model = new Model();
      for (const [key, value] of loaded) model.entries.push({ key, value, generation: 0 });
      const sample = new Sample();
      for (const step of [undefined, ...edits]) {
        if (step !== undefined) carryOut(step, list, model);
        for (const host of hosts) {
          const address = SocketAddress.parse(host) as SocketAddress;
          sample.setAddress(address);
          const size = host.includes(':') ? 16 : 4;
          const wanted = model.find(
            (key) => holdsAddress(key, address.bytes.slice(0, size)),
            (key) => networkOf(key).bits,
          );
          // What is looked for in the other family's networks when nothing of its own holds it.
          const inOther =
            size === 4 ? model.find((key) => key.includes(':') && key.endsWith('/0')) : undefined;
          assert.equal(foundValue(lookup, sample), wanted ?? inOther, host);
        }
      }
    }),
    { numRuns: 100 },
  );
});

test('a pattern that its method cannot read is refused, and nothing changes', () => {
  const store = storeOf([source('i.acl', '1\n10:20\n', false)]);
  const list = store.list(0);
  matchMethod('int').lookup(list, false);
  const wrong = bytes('x');
  assert.equal(list.addMissing(wrong, 0, 1), REFUSED);
  assert.equal(list.reason, "'x' is not a number");
  assert.equal(list.count, 2);
  const range = bytes('30:40');
  assert.equal(list.addMissing(range, 0, range.length), 1);
  assert.equal(list.addMissing(range, 0, range.length), 0);
});
