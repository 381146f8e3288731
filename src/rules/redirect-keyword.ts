/**
 * The keyword `redirect`, older than `http-request redirect`: its rules come after those of http-request, and its targets
 * are no formats. Specification: configuration manual 4.2 `redirect`; wording of messages as HAProxy 2.6.
 */
import { registerKeywords } from '../config/keyword.ts';
import { registerAction } from './action-record.ts';
import { Redirect, type RedirectConfig, readRedirect } from './actions/redirect.ts';
import { placeOf } from './place.ts';
import { RuleArguments } from './rule-arguments.ts';
import { readRuleCondition } from './rule-condition.ts';
import { rulesFacet } from './rule-config.ts';
import { noteKind } from './rule-order.ts';
import { pointsOf, ruleSet } from './rule-set.ts';

registerAction<RedirectConfig>({
  name: 'redirect',
  answers: true,
  ruleSets: ['redirect'],
  syntax: '{ location | prefix | scheme } <to> [code <code>] [<option>]*',
  doc: 'Sends the client elsewhere.',
  manual: '4.2',
  parse: (context) => readRedirect(context, false),
  link: (config, linker) => {
    const redirect = new Redirect(config, linker, 'R');
    return (target) => redirect.send(target);
  },
});

registerKeywords({
  scope: 'proxy',
  name: 'redirect',
  syntax: '{ location | prefix | scheme } <to> [code <code>] [<option>]* [{ if | unless } <condition>]',
  doc: 'Sends the client elsewhere, after all http-request rules.',
  manual: '4.2',
  sections: ['frontend', 'listen', 'backend'],
  parse: (context) => {
    const { args, target } = context;
    const set = ruleSet('redirect');
    const start = args.position;
    const points = pointsOf(set, target.kind);
    const frame = `error detected in ${placeOf(target)} while parsing redirect rule`;
    const rule = new RuleArguments(context, set, points, '', undefined, frame);
    const data = readRedirect(rule, false);
    if (data === undefined) {
      args.rest();
      return;
    }
    const condition = readRuleCondition(context, set, points, '', `${frame} : error in condition`);
    if (condition === 'refused') return;
    noteKind(context, 'redirect');
    const { line } = args;
    const rules = rulesFacet.of(target);
    const list = rules.get('redirect') ?? [];
    rules.set('redirect', list);
    list.push({
      action: 'redirect',
      data,
      condition,
      text: line.words
        .slice(start)
        .map((each) => each.text)
        .join(' '),
      origin: { file: line.file, line: line.line },
    });
  },
});
