/**
 * What a match method is: how a pattern's text is read, and how a list of patterns is searched. One record a method.
 * Specification: configuration manual 7.1 (`-m`), 7.1.1–7.1.6.
 */
import type { SampleType } from '../sample.ts';
import type { PatternLookup } from './pattern-lookup.ts';
import type { PatternReference } from './pattern-reference.ts';

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

export interface MatchMethod {
  readonly name: MatchName;
  readonly doc: string;
  readonly manual: string;
  /** What the sample is cast to first. */
  readonly input: SampleType;
  /** Refuses a pattern: HAProxy's words for it. `words` of a line may make one pattern (`ge 10`); the text is one of them. */
  readonly check: (text: string, flags: PatternFlags) => string | undefined;
  /** It never refuses a pattern: files need not be looked through. */
  readonly takesAnything?: boolean;
  /** Sees at once that a pattern is right, as most are; otherwise `check` says. */
  readonly isPlain?: (u8: Uint8Array, start: number, end: number) => boolean;
  /** A thread's way of searching the list; which of several matching patterns is found follows HAProxy. */
  readonly lookup: (reference: PatternReference, ignoreCase: boolean) => PatternLookup;
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

export function matchMethod(name: MatchName): MatchMethod {
  const method = methods.get(name);
  if (method === undefined) throw new Error(`no match method ${name}`);
  return method;
}
