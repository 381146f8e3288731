/**
 * What a server line may not say of checks: the options of agent checks, which are not carried out yet. The options
 * that every kind of check has are in config/keywords/health-check.ts, checks without a port in
 * config/checks/server-ports.ts.
 * Specification: configuration manual 5.2.
 */
import { registerKeywords, type ServerKeyword } from '../../config/keyword.ts';

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
