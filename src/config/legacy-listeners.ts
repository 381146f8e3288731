/**
 * Listening addresses where HAProxy 1.4 took them and 2.6 does not: behind the name on a `listen` or `frontend` line,
 * and as the whole name of a `listen` that has no `bind`. Both are read as a `bind` line, with a warning that says so.
 * Specification: the 1.4 manual, `listen`; the HAProxy architecture guide's examples.
 */
import { readBindAddresses } from './bind-addresses.ts';
import type { Diagnostics } from './diagnostics.ts';
import type { Environment } from './environment.ts';
import { newBind } from './initial-values.ts';
import type { LineArguments } from './line-arguments.ts';
import type { ProxyConfig } from './model.ts';
import { hasFrontend } from './proxy-kind.ts';

/** `listen webfarm 192.168.1.1:80`. */
export function listenerFromSectionLine(
  proxy: ProxyConfig,
  text: string,
  args: LineArguments,
  environment: Environment,
): void {
  const addresses = hasFrontend(proxy) ? readBindAddresses(text, '', environment) : undefined;
  if (addresses === undefined || typeof addresses === 'string' || !args.done) {
    args.alert("please use the 'bind' keyword for listening addresses.");
    return;
  }
  const bind = newBind(text, proxy.origin);
  bind.addresses.push(...addresses);
  proxy.binds.push(bind);
  args.warning(
    `the address on the '${proxy.kind}' line is not supported anymore by HAProxy and taken as 'bind ${text}'.`,
    `write '${proxy.kind} ${proxy.name}' and below it 'bind ${text}'`,
  );
}

/** `listen 192.168.1.1:80`, without any `bind`. */
export function listenerFromSectionName(
  proxy: ProxyConfig,
  diagnostics: Diagnostics,
  environment: Environment,
): void {
  if (proxy.kind !== 'listen' || proxy.binds.length > 0 || !/:[0-9]/.test(proxy.name)) return;
  const addresses = readBindAddresses(proxy.name, '', environment);
  if (typeof addresses === 'string') return;
  const bind = newBind(proxy.name, proxy.origin);
  bind.addresses.push(...addresses);
  proxy.binds.push(bind);
  const { file, line } = proxy.origin;
  diagnostics.say(
    'warning',
    `parsing [${file}:${line}] : proxy '${proxy.name}' has no 'bind' directive; its name is taken as 'bind ${proxy.name}'.`,
    undefined,
    undefined,
    `give it a name and write 'bind ${proxy.name}' below`,
  );
}
