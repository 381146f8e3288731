/**
 * Servers that are checked but have no port to check, be it for the check or for the agent. HAProxy 2.6 refuses them. HAProxy 1.4 checked the port that the
 * proxy's first listener has, as connections keep the port that the client meant; so does Sluice, with a warning.
 */
import type { CheckReport } from '../keyword.ts';
import type { ProxyConfig, ServerConfig } from '../model.ts';
import { proxyWord } from '../proxy-kind.ts';

/** What is missing beside ports of the server line; undefined when the checks need none of these. */
export type PortNeed = (proxy: ProxyConfig) => string | undefined;

let portNeed: PortNeed = () => '';

/** Who knows the dialogues of checks tells which of them have ports of their own. */
export function setPortNeed(need: PortNeed): void {
  portNeed = need;
}

export function checkServerPorts(proxy: ProxyConfig, report: CheckReport): void {
  for (const server of proxy.servers) {
    if (server.agent.enabled && server.agent.port === undefined) {
      const { file, line } = server.origin;
      report.alertAt(
        `[${file}:${line}] : 'server ${proxy.name}/${server.name}' : server ${server.name} does not have agent port. Agent check has been disabled.`,
        server.origin,
        "write 'agent-port <port>'",
      );
    }
    if (!server.check.enabled || hasCheckPort(server)) continue;
    const missing = portNeed(proxy);
    if (missing === undefined) continue;
    const said = `config: ${proxyWord(proxy.kind)} '${proxy.name}': server '${server.name}' has neither service port nor check port${missing}.`;
    const port = firstListenerPort(proxy);
    if (port === undefined) {
      report.alertAt(said, server.origin, "write 'check port <port>'");
      continue;
    }
    server.check.port = port;
    report.warningAt(
      said,
      server.origin,
      `port ${port}, that of the first listener, is checked; write 'check port ${port}'`,
    );
  }
}

/** An address that stands for the client's own destination is left to the run time. */
function hasCheckPort(server: ServerConfig): boolean {
  const { address, check } = server;
  if (check.port !== undefined) return true;
  const asked = check.address;
  if (asked !== undefined && (asked.family === 'inet' || asked.family === 'inet6') && asked.port > 0)
    return true;
  if (address.family !== 'inet' && address.family !== 'inet6') return true;
  return address.port > 0 || address.host === '0.0.0.0' || address.host === '::';
}

function firstListenerPort(proxy: ProxyConfig): number | undefined {
  for (const bind of proxy.binds) {
    for (const address of bind.addresses) {
      if (address.family === 'inet' || address.family === 'inet6') return address.port;
    }
  }
  return undefined;
}
