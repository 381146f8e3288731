/**
 * The keywords of the rule sets (`http-request ACTION … [if …]` and its siblings): reads the action's name, hands its
 * arguments to the record, and keeps the rule. Specification: configuration manual 4.2; wording of messages as HAProxy 2.6.
 */
import {
  type KeywordContext,
  type ProxyKeyword,
  type ProxySection,
  registerCheck,
  registerKeywords,
} from '../config/keyword.ts';
import { processFacet } from '../config/keywords/global-process.ts';
import { refusedInAnonymousDefaults } from '../config/misplaced.ts';
import type { ProxyConfig } from '../config/model.ts';
import { nearestWord } from '../config/suggest.ts';
import { type ActionRecord, actionRecords } from './action-record.ts';
import { placeOf } from './place.ts';
import { RuleArguments } from './rule-arguments.ts';
import { readRuleCondition } from './rule-condition.ts';
import { rulesFacet } from './rule-config.ts';
import { isOrdered, noteBehindEnd, noteKind, noteRule } from './rule-order.ts';
import { pointsOf, type RuleSet, type RuleSetName, ruleSet, ruleSetNames } from './rule-set.ts';

export function ruleKeyword(name: RuleSetName, sections: readonly ProxySection[], doc: string): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax: '<action> [arguments] [{ if | unless } <condition>]',
    doc,
    manual: '4.2',
    sections,
    parse: (context) => readRule(ruleSet(name), context),
  };
}

/** `keptAs`: the set that the rule belongs to, where that is another one than it is written as. */
export function readRule(
  set: RuleSet,
  context: KeywordContext<ProxyConfig>,
  keptAs: RuleSetName = set.name,
): void {
  const { args, target } = context;
  if (refusedInAnonymousDefaults(context, set.name)) return;
  noteBehindEnd(context, keptAs);
  const start = args.position;
  const word = args.next() ?? '';
  const found = findAction(set.name, word);
  if (found === undefined) {
    sayUnknown(set, context, word);
    return;
  }
  if (found.record.experimental === true && !allowsExperiments(context)) {
    args.alert(
      `'${found.record.name}' action is experimental, must be allowed via a global 'expose-experimental-directives'`,
    );
    args.rest();
    return;
  }
  const points = pointsOf(set, target.kind);
  const rule = new RuleArguments(context, set, points, word, found.inner);
  const data = found.record.parse(rule);
  if (data === undefined) {
    // Whatever is left of a refused line has nothing more to say.
    args.rest();
    return;
  }
  const condition = rule.taken ?? readRuleCondition(context, set, points, word);
  if (condition === 'refused') return;
  noteRule(target, keptAs, found.record, condition !== undefined);
  if (isOrdered(keptAs)) noteKind(context, keptAs);
  const { line } = args;
  const words = line.words.slice(start).map((each) => each.text);
  const rules = rulesFacet.of(target);
  const list = rules.get(keptAs) ?? [];
  rules.set(keptAs, list);
  list.push({
    action: found.record.name,
    data,
    condition,
    text: words.join(' '),
    origin: { file: line.file, line: line.line },
  });
}

function allowsExperiments({ configuration }: KeywordContext<ProxyConfig>): boolean {
  return processFacet.read(configuration.global)?.experimentalDirectives === true;
}

function findAction(
  name: RuleSetName,
  word: string,
): { readonly record: ActionRecord; readonly inner: string | undefined } | undefined {
  const records = actionRecords(name);
  const exact = records.get(word);
  if (exact !== undefined && exact.hasInner !== true) return { record: exact, inner: undefined };
  const open = word.indexOf('(');
  if (open < 0) return undefined;
  const record = records.get(word.slice(0, open));
  if (record?.hasInner !== true) return undefined;
  const close = word.lastIndexOf(')');
  return { record, inner: word.slice(open + 1, close < open ? word.length : close) };
}

function sayUnknown(set: RuleSet, context: KeywordContext<ProxyConfig>, word: string): void {
  const { args, target } = context;
  const records = [...actionRecords(set.name).values()];
  const names = records.map((each) => `'${each.name}${each.hasInner === true ? '(*)' : ''}'`).join(', ');
  const near = nearestWord(
    word.replace(/\(.*/, ''),
    records.map((each) => each.name),
  );
  const maybe = near === undefined ? '' : ` Did you mean '${near}' maybe ?`;
  args.rest();
  if (set.http) {
    const missing = word === '' ? ' (missing argument)' : '';
    args.say(
      'alert',
      `parsing ${args.place}: '${set.name}' expects ${names}, but got '${word}'${missing}.${maybe}`,
      undefined,
      args.line.words[1],
    );
  } else {
    args.alert(`'${set.name}' expects ${names} in ${placeOf(target)} (got '${word}').${maybe}`);
  }
}

const everySide: readonly ProxySection[] = ['defaults', 'frontend', 'listen', 'backend'];

registerKeywords(
  ruleKeyword('http-request', everySide, 'What is done with each request, before a server is chosen.'),
  ruleKeyword('http-response', everySide, 'What is done with each response of a server.'),
  ruleKeyword(
    'http-after-response',
    everySide,
    'What is done with each response, also those of the proxy itself.',
  ),
);

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    if (proxy.mode === 'http') continue;
    for (const name of ruleSetNames) {
      // Without HTTP there is no statistics page, which is said once for all of its lines.
      if (name === 'stats http-request') continue;
      if (!ruleSet(name).http || !rulesFacet.read(proxy)?.has(name)) continue;
      report.warning(`'${name}' rules ignored for ${placeOf(proxy)} as they require HTTP mode.`);
    }
  }
});
