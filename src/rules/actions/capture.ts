/**
 * Puts a sample into a slot of the frontend's captures: a new one of the rule's own (`len`), or one that was declared
 * (`id`). Specification: configuration manual 4.2 `http-request capture`, `http-response capture`,
 * `http-after-response capture`, `tcp-request content capture`; wording of messages as HAProxy 2.6.
 */
import { type CheckReport, registerCheck } from '../../config/keyword.ts';
import { addCaptureSlot, type CaptureDirection, capturesFacet } from '../../config/keywords/captures.ts';
import type { ProxyConfig } from '../../config/model.ts';
import { hasFrontend } from '../../config/proxy-kind.ts';
import { leadingInteger, wholeInteger } from '../../config/time-and-size.ts';
import type { Origin } from '../../config/words.ts';
import { sees } from '../../expr/availability.ts';
import type { CapturedValue } from '../../expr/captures/captures.ts';
import { linkExpression } from '../../expr/expression.ts';
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import { fetchRecords } from '../../expr/fetch-record.ts';
import type { Linker } from '../../expr/linker.ts';
import { T_STR } from '../../expr/sample.ts';
import { type Action, type ActionContext, registerAction } from '../action-record.ts';
import { inspectDelayFacet } from '../inspect-delay.ts';
import { placeOf } from '../place.ts';
import { rulesFacet } from '../rule-config.ts';
import type { RuleSetName } from '../rule-set.ts';
import { CONTINUE, YIELD } from '../verdict.ts';

interface CaptureRule {
  readonly expression: ExpressionConfig;
  readonly slot: number;
  /** The slot is another line's: it has to be there. */
  readonly byId: boolean;
  /** The section that the rule stands in, where that is `defaults`. */
  readonly defaults: { readonly name: string; readonly origin: Origin } | undefined;
}

function ruleOf(
  context: ActionContext,
  expression: ExpressionConfig,
  slot: number,
  byId: boolean,
): CaptureRule {
  const { kind, name, origin } = context.proxy;
  return { expression, slot, byId, defaults: kind === 'defaults' ? { name, origin } : undefined };
}

function parseId(context: ActionContext, expression: ExpressionConfig): CaptureRule | undefined {
  const text = context.args.next() ?? '';
  if (wholeInteger(text) === undefined) return context.fail(`cannot parse id '${text}'`);
  return ruleOf(context, expression, leadingInteger(text), true);
}

/** Whether so many words are there before `if`, `unless` or the end. */
function hasWords(context: ActionContext, count: number): boolean {
  for (let i = 0; i < count; i++) {
    const word = context.args.peek(i);
    if (word === undefined || word === 'if' || word === 'unless') return false;
  }
  return true;
}

function parseForRequest(context: ActionContext): CaptureRule | undefined {
  const { args, proxy } = context;
  if (!hasWords(context, 3)) return context.fail("expects <expression> [ 'len' <length> | id <idx> ]");
  const expression = context.expression({ namesItself: true });
  if (expression === undefined) return undefined;
  const word = args.next() ?? '';
  if (word === 'id') return parseId(context, expression);
  if (word !== 'len') return context.fail(`expects 'len' or 'id', found '${word}'`);
  if (!hasFrontend(proxy)) return context.fail(`proxy '${proxy.name}' has no frontend capability`);
  const length = leadingInteger(args.next() ?? '');
  if (length <= 0) return context.fail('length must be > 0');
  return ruleOf(context, expression, addCaptureSlot(proxy, 'request', length), false);
}

function parseForResponse(context: ActionContext): CaptureRule | undefined {
  const { args } = context;
  if (!hasWords(context, 3)) return context.fail('expects <expression> id <idx>');
  const expression = context.expression({ namesItself: true });
  if (expression === undefined) return undefined;
  const word = args.next() ?? '';
  return word === 'id' ? parseId(context, expression) : context.fail(`expects 'id', found '${word}'`);
}

function parseForContent(context: ActionContext): CaptureRule | undefined {
  const { args, proxy, ruleSet } = context;
  const lead = `'${ruleSet} capture' : `;
  if (!hasFrontend(proxy)) return context.fail(`${lead}proxy '${proxy.name}' has no frontend capability`);
  const first = args.peek();
  if (first === 'if' || first === 'unless') return context.fail(`${lead}unknown fetch method '${first}'`);
  const expression = context.expression({ lead, namesItself: true });
  if (expression === undefined) return undefined;
  if (args.take('len') === undefined) return context.fail(`${lead}a positive 'len' argument is mandatory`);
  const length = leadingInteger(args.next() ?? '');
  if (length <= 0) return context.fail(`${lead}length must be > 0`);
  return ruleOf(context, expression, addCaptureSlot(proxy, 'request', length), false);
}

/** There is nothing yet that a value could be kept in. */
function refuse(context: ActionContext): undefined {
  const shown = context.args.next() ?? '';
  return context.fail(
    `'capture ${shown}' is not allowed in '${context.ruleSet}' rules in ${placeOf(context.proxy)}`,
  );
}

