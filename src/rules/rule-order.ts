/**
 * Rules are carried out set by set, whatever the order of the lines, and nothing follows an action that ends its set.
 * Who writes lines in another order is told so. Specification: configuration manual 4.2; which lines are told of, and
 * the wording, as HAProxy 2.6.
 */
import { Facet } from '../config/facet.ts';
import type { KeywordContext } from '../config/keyword.ts';
import type { ProxyConfig } from '../config/model.ts';
import type { ActionRecord } from './action-record.ts';
import type { RuleSetName } from './rule-set.ts';

/** Kinds of rules, first those that are carried out first, and how a later line of an earlier kind is called. */
const KINDS = [
  { name: 'tcp-request connection', called: 'tcp-request', article: 'a' },
  { name: 'tcp-request session', called: 'tcp-request', article: 'a' },
  { name: 'tcp-request content', called: 'tcp-request', article: 'a' },
  { name: 'monitor fail', called: 'monitor fail', article: 'a' },
  { name: 'http-request', called: 'http-request', article: 'an' },
  { name: 'redirect', called: 'redirect', article: 'a' },
  { name: 'use_backend', called: 'use_backend', article: 'a' },
  { name: 'use-server', called: 'use-server', article: 'a' },
] as const;
export type OrderedKind = (typeof KINDS)[number]['name'];

interface Written {
  /** Places in KINDS of the lines so far. */
  readonly kinds: Set<number>;
  /** Of each set its last rule: whether nothing can come behind it. */
  readonly ended: Map<RuleSetName, boolean>;
}

/** Of a section's own lines: what it inherits is no line of it. */
const writtenFacet = new Facet('rule-order', (): Written => ({ kinds: new Set(), ended: new Map() }), false);

/** A line of this kind has been read. */
export function noteKind({ args, target }: KeywordContext<ProxyConfig>, name: OrderedKind): void {
  const { kinds } = writtenFacet.of(target);
  const place = KINDS.findIndex((kind) => kind.name === name);
  const later = KINDS.find((_, at) => at > place && kinds.has(at));
  kinds.add(place);
  const kind = KINDS[place];
  // Of `use_backend` behind `use-server` HAProxy says nothing: they belong to different sides.
  if (later === undefined || kind === undefined || kind.name === 'use_backend') return;
  args.warning(
    `a '${kind.called}' rule placed after ${later.article} '${later.name}' rule will still be processed before.`,
  );
}

export function isOrdered(name: RuleSetName): name is RuleSetName & OrderedKind {
  return KINDS.some((kind) => kind.name === name);
}

/** Before a rule of this set is read: says so when the one before it lets nobody through. */
export function noteBehindEnd({ args, target }: KeywordContext<ProxyConfig>, name: RuleSetName): void {
  const { ended } = writtenFacet.of(target);
  if (ended.get(name) !== true) return;
  const what = name === 'stats http-request' ? "'stats' action has" : `'${name}' action is final and has`;
  args.say(
    'warning',
    `parsing ${args.place}: previous ${what} no condition attached, further entries are NOOP.`,
  );
}

/** Such a rule has been read. */
export function noteRule(
  target: ProxyConfig,
  name: RuleSetName,
  record: ActionRecord,
  conditional: boolean,
): void {
  writtenFacet.of(target).ended.set(name, !conditional && endsSet(name, record));
}

/** HAProxy tells of HTTP's sets alone, and there of what answers or lets pass. */
function endsSet(name: RuleSetName, { name: action, answers }: ActionRecord): boolean {
  if (name === 'stats http-request') return true;
  const isHttp = name === 'http-request' || name === 'http-response' || name === 'http-after-response';
  return isHttp && (answers === true || action === 'allow');
}
