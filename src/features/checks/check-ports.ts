/**
 * Which checks have ports of their own, so that servers need none. Wording as HAProxy 2.6 gives it.
 * Specification: configuration manual 4.2 `tcp-check connect`.
 */
import { setPortNeed } from '../../config/checks/server-ports.ts';
import { backendCheck } from './check-config.ts';
import type { ConnectRule } from './check-rules.ts';
import { checkSequence, isStep } from './check-sequence.ts';

setPortNeed((proxy) => {
  const config = backendCheck.read(proxy);
  const kind = config?.check.kind ?? 'plain';
  if (kind === 'plain' || kind === 'external') return '';
  if (kind === 'tcp' && config?.tcp.rules.length === 0) return '';
  const { rules, implicitConnect } = checkSequence(proxy);
  const first = rules.find(isStep);
  const ownPort = kind === 'tcp' && !implicitConnect && first?.kind === 'connect' && hasPort(first);
  if (!ownPort) return " nor tcp_check rule 'connect' with port information";
  const portless = rules.some((rule) => rule.kind === 'connect' && !hasPort(rule));
  return portless ? ", and a tcp_check rule 'connect' with no port information" : undefined;
});

function hasPort({ port }: ConnectRule): boolean {
  return port !== undefined;
}
