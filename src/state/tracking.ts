/**
 * Which server follows the state of which (`track`), by the indices of their shared words.
 * Specification: configuration manual 5.2 `track`.
 */
import type { Configuration, ProxyConfig, ServerConfig } from '../config/model.ts';
import { layoutOf } from './layout.ts';

export interface Tracking {
  /** The server that a server tracks. */
  tracked(server: number): number | undefined;
  /** Those that track it themselves, the last one of the files first: in that order changes reach them. */
  trackers(server: number): readonly number[];
}

/** Where `[<proxy>/]<server>` of a server of this proxy leads; what could not be found is undefined. */
export function findTracked(
  configuration: Configuration,
  proxy: ProxyConfig,
  text: string,
): { readonly proxy: ProxyConfig | undefined; readonly server: ServerConfig | undefined } {
  const { proxyName, serverName } = splitTracked(proxy, text);
  const target = configuration.proxies.find(
    ({ kind, name }) => name === proxyName && (kind === 'backend' || kind === 'listen'),
  );
  return { proxy: target, server: target?.servers.find(({ name }) => name === serverName) };
}

export function splitTracked(
  proxy: ProxyConfig,
  text: string,
): { readonly proxyName: string; readonly serverName: string } {
  const slash = text.indexOf('/');
  if (slash < 0) return { proxyName: proxy.name, serverName: text };
  return { proxyName: text.slice(0, slash), serverName: text.slice(slash + 1) };
}

export function trackingOf(configuration: Configuration): Tracking {
  const { firstServer } = layoutOf(configuration);
  const tracked = new Map<number, number>();
  const trackers = new Map<number, number[]>();
  configuration.proxies.forEach((proxy, proxyIndex) => {
    proxy.servers.forEach(({ track }, at) => {
      if (track === undefined) return;
      const found = findTracked(configuration, proxy, track);
      if (found.proxy === undefined || found.server === undefined) return;
      const first = firstServer[configuration.proxies.indexOf(found.proxy)] as number;
      const target = first + found.proxy.servers.indexOf(found.server);
      const own = (firstServer[proxyIndex] as number) + at;
      tracked.set(own, target);
      trackers.set(target, [own, ...(trackers.get(target) ?? [])]);
    });
  });
  return {
    tracked: (server) => tracked.get(server),
    trackers: (server) => trackers.get(server) ?? [],
  };
}
