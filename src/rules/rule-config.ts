/** Rules as plain data: what the parser understood, before a thread links it. */
import { Facet } from '../config/facet.ts';
import type { Origin } from '../config/words.ts';
import type { ConditionConfig } from '../expr/acl/acl-config.ts';
import type { RuleSetName } from './rule-set.ts';

export interface RuleConfig {
  /** The record's name: `set-var` for `set-var(txn.x)`. */
  readonly action: string;
  /** What the record's parser made of the arguments; only the record knows its shape. */
  readonly data: unknown;
  readonly condition: ConditionConfig | undefined;
  /** As written, behind the name of the rule set. */
  readonly text: string;
  readonly origin: Origin;
}

/** Of a proxy, in the order of the lines; those of a named defaults section come first. */
export const rulesFacet = new Facet('rules', () => new Map<RuleSetName, RuleConfig[]>());
