// The farm of the architecture guide's examples: web servers A to D at 192.168.1.11 to .14 behind 192.168.1.1. Here
// each has a loopback address of its own, and they answer the checks that the files ask for.

import type { ScenarioContext } from './context.ts';
import { answer, type HttpServer, type RecordedRequest } from './http-server.ts';
import type { Replacements } from './seed-config.ts';

/** What the files do not say: times out of every scenario's reach, and checks that are soon there. */
export const GUIDE_DEFAULTS = `
defaults
    timeout connect 4s
    timeout client 10s
    timeout server 10s
    timeout check 5s
    default-server inter 1s
`;

export interface GuideFarm {
  readonly servers: ReadonlyMap<string, HttpServer>;
  server(name: string): HttpServer;
  /** Moves the addresses of a file: the farm's, and the proxy's own to port 8080. */
  readonly replacements: Replacements;
  /** Requests of clients to a server: checks are left out. */
  requests(name: string): RecordedRequest[];
}

/** `extra` may add header lines to a server's answer. */
export async function guideFarm(
  t: ScenarioContext,
  extra: (name: string, request: RecordedRequest) => readonly string[] = () => [],
): Promise<GuideFarm> {
  const servers = new Map<string, HttpServer>();
  const replacements: Record<string, string> = { '192.168.1.1:80': `${t.ip}:8080` };
  for (const [at, name] of ['A', 'B', 'C', 'D'].entries()) {
    const server = await t.httpServer((request) => answer(200, name, extra(name, request)), {
      name,
      host: t.address(),
    });
    servers.set(name, server);
    replacements[`192.168.1.1${at + 1}:80`] = server.address;
  }
  const server = (name: string): HttpServer => {
    const found = servers.get(name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  };
  return {
    servers,
    server,
    replacements,
    requests: (name) => server(name).requests.filter(({ method }) => method !== 'HEAD'),
  };
}

/** A request as the guide's charts show them. */
export function get10(target: string, ...headers: string[]): string {
  return `${[`GET ${target} HTTP/1.0`, ...headers].join('\r\n')}\r\n\r\n`;
}
