// A frontend and a backend with the lines under test, one server, a log, and a page of statistics: what scenarios about
// rules look at.

import { HTTP_DEFAULTS, TCP_DEFAULTS } from './config-text.ts';
import type { ScenarioContext } from './context.ts';
import type { UdpLogReceiver } from './syslog.ts';

export interface RuledFarm {
  readonly mode: 'http' | 'tcp';
  /** The line that says how it logs. */
  readonly logs: string;
  readonly front: readonly string[];
  readonly back: readonly string[];
  readonly server: { readonly address: string };
}

/** Starts it: clients come to port 8080, the page is on 8081 at /s. */
export async function startRuled(t: ScenarioContext, farm: RuledFarm): Promise<UdpLogReceiver> {
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${farm.mode === 'http' ? HTTP_DEFAULTS : TCP_DEFAULTS}
    log global
    ${farm.logs}
frontend front
    bind ${t.ip}:8080
    ${farm.front.join('\n    ')}
    default_backend back
backend back
    ${farm.back.join('\n    ')}
    server s ${farm.server.address}
listen stats
    mode http
    no log
    bind ${t.ip}:8081
    stats enable
    stats uri /s
`);
  return log;
}
