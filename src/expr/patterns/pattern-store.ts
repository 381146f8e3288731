/**
 * All pattern lists of the process, in memory that its threads share (state/shared-heap.ts): made once, of what the
 * configuration says, before any data thread starts. What an index of a list needs is built by whichever thread asks for
 * it first. Lists may grow up to a bound for all of them together.
 */
import type { Configuration } from '../../config/model.ts';
import type { PatternBuffers } from '../../state/messages.ts';
import { HEAP_MOST_BYTES, SharedHeap } from '../../state/shared-heap.ts';
import { newHashBase } from './key-hash.ts';
import type { IndexParts } from './key-index.ts';
import { type PatternListSource, type PatternSources, patternSources } from './pattern-files.ts';
import {
  REF_FLAGS,
  REF_ID,
  REF_IS_ACL,
  REF_IS_MAP,
  REF_NAME,
  REF_NAME_LENGTH,
  REF_NEXT,
  REF_WORDS,
  ROOT_BASE,
  ROOT_FIRST,
  ROOT_LAST,
} from './pattern-layout.ts';
import { PatternReference } from './pattern-reference.ts';
import { caseMap } from './text-kinds.ts';

/** What the lists may grow by in any case. */
const LEAST_GROWTH_BYTES = 256 * 1024 * 1024;
/** What an entry takes beside its text; and what it takes in each index, its share of the table included. */
const ENTRY_BYTES = 48;
const NODE_BYTES = 64;
const LIST_BYTES = 512;

export class PatternStore {
  /** In the order of the configuration. */
  readonly references: readonly PatternReference[];
  readonly buffers: PatternBuffers;
  private readonly files = new Map<string, PatternReference>();
  private readonly heap: SharedHeap;

  private constructor(heap: SharedHeap, names: ReadonlyMap<string, string>) {
    this.heap = heap;
    this.buffers = { memory: heap.memory, names };
    const parts: IndexParts = { heap, base: heap.words[ROOT_BASE] as number, names, mapOf: caseMap };
    const references: PatternReference[] = [];
    for (let at = heap.words[ROOT_FIRST] as number; at !== 0; at = heap.words[at + REF_NEXT] as number) {
      const reference = new PatternReference(at, parts);
      references.push(reference);
      if (reference.name !== '') this.files.set(reference.name, reference);
    }
    this.references = references;
  }

  static attach({ memory, names }: PatternBuffers): PatternStore {
    return new PatternStore(new SharedHeap(memory), names);
  }

  /** Of what the configuration names, whose contents it then lets go of. Undefined: they are too large together. */
  static ofConfiguration(configuration: Configuration): PatternStore | undefined {
    const sources = patternSources.read(configuration) ?? { lists: [], files: new Map(), names: new Map() };
    const needed = bytesFor(sources);
    if (needed > HEAP_MOST_BYTES) return undefined;
    return PatternStore.create(sources, needed + Math.max(LEAST_GROWTH_BYTES, needed));
  }

  /** `sizeBytes`: the bound of all lists together. */
  static create(sources: PatternSources, sizeBytes: number): PatternStore | undefined {
    const heap = SharedHeap.create(sizeBytes);
    heap.words[ROOT_BASE] = newHashBase();
    const ids = listIds(sources.lists);
    for (const [position, list] of sources.lists.entries()) {
      const at = addHeader(heap, list, ids[position] as number);
      if (at === 0) return undefined;
    }
    const store = new PatternStore(heap, sources.names);
    for (const [position, list] of sources.lists.entries()) {
      const reference = store.references[position] as PatternReference;
      const loaded =
        list.file === undefined
          ? reference.loadKeys(list.patterns)
          : reference.load(list.content, list.withValues);
      if (!loaded) return undefined;
      list.content = new Uint8Array(0);
    }
    return store;
  }

  /** What all lists take now, and what they may take. */
  get usedBytes(): number {
    return this.heap.usedBytes;
  }

  get mostBytes(): number {
    return this.heap.sizeBytes;
  }

  /** The list of a file, by its name as written; undefined where nothing uses it as one. */
  file(name: string): PatternReference | undefined {
    return this.files.get(name);
  }

  /** By its place in the configuration (PatternFileReader.addList). */
  list(position: number): PatternReference {
    const reference = this.references[position];
    if (reference === undefined) throw new Error(`no list of patterns ${position}`);
    return reference;
  }

  byId(id: number): PatternReference | undefined {
    return this.references.find((reference) => reference.id === id);
  }
}

function bytesFor({ lists }: PatternSources): number {
  let bytes = 0;
  for (const { content, patterns, uses } of lists) {
    let lines = patterns.length + 1;
    for (let at = content.indexOf(10); at >= 0; at = content.indexOf(10, at + 1)) lines++;
    const indexes = 1 + Math.min(uses.length, 6);
    bytes += LIST_BYTES * indexes + content.length + lines * (ENTRY_BYTES + indexes * NODE_BYTES);
    for (const pattern of patterns) bytes += pattern.length;
  }
  return bytes;
}

/** Those without an id of their own get the lowest that are left, in their order. */
function listIds(lists: readonly PatternListSource[]): number[] {
  const taken = new Set(lists.map(({ id }) => id));
  let next = 0;
  return lists.map(({ id }) => {
    if (id !== undefined) return id;
    while (taken.has(next)) next++;
    return next++;
  });
}

function addHeader(heap: SharedHeap, list: PatternListSource, id: number): number {
  const { words, bytes } = heap;
  const name = Buffer.from(list.file ?? '', 'latin1');
  const at = heap.takeClear(REF_WORDS);
  const nameAt = at === 0 ? 0 : heap.take(Math.ceil(name.length / 4) + 1);
  if (nameAt === 0) return 0;
  bytes.set(name, nameAt * 4);
  words[at + REF_ID] = id;
  words[at + REF_NAME] = nameAt * 4;
  words[at + REF_NAME_LENGTH] = name.length;
  const last = words[ROOT_LAST] as number;
  if (last === 0) words[ROOT_FIRST] = at;
  else words[last + REF_NEXT] = at;
  words[ROOT_LAST] = at;
  const reference = { map: list.withValues, acl: list.uses.some(({ by }) => by === 'acl') };
  words[at + REF_FLAGS] = (reference.map ? REF_IS_MAP : 0) | (reference.acl ? REF_IS_ACL : 0);
  return at;
}

/** A list that one thread has for itself, of a few patterns: for methods that are used on something else than an ACL. */
export function privateList(patterns: readonly string[]): PatternReference {
  const list = {
    file: undefined,
    withValues: false,
    patterns,
    criterion: '',
    id: undefined,
    content: new Uint8Array(0),
    uses: [],
    checked: [],
  };
  const sources = { lists: [list], files: new Map(), names: new Map() };
  const store = PatternStore.create(sources, bytesFor(sources) * 4);
  if (store === undefined) throw new Error('no room for a list of patterns');
  return store.list(0);
}
