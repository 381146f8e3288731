/**
 * Entries of one list in shared memory: their order, their bytes, and what became of bytes that are given back. Knows no
 * index and no lock: who changes entries holds the lock, and keeps the indexes right (pattern-reference.ts).
 */
import type { IndexParts } from './key-index.ts';
import {
  ENTRY_GENERATION,
  ENTRY_KEY,
  ENTRY_KEY_LENGTH,
  ENTRY_NEXT,
  ENTRY_PREVIOUS,
  ENTRY_SEQUENCE,
  ENTRY_VALUE,
  ENTRY_VALUE_LENGTH,
  ENTRY_WORDS,
  REF_BASE_END,
  REF_BASE_START,
  REF_COUNT,
  REF_FIRST,
  REF_LAST,
  REF_SEQUENCE,
} from './pattern-layout.ts';
import { readPatternLines } from './pattern-lines.ts';

export interface EntryText {
  /** Unique among the entries of all lists, as `#<ref>` of the runtime API. */
  readonly id: number;
  readonly key: string;
  /** Undefined: it has none. */
  readonly value: string | undefined;
}

/** How far a list has been shown: what is between two pages may change. */
export interface PageCursor {
  entry: number;
  sequence: number;
}

const SEQUENCE_END = 0x7fffffff;

export class PatternEntries {
  /** Index of the list's first word. */
  readonly at: number;
  protected readonly parts: IndexParts;
  protected readonly words: Int32Array;
  protected readonly bytes: Uint8Array;

  constructor(at: number, parts: IndexParts) {
    this.at = at;
    this.parts = parts;
    this.words = parts.heap.words;
    this.bytes = parts.heap.bytes;
  }

  // Loading, before anybody else knows the list.

  /** Takes the lines of a file. False without room. */
  load(content: Uint8Array, withValues: boolean): boolean {
    let count = 0;
    readPatternLines(content, withValues, () => {
      count++;
      return true;
    });
    const { words } = this;
    const start = this.loadBytes(content);
    let entry = this.parts.heap.takeRun(count * ENTRY_WORDS);
    if (start < 0 || entry === 0) return false;
    readPatternLines(content, withValues, (keyStart, keyEnd, valueStart, valueEnd) => {
      words[entry + ENTRY_KEY] = start + keyStart;
      words[entry + ENTRY_KEY_LENGTH] = keyEnd - keyStart;
      words[entry + ENTRY_VALUE] = start + valueStart;
      words[entry + ENTRY_VALUE_LENGTH] = withValues ? valueEnd - valueStart : -1;
      words[entry + ENTRY_GENERATION] = 0;
      this.append(entry);
      entry += ENTRY_WORDS;
      return true;
    });
    return true;
  }

  /** Takes patterns of a line. False without room. */
  loadKeys(keys: readonly string[]): boolean {
    const { words } = this;
    const start = this.loadBytes(Buffer.from(keys.join(''), 'latin1'));
    let entry = this.parts.heap.takeRun(keys.length * ENTRY_WORDS);
    if (start < 0 || entry === 0) return false;
    let at = start;
    for (const { length } of keys) {
      words[entry + ENTRY_KEY] = at;
      words[entry + ENTRY_KEY_LENGTH] = length;
      words[entry + ENTRY_VALUE] = at;
      words[entry + ENTRY_VALUE_LENGTH] = -1;
      words[entry + ENTRY_GENERATION] = 0;
      this.append(entry);
      at += length;
      entry += ENTRY_WORDS;
    }
    return true;
  }

  /** Bytes that stay as they are for ever: where they lie, or -1. */
  private loadBytes(content: Uint8Array): number {
    const { words, at } = this;
    // One more: an empty value at the end of the file lies within as well.
    const block = this.parts.heap.takeRun(Math.ceil((content.length + 1) / 4));
    if (block === 0) return -1;
    const start = block * 4;
    this.bytes.set(content, start);
    words[at + REF_BASE_START] = start;
    words[at + REF_BASE_END] = start + content.length + 1;
    return start;
  }

  protected append(entry: number): void {
    const { words, at } = this;
    if (words[at + REF_SEQUENCE] === SEQUENCE_END) this.renumber();
    const last = words[at + REF_LAST] as number;
    words[entry + ENTRY_PREVIOUS] = last;
    words[entry + ENTRY_NEXT] = 0;
    words[entry + ENTRY_SEQUENCE] = words[at + REF_SEQUENCE] as number;
    words[at + REF_SEQUENCE] = (words[at + REF_SEQUENCE] as number) + 1;
    if (last === 0) words[at + REF_FIRST] = entry;
    else words[last + ENTRY_NEXT] = entry;
    words[at + REF_LAST] = entry;
    words[at + REF_COUNT] = (words[at + REF_COUNT] as number) + 1;
  }

