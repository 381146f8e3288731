/**
 * What the language has to know of a balance algorithm. The algorithm's one record lies in its folder, beside the code that
 * carries it out (proxy/balancing.ts has the other half of it); this is the registry of the first half.
 * Specification: configuration manual 4.2 `balance`.
 */
import type { ArgumentReader } from './argument-reader.ts';
import type { CheckReport } from './keyword.ts';
import type { Configuration, ProxyConfig } from './model.ts';

/** The rest of a `balance` line, behind the algorithm's name. */
export interface BalanceLine {
  readonly args: ArgumentReader;
  /** What follows an opening parenthesis within the algorithm's word, its closing one included. */
  readonly inParentheses: string | undefined;
}

export interface BalanceSyntax<Settings = unknown> {
  readonly name: string;
  /** What is written behind the name: `[(<draws>)]`. */
  readonly syntax: string;
  readonly doc: string;
  /** It looks at HTTP requests: in TCP mode roundrobin takes its place, with a warning. */
  readonly needsHttp?: boolean;
  /** Plain data for the threads; undefined when something was wrong, and has been reported. */
  readonly parse: (line: BalanceLine) => Settings | undefined;
  /** What can only be judged once the section is known that uses it. Gives what takes the settings' place. */
  readonly finish?: (
    settings: Settings,
    proxy: ProxyConfig,
    configuration: Configuration,
    report: CheckReport,
  ) => Settings;
  /**
   * Whether the weight of a server may take any value while it is in use. Where it may not (the manual calls such an
   * algorithm static), only 0 and the configured weight can be set, and slow start has no effect.
   */
  readonly hasDynamicWeights: (proxy: ProxyConfig) => boolean;
}

export const DEFAULT_ALGORITHM = 'roundrobin';

const algorithms = new Map<string, BalanceSyntax>();

export function registerBalanceSyntax(algorithm: BalanceSyntax): void {
  if (algorithms.has(algorithm.name)) throw new Error(`algorithm registered twice: ${algorithm.name}`);
  algorithms.set(algorithm.name, algorithm);
}

export function balanceSyntaxes(): ReadonlyMap<string, BalanceSyntax> {
  return algorithms;
}

/** Whether `set weight`, agents and slow start may give the servers of this proxy any weight. */
export function hasDynamicWeights(proxy: ProxyConfig): boolean {
  return algorithms.get(proxy.balance?.algorithm ?? DEFAULT_ALGORITHM)?.hasDynamicWeights(proxy) ?? true;
}
