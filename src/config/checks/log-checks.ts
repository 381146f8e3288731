/** Log formats that a proxy cannot use. Wording as HAProxy 2.6 gives it. */
import type { CheckReport } from '../keyword.ts';
import type { Configuration, ProxyConfig } from '../model.ts';
import { hasFrontend, proxyWord } from '../proxy-kind.ts';

/** A format that is about HTTP gives way to that of TCP in a TCP frontend. */
export function fallBackToTcpLog(proxy: ProxyConfig, report: CheckReport): void {
  const { format } = proxy.log;
  if (!hasFrontend(proxy) || proxy.mode !== 'tcp') return;
  if (format === undefined || 'text' in format || format.preset === 'tcplog') return;
  const option = format.preset === 'httpslog' ? 'httpslog' : 'httplog';
  report.warning(
    `'option ${option}' not usable with ${proxyWord(proxy.kind)} '${proxy.name}' (needs 'mode http'). Falling back to 'option tcplog'.`,
    format.origin,
  );
  proxy.log.format = { preset: 'tcplog', origin: format.origin };
}

/** A format without a target is never used. */
export function checkLogFormat(proxy: ProxyConfig, configuration: Configuration, report: CheckReport): void {
  const { log } = proxy;
  if (!hasFrontend(proxy)) return;
  if (log.format === undefined && log.sdFormat === undefined) return;
  if (log.targets.length > 0 || (log.global && configuration.global.logTargets.length > 0)) return;
  report.warning(
    `log format ignored for ${proxyWord(proxy.kind)} '${proxy.name}' since it has no log address.`,
  );
}
