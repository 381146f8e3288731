// Owns: a workload's shape in HAProxy's language; Sluice runs the very same text.
// Must not: use a keyword that changes the work for one of the two only.
import { richRules } from './rich-rules.ts';
import type { ProxyPorts, ProxyShape } from './shape.ts';

/** `map`: the file that the rich rules look tenants up in. */
export function haproxyConfiguration(shape: ProxyShape, ports: ProxyPorts, map: string): string {
  const isHttp = shape.mode === 'http';
  const lines = [
    'global',
    `    maxconn ${shape.maxConnections}`,
    `    nbthread ${shape.threads}`,
    ...(shape.logged ? [`    log 127.0.0.1:${ports.log} local0`] : []),
    '',
    'defaults',
    `    mode ${shape.mode}`,
    '    timeout connect 5s',
    '    timeout client 60s',
    '    timeout server 60s',
    ...(isHttp ? ['    timeout http-keep-alive 60s'] : []),
    ...(isHttp && shape.serverConnections === 'per-request' ? ['    option http-server-close'] : []),
    ...(isHttp && shape.reuseAlways ? ['    http-reuse always'] : []),
    ...(shape.forwardedFor ? ['    option forwardfor'] : []),
    ...(shape.logged ? ['    log global', isHttp ? '    option httplog' : '    option tcplog'] : []),
    ...(shape.splice ? ['    option splice-auto'] : []),
    '',
    'frontend front',
    `    bind 127.0.0.1:${ports.listen}`,
    `    maxconn ${shape.maxConnections}`,
    ...(shape.richRules ? richRules(map).map((line) => `    ${line}`) : []),
    '    default_backend back',
    '',
    'backend back',
    `    balance ${shape.balance}`,
    ...(shape.balance === 'source' || shape.balance === 'uri' ? ['    hash-type consistent'] : []),
    ...(shape.cookie ? ['    cookie SERVER insert indirect'] : []),
  ];
  for (let i = 1; i <= shape.servers; i++) {
    const cookie = shape.cookie ? ` cookie s${i}` : '';
    const limit = shape.slots > 0 ? ` maxconn ${shape.slots}` : '';
    lines.push(`    server s${i} 127.0.0.1:${ports.server}${cookie}${limit}`);
  }
  return `${lines.join('\n')}\n`;
}
