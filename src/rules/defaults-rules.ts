/**
 * Rules in `defaults` sections are for the sections of one side only.
 * Specification: configuration manual 4 (`defaults`); wording of messages as HAProxy 2.6.
 */
import { inheritedFromFacet } from '../config/inherited-from.ts';
import { registerCheck } from '../config/keyword.ts';
import type { ProxyConfig } from '../config/model.ts';
import type { Origin } from '../config/words.ts';
import { rulesFacet } from './rule-config.ts';
import type { RuleSetName } from './rule-set.ts';

registerCheck((configuration, report) => {
  const sections = new Map(configuration.defaults.map((each) => [keyOf(each.origin), each]));
  /** By place of the defaults section: the side of those that inherit its rules. */
  const sides = new Map<string, 'frontend' | 'backend'>();
  /** Defaults sections that should not have inherited rules: nobody inherits those through them. */
  const refused = new Set<ProxyConfig>();
  for (const proxy of [...configuration.defaults, ...configuration.proxies]) {
    const { origin } = inheritedFromFacet.of(proxy);
    const from = origin === undefined ? undefined : sections.get(keyOf(origin));
    if (from === undefined || refused.has(from)) continue;
    const message = complaint(proxy, from, sides);
    if (message === undefined) continue;
    if (proxy.kind === 'defaults') refused.add(proxy);
    const { file, line } = proxy.origin;
    report.alertAt(`parsing [${file}:${line}]: ${message}`, proxy.origin);
  }
});

function complaint(
  proxy: ProxyConfig,
  from: ProxyConfig,
  sides: Map<string, 'frontend' | 'backend'>,
): string | undefined {
  const rules = rulesFacet.read(from);
  const has = (name: RuleSetName) => (rules?.get(name)?.length ?? 0) > 0;
  if (rules === undefined || rules.size === 0) return undefined;
  const { file, line } = from.origin;
  const at = `(defaults section at ${file}:${line})`;
  if (proxy.kind === 'listen')
    return 'a listen section cannot inherit from a defaults section defining TCP/HTTP rules.';
  if (proxy.kind === 'defaults')
    return `a defaults section cannot inherit from a defaults section defining TCP/HTTP rules ${at}.`;
  const key = keyOf(from.origin);
  const side = sides.get(key);
  if (side !== undefined && side !== proxy.kind)
    return `frontends and backends cannot inherit from the same defaults section if it defines TCP/HTTP rules ${at}.`;
  if (proxy.kind === 'frontend' && has('tcp-response content'))
    return `a frontend section cannot inherit from a defaults section defining 'tcp-response content' rules ${at}.`;
  if (proxy.kind === 'backend' && (has('tcp-request connection') || has('tcp-request session')))
    return `a backend section cannot inherit from a defaults section defining 'tcp-request connection' or 'tcp-request session' rules ${at}.`;
  sides.set(key, proxy.kind);
  return undefined;
}

function keyOf({ file, line }: Origin): string {
  return `${file}:${line}`;
}
