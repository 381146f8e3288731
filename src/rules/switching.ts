/**
 * `use_backend`: which backend a request or a connection goes to. Names may be formats, made for each request.
 * Specification: configuration manual 4.2 `use_backend`; wording of messages as HAProxy 2.6.
 */
import { Facet } from '../config/facet.ts';
import { registerCheck, registerKeywords } from '../config/keyword.ts';
import type { ProxyConfig } from '../config/model.ts';
import type { Origin } from '../config/words.ts';
import type { ConditionConfig } from '../expr/acl/acl-config.ts';
import { conditionPlace } from '../expr/acl/acl-keyword.ts';
import { blindAcl } from '../expr/acl/blind-acls.ts';
import { type Condition, linkCondition } from '../expr/acl/condition.ts';
import { readCondition } from '../expr/acl/parse-condition.ts';
import type { Linker } from '../expr/linker.ts';
import {
  checkFormat,
  type FormatConfig,
  type FormatText,
  linkFormat,
} from '../expr/log-format/format-text.ts';
import { latin1Text } from '../expr/sample.ts';
import type { Scope } from '../expr/scope.ts';
import { scratchBytes } from '../expr/scratch.ts';
import { noteKind } from './rule-order.ts';

export interface SwitchingRuleConfig {
  /** A backend's name, or a format that makes one. */
  readonly target: FormatConfig;
  readonly isDynamic: boolean;
  readonly condition: ConditionConfig | undefined;
  readonly origin: Origin;
}

export const switchingFacet = new Facet('switching', (): SwitchingRuleConfig[] => []);

const POINT = 'frontend use-backend rule';

registerKeywords({
  scope: 'proxy',
  name: 'use_backend',
  syntax: '<backend> [{ if | unless } <condition>]',
  doc: 'The backend that requests go to for which the condition holds. The first such rule counts.',
  manual: '4.2',
  sections: ['frontend', 'listen'],
  parse: (context) => {
    const { args, target } = context;
    const name = args.next();
    if (name === undefined) {
      args.alert("'use_backend' expects a backend name.");
      return;
    }
    const place = conditionPlace(context);
    let condition: ConditionConfig | undefined;
    const word = args.peek();
    if (word === 'if' || word === 'unless') {
      const read = readCondition(args.rest(), place);
      if ('error' in read) {
        args.alert(`error detected while parsing switching rule : ${read.error}.`, read.hint);
        return;
      }
      condition = read.condition;
      const blind = blindAcl(condition, [POINT], POINT);
      if (blind !== undefined) args.warning(blind);
    } else if (word !== undefined) {
      args.next();
      args.alert(`unexpected keyword '${word}' after switching rule, only 'if' and 'unless' are allowed.`);
      return;
    }
    const isDynamic = name.includes('%');
    if (isDynamic) {
      const result = checkFormat(name, {
        origin: place.origin,
        proxy: target.name,
        files: place.files,
        references: place.references,
        usedIn: 'use_backend expression',
        points: [POINT],
        http: target.mode === 'http',
      });
      if (!result.ok) {
        for (const error of result.errors)
          args.alert(`error in switching rule : ${error.message}`, error.hint);
        return;
      }
    }
    const format = { text: name, proxy: target.name, origin: place.origin };
    switchingFacet.of(target).push({ target: format, isDynamic, condition, origin: place.origin });
    noteKind(context, 'use_backend');
  },
});

registerCheck((configuration, report) => {
  const backends = new Map<string, ProxyConfig>();
  for (const proxy of configuration.proxies) if (proxy.kind !== 'frontend') backends.set(proxy.name, proxy);
  for (const proxy of configuration.proxies) {
    for (const rule of switchingFacet.read(proxy) ?? []) {
      if (rule.isDynamic) continue;
      const target = backends.get(rule.target.text);
      if (target === undefined) {
        report.alert(`Proxy '${proxy.name}': unable to find required use_backend: '${rule.target.text}'.`);
      } else if (target.mode !== proxy.mode && !(proxy.mode === 'tcp' && target.mode === 'http')) {
        report.alert(
          `${proxy.kind} '${proxy.name}' (${proxy.origin.file}:${proxy.origin.line}) tries to use incompatible ${target.kind} '${target.name}' (${target.origin.file}:${target.origin.line}) in a 'use_backend' rule (see 'mode').`,
        );
      }
    }
  }
});

class SwitchingRule {
  readonly condition: Condition | null;
  readonly format: FormatText | null;
  /** Index of the proxy; -1 for names that are made per request. */
  readonly backend: number;

  constructor(config: SwitchingRuleConfig, linker: Linker) {
    this.condition = config.condition === undefined ? null : linkCondition(config.condition, linker);
    this.format = config.isDynamic ? linkFormat(config.target, linker) : null;
    this.backend = config.isDynamic ? -1 : linker.backendIndex(config.target.text);
  }
}

export class Switching {
  private readonly rules: readonly SwitchingRule[];
  private readonly linker: Linker;
  private readonly area = new Uint8Array(scratchBytes());

  constructor(configs: readonly SwitchingRuleConfig[], linker: Linker) {
    this.linker = linker;
    this.rules = configs.map((config) => new SwitchingRule(config, linker));
  }

  /** Index of the chosen backend's proxy, or -1: the default backend. A made-up name that no backend has ends the search. */
  choose(scope: Scope): number {
    const { rules } = this;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i] as SwitchingRule;
      if (rule.condition !== null && !rule.condition.holds(scope)) continue;
      if (rule.format === null) return rule.backend;
      const end = rule.format.write(scope, this.area, 0, this.area.length);
      return this.linker.backendIndex(latin1Text(this.area, 0, end));
    }
    return -1;
  }
}

/** Null where the frontend has no such rule. */
export function linkSwitching(proxy: ProxyConfig, linker: Linker): Switching | null {
  const configs = switchingFacet.read(proxy);
  return configs === undefined || configs.length === 0 ? null : new Switching(configs, linker);
}
