/**
 * Files of patterns and maps, loaded once for all that name them.
 * Specification: configuration manual 7.1 (`-f`), 7.3.1 `map`.
 */
import { Facet } from '../../config/facet.ts';
import type { Linker } from '../linker.ts';
import type { MatchMethod, PatternFlags, PatternIndex } from './match-method.ts';

/** By name as written: the lines of the file. */
export const patternFileFacet = new Facet('pattern-files', () => new Map<string, readonly string[]>());

class PatternFiles {
  private readonly contents: ReadonlyMap<string, readonly string[]>;

  constructor(contents: ReadonlyMap<string, readonly string[]>) {
    this.contents = contents;
  }

  index(name: string, method: MatchMethod, flags: PatternFlags, isMap: boolean): PatternIndex {
    const lines = this.contents.get(name) ?? [];
    const keys = isMap ? lines.map((line) => line.split(/[ \t]/, 1)[0] ?? '') : lines;
    return method.build(keys, flags);
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
