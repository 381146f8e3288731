/**
 * What a match method is: how a pattern's text is read, and how a list of patterns is searched. One record a method.
 * Specification: configuration manual 7.1 (`-m`), 7.1.1–7.1.6.
 */
import type { Sample, SampleType } from '../sample.ts';

/** As written behind `-m`. */
export type MatchName =
  | 'found'
  | 'bool'
  | 'int'
  | 'ip'
  | 'bin'
  | 'len'
  | 'str'
  | 'sub'
  | 'reg'
  | 'beg'
  | 'end'
  | 'dir'
  | 'dom';

export interface PatternFlags {
  /** `-i`. */
  readonly ignoreCase: boolean;
  /** `-n`: host names are no addresses. */
  readonly noNames: boolean;
}

/** A list that can be searched; which of several matching patterns is found follows HAProxy. */
export interface PatternIndex {
  /** Position of a pattern that matches (of the list that the index was built from), or -1. The sample has the method's type. */
  find(sample: Sample): number;
}

export interface MatchMethod {
  readonly name: MatchName;
  readonly doc: string;
  readonly manual: string;
  /** What the sample is cast to first. */
  readonly input: SampleType;
  /** Refuses a pattern: HAProxy's words for it. `words` of a line may make one pattern (`ge 10`); the text is one of them. */
  readonly check: (text: string, flags: PatternFlags) => string | undefined;
  readonly build: (patterns: readonly string[], flags: PatternFlags) => PatternIndex;
}

const methods = new Map<string, MatchMethod>();

export function registerMatchMethods(...list: readonly MatchMethod[]): void {
  for (const method of list) {
    if (methods.has(method.name)) throw new Error(`match method registered twice: ${method.name}`);
    methods.set(method.name, method);
  }
}

export function matchMethods(): ReadonlyMap<string, MatchMethod> {
  return methods;
}
