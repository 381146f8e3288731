/** Log formats that a proxy cannot use. Wording as HAProxy 2.6 gives it. */
import { type CheckReport, registerCheck } from '../keyword.ts';
import type { Configuration, LogTarget, ProxyConfig } from '../model.ts';
import { hasFrontend, proxyWord } from '../proxy-kind.ts';

/** With a host name to send, the format that carries one becomes the default. */
registerCheck(({ global, proxies }) => {
  if (global.logSendHostname === undefined) return;
  const withName = (target: LogTarget): LogTarget =>
    target.formatIsDefault === true ? { ...target, format: 'rfc3164' } : target;
  global.logTargets = global.logTargets.map(withName);
  for (const { log } of proxies) log.targets = log.targets.map(withName);
});

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
