/**
 * A linked list of patterns: what an ACL matches its samples with.
 * Specification: configuration manual 7.1.
 */
import type { PatternListConfig } from '../acl/acl-config.ts';
import { cast } from '../casts.ts';
import type { Linker } from '../linker.ts';
import { Sample, type SampleType, T_ADDR, T_ANY, T_IPV4, T_IPV6 } from '../sample.ts';
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
    if (!this.takes(sample.type)) {
      subject = this.scratch;
      subject.copyFrom(sample);
      if (!cast(subject, this.method.input)) return false;
    }
    const { indexes } = this;
    for (let i = 0; i < indexes.length; i++) if ((indexes[i] as PatternIndex).find(subject) >= 0) return true;
    return false;
  }

  /** The value is matched as it is. */
  private takes(type: SampleType): boolean {
    const { input } = this.method;
    return type === input || input === T_ANY || (input === T_ADDR && (type === T_IPV4 || type === T_IPV6));
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
