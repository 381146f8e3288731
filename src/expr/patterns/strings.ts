/**
 * Matches of strings: equal, at the beginning, at the end, anywhere, between slashes, between dots. One way of searching
 * whatever the length of the list: time grows with what is looked at and with how many lengths the patterns have, not
 * with their number. Specification: configuration manual 7.1.3.
 */
import { type Sample, T_BIN, T_STR } from '../sample.ts';
import { HASH_START, hashByte, hashBytes, sameCase, spread } from './key-hash.ts';
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
  IX_FILTER,
  IX_FILTER_MASK,
  NODE_ENTRY,
  NODE_HASH,
  NODE_NEXT,
  NODE_TRIM,
} from './pattern-layout.ts';
import { PatternLookup } from './pattern-lookup.ts';
import type { PatternReference } from './pattern-reference.ts';
import { caseMap, checkHex, domainDelimiters, hexDigits, pathDelimiters } from './text-kinds.ts';

abstract class TextLookup extends PatternLookup {
  protected readonly map: Uint8Array;

  constructor(reference: PatternReference, kind: number) {
    super(reference, kind);
    this.map = caseMap(kind);
  }

  /** The first entry whose key, as its kind trims it, equals the bytes, of which `hash` is the hash; or 0. */
  protected findBytes(u8: Uint8Array, start: number, end: number, hash: number): number {
    const { words, bytes, map } = this;
    const length = end - start;
    let left = this.most;
    let node = words[this.slots + (spread(hash) & this.mask)] as number;
    for (; node > 0 && left >= 0; left--) {
      if (words[node + NODE_HASH] === hash) {
        const entry = words[node + NODE_ENTRY] as number;
        const trim = words[node + NODE_TRIM] as number;
        const from = (words[entry + ENTRY_KEY] as number) + (trim & 0xffff);
        if (
          (words[entry + ENTRY_KEY_LENGTH] as number) - (trim & 0xffff) - (trim >>> 16) === length &&
          words[entry + ENTRY_GENERATION] === this.generation
        ) {
          let i = 0;
          while (i < length && map[bytes[from + i] as number] === map[u8[start + i] as number]) i++;
          if (i === length) return entry;
        }
      }
      node = words[node + NODE_NEXT] as number;
    }
    return 0;
  }
}

class Equal extends TextLookup {
  protected find({ u8, start, end }: Sample): number {
    return this.findBytes(u8, start, end, hashBytes(u8, start, end, this.map, this.base));
  }
}

/** The longest pattern that the value begins with: HAProxy's trees find that one. */
class Beginning extends TextLookup {
  protected find({ u8, start, end }: Sample): number {
    const { lengths, lengthCount, map, base } = this;
    let hash = HASH_START;
    let length = 0;
    let found = 0;
    for (let i = 0; i < lengthCount; i++) {
      const wanted = lengths[i] as number;
      if (wanted > end - start) break;
      for (; length < wanted; length++)
        hash = hashByte(hash, map[u8[start + length] as number] as number, base);
      const entry = this.findBytes(u8, start, start + length, hash);
      if (entry !== 0) found = entry;
    }
    return found;
  }
}

