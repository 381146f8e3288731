/** The rule sets of one side of a proxy, linked for a thread; null where there is none. */
import type { ProxyConfig } from '../config/model.ts';
import { linkRules, type RuleList } from '../rules/rule-list.ts';
import type { Plane } from './plane.ts';

export class ProxyRules {
  readonly connection: RuleList | null;
  readonly session: RuleList | null;
  readonly content: RuleList | null;
  readonly responseContent: RuleList | null;
  readonly request: RuleList | null;
  readonly redirect: RuleList | null;
  readonly response: RuleList | null;
  readonly afterResponse: RuleList | null;

  constructor(config: ProxyConfig, plane: Plane) {
    const http = config.mode === 'http';
    this.connection = linkRules(config, 'tcp-request connection', plane);
    this.session = linkRules(config, 'tcp-request session', plane);
    this.content = linkRules(config, 'tcp-request content', plane);
    this.responseContent = linkRules(config, 'tcp-response content', plane);
    this.request = http ? linkRules(config, 'http-request', plane) : null;
    this.redirect = http ? linkRules(config, 'redirect', plane) : null;
    this.response = http ? linkRules(config, 'http-response', plane) : null;
    this.afterResponse = http ? linkRules(config, 'http-after-response', plane) : null;
  }
}
