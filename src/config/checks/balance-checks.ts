/** Balance algorithms that need HTTP, where there is none. Wording as HAProxy 2.6 gives it. */
import { balanceSyntaxes, DEFAULT_ALGORITHM } from '../balance-syntax.ts';
import type { CheckReport } from '../keyword.ts';
import type { ProxyConfig } from '../model.ts';
import { hasBackend, proxyWord } from '../proxy-kind.ts';

export function checkBalance(proxy: ProxyConfig, report: CheckReport): void {
  const { balance } = proxy;
  if (balance === undefined || proxy.mode === 'http' || !hasBackend(proxy)) return;
  if (balanceSyntaxes().get(balance.algorithm)?.needsHttp !== true) return;
  report.warningAt(
    `Layer 7 hash not possible for ${proxyWord(proxy.kind)} '${proxy.name}' (needs 'mode http'). Falling back to round robin.`,
    balance.origin,
  );
  proxy.balance = { algorithm: DEFAULT_ALGORITHM, settings: {}, origin: balance.origin };
}
