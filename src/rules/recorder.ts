/**
 * Who wants to know which rules were asked and what they answered: nobody, usually, and then it costs one comparison a
 * rule. `explain` and the messages of operators rest on it.
 */
import type { RuleConfig } from './rule-config.ts';
import type { RuleSetName } from './rule-set.ts';

export interface RuleRecorder {
  onRule(set: RuleSetName, rule: RuleConfig, held: boolean): void;
}

/** Of this thread. */
export let recorder: RuleRecorder | null = null;

export function setRecorder(next: RuleRecorder | null): void {
  recorder = next;
}
