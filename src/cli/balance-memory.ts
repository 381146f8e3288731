/**
 * Shared memory for the balance algorithms. Only the command line knows both the configuration and the features, so it
 * asks each backend's algorithm what it needs.
 */
import type { Configuration } from '../config/model.ts';
import { algorithmOf } from '../proxy/balancing.ts';

/** By proxy index; none for frontends. */
export function createBalanceMemory(configuration: Configuration): (SharedArrayBuffer | undefined)[] {
  return configuration.proxies.map((proxy) => {
    if (proxy.disabled || proxy.kind === 'frontend') return undefined;
    return new SharedArrayBuffer(algorithmOf(proxy).sharedBytes(proxy.balance?.settings ?? {}, proxy));
  });
}
