/**
 * What a `track` may not name: what does not exist, what has no check, a chain that leads back to its start.
 * Specification: configuration manual 5.2 `track`; order and wording as HAProxy 2.6 has them.
 */
import { type CheckReport, registerCheck } from '../../config/keyword.ts';
import type { Configuration, ProxyConfig, ServerConfig } from '../../config/model.ts';
import { hasBackend } from '../../config/proxy-kind.ts';
import { findTracked, splitTracked } from '../../state/tracking.ts';
import { backendCheck } from './check-config.ts';

registerCheck((configuration, report) => {
  /** Only what stands above in the files is known to be followed already, as for HAProxy. */
  const followed = new Map<ServerConfig, { proxy: ProxyConfig; server: ServerConfig }>();
  for (const proxy of configuration.proxies) {
    if (proxy.disabled || !hasBackend(proxy)) continue;
    for (const server of proxy.servers) {
      if (server.track === undefined) continue;
      const target = checked(configuration, proxy, server, server.track, followed, report);
      if (target !== undefined) followed.set(server, target);
    }
  }
});

function checked(
  configuration: Configuration,
  proxy: ProxyConfig,
  server: ServerConfig,
  track: string,
  followed: ReadonlyMap<ServerConfig, { proxy: ProxyConfig; server: ServerConfig }>,
  report: CheckReport,
): { proxy: ProxyConfig; server: ServerConfig } | undefined {
  const { file, line } = server.origin;
  const refuse = (message: string): undefined => {
    report.alertAt(`[${file}:${line}] : 'server ${proxy.name}/${server.name}' : ${message}`, server.origin);
    return undefined;
  };
  const target = findTracked(configuration, proxy, track);
  const { proxyName, serverName } = splitTracked(proxy, track);
  if (target.proxy === undefined) return refuse(`unable to find required proxy '${proxyName}' for tracking.`);
  if (target.server === undefined) {
    return refuse(`unable to find required server '${serverName}' for tracking.`);
  }
  const name = `${target.proxy.name}/${target.server.name}`;
  const { check, agent, track: onwards } = target.server;
  if (!check.enabled && !agent.enabled && onwards === undefined) {
    return refuse(`unable to use ${name} for tracking as it does not have any check nor agent enabled.`);
  }
  for (let at: ServerConfig | undefined = target.server; at !== undefined; at = followed.get(at)?.server) {
    if (at !== server) continue;
    return refuse(
      `unable to track ${name} as it belongs to a tracking chain looping back to ${proxy.name}/${server.name}.`,
    );
  }
  if (proxy !== target.proxy && disablesOn404(proxy) !== disablesOn404(target.proxy)) {
    return refuse(`unable to use ${name} fortracking: disable-on-404 option inconsistency.`);
  }
  return { proxy: target.proxy, server: target.server };
}

function disablesOn404(proxy: ProxyConfig): boolean {
  const check = backendCheck.read(proxy);
  return check?.check.kind === 'http' && check.disableOn404;
}
