/**
 * The linked rules of one set of a proxy. Evaluation is a loop over closures; a rule whose condition does not hold costs
 * its condition and nothing else. Linked once a thread.
 */

import type { ProxyConfig } from '../config/model.ts';
import type { Origin } from '../config/words.ts';
import { type Condition, HOLDS, linkCondition, UNKNOWN } from '../expr/acl/condition.ts';
import type { Linker } from '../expr/linker.ts';
import { type Action, actionRecords } from './action-record.ts';
import { recorder } from './recorder.ts';
import { type RuleConfig, rulesFacet } from './rule-config.ts';
import type { RuleSetName } from './rule-set.ts';
import type { RuleTarget } from './target.ts';
import { CONTINUE, DONE, STOP, YIELD } from './verdict.ts';

export class Rule {
  readonly config: RuleConfig;
  readonly condition: Condition | null;
  readonly act: Action;
  readonly origin: Origin;
  /** Its reply may ask which rule it comes from. */
  readonly answers: boolean;

  constructor(config: RuleConfig, condition: Condition | null, act: Action, answers: boolean) {
    this.answers = answers;
    this.config = config;
    this.condition = condition;
    this.act = act;
    this.origin = config.origin;
  }
}

export class RuleList {
  readonly name: RuleSetName;
  readonly rules: readonly Rule[];
  /** Where the last run stopped with YIELD: the next one goes on there. */
  yieldedAt = 0;

  constructor(name: RuleSetName, rules: readonly Rule[]) {
    this.name = name;
    this.rules = rules;
  }

  /**
   * Evaluates from rule `from` on. `final`: nothing more will arrive, so that every condition has an answer. Result: the
   * verdict of the rule that ended the set, CONTINUE when none did.
   */
  run(target: RuleTarget, from = 0, final = true): number {
    const { rules } = this;
    for (let i = from; i < rules.length; i++) {
      const rule = rules[i] as Rule;
      if (rule.condition !== null) {
        const answer = rule.condition.evaluate(target, final);
        if (answer === UNKNOWN) {
          this.yieldedAt = i;
          return YIELD;
        }
        if (recorder !== null) recorder.onRule(this.name, rule.config, answer === HOLDS);
        if (answer !== HOLDS) continue;
      } else if (recorder !== null) recorder.onRule(this.name, rule.config, true);
      // Known before it acts: its own reply may ask which rule it comes from.
      const before = target.lastRule;
      if (rule.answers) target.lastRule = rule.origin;
      const verdict = rule.act(target, final);
      if (verdict === STOP || verdict === DONE) {
        target.lastRule = rule.origin;
        return verdict;
      }
      if (rule.answers) target.lastRule = before;
      if (verdict === CONTINUE) continue;
      this.yieldedAt = i;
      return verdict;
    }
    return CONTINUE;
  }
}

/** Null where the proxy has no rule of this set. */
export function linkRules(proxy: ProxyConfig, name: RuleSetName, linker: Linker): RuleList | null {
  const configs = rulesFacet.read(proxy)?.get(name);
  if (configs === undefined || configs.length === 0) return null;
  return new RuleList(
    name,
    configs.map((config, i) => linkRule(config, name, linker, configs[i + 1])),
  );
}

function linkRule(config: RuleConfig, name: RuleSetName, linker: Linker, next: RuleConfig | undefined): Rule {
  const record = actionRecords(name).get(config.action);
  if (record === undefined) throw new Error(`no action ${config.action} in ${name}`);
  const condition = config.condition === undefined ? null : linkCondition(config.condition, linker);
  const act = record.link(config.data, linker, name, next);
  return new Rule(config, condition, act, record.answers === true);
}
