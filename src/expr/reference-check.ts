/**
 * Looks for the proxies, servers and userlists that expressions name. Some are noted by other checks: this is the last
 * one. Wording of messages as HAProxy 2.6.
 */
import { registerCheck } from '../config/keyword.ts';
import type { Configuration, ProxyConfig } from '../config/model.ts';
import { hasBackend, hasFrontend } from '../config/proxy-kind.ts';
import type { Origin } from '../config/words.ts';
import { userlistsFacet } from './auth/userlists.ts';
import './log-format/format-check.ts';
import { splitServerName } from './proxy-lookup.ts';
import { type Reference, referencesFacet } from './references.ts';

class Names {
  private readonly configuration: Configuration;
  private readonly frontends = new Map<string, ProxyConfig>();
  private readonly backends = new Map<string, ProxyConfig>();

  constructor(configuration: Configuration) {
    this.configuration = configuration;
    for (const proxy of configuration.proxies) {
      if (hasFrontend(proxy)) this.frontends.set(proxy.name, proxy);
      if (hasBackend(proxy)) this.backends.set(proxy.name, proxy);
    }
  }

  /** What is wrong with the reference, or undefined. */
  missing({ argument, position, user, proxy }: Reference): string | undefined {
    const where = `referenced in arg ${position} of ${user} in proxy '${proxy}'`;
    switch (argument.kind) {
      case 'frontend':
      case 'backend': {
        const { kind } = argument;
        const found = kind === 'frontend' ? this.frontends : this.backends;
        const name = argument.name === '' ? proxy : argument.name;
        if (found.has(name)) return undefined;
        return argument.name === ''
          ? `proxy '${name}', ${where}, has not ${kind} capability.`
          : `unable to find ${kind} '${name}' ${where}.`;
      }
      case 'server': {
        const { backend, server } = splitServerName(argument.name, proxy);
        const own = !argument.name.includes('/');
        const servers = this.backends.get(backend)?.servers;
        if (servers === undefined && !own) return `unable to find proxy '${backend}' ${where}.`;
        if (servers?.some((each) => each.name === server)) return undefined;
        return `unable to find server '${server}' in proxy '${backend}', ${where}.`;
      }
      case 'user list':
        if (userlistsFacet.read(this.configuration)?.has(argument.name)) return undefined;
        return argument.name === ''
          ? `missing userlist name in arg ${position} of ${user} in proxy '${proxy}'.`
          : `unable to find userlist '${argument.name}' ${where}.`;
      default:
        return undefined;
    }
  }
}

registerCheck((configuration, report) => {
  const names = new Names(configuration);
  const wrong = new Map<string, { readonly text: string; readonly origin: Origin }[]>();
  const disabled = new Set(configuration.proxies.filter((each) => each.disabled).map((each) => each.name));
  for (const reference of referencesFacet.read(configuration) ?? []) {
    if (disabled.has(reference.proxy)) continue;
    const missing = names.missing(reference);
    if (missing === undefined) continue;
    const { origin } = reference;
    const list = wrong.get(reference.proxy) ?? [];
    wrong.set(reference.proxy, list);
    list.push({ text: `parsing [${origin.file}:${origin.line}]: ${missing}`, origin });
  }
  for (const [first, ...others] of wrong.values()) {
    if (first === undefined) continue;
    const all = [first, ...others].map(({ text }) => `\n\t${text}`).join('');
    report.alertAt(
      others.length === 0 ? first.text : `multiple argument resolution errors:${all}`,
      first.origin,
    );
  }
  // The data threads need none of it.
  referencesFacet.clear(configuration);
}, 'last');
