/**
 * Which index everything has in shared memory, computed alike by the control plane and by every data thread.
 */
import type { Configuration, ProxyConfig } from '../config/model.ts';

export interface Layout {
  /** By proxy index: the global index of its first server. */
  readonly firstServer: readonly number[];
  readonly servers: number;
}

/** Servers of the proxy, plus the nameless target that `dispatch` or `option transparent` stands for. */
export function serverSlots(proxy: ProxyConfig): number {
  const nameless = proxy.dispatch !== undefined || proxy.options.get('transparent') === true;
  return proxy.servers.length + (nameless ? 1 : 0);
}

export function layoutOf(configuration: Configuration): Layout {
  const firstServer: number[] = [];
  let servers = 0;
  for (const proxy of configuration.proxies) {
    firstServer.push(servers);
    servers += serverSlots(proxy);
  }
  return { firstServer, servers };
}
