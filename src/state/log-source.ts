/**
 * What the control plane and the data threads read alike out of a section's log settings: where its messages go, and who
 * speaks in them.
 * Specification: configuration manual 3.1 `log-send-hostname`, `log-tag`; 4.2 `log`, `log-tag`.
 */
import type { GlobalConfig, LogTarget, ProxyConfig } from '../config/model.ts';
import { SyslogSource } from '../protocol/syslog/header.ts';
import type { ProcessFacts } from './messages.ts';

/** What parses HAProxy's logs goes by this. */
const DEFAULT_TAG = 'haproxy';

/** The global targets where the section says `log global`, then its own. */
export function logTargetsOf(global: GlobalConfig, proxy: ProxyConfig): readonly LogTarget[] {
  return proxy.log.global ? [...global.logTargets, ...proxy.log.targets] : proxy.log.targets;
}

/** `tag` is the section's own `log-tag`. */
export function syslogSourceOf(
  global: GlobalConfig,
  tag: string | undefined,
  facts: Pick<ProcessFacts, 'hostname' | 'pid'>,
): SyslogSource {
  const { logTag, logSendHostname } = global;
  // Written without a name it stands for the machine's own.
  const hostname = logSendHostname === '' ? facts.hostname : (logSendHostname ?? '');
  const name = tag ?? logTag ?? DEFAULT_TAG;
  return new SyslogSource(Buffer.from(name, 'latin1'), Buffer.from(hostname, 'latin1'), facts.pid);
}
