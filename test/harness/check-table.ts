// Many dialogues of health checks at once: each case is a backend of its own with one server, which plays a script, and
// the line that its first check must leave in the log.

import assert from 'node:assert/strict';
import type { ScenarioContext } from './context.ts';
import { parseRfc3164 } from './log-line.ts';
import type { UdpLogReceiver } from './syslog.ts';
import type { TcpServer } from './tcp-server.ts';
import type { Wire } from './wire.ts';

/** What a server does: texts are sent (latin1), numbers are bytes to be read first, words end the connection. */
export type Step = string | number | { readonly end: 'fin' | 'reset' };

export const FIN: Step = { end: 'fin' };
export const RESET: Step = { end: 'reset' };

export interface CheckCase {
  /** Of the backend: letters, digits, hyphens. */
  readonly name: string;
  /** Lines of the backend. */
  readonly rules: readonly string[];
  /** `refuse`: nobody listens. */
  readonly server: readonly Step[] | 'refuse';
  /** `succeeded, reason: …`, up to the duration. */
  readonly result: string;
  /** What the server must have received in all, latin1. */
  readonly received?: string | RegExp | { readonly begins: string };
  /** More options of the server line. */
  readonly options?: string;
}

export interface CheckTable {
  readonly log: UdpLogReceiver;
  readonly servers: ReadonlyMap<string, TcpServer>;
}

export interface TableOptions {
  /** How long a check may take, and how often it comes. Scripts that answer need not hurry. */
  readonly inter?: string;
  /** More lines of the sections `global` and `defaults`. */
  readonly global?: string;
  readonly defaults?: string;
}

/** Starts the program and holds the first check of each case against what it must say. */
export async function playChecks(
  t: ScenarioContext,
  cases: readonly CheckCase[],
  options: TableOptions = {},
): Promise<CheckTable> {
  const log = await t.syslog();
  const servers = new Map<string, TcpServer>();
  const backends: string[] = [];
  for (const { name, rules, server, options: more } of cases) {
    let address = '';
    if (server === 'refuse') address = await t.refusingAddress();
    else {
      const playing = await t.tcpServer({ name, host: t.address(), script: (wire) => play(wire, server) });
      servers.set(name, playing);
      address = playing.address;
    }
    const lines = [...rules, `server s ${address} check ${more ?? ''}`].map((line) => `    ${line}\n`);
    const port = address.slice(address.lastIndexOf(':') + 1);
    backends.push(`backend ${name}\n${lines.join('').replaceAll('@PORT', port)}`);
  }
  await t.start(`
global
    log ${log.address} local0
    max-spread-checks 200
${options.global ?? ''}
defaults
    mode http
    log global
    option log-health-checks
    timeout client 10s
    timeout server 10s
    timeout connect 10s
${options.defaults ?? ''}
    default-server inter ${options.inter ?? '10s'} rise 1 fall 1
frontend unused
    bind ${t.ip}:8080
${backends.join('')}`);
  const patterns = cases.map(({ name }) => new RegExp(`Health check for (?:backup )?server ${name}/s `));
  const lines = await log.allOf(patterns, 15_000);
  const found = lines.map((line) => resultOf(parseRfc3164(line).message));
  assert.deepEqual(
    Object.fromEntries(cases.map(({ name }, at) => [name, found[at]])),
    Object.fromEntries(cases.map(({ name, result }) => [name, result])),
  );
  for (const { name, received } of cases) {
    if (received === undefined) continue;
    const wire = servers.get(name)?.wires[0];
    assert.ok(wire, `${name} was asked`);
    await wire.ended();
    const text = wire.peek().toString('latin1');
    if (typeof received === 'string') assert.equal(text, received, name);
    else if (received instanceof RegExp) assert.match(text, received, name);
    else assert.equal(text.slice(0, received.begins.length), received.begins, name);
  }
  return { log, servers };
}

function resultOf(message: string): string {
  return message
    .replace(/^Health check for (?:backup )?server \S+ /, '')
    .replace(/, check duration: .*$/, '');
}

/** Reads without taking, so that what was received can be looked at afterwards. */
async function play(wire: Wire, steps: readonly Step[]): Promise<void> {
  let expected = 0;
  for (const step of steps) {
    if (typeof step === 'number') {
      expected += step;
      await wire.arrived(expected);
    } else if (typeof step === 'string') await wire.send(step);
    else if (step.end === 'fin') await wire.halfClose();
    else wire.reset();
  }
}
