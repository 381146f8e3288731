/**
 * `monitor fail`: when the reply to a monitor's request is an error. Specification: configuration manual 4.2; wording of
 * messages as HAProxy 2.6.
 */
import { Facet } from '../config/facet.ts';
import { registerKeywords } from '../config/keyword.ts';
import type { ProxyConfig } from '../config/model.ts';
import type { ConditionConfig } from '../expr/acl/acl-config.ts';
import { conditionPlace } from '../expr/acl/acl-keyword.ts';
import { type Condition, linkCondition } from '../expr/acl/condition.ts';
import { readCondition } from '../expr/acl/parse-condition.ts';
import type { Linker } from '../expr/linker.ts';
import { noteKind } from './rule-order.ts';

const monitorFailFacet = new Facet('monitor-fail', (): ConditionConfig[] => []);

registerKeywords({
  scope: 'proxy',
  name: 'monitor fail',
  syntax: '{ if | unless } <condition>',
  doc: 'When this holds, the reply to a monitor request is 503. Several lines: any of them.',
  manual: '4.2',
  sections: ['frontend', 'listen'],
  parse: (context) => {
    const { args, target } = context;
    const word = args.peek();
    if (word !== 'if' && word !== 'unless') {
      args.alert("'monitor fail' requires either 'if' or 'unless' followed by a condition.");
      args.rest();
      return;
    }
    const read = readCondition(args.rest(), conditionPlace(context));
    if ('error' in read)
      args.alert(`error detected while parsing a 'monitor fail' condition : ${read.error}.`, read.hint);
    else {
      monitorFailFacet.of(target).push(read.condition);
      noteKind(context, 'monitor fail');
    }
  },
});

/** Any of these. */
export function linkMonitorFail(proxy: ProxyConfig, linker: Linker): readonly Condition[] {
  return (monitorFailFacet.read(proxy) ?? []).map((config) => linkCondition(config, linker));
}
