// What lists of patterns cost: time to read and index them, memory, and time of a lookup and of an edit, by the method and
// the number of lines. Prints a table: node dist/bench/pattern-lists.js [lines…]

import '../src/expr/all.ts';
import { type MatchName, matchMethod } from '../src/expr/patterns/match-method.ts';
import type { PatternListSource } from '../src/expr/patterns/pattern-files.ts';
import { NOT_FOUND, type PatternLookup } from '../src/expr/patterns/pattern-lookup.ts';
import { PatternStore } from '../src/expr/patterns/pattern-store.ts';
import { Sample, T_IPV4, T_STR } from '../src/expr/sample.ts';
import { HEAP_MOST_BYTES } from '../src/state/shared-heap.ts';

const DEFAULT_LINES = [2_000, 100_000, 1_000_000];
const SAMPLES = 1000;
const ROUNDS = 20;
const GOLDEN = 2_654_435_761;

/** Another one for each number below 2^32. */
function scattered(i: number): number {
  return Math.imul(i, GOLDEN) >>> 0;
}

function host(i: number): string {
  return `w${scattered(i).toString(36)}.dc${i % 7}.example${i % 113}.com`;
}

function address(i: number): readonly number[] {
  // None in 127.0.0.0/8 or beside it: that is where nothing is found.
  const word = scattered(i) | 0x80000000;
  return [word >>> 24, (word >>> 16) & 255, (word >>> 8) & 255, word & 255];
}

function text(value: string): Sample {
  const sample = new Sample();
  sample.setBytes(T_STR, Buffer.from(value, 'latin1'));
  return sample;
}

function integer(value: number): Sample {
  const sample = new Sample();
  sample.setInt(value);
  return sample;
}

function inet4(bytes: readonly number[]): Sample {
  const sample = new Sample();
  sample.type = T_IPV4;
  sample.address.set(bytes);
  return sample;
}

interface Kind {
  readonly method: MatchName;
  readonly what: string;
  readonly key: (i: number) => string;
  readonly hit: (i: number) => Sample;
  readonly miss: (i: number) => Sample;
}

const nothing = (i: number): Sample => text(`nosuch.host${i}.example.org/some/path`);
const RANGE = 7;

const kinds: readonly Kind[] = [
  { method: 'str', what: 'host names', key: host, hit: (i) => text(host(i)), miss: nothing },
  { method: 'beg', what: 'host names', key: host, hit: (i) => text(`${host(i)}/x/y`), miss: nothing },
  { method: 'end', what: 'host names', key: host, hit: (i) => text(`http://abc${host(i)}`), miss: nothing },
  {
    method: 'sub',
    what: 'host names',
    key: host,
    hit: (i) => text(`http://www.${host(i)}/index.html?a=b`),
    miss: nothing,
  },
  { method: 'dom', what: 'host names', key: host, hit: (i) => text(`http://${host(i)}:80/x`), miss: nothing },
  {
    method: 'dir',
    what: 'host names',
    key: host,
    hit: (i) => text(`/static/${host(i)}/x.html`),
    miss: nothing,
  },
  {
    method: 'int',
    what: 'numbers',
    key: (i) => String(i * RANGE),
    hit: (i) => integer(i * RANGE),
    miss: (i) => integer(-1 - i),
  },
  {
    method: 'int',
    what: 'ranges',
    key: (i) => `${i * RANGE}:${i * RANGE + 3}`,
    hit: (i) => integer(i * RANGE + 2),
    miss: (i) => integer(-1 - i),
  },
  {
    method: 'ip',
    what: 'addresses, a third of them networks of 20 to 31 bits',
    key: (i) => address(i).join('.') + (i % 3 === 0 ? `/${20 + (i % 12)}` : ''),
    hit: (i) => inet4(address(i)),
    miss: (i) => inet4([127, 1, i >> 8, i & 255]),
  },
];

function sourceOf(kind: Kind, lines: number): PatternListSource {
  const parts: string[] = [];
  for (let i = 0; i < lines; i++) parts.push(`${kind.key(i)} value-${i}`);
  const content = Buffer.from(`${parts.join('\n')}\n`, 'latin1');
  return {
    file: 'list',
    withValues: true,
    patterns: [],
    criterion: '',
    id: undefined,
    content,
    uses: [],
    checked: [],
  };
}

/** Nanoseconds for each, the best of some rounds. */
function timeOf(samples: readonly Sample[], lookup: PatternLookup): { ns: number; found: number } {
  let best = Number.POSITIVE_INFINITY;
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    found = 0;
    const start = performance.now();
    for (const sample of samples) if (lookup.value(sample) !== NOT_FOUND) found++;
    best = Math.min(best, performance.now() - start);
  }
  return { ns: (best * 1e6) / samples.length, found };
}

function measure(kind: Kind, lines: number): string {
  const source = sourceOf(kind, lines);
  const fileBytes = source.content.length;
  const begun = performance.now();
  const store = PatternStore.create(
    { lists: [source], files: new Map(), names: new Map() },
    HEAP_MOST_BYTES / 2,
  );
  if (store === undefined) throw new Error('no room');
  const loaded = performance.now();
  const list = store.list(0);
  const lookup = matchMethod(kind.method).lookup(list, false);
  lookup.matches(kind.miss(0));
  const indexed = performance.now();
  const chosen = Array.from({ length: SAMPLES }, (_, i) => scattered(i + 1) % lines);
  const hits = timeOf(chosen.map(kind.hit), lookup);
  const misses = timeOf(
    chosen.map((_, i) => kind.miss(i)),
    lookup,
  );
  if (hits.found !== SAMPLES || misses.found !== 0) throw new Error(`${kind.method}: wrong results`);
  const keys = chosen.map((i) => Buffer.from(kind.key(i), 'latin1'));
  // The index that edits need is built with the first one.
  list.set(keys[0] as Uint8Array, Buffer.from('x'));
  const editing = performance.now();
  for (const [i, key] of keys.entries()) list.set(key, Buffer.from(`another-${i}`));
  const edited = performance.now();
  const cells = [
    `\`${kind.method}\`, ${kind.what}`,
    lines.toLocaleString('en'),
    (fileBytes / 1e6).toFixed(1),
    (loaded - begun).toFixed(0),
    (indexed - loaded).toFixed(0),
    (store.usedBytes / 1e6).toFixed(1),
    hits.ns.toFixed(0),
    misses.ns.toFixed(0),
    (((edited - editing) * 1000) / SAMPLES).toFixed(1),
  ];
  return `| ${cells.join(' | ')} |`;
}

const wanted = process.argv.slice(2).map(Number);
const all = wanted.length > 0 ? wanted : DEFAULT_LINES;
process.stdout.write(
  '| method | lines | file, MB | read, ms | index, ms | shared memory, MB | hit, ns | miss, ns | edit, µs |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n',
);
for (const kind of kinds) for (const lines of all) process.stdout.write(`${measure(kind, lines)}\n`);
