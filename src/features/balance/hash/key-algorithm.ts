/**
 * Registers algorithms that hash a key. Each says what its key is; how a server is found by the hash is the backend's
 * `hash-type`. The bytes of a key may come from anywhere.
 * Specification: configuration manual 4.2 `balance` (hdr, rdp-cookie, source, uri, url_param), `hash-type`.
 */
import type { ProxyConfig } from '../../../config/model.ts';
import {
  type BalanceAlgorithm,
  type BalanceContext,
  registerBalanceAlgorithm,
} from '../../../proxy/balancing.ts';
import { OrderedBalancer } from '../ordered-balancer.ts';
import { hashTypeOf } from './hash-type.ts';
import { type Key, KeyHashing } from './key.ts';
import { MapBalancer } from './map-balancer.ts';
import { RING_BYTES, RingBalancer } from './ring-balancer.ts';

export interface KeyAlgorithm<Settings>
  extends Omit<BalanceAlgorithm<Settings>, 'hasDynamicWeights' | 'deterministic' | 'sharedBytes' | 'create'> {
  readonly key: (settings: Settings, context: BalanceContext) => Key;
}

export function registerKeyAlgorithm<Settings>(algorithm: KeyAlgorithm<Settings>): void {
  const { key, ...rest } = algorithm;
  registerBalanceAlgorithm<Settings>({
    ...rest,
    hasDynamicWeights: isConsistent,
    deterministic: true,
    sharedBytes: (_settings, proxy) =>
      isConsistent(proxy)
        ? RING_BYTES
        : OrderedBalancer.bytes(proxy.servers.length, MapBalancer.words(proxy.servers.length)),
    create: (settings, context) => {
      const hashing = new KeyHashing(hashTypeOf(context.proxy));
      const keyOf = key(settings, context);
      return isConsistent(context.proxy)
        ? new RingBalancer(context, keyOf, hashing)
        : new MapBalancer(context, keyOf, hashing);
    },
  });
}

function isConsistent(proxy: ProxyConfig): boolean {
  return hashTypeOf(proxy).method === 'consistent';
}
