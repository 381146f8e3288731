/** What the four kinds of proxy sections can do, and how messages call them. */
import type { ProxyConfig } from './model.ts';

type Kind = ProxyConfig['kind'];

export function hasFrontend(proxy: { readonly kind: Kind }): boolean {
  return proxy.kind !== 'backend';
}

export function hasBackend(proxy: { readonly kind: Kind }): boolean {
  return proxy.kind !== 'frontend';
}

/** HAProxy's messages call a `listen` section simply a proxy. */
export function proxyWord(kind: Kind): string {
  return kind === 'listen' ? 'proxy' : kind;
}
