/**
 * A linked list of patterns: what an ACL matches its samples with.
 * Specification: configuration manual 7.1.
 */
import type { PatternListConfig } from '../acl/acl-config.ts';
import { cast } from '../casts.ts';
import type { Linker } from '../linker.ts';
import { Sample, type SampleType } from '../sample.ts';
import { type MatchMethod, matchMethods, type PatternIndex } from './match-method.ts';
import { patternFiles } from './pattern-files.ts';

export class Patterns {
  private readonly method: MatchMethod;
  private readonly indexes: readonly PatternIndex[];
  private readonly scratch = new Sample();

  constructor(method: MatchMethod, indexes: readonly PatternIndex[]) {
    this.method = method;
    this.indexes = indexes;
  }

  /** The sample itself is not changed. */
  matches(sample: Sample): boolean {
    let subject = sample;
    if (sample.type !== this.method.input) {
      subject = this.scratch;
      subject.copyFrom(sample);
      if (!cast(subject, this.method.input)) return false;
    }
    const { indexes } = this;
    for (let i = 0; i < indexes.length; i++) if ((indexes[i] as PatternIndex).find(subject) >= 0) return true;
    return false;
  }
}

export function linkPatterns(config: PatternListConfig, _from: SampleType, linker: Linker): Patterns {
  const method = matchMethods().get(config.method);
  if (method === undefined) throw new Error(`no match method ${config.method}`);
  const flags = { ignoreCase: config.ignoreCase, noNames: config.noNames };
  const indexes: PatternIndex[] = [];
  for (const name of config.files)
    indexes.push(patternFiles(linker).index(name, method, flags, config.areMaps));
  if (config.inline.length > 0 || indexes.length === 0) indexes.push(method.build(config.inline, flags));
  return new Patterns(method, indexes);
}
