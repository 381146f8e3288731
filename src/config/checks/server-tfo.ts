/**
 * `tfo` of a server: data sent with the connection request is lost when the connection fails, so it takes retries that
 * send it again. Wording as HAProxy 2.6 gives it.
 */
import type { CheckReport } from '../keyword.ts';
import type { ProxyConfig } from '../model.ts';

const wanted = ['conn-failure', 'empty-response', 'response-timeout'];

export function checkServerTfo(proxy: ProxyConfig, report: CheckReport): void {
  const conditions = proxy.retryOn ?? ['conn-failure'];
  if (conditions.includes('all-retryable-errors') || wanted.every((word) => conditions.includes(word)))
    return;
  for (const server of proxy.servers) {
    if (!server.tfo) continue;
    const { file, line } = server.origin;
    report.warningAt(
      `[${file}:${line}] : 'server ${proxy.name}/${server.name}' : server has tfo activated, the backend should be configured with at least 'conn-failure', 'empty-response' and 'response-timeout' or we wouldn't be able to retry the connection on failure.`,
      server.origin,
    );
  }
}