/** `waits`: for what has not arrived yet, as long as the rule set lets it. */
function linkTo(direction: CaptureDirection, waits = false): (rule: CaptureRule, linker: Linker) => Action {
  return ({ expression, slot }, linker) => {
    const sample = linkExpression(expression, linker);
    return (target, final) => {
      const captures = target.exchange?.captures ?? null;
      // The frontend may have fewer slots than a backend's rule would fill.
      const value: CapturedValue | undefined = captures === null ? undefined : captures[direction][slot];
      if (value === undefined) return CONTINUE;
      if (!sample.evaluateAs(target, T_STR))
        return waits && !final && sample.sample.mayChange ? YIELD : CONTINUE;
      const { u8, start, end } = sample.sample;
      value.set(u8, start, end);
      return CONTINUE;
    };
  };
}

const manual = '4.2';
registerAction<CaptureRule>({
  name: 'capture',
  ruleSets: ['http-request'],
  syntax: '<sample> { len <length> | id <id> }',
  doc: "Keeps the sample as a string, in a slot of its own or in a declared one of the frontend's requests.",
  manual,
  parse: parseForRequest,
  link: linkTo('request'),
});

registerAction<CaptureRule>({
  name: 'capture',
  ruleSets: ['http-response', 'http-after-response'],
  syntax: '<sample> id <id>',
  doc: "Keeps the sample as a string in a declared slot of the frontend's responses.",
  manual,
  parse: parseForResponse,
  link: linkTo('response'),
});

registerAction<CaptureRule>({
  name: 'capture',
  ruleSets: ['tcp-request content'],
  syntax: '<sample> len <length>',
  doc: "Keeps the sample as a string, in a slot of its own beside the captured headers of the frontend's requests.",
  manual,
  parse: parseForContent,
  link: linkTo('request', true),
});

registerAction<CaptureRule>({
  name: 'capture',
  ruleSets: ['tcp-request connection', 'tcp-request session'],
  syntax: '',
  doc: 'Refused: only `tcp-request content` captures.',
  manual,
  parse: refuse,
  link: linkTo('request'),
});

const checked: readonly { readonly set: RuleSetName; readonly direction: CaptureDirection }[] = [
  { set: 'http-request', direction: 'request' },
  { set: 'http-response', direction: 'response' },
  { set: 'http-after-response', direction: 'response' },
];

/** Each rule of a `defaults` section is spoken of once, whoever inherits it. */
class Seen {
  private readonly rules = new Set<string>();

  isNew({ file, line }: Origin): boolean {
    const key = `${file}:${line}`;
    if (this.rules.has(key)) return false;
    this.rules.add(key);
    return true;
  }
}

/** Slots that rules name must be there. Of a backend nobody knows which frontends it will have. */
function checkIds(proxy: ProxyConfig, seen: Seen, report: CheckReport): void {
  const captures = capturesFacet.read(proxy);
  for (const { set, direction } of checked) {
    for (const { action, data, origin } of rulesFacet.read(proxy)?.get(set) ?? []) {
      if (action !== 'capture') continue;
      // Only the record's own parser makes the data of its rules.
      const { slot, byId, defaults } = data as CaptureRule;
      if (!byId) continue;
      const slots = captures?.[direction] ?? [];
      // A rule of a defaults section only counts on what is declared there.
      const known = defaults === undefined ? slots : slots.filter(({ inherited }) => inherited !== undefined);
      if (slot < known.length || !seen.isNew(origin)) continue;
      const called = direction === 'request' ? 'http-request' : 'http-response';
      report.alertAt(
        `Proxy '${defaults?.name ?? proxy.name}': unable to find capture id '${slot}' referenced by ${called} capture rule.`,
        origin,
      );
    }
  }
}

/** What the client sends may not have arrived, unless it is waited for. */
function checkDelay(proxy: ProxyConfig, seen: Seen, report: CheckReport): void {
  for (const { action, data, origin } of rulesFacet.read(proxy)?.get('tcp-request content') ?? []) {
    if (action !== 'capture') continue;
    const { expression, defaults } = data as CaptureRule;
    const layers = fetchRecords().get(expression.fetch.name)?.layers ?? [];
    if ((inspectDelayFacet.read(proxy)?.requestMs ?? 0) > 0) continue;
    if (sees('frontend tcp-request session rule', layers) || !seen.isNew(origin)) continue;
    const place = defaults === undefined ? placeOf(proxy) : `defaults '${defaults.name}'`;
    report.warningAt(
      `${place} : a 'tcp-request capture' rule explicitly depending on request contents without any 'tcp-request inspect-delay' setting. This means that this rule will randomly find its contents. This can be fixed by setting the tcp-request inspect-delay.`,
      origin,
    );
  }
}

registerCheck(({ proxies }, report) => {
  const seen = new Seen();
  for (const proxy of proxies) {
    if (proxy.disabled || !hasFrontend(proxy)) continue;
    checkDelay(proxy, seen, report);
    checkIds(proxy, seen, report);
  }
});