/** The first in the list of those that it ends with. */
class Ending extends TextLookup {
  protected find({ u8, start, end }: Sample): number {
    const { lengths, lengthCount, map, base } = this;
    let hash = HASH_START;
    let power = 1;
    let length = 0;
    let found = 0;
    for (let i = 0; i < lengthCount; i++) {
      const wanted = lengths[i] as number;
      if (wanted > end - start) break;
      for (; length < wanted; length++) {
        hash = (hash + Math.imul((map[u8[end - 1 - length] as number] as number) + 1, power)) | 0;
        power = Math.imul(power, base);
      }
      found = this.first(found, this.findBytes(u8, end - length, end, hash));
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

/**
 * The first in the list of those that occur. The hash of any part of the text follows from those of two beginnings; a
 * filter of four bytes says where it is worth while to look at all.
 */
class Anywhere extends TextLookup {
  private filter = 0;
  private filterMask = 0;

  constructor(reference: PatternReference, kind: number) {
    super(reference, kind);
    reference.needFilter(kind);
  }

  protected override refresh(): void {
    super.refresh();
    this.filter = this.words[this.index + IX_FILTER] as number;
    this.filterMask = this.words[this.index + IX_FILTER_MASK] as number;
  }

  protected find({ u8, start, end }: Sample): number {
    const { lengths, lengthCount, map, base, words, filter, filterMask } = this;
    const size = end - start;
    preparePowers(base, size);
    let hash = HASH_START;
    beginnings[0] = hash;
    for (let i = 0; i < size; i++) {
      hash = hashByte(hash, map[u8[start + i] as number] as number, base);
      beginnings[i + 1] = hash;
    }
    let found = 0;
    // Those that the filter does not know.
    let long = 0;
    for (; long < lengthCount && (lengths[long] as number) < FILTER_BYTES; long++) {
      const length = lengths[long] as number;
      const last = length === 0 ? 0 : size - length;
      for (let at = 0; at <= last; at++) found = this.first(found, this.findAt(u8, start, at, length));
    }
    if (long === lengthCount) return found;
    for (let at = 0; at + (lengths[long] as number) <= size; at++) {
      const bit = spread(partHash(at, FILTER_BYTES)) & filterMask;
      if (((words[filter + (bit >>> 5)] as number) & (1 << (bit & 31))) === 0) continue;
      for (let i = long; i < lengthCount && at + (lengths[i] as number) <= size; i++)
        found = this.first(found, this.findAt(u8, start, at, lengths[i] as number));
    }
    return found;
  }

  private findAt(u8: Uint8Array, start: number, at: number, length: number): number {
    return this.findBytes(u8, start + at, start + at + length, partHash(at, length));
  }
}

function partHash(at: number, length: number): number {
  return (
    ((beginnings[at + length] as number) - Math.imul(beginnings[at] as number, powers[length] as number)) | 0
  );
}

/** Whole words between delimiters; a pattern may hold several of them. The first in the list counts. */
class Words extends TextLookup {
  private readonly isDelimiter: Uint8Array;

  constructor(reference: PatternReference, kind: number, isDelimiter: Uint8Array) {
    super(reference, kind);
    this.isDelimiter = isDelimiter;
  }

  protected find({ u8, start, end }: Sample): number {
    const { isDelimiter, map, base, lengthCount } = this;
    const longest = lengthCount === 0 ? 0 : (this.lengths[lengthCount - 1] as number);
    let found = 0;
    for (let from = start; from < end; from++) {
      const begins = from === start || isDelimiter[u8[from - 1] as number] === 1;
      if (!begins || isDelimiter[u8[from] as number] === 1) continue;
      let hash = HASH_START;
      const limit = Math.min(end, from + longest);
      for (let to = from; to < limit; to++) {
        hash = hashByte(hash, map[u8[to] as number] as number, base);
        if (to + 1 < end && isDelimiter[u8[to + 1] as number] !== 1) continue;
        found = this.first(found, this.findBytes(u8, from, to + 1, hash));
      }
    }
    return found;
  }
}

/** Patterns in hexadecimal. */
class Binary extends TextLookup {
  constructor(reference: PatternReference) {
    super(reference, KIND_BIN);
  }

  protected find({ u8, start, end }: Sample): number {
    const { words, bytes } = this;
    const hash = hashBytes(u8, start, end, sameCase, this.base);
    let left = this.most;
    let node = words[this.slots + (spread(hash) & this.mask)] as number;
    for (; node > 0 && left >= 0; left--, node = words[node + NODE_NEXT] as number) {
      const entry = words[node + NODE_ENTRY] as number;
      if (words[node + NODE_HASH] !== hash || words[entry + ENTRY_GENERATION] !== this.generation) continue;
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

function textKind(ignoreCase: boolean): number {
  return ignoreCase ? KIND_TEXT_NO_CASE : KIND_TEXT;
}

registerMatchMethods(
  {
    ...text,
    name: 'str',
    doc: 'Equal.',
    lookup: (reference, ignoreCase) => new Equal(reference, textKind(ignoreCase)),
  },
  {
    ...text,
    name: 'beg',
    doc: 'Begins with it.',
    lookup: (reference, ignoreCase) => new Beginning(reference, textKind(ignoreCase)),
  },
  {
    ...text,
    name: 'end',
    doc: 'Ends with it.',
    lookup: (reference, ignoreCase) => new Ending(reference, textKind(ignoreCase)),
  },
  {
    ...text,
    name: 'sub',
    doc: 'Holds it.',
    lookup: (reference, ignoreCase) => new Anywhere(reference, textKind(ignoreCase)),
  },
  {
    ...text,
    name: 'dir',
    doc: 'Has it between slashes.',
    lookup: (reference, ignoreCase) =>
      new Words(reference, ignoreCase ? KIND_DIR_NO_CASE : KIND_DIR, pathDelimiters),
  },
  {
    ...text,
    name: 'dom',
    doc: 'Has it between dots.',
    lookup: (reference, ignoreCase) =>
      new Words(reference, ignoreCase ? KIND_DOM_NO_CASE : KIND_DOM, domainDelimiters),
  },
  {
    name: 'bin',
    doc: 'Equal, with patterns in hexadecimal.',
    manual: '7.1.5',
    input: T_BIN,
    check: checkHex,
    lookup: (reference) => new Binary(reference),
  },
);
