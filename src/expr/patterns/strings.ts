/**
 * Matches of strings: equal, at the beginning, at the end, anywhere, between slashes, between dots. One way of searching
 * whatever the length of the list: time grows with what is looked at and with how many lengths the patterns have, not
 * with their number. Specification: configuration manual 7.1.3.
 */
import { type Sample, T_BIN, T_STR } from '../sample.ts';
import { IndexView } from './index-view.ts';
import { HASH_START, hashByte, spread } from './key-hash.ts';
import {
  KIND_BIN,
  KIND_DIR,
  KIND_DIR_NO_CASE,
  KIND_DOM,
  KIND_DOM_NO_CASE,
  KIND_TEXT,
  KIND_TEXT_NO_CASE,
} from './key-kind.ts';
import { registerMatchMethods } from './match-method.ts';
import {
  ENTRY_GENERATION,
  ENTRY_KEY,
  ENTRY_KEY_LENGTH,
  FILTER_BYTES,
  NODE_ENTRY,
  NODE_HASH,
  NODE_NEXT,
} from './pattern-layout.ts';
import { type PatternFinder, PatternLookup } from './pattern-lookup.ts';
import type { PatternReference } from './pattern-reference.ts';
import { checkHex, domainDelimiters, hexDigits, pathDelimiters } from './text-kinds.ts';

/** So many lengths are looked through one by one; so many keys are looked for without a filter. */
const FEW_LENGTHS = 4;
const FEW_KEYS = 32;

class Equal implements PatternFinder {
  private readonly view: IndexView;

  constructor(view: IndexView) {
    this.view = view;
  }

  find({ u8, start, end }: Sample): number {
    const { view } = this;
    if (!view.mayBegin(u8, start, end)) return 0;
    const { lengths, lengthCount } = view;
    const length = end - start;
    // A few lengths are looked through sooner than a text is hashed.
    if (lengthCount <= FEW_LENGTHS) {
      let i = lengthCount - 1;
      while (i >= 0 && lengths[i] !== length) i--;
      if (i < 0) return 0;
    }
    return view.findBytes(u8, start, end, view.hashOf(u8, start, end));
  }
}

/** The longest pattern that the value begins with: HAProxy's trees find that one. */
class Beginning implements PatternFinder {
  private readonly view: IndexView;

  constructor(view: IndexView) {
    this.view = view;
  }

  find({ u8, start, end }: Sample): number {
    const { view } = this;
    if (!view.mayBegin(u8, start, end)) return 0;
    const { lengths, lengthCount, map, base } = view;
    let hash = HASH_START;
    let length = 0;
    let found = 0;
    for (let i = 0; i < lengthCount; i++) {
      const wanted = lengths[i] as number;
      if (wanted > end - start) break;
      for (; length < wanted; length++)
        hash = hashByte(hash, map[u8[start + length] as number] as number, base);
      const entry = view.findBytes(u8, start, start + length, hash);
      if (entry !== 0) found = entry;
    }
    return found;
  }
}

/** The first in the list of those that it ends with. */
class Ending implements PatternFinder {
  private readonly view: IndexView;

  constructor(view: IndexView) {
    this.view = view;
  }

  find({ u8, start, end }: Sample): number {
    const { view } = this;
    if (!view.mayEnd(u8, start, end)) return 0;
    const { lengths, lengthCount, map, base } = view;
    let hash = HASH_START;
    let power = 1;
    let length = 0;
    let found = 0;
    for (let i = 0; i < lengthCount; i++) {
      const wanted = lengths[i] as number;
      if (wanted > end - start) break;
      for (; length < wanted; length++) {
        hash = (hash + Math.imul(map[u8[end - 1 - length] as number] as number, power)) | 0;
        power = Math.imul(power, base);
      }
      const entry = view.findBytes(u8, end - length, end, hash);
      if (entry !== 0) found = view.first(found, entry);
    }
    return found;
  }
}

/** Hashes of all beginnings of the text that is searched, and powers of their base: room that grows with the texts. */
let beginnings = new Int32Array(1024);
let powers = new Int32Array(1024);
let powersBase = 0;

