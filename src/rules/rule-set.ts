/**
 * The rule sets of a proxy: their names, where they may be written, and what their expressions can see.
 * Specification: configuration manual 4.2 `http-request`, `http-response`, `http-after-response`, `tcp-request …`,
 * `tcp-response content`.
 */
import type { ProxyKind } from '../config/model.ts';
import type { Point } from '../expr/availability.ts';

export const ruleSetNames = [
  'tcp-request connection',
  'tcp-request session',
  'tcp-request content',
  'tcp-response content',
  'http-request',
  'redirect',
  'http-response',
  'http-after-response',
  'stats http-request',
] as const;
export type RuleSetName = (typeof ruleSetNames)[number];

export interface RuleSet {
  readonly name: RuleSetName;
  /** Where its rules are evaluated, by the side of the proxy. */
  readonly frontend: Point | undefined;
  readonly backend: Point | undefined;
  /** How messages call its expressions where they name something that is not there. */
  readonly expressions: string;
  /** In the alert about an unknown action: HAProxy words it differently for TCP. */
  readonly http: boolean;
}

const sets: readonly RuleSet[] = [
  {
    name: 'tcp-request connection',
    frontend: 'frontend tcp-request connection rule',
    backend: undefined,
    expressions: 'tcp-request connection expression',
    http: false,
  },
  {
    name: 'tcp-request session',
    frontend: 'frontend tcp-request session rule',
    backend: undefined,
    expressions: 'tcp-request session expression',
    http: false,
  },
  {
    name: 'tcp-request content',
    frontend: 'frontend tcp-request content rule',
    backend: 'backend tcp-request content rule',
    expressions: 'tcp-request content expression',
    http: false,
  },
  {
    name: 'tcp-response content',
    frontend: undefined,
    backend: 'backend tcp-response content rule',
    expressions: 'tcp-response content expression',
    http: false,
  },
  {
    name: 'http-request',
    frontend: 'frontend http-request header rule',
    backend: 'backend http-request header rule',
    expressions: 'http-request expression',
    http: true,
  },
  {
    // Of the statistics page; it is read, and speaks of itself, as `http-request`.
    name: 'stats http-request',
    frontend: 'frontend http-request header rule',
    backend: 'backend http-request header rule',
    expressions: 'http-request expression',
    http: true,
  },
  {
    name: 'redirect',
    frontend: 'frontend http-request header rule',
    backend: 'backend http-request header rule',
    expressions: 'redirect format string',
    http: true,
  },
  {
    name: 'http-response',
    frontend: 'frontend http-response header rule',
    backend: 'backend http-response header rule',
    expressions: 'http-response response',
    http: true,
  },
  {
    name: 'http-after-response',
    frontend: 'frontend http-response header rule',
    backend: 'backend http-response header rule',
    expressions: 'http-response response',
    http: true,
  },
];

const byName = new Map(sets.map((set) => [set.name, set]));

export function ruleSet(name: RuleSetName): RuleSet {
  const set = byName.get(name);
  if (set === undefined) throw new Error(`no rule set ${name}`);
  return set;
}

/** The points at which a rule of this set is evaluated when it stands in such a section. */
export function pointsOf(set: RuleSet, kind: ProxyKind): readonly Point[] {
  const points: Point[] = [];
  if (kind !== 'backend' && set.frontend !== undefined) points.push(set.frontend);
  if (kind !== 'frontend' && set.backend !== undefined) points.push(set.backend);
  return points;
}
