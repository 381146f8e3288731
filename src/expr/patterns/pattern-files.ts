/**
 * Files of patterns and maps: read once for all that name them, indexed once a thread and way of matching.
 * Specification: configuration manual 7.1 (`-f`), 7.3.1 `map`.
 */
import { readFileSync } from 'node:fs';
import { Facet } from '../../config/facet.ts';
import type { Configuration } from '../../config/model.ts';
import type { Linker } from '../linker.ts';
import type { MatchMethod, PatternFlags, PatternIndex } from './match-method.ts';

interface PatternFile {
  /** Without comments, empty lines and the blanks around. */
  readonly lines: readonly string[];
  /** Numbers of those lines in the file, from 1. */
  readonly numbers: Int32Array;
}

/** By name as written. */
export const patternFileFacet = new Facet('pattern-files', () => new Map<string, PatternFile>());

/** What a line of the configuration can read: files, once each. */
export interface PatternFileReader {
  /** The lines, or HAProxy's words about the file. */
  readFile(name: string): readonly string[] | { readonly error: string };
  /** Number of the line with this index. */
  lineOf(name: string, index: number): number;
}

/** `resolve`: the path that a name means. */
export function patternFileReader(
  configuration: Configuration,
  resolve: (name: string) => string,
): PatternFileReader {
  const files = patternFileFacet.of(configuration);
  return {
    readFile: (name) => {
      const known = files.get(name);
      if (known !== undefined) return known.lines;
      let text: string;
      try {
        text = readFileSync(resolve(name), 'latin1');
      } catch {
        return { error: `failed to open pattern file <${name}>` };
      }
      const file = readLines(text);
      files.set(name, file);
      return file.lines;
    },
    lineOf: (name, index) => files.get(name)?.numbers[index] ?? 0,
  };
}

function readLines(text: string): PatternFile {
  const lines: string[] = [];
  const numbers: number[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const trimmed = raw.replace(/^[ \t]+|[ \t\r]+$/g, '');
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    lines.push(trimmed);
    numbers.push(index + 1);
  }
  return { lines, numbers: Int32Array.from(numbers) };
}

/** The two parts of a map's line. */
export function mapEntry(line: string): { readonly key: string; readonly value: string } {
  const blank = /[ \t]+/.exec(line);
  if (blank === null) return { key: line, value: '' };
  return { key: line.slice(0, blank.index), value: line.slice(blank.index + blank[0].length) };
}

interface LinkedMap {
  readonly index: PatternIndex;
  readonly values: readonly string[];
}

class PatternFiles {
  private readonly contents: ReadonlyMap<string, PatternFile>;
  private readonly indexes = new Map<string, PatternIndex>();

  constructor(contents: ReadonlyMap<string, PatternFile>) {
    this.contents = contents;
  }

  lines(name: string): readonly string[] {
    return this.contents.get(name)?.lines ?? [];
  }

  /** `isMap`: only the keys count. */
  index(name: string, method: MatchMethod, flags: PatternFlags, isMap: boolean): PatternIndex {
    const key = [name, method.name, flags.ignoreCase, isMap].join('\0');
    let index = this.indexes.get(key);
    if (index === undefined) {
      const lines = this.lines(name);
      index = method.build(isMap ? lines.map((line) => mapEntry(line).key) : lines, flags);
      this.indexes.set(key, index);
    }
    return index;
  }

  map(name: string, method: MatchMethod, flags: PatternFlags): LinkedMap {
    return {
      index: this.index(name, method, flags, true),
      values: this.lines(name).map((line) => mapEntry(line).value),
    };
  }
}

const byConfiguration = new WeakMap<object, PatternFiles>();

export function patternFiles(linker: Linker): PatternFiles {
  const { configuration } = linker;
  let files = byConfiguration.get(configuration);
  if (files === undefined) {
    files = new PatternFiles(patternFileFacet.read(configuration) ?? new Map());
    byConfiguration.set(configuration, files);
  }
  return files;
}
