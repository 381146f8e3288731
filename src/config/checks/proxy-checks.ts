/**
 * What only shows once all proxies are known: frontends without listeners, missing timeouts, backends that do not
 * exist, servers of the same name. Order and wording as HAProxy 2.6 gives them.
 */
import { registerCheck } from '../keyword.ts';
import type { Configuration, ProxyConfig } from '../model.ts';
import { hasBackend, hasFrontend, proxyWord } from '../proxy-kind.ts';
import { nearestWord } from '../suggest.ts';

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    if (proxy.disabled) continue;
    const named = `${proxyWord(proxy.kind)} '${proxy.name}'`;
    if (hasFrontend(proxy) && proxy.binds.length === 0) {
      report.warning(
        `${named} has no 'bind' directive. Please declare it as a backend if this was intended.`,
      );
    }
    if (proxy.defaultBackend !== undefined) checkDefaultBackend(proxy, configuration, report);
    if (misses(proxy)) {
      report.warning(
        `missing timeouts for ${named}.
   | While not properly invalid, you will certainly encounter various problems
   | with such a configuration. To fix this, please ensure that all following
   | timeouts are set to a non-zero value: 'client', 'connect', 'server'.`,
      );
    }
    checkServerNames(proxy, report);
  }
});

/** A timeout of 0 is as good as none. */
function misses(proxy: ProxyConfig): boolean {
  const { client, connect, server } = proxy.timeouts;
  if (hasFrontend(proxy) && !client) return true;
  const reachesServers =
    hasBackend(proxy) &&
    (proxy.servers.length > 0 || proxy.dispatch !== undefined || proxy.options.get('transparent') === true);
  return reachesServers && (!connect || !server);
}

type Report = Parameters<Parameters<typeof registerCheck>[0]>[1];

function checkDefaultBackend(proxy: ProxyConfig, configuration: Configuration, report: Report): void {
  const { name, origin } = proxy.defaultBackend!;
  const target = configuration.proxies.find((p) => p.name === name && hasBackend(p));
  if (target === undefined) {
    const near = nearestWord(
      name,
      configuration.proxies.filter(hasBackend).map((p) => p.name),
    );
    report.alertAt(
      `Proxy '${proxy.name}': unable to find required default_backend: '${name}'.`,
      origin,
      near === undefined ? undefined : `did you mean '${near}'?`,
    );
  }
}

function checkServerNames(proxy: ProxyConfig, report: Report): void {
  const seen = new Map<string, number>();
  for (const server of proxy.servers) {
    const line = seen.get(server.name);
    if (line !== undefined) {
      report.alert(
        `${proxyWord(proxy.kind)} '${proxy.name}', another server named '${server.name}' was already defined at line ${line}, please use distinct names.`,
        server.origin,
      );
    } else seen.set(server.name, server.origin.line);
  }
}