  private renumber(): void {
    const { words, at } = this;
    let sequence = 0;
    for (
      let entry = words[at + REF_FIRST] as number;
      entry !== 0;
      entry = words[entry + ENTRY_NEXT] as number
    )
      words[entry + ENTRY_SEQUENCE] = sequence++;
    words[at + REF_SEQUENCE] = sequence;
  }

  protected hasKey(entry: number, key: Uint8Array, start: number, end: number): boolean {
    const { words, bytes } = this;
    const length = words[entry + ENTRY_KEY_LENGTH] as number;
    if (length !== end - start) return false;
    const at = words[entry + ENTRY_KEY] as number;
    for (let i = 0; i < length; i++) if (bytes[at + i] !== key[start + i]) return false;
    return true;
  }

  protected takeOut(entry: number): void {
    const { words, at } = this;
    const next = words[entry + ENTRY_NEXT] as number;
    const previous = words[entry + ENTRY_PREVIOUS] as number;
    if (previous === 0) words[at + REF_FIRST] = next;
    else words[previous + ENTRY_NEXT] = next;
    if (next === 0) words[at + REF_LAST] = previous;
    else words[next + ENTRY_PREVIOUS] = previous;
    words[at + REF_COUNT] = (words[at + REF_COUNT] as number) - 1;
    this.releaseEntry(entry);
  }

  protected releaseEntry(entry: number): void {
    const { words } = this;
    this.release(words[entry + ENTRY_KEY] as number, words[entry + ENTRY_KEY_LENGTH] as number);
    const length = words[entry + ENTRY_VALUE_LENGTH] as number;
    if (length >= 0) this.release(words[entry + ENTRY_VALUE] as number, length);
    this.parts.heap.give(entry, ENTRY_WORDS);
  }

  /** A copy of the bytes, as a byte offset; 0 without room. */
  protected keep(u8: Uint8Array, start: number, end: number): number {
    const block = this.parts.heap.take(wordsFor(end - start));
    if (block === 0) return 0;
    const to = block * 4;
    for (let i = start; i < end; i++) this.bytes[to + i - start] = u8[i] as number;
    return to;
  }

  protected release(at: number, length: number): void {
    const { words } = this;
    if (at >= (words[this.at + REF_BASE_START] as number) && at < (words[this.at + REF_BASE_END] as number))
      return;
    this.parts.heap.give(at / 4, wordsFor(length));
  }

  // Reading whole entries, for whoever shows them.

  protected text(start: number, length: number): string {
    // A decoder of shared memory would refuse it.
    return Buffer.from(this.bytes.slice(start, start + length)).toString('latin1');
  }

  protected entryText(entry: number): EntryText {
    const { words } = this;
    const length = words[entry + ENTRY_VALUE_LENGTH] as number;
    return {
      id: entry,
      key: this.text(words[entry + ENTRY_KEY] as number, words[entry + ENTRY_KEY_LENGTH] as number),
      value: length < 0 ? undefined : this.text(words[entry + ENTRY_VALUE] as number, length),
    };
  }

  /** The entry with that id, or 0: a walk, because an id may come from anywhere. */
  protected entryOf(id: number): number {
    const { words } = this;
    let entry = words[this.at + REF_FIRST] as number;
    while (entry !== 0 && entry !== id) entry = words[entry + ENTRY_NEXT] as number;
    return entry;
  }

  /** First entry behind the cursor. That entry itself may have gone: then the list is walked from its beginning. */
  protected behind({ entry, sequence }: PageCursor): number {
    const { words, at } = this;
    if (sequence < 0) return words[at + REF_FIRST] as number;
    if (entry !== 0 && words[entry + ENTRY_SEQUENCE] === sequence) {
      const previous = words[entry + ENTRY_PREVIOUS] as number;
      const back = previous === 0 ? words[at + REF_FIRST] : words[previous + ENTRY_NEXT];
      if (back === entry) return words[entry + ENTRY_NEXT] as number;
    }
    let next = words[at + REF_FIRST] as number;
    while (next !== 0 && (words[next + ENTRY_SEQUENCE] as number) <= sequence)
      next = words[next + ENTRY_NEXT] as number;
    return next;
  }
}

function wordsFor(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 4));
}
