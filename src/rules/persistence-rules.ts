/**
 * `force-persist` and `ignore-persist`: requests that stay with their server even when it is down, and requests that are
 * balanced whatever ties them to one. The first rule of either kind that holds decides.
 * Specification: configuration manual 4.2; wording of messages and the order of evaluation (before the backend's own
 * http-request rules) as observed on HAProxy 2.6.
 */
import { Facet } from '../config/facet.ts';
import { registerKeywords } from '../config/keyword.ts';
import type { ProxyConfig } from '../config/model.ts';
import type { ConditionConfig } from '../expr/acl/acl-config.ts';
import { conditionPlace } from '../expr/acl/acl-keyword.ts';
import { blindAcl } from '../expr/acl/blind-acls.ts';
import { type Condition, linkCondition } from '../expr/acl/condition.ts';
import { readCondition } from '../expr/acl/parse-condition.ts';
import type { Linker } from '../expr/linker.ts';
import type { Scope } from '../expr/scope.ts';

type Kind = 'force-persist' | 'ignore-persist';

interface PersistenceRuleConfig {
  readonly kind: Kind;
  readonly condition: ConditionConfig;
}

const persistenceRulesFacet = new Facet('persistence-rules', (): PersistenceRuleConfig[] => []);

const POINT = 'backend tcp-request content rule';

function register(kind: Kind, doc: string): void {
  registerKeywords({
    scope: 'proxy',
    name: kind,
    syntax: '{ if | unless } <condition>',
    doc,
    manual: '4.2',
    sections: ['listen', 'backend'],
    parse: (context) => {
      const { args, target } = context;
      const word = args.peek();
      if (word !== 'if' && word !== 'unless') {
        args.alert(`'${kind}' requires either 'if' or 'unless' followed by a condition.`);
        args.rest();
        return;
      }
      const read = readCondition(args.rest(), conditionPlace(context));
      if ('error' in read) {
        args.alert(`error detected while parsing a '${kind}' rule : ${read.error}.`, read.hint);
        return;
      }
      const blind = blindAcl(read.condition, [POINT], POINT);
      if (blind !== undefined) args.warning(blind);
      persistenceRulesFacet.of(target).push({ kind, condition: read.condition });
    },
  });
}

register('force-persist', 'Requests that go to their server even when it is down, and to no other.');
register('ignore-persist', 'Requests that are balanced although a cookie ties them to a server.');

/** What the rules say of a request. */
export const PERSISTENCE_USUAL = 0;
export const PERSISTENCE_FORCED = 1;
export const PERSISTENCE_IGNORED = 2;

export interface PersistenceRule {
  readonly condition: Condition;
  readonly result: number;
}

export function linkPersistenceRules(proxy: ProxyConfig, linker: Linker): readonly PersistenceRule[] {
  return (persistenceRulesFacet.read(proxy) ?? []).map(({ kind, condition }) => ({
    condition: linkCondition(condition, linker),
    result: kind === 'force-persist' ? PERSISTENCE_FORCED : PERSISTENCE_IGNORED,
  }));
}

/** One of PERSISTENCE_…. */
export function judgePersistence(rules: readonly PersistenceRule[], scope: Scope): number {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i] as PersistenceRule;
    if (rule.condition.holds(scope)) return rule.result;
  }
  return PERSISTENCE_USUAL;
}