function preparePowers(base: number, length: number): void {
  if (beginnings.length <= length) {
    beginnings = new Int32Array(length * 2);
    powers = new Int32Array(length * 2);
    powersBase = 0;
  }
  if (powersBase === base) return;
  powersBase = base;
  let power = 1;
  for (let i = 0; i < powers.length; i++) {
    powers[i] = power;
    power = Math.imul(power, base);
  }
}

/** The first in the list of those that occur. */
class Anywhere implements PatternFinder {
  private readonly view: IndexView;

  constructor(view: IndexView) {
    this.view = view;
  }

  find({ u8, start, end }: Sample): number {
    const { view } = this;
    const found = view.hasEmpty ? view.findBytes(u8, start, start, HASH_START) : 0;
    return view.most <= FEW_KEYS ? this.findFew(u8, start, end, found) : this.findMany(u8, start, end, found);
  }

  /** A few keys begin with a few bytes: only where one of those stands is there anything to hash. */
  private findFew(u8: Uint8Array, start: number, end: number, before: number): number {
    const { view } = this;
    const { lengths, lengthCount, map, base, firstBytes } = view;
    let found = before;
    for (let at = start; at < end; at++) {
      if (firstBytes[map[u8[at] as number] as number] !== 1) continue;
      let hash = HASH_START;
      let to = at;
      for (let i = 0; i < lengthCount; i++) {
        const stop = at + (lengths[i] as number);
        if (stop > end) break;
        if (stop === at) continue;
        for (; to < stop; to++) hash = hashByte(hash, map[u8[to] as number] as number, base);
        const entry = view.findBytes(u8, at, to, hash);
        if (entry !== 0) found = view.first(found, entry);
      }
    }
    return found;
  }

  /** The hash of any part of the text follows from those of two beginnings; a filter of four bytes says where to look. */
  private findMany(u8: Uint8Array, start: number, end: number, before: number): number {
    const { view } = this;
    const { lengths, lengthCount, map, base, words, filter, filterMask } = view;
    const size = end - start;
    preparePowers(base, size);
    let hash = HASH_START;
    beginnings[0] = hash;
    for (let i = 0; i < size; i++) {
      hash = hashByte(hash, map[u8[start + i] as number] as number, base);
      beginnings[i + 1] = hash;
    }
    let found = before;
    // Those that the filter does not know.
    let long = 0;
    for (; long < lengthCount && (lengths[long] as number) < FILTER_BYTES; long++) {
      const length = lengths[long] as number;
      if (length === 0) continue;
      for (let at = 0; at + length <= size; at++)
        found = view.first(found, this.findAt(u8, start, at, length));
    }
    if (long === lengthCount) return found;
    for (let at = 0; at + (lengths[long] as number) <= size; at++) {
      const bit = spread(partHash(at, FILTER_BYTES)) & filterMask;
      if (((words[filter + (bit >>> 5)] as number) & (1 << (bit & 31))) === 0) continue;
      for (let i = long; i < lengthCount && at + (lengths[i] as number) <= size; i++)
        found = view.first(found, this.findAt(u8, start, at, lengths[i] as number));
    }
    return found;
  }

  private findAt(u8: Uint8Array, start: number, at: number, length: number): number {
    return this.view.findBytes(u8, start + at, start + at + length, partHash(at, length));
  }
}

function partHash(at: number, length: number): number {
  return (
    ((beginnings[at + length] as number) - Math.imul(beginnings[at] as number, powers[length] as number)) | 0
  );
}

/** Whole words between delimiters; a pattern may hold several of them. The first in the list counts. */
class Words implements PatternFinder {
  private readonly view: IndexView;
  private readonly isDelimiter: Uint8Array;

  constructor(view: IndexView, isDelimiter: Uint8Array) {
    this.view = view;
    this.isDelimiter = isDelimiter;
  }

