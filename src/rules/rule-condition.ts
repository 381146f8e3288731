/** The `if` or `unless` at the end of a rule, with the warnings about ACLs that can never match there. */
import type { KeywordContext } from '../config/keyword.ts';
import type { ProxyConfig } from '../config/model.ts';
import type { ConditionConfig } from '../expr/acl/acl-config.ts';
import { conditionPlace } from '../expr/acl/acl-keyword.ts';
import { blindAcl } from '../expr/acl/blind-acls.ts';
import { readCondition } from '../expr/acl/parse-condition.ts';
import type { Point } from '../expr/availability.ts';
import { placeOf } from './place.ts';
import type { RuleSet } from './rule-set.ts';

/** Undefined where there is none; `refused` when it was wrong (and reported). */
export function readRuleCondition(
  context: KeywordContext<ProxyConfig>,
  set: RuleSet,
  points: readonly Point[],
  action: string,
  frame?: string,
): ConditionConfig | 'refused' | undefined {
  const { args } = context;
  const first = args.peek();
  if (first === undefined) return undefined;
  if (first !== 'if' && first !== 'unless') {
    args.next();
    if (set.http) {
      args.say(
        'alert',
        `parsing ${args.place}: '${set.name} ${action}' expects either 'if' or 'unless' followed by a condition but found '${first}'.`,
      );
    } else {
      args.alert(
        `'${set.name} ${action}' only accepts 'if' or 'unless', in ${placeOf(context.target)} (got '${first}')`,
      );
    }
    args.rest();
    return 'refused';
  }
  const read = readCondition(args.rest(), conditionPlace(context));
  if ('error' in read) {
    if (frame !== undefined) {
      args.alert(`${frame}: ${read.error}.`, read.hint);
      return 'refused';
    }
    const article = set.name.startsWith('http') ? 'an' : 'a';
    args.alert(
      set.http
        ? `error detected while parsing ${article} '${set.name} ${action}' condition : ${read.error}.`
        : `'${set.name} ${action}' : error detected in ${placeOf(context.target)} while parsing '${first}' condition : ${read.error}`,
      read.hint,
    );
    return 'refused';
  }
  const [shown] = points;
  const blind =
    shown === undefined
      ? undefined
      : blindAcl(read.condition, points, shown, set.http ? '' : ` in '${set.name}'`);
  if (blind !== undefined) args.warning(blind);
  return read.condition;
}
