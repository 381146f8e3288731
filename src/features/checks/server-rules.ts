/**
 * What a server line may not say of checks: the options of agent checks, which are not carried out yet, and checks
 * without a port. The options that every kind of check has are in config/keywords/health-check.ts.
 * Specification: configuration manual 5.2.
 */
import { registerCheck, registerKeywords, type ServerKeyword } from '../../config/keyword.ts';
import { hasBackend } from '../../config/proxy-kind.ts';
import { checkPort } from './check-plan.ts';

const AGENT_OPTIONS = ['agent-check', 'agent-send', 'agent-inter', 'agent-addr', 'agent-port'];

function refused(name: string): ServerKeyword {
  return {
    scope: 'server',
    name,
    syntax: '',
    doc: 'Checks by an agent on the server: not carried out yet.',
    manual: '5.2',
    parse: ({ args }) => {
      args.rest();
      args.alert(`'${name}' is a keyword of HAProxy 2.6 that this version of Sluice does not carry out yet`);
    },
  };
}

registerKeywords(...AGENT_OPTIONS.map(refused));

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    if (proxy.disabled || !hasBackend(proxy)) continue;
    for (const server of proxy.servers) {
      if (!server.check.enabled || checkPort(server) !== 0) continue;
      report.alert(
        `config: backend '${proxy.name}': server '${server.name}' has neither service port nor check port.`,
      );
    }
  }
});
