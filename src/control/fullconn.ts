/**
 * The load at which a backend's servers reach their maxconn, where `fullconn` does not say it: a tenth of what the
 * frontends that lead there may hold together, rounded up, and never none.
 * Specification: configuration manual 4.2 `fullconn`; the rounding, and that a frontend counts once however many of its
 * rules lead there, as the statistics of the real program show it.
 */
import type { ProxyConfig } from '../config/model.ts';
import { switchingFacet } from '../rules/switching.ts';

const SHARE = 10;

/** `processMaxconn`: what a frontend without a maxconn of its own may hold. */
export function fullconnOf(
  backend: ProxyConfig,
  proxies: readonly ProxyConfig[],
  processMaxconn: number,
): number {
  // 0 asks for the automatic value too.
  if (backend.fullconn !== undefined && backend.fullconn > 0) return backend.fullconn;
  let total = 0;
  for (const proxy of proxies) {
    if (leadsTo(proxy, backend)) total += proxy.maxconn || processMaxconn;
  }
  return Math.max(1, Math.ceil(total / SHARE));
}

/** Names that rules make up from the request are not known here, and do not count. */
function leadsTo(proxy: ProxyConfig, backend: ProxyConfig): boolean {
  if (proxy.kind === 'backend' || proxy.disabled) return false;
  const rules = switchingFacet.read(proxy) ?? [];
  if (rules.some(({ target, isDynamic }) => !isDynamic && target.text === backend.name)) return true;
  if (proxy.defaultBackend !== undefined) return proxy.defaultBackend.name === backend.name;
  return proxy === backend;
}