  find({ u8, start, end }: Sample): number {
    const { isDelimiter, view } = this;
    const { map, base, lengthCount, firstBytes } = view;
    const longest = lengthCount === 0 ? 0 : (view.lengths[lengthCount - 1] as number);
    let found = 0;
    for (let from = start; from < end; from++) {
      const begins = from === start || isDelimiter[u8[from - 1] as number] === 1;
      if (!begins || isDelimiter[u8[from] as number] === 1) continue;
      if (firstBytes[map[u8[from] as number] as number] !== 1) continue;
      let hash = HASH_START;
      const limit = Math.min(end, from + longest);
      for (let to = from; to < limit; to++) {
        hash = hashByte(hash, map[u8[to] as number] as number, base);
        if (to + 1 < end && isDelimiter[u8[to + 1] as number] !== 1) continue;
        found = view.first(found, view.findBytes(u8, from, to + 1, hash));
      }
    }
    return found;
  }
}

/** Patterns in hexadecimal. */
class Binary implements PatternFinder {
  private readonly view: IndexView;

  constructor(view: IndexView) {
    this.view = view;
  }

  find({ u8, start, end }: Sample): number {
    const { view } = this;
    const { words, bytes } = view;
    const hash = view.hash.of(u8, start, end);
    let left = view.most;
    let node = words[view.slots + (spread(hash) & view.mask)] as number;
    for (; node > 0 && left >= 0; left--, node = words[node + NODE_NEXT] as number) {
      const entry = words[node + NODE_ENTRY] as number;
      if (words[node + NODE_HASH] !== hash || words[entry + ENTRY_GENERATION] !== view.generation) continue;
      if (words[entry + ENTRY_KEY_LENGTH] !== (end - start) * 2) continue;
      let at = words[entry + ENTRY_KEY] as number;
      let i = start;
      while (i < end && u8[i] === hexByte(bytes, at)) {
        i++;
        at += 2;
      }
      if (i === end) return entry;
    }
    return 0;
  }
}

function hexByte(bytes: Uint8Array, at: number): number {
  return (hexDigits[bytes[at] as number] as number) * 16 + (hexDigits[bytes[at + 1] as number] as number);
}

const anything = (): undefined => undefined;
const text = { manual: '7.1.3', input: T_STR, check: anything, takesAnything: true } as const;

function lookupBy(
  reference: PatternReference,
  kind: number,
  finder: (view: IndexView) => PatternFinder,
): PatternLookup {
  const view = new IndexView(reference, kind);
  return new PatternLookup(view, finder(view));
}

function textKind(ignoreCase: boolean): number {
  return ignoreCase ? KIND_TEXT_NO_CASE : KIND_TEXT;
}

registerMatchMethods(
  {
    ...text,
    name: 'str',
    doc: 'Equal.',
    lookup: (reference, ignoreCase) => lookupBy(reference, textKind(ignoreCase), (view) => new Equal(view)),
  },
  {
    ...text,
    name: 'beg',
    doc: 'Begins with it.',
    lookup: (reference, ignoreCase) =>
      lookupBy(reference, textKind(ignoreCase), (view) => new Beginning(view)),
  },
  {
    ...text,
    name: 'end',
    doc: 'Ends with it.',
    lookup: (reference, ignoreCase) => lookupBy(reference, textKind(ignoreCase), (view) => new Ending(view)),
  },
  {
    ...text,
    name: 'sub',
    doc: 'Holds it.',
    lookup: (reference, ignoreCase) => {
      reference.needFilter(textKind(ignoreCase));
      return lookupBy(reference, textKind(ignoreCase), (view) => new Anywhere(view));
    },
  },
  {
    ...text,
    name: 'dir',
    doc: 'Has it between slashes.',
    lookup: (reference, ignoreCase) =>
      lookupBy(
        reference,
        ignoreCase ? KIND_DIR_NO_CASE : KIND_DIR,
        (view) => new Words(view, pathDelimiters),
      ),
  },
  {
    ...text,
    name: 'dom',
    doc: 'Has it between dots.',
    lookup: (reference, ignoreCase) =>
      lookupBy(
        reference,
        ignoreCase ? KIND_DOM_NO_CASE : KIND_DOM,
        (view) => new Words(view, domainDelimiters),
      ),
  },
  {
    name: 'bin',
    doc: 'Equal, with patterns in hexadecimal.',
    manual: '7.1.5',
    input: T_BIN,
    check: checkHex,
    lookup: (reference) => lookupBy(reference, KIND_BIN, (view) => new Binary(view)),
  },
);
