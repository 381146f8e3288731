/** Options that only mean something in HTTP mode. Order and wording as HAProxy 2.6 gives them. */
import type { CheckReport } from '../keyword.ts';
import type { ProxyConfig } from '../model.ts';
import { hasBackend, hasFrontend, proxyWord } from '../proxy-kind.ts';

const front = ['http-ignore-probes', 'idle-close-on-response'];

/** In HAProxy's order; which side of a proxy has them. */
const httpOptions: readonly { readonly name: string; readonly side: 'front' | 'back' | 'any' }[] = [
  { name: 'checkcache', side: 'back' },
  { name: 'http-buffer-request', side: 'any' },
  ...front.map((name) => ({ name, side: 'front' as const })),
  { name: 'prefer-last-server', side: 'back' },
  { name: 'accept-invalid-http-request', side: 'front' },
  { name: 'accept-invalid-http-response', side: 'back' },
  { name: 'http-use-proxy-header', side: 'front' },
  { name: 'http-pretend-keepalive', side: 'back' },
  { name: 'http-no-delay', side: 'any' },
  { name: 'disable-h2-upgrade', side: 'front' },
];

export function checkHttpOptions(proxy: ProxyConfig, report: CheckReport): void {
  if (proxy.mode === 'http') return;
  const ignored: string[] = [];
  if (proxy.forwardFor !== undefined) ignored.push('forwardfor');
  if (proxy.originalTo !== undefined) ignored.push('originalto');
  for (const { name, side } of httpOptions) {
    const has = side === 'any' || (side === 'front' ? hasFrontend(proxy) : hasBackend(proxy));
    if (has && proxy.options.get(name) === true) ignored.push(name);
  }
  for (const name of ignored) {
    report.warning(
      `'option ${name}' ignored for ${proxyWord(proxy.kind)} '${proxy.name}' as it requires HTTP mode.`,
    );
  }
  if (hasBackend(proxy)) checkSourceHeaders(proxy, report);
  for (const server of proxy.servers) {
    if (server.redir === undefined) continue;
    report.alertAt(
      `${proxyWord(proxy.kind)} '${proxy.name}' : server cannot have cookie or redirect prefix in non-HTTP mode.`,
      server.origin,
    );
  }
}

/** The source address can only come from a header where there are headers. */
function checkSourceHeaders(proxy: ProxyConfig, report: CheckReport): void {
  const named = `${proxyWord(proxy.kind)} '${proxy.name}'`;
  const usesrc = proxy.source?.usesrc;
  if (usesrc?.kind === 'header') {
    report.warning(`${named} : ignoring use of header ${usesrc.header} as source IP in non-HTTP mode.`);
  }
  for (const server of proxy.servers) {
    const own = server.source?.usesrc;
    if (own?.kind !== 'header') continue;
    report.warningAt(
      `${named} : server ${server.name} cannot use header ${own.header} as source IP in non-HTTP mode.`,
      server.origin,
    );
  }
}
