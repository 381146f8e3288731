/**
 * Shared memory for the balance algorithms. Only the command line knows both the configuration and the features, so it
 * asks each backend's algorithm what it needs.
 */
import type { Configuration, ProxyConfig } from '../config/model.ts';
import { balanceAlgorithm } from '../proxy/balancing.ts';

const DEFAULT_ALGORITHM = 'roundrobin';

/** By proxy index; none for frontends. */
export function createBalanceMemory(configuration: Configuration): (SharedArrayBuffer | undefined)[] {
  return configuration.proxies.map((proxy) => {
    if (proxy.disabled || proxy.kind === 'frontend') return undefined;
    return new SharedArrayBuffer(balanceBytes(proxy));
  });
}

function balanceBytes({ name, balance, servers }: ProxyConfig): number {
  const algorithm = balanceAlgorithm(balance?.algorithm ?? DEFAULT_ALGORITHM);
  if (algorithm === undefined) throw new Error(`balance ${balance?.algorithm} of ${name} is not registered`);
  return algorithm.sharedBytes(balance, servers.length);
}
