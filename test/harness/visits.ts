// Visits to a farm whose servers say their names: what scenarios about persistence look at is who answers, which cookie is
// set, and what the log says of it.

import assert from 'node:assert/strict';
import { get } from './client.ts';
import { httpLoggedTo } from './config-text.ts';
import type { ScenarioContext } from './context.ts';
import { type HttpLog, parseHttpLog, parseRfc3164 } from './log-line.ts';
import { scenario } from './scenario.ts';

export interface Visit {
  readonly cookie?: string;
  readonly headers?: readonly string[];
  /** Body of the answer: the server's name. */
  readonly server?: string;
  readonly status?: number;
  readonly setCookie?: RegExp | string;
  /** The termination state in the log. */
  readonly flags: string;
  /** How the log shows retries: `0`, or `+1` after a redispatch. */
  readonly retries?: string;
}

export interface VisitOptions {
  /** Instead of a server that says its name. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** The lines stand in a backend of their own, behind the frontend. */
  readonly apart?: boolean;
}

/** `servers`: options of each by its name. */
export async function visit(
  t: ScenarioContext,
  lines: readonly string[],
  servers: Readonly<Record<string, string>>,
  visits: readonly Visit[],
  options: VisitOptions = {},
): Promise<void> {
  const log = await t.syslog();
  const serverLines: string[] = [];
  for (const [name, parameters] of Object.entries(servers)) {
    const address = options.addresses?.[name] ?? (await t.httpServer(name)).address;
    serverLines.push(`    server ${name} ${address} ${parameters}`);
  }
  await t.start(`${httpLoggedTo(log.address)}
    retries 1
listen web
    bind ${t.ip}:8080
${options.apart === true ? '    default_backend farm\nbackend farm' : ''}
    ${lines.join('\n    ')}
${serverLines.join('\n')}
`);
  for (const [at, one] of visits.entries()) {
    const { cookie, headers = [], setCookie } = one;
    const sent = cookie === undefined ? headers : [...headers, `Cookie: ${cookie}`];
    const response = await t.request(8080, get('/', ...sent));
    const line = parseHttpLog(parseRfc3164(await log.line()).message);
    const seen = response.header('set-cookie');
    const matches = setCookie instanceof RegExp ? setCookie.test(seen ?? '') : seen === setCookie;
    const what = `visit ${at + 1}: ${sent.join(', ')}, got ${seen}, ${line.flags}`;
    assert.equal(response.status, one.status ?? 200, what);
    if (one.server !== undefined) assert.equal(response.text, one.server, what);
    assert.ok(matches, what);
    assert.equal(line.flags, one.flags, what);
    if (one.retries !== undefined) assert.equal(retriesOf(line), one.retries, what);
  }
}

function retriesOf({ redispatched, retries }: HttpLog): string {
  return `${redispatched ? '+' : ''}${retries}`;
}

/** A scenario that is nothing but visits. */
export function visitScenario(
  title: string,
  lines: readonly string[],
  servers: Readonly<Record<string, string>>,
  visits: readonly Visit[],
  options: VisitOptions = {},
): void {
  scenario(title, {}, (t) => visit(t, lines, servers, visits, options));
}
