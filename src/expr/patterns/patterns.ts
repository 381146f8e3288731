/**
 * A linked list of patterns: what an ACL matches its samples with.
 * Specification: configuration manual 7.1.
 */
import type { PatternListConfig } from '../acl/acl-config.ts';
import { cast } from '../casts.ts';
import type { Linker } from '../linker.ts';
import { Sample, type SampleType, T_ADDR, T_ANY, T_IPV4, T_IPV6 } from '../sample.ts';
import { type MatchMethod, matchMethod } from './match-method.ts';
import type { PatternLookup } from './pattern-lookup.ts';

export class Patterns {
  private readonly method: MatchMethod;
  private readonly lookups: readonly PatternLookup[];
  private readonly scratch = new Sample();

  constructor(method: MatchMethod, lookups: readonly PatternLookup[]) {
    this.method = method;
    this.lookups = lookups;
  }

  /** The sample itself is not changed. */
  matches(sample: Sample): boolean {
    let subject = sample;
    if (!this.takes(sample.type)) {
      subject = this.scratch;
      subject.copyFrom(sample);
      if (!cast(subject, this.method.input)) return false;
    }
    const { lookups } = this;
    for (let i = 0; i < lookups.length; i++) if ((lookups[i] as PatternLookup).matches(subject)) return true;
    return false;
  }

  /** The value is matched as it is. */
  private takes(type: SampleType): boolean {
    const { input } = this.method;
    return type === input || input === T_ANY || (input === T_ADDR && (type === T_IPV4 || type === T_IPV6));
  }
}

export function linkPatterns(config: PatternListConfig, linker: Linker): Patterns {
  const method = matchMethod(config.method);
  const { patterns } = linker;
  const lookups: PatternLookup[] = [];
  for (const { name, ignoreCase } of config.files) {
    const reference = patterns.file(name);
    if (reference === undefined) throw new Error(`no list of patterns ${name}`);
    lookups.push(method.lookup(reference, ignoreCase));
  }
  // The line's own list can be added to while the process runs, even where it has no pattern.
  lookups.push(method.lookup(patterns.list(config.list), config.ignoreCase));
  return new Patterns(method, lookups);
}
