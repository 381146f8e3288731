// Several servers that say their names, and the count of who answered: what scenarios about balancing look at.

import { get } from './client.ts';
import type { ScenarioContext } from './context.ts';
import type { HttpServer } from './http-server.ts';

export interface Farm {
  readonly servers: ReadonlyMap<string, HttpServer>;
  /** The `server` lines, each with the parameters of its name or of `*`. */
  lines(parameters?: Readonly<Record<string, string>>): string;
  server(name: string): HttpServer;
}

export async function farm(t: ScenarioContext, names: readonly string[]): Promise<Farm> {
  const servers = new Map<string, HttpServer>();
  for (const name of names) servers.set(name, await t.httpServer(name));
  const server = (name: string): HttpServer => {
    const found = servers.get(name);
    if (found === undefined) throw new Error(`no server ${name}`);
    return found;
  };
  return {
    servers,
    server,
    lines: (parameters = {}) =>
      names
        .map(
          (name) => `    server ${name} ${server(name).address} ${parameters[name] ?? parameters['*'] ?? ''}`,
        )
        .join('\n'),
  };
}

export interface AskOptions {
  readonly from?: string;
  readonly headers?: readonly string[];
}

/** Sends `count` requests one after the other, each on its own connection, and returns who answered. */
export async function ask(
  t: ScenarioContext,
  port: number,
  count: number,
  options: AskOptions = {},
): Promise<string[]> {
  const names: string[] = [];
  for (let at = 0; at < count; at++) {
    const response = await t.request(port, get('/', 'Connection: close', ...(options.headers ?? [])), {
      ...(options.from === undefined ? {} : { from: options.from }),
    });
    names.push(response.status === 200 ? response.text : String(response.status));
  }
  return names;
}

export function countByName(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
