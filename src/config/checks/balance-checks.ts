/** What of `balance` only shows once the proxy is known. Wording as HAProxy 2.6 gives it. */
import { balanceSyntaxes, DEFAULT_ALGORITHM } from '../balance-syntax.ts';
import type { CheckReport } from '../keyword.ts';
import type { Configuration, ProxyConfig } from '../model.ts';
import { hasBackend, proxyWord } from '../proxy-kind.ts';

export function checkBalance(proxy: ProxyConfig, configuration: Configuration, report: CheckReport): void {
  const { balance } = proxy;
  if (balance === undefined || !hasBackend(proxy)) return;
  const algorithm = balanceSyntaxes().get(balance.algorithm);
  if (algorithm?.finish !== undefined) {
    proxy.balance = {
      ...balance,
      settings: algorithm.finish(balance.settings, proxy, configuration, report),
    };
  }
  if (proxy.mode === 'http' || algorithm?.needsHttp !== true) return;
  report.warningAt(
    `Layer 7 hash not possible for ${proxyWord(proxy.kind)} '${proxy.name}' (needs 'mode http'). Falling back to round robin.`,
    balance.origin,
  );
  proxy.balance = { algorithm: DEFAULT_ALGORITHM, settings: {}, origin: balance.origin };
}
