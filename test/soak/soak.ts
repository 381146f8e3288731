// Owns: the soak itself: ordinary and misbehaving clients side by side for a time, and what must hold meanwhile and after.
// Must not: know the program under test; it holds for HAProxy as well.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { ScenarioContext } from '../harness/context.ts';
import type { Program } from '../harness/process-control.ts';
import { poll } from '../harness/waiting.ts';
import { misbehaviours, type Targets } from './bad-clients.ts';
import { GoodClient } from './good-clients.ts';
import { pause } from './pause.ts';
import { Random } from './random.ts';
import { SoakServer } from './soak-server.ts';

const BAD_CLIENTS = 40;
const GOOD_CLIENTS = 4;
/** Bodies in flight and allocators' habits; a leak of a few hundred bytes per connection passes it within minutes. */
const RESIDENT_GROWTH_LIMIT_BYTES = 32 << 20;
/** Everything that times out has done so by then. */
const QUIET_DEADLINE_MS = 30_000;
const REPORTED_FAILURES = 10;

function configuration(ip: string, httpPort: number, echoPort: number): string {
  return `
global
    maxconn 2000

defaults
    timeout connect 2s
    timeout client 2s
    timeout server 2s
    timeout tunnel 3s
    timeout http-request 1s
    timeout http-keep-alive 5s

frontend web
    mode http
    bind ${ip}:8080
    default_backend web

backend web
    mode http
    balance roundrobin
    server one ${ip}:${httpPort}
    server two ${ip}:${httpPort}
    server three ${ip}:${httpPort}

listen raw
    mode tcp
    bind ${ip}:8081
    server echo ${ip}:${echoPort}
`;
}

async function listen(server: Server, ip: string): Promise<number> {
  server.listen(0, ip, 1024);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** The number of descriptors once it no longer falls below what it must come down to, or the number it stayed at. */
async function quietDescriptors(program: Program, server: SoakServer, limit: number): Promise<number> {
  let last = Number.NaN;
  try {
    return await poll(
      async () => {
        server.closeConnections();
        last = await program.fdCount();
        return last <= limit ? last : undefined;
      },
      'the descriptors to be closed',
      QUIET_DEADLINE_MS,
    );
  } catch {
    return last;
  }
}

export interface SoakOutcome {
  ordinary: number;
  misbehaved: number;
  descriptors: number;
  residentBytesFirst: number;
  residentBytesLast: number;
}

export async function soak(t: ScenarioContext, durationMs: number, seed: number): Promise<SoakOutcome> {
  const server = new SoakServer();
  t.after(() => {
    server.closeConnections();
    server.http.close();
    server.echo.close();
  });
  const config = configuration(t.ip, await listen(server.http, t.ip), await listen(server.echo, t.ip));
  const program = await t.start(config);
  const targets: Targets = { http: { host: t.ip, port: 8080 }, tcp: { host: t.ip, port: 8081 } };
  const outputAtStart = program.stderr.lines.length;

  // Ordinary traffic once, so that what is opened lazily is open, then quiet: that is what it must come back to.
  const first = new GoodClient(targets.http, new Random(seed));
  for (let i = 0; i < 50; i++) await first.once();
  first.close();
  assert.deepEqual(first.failures, [], 'ordinary requests before the soak');
  const descriptorsAtRest = await restingDescriptors(program, server);

  let misbehaved = 0;
  const wrongs: string[] = [];
  const end = performance.now() + durationMs;
  const isOver = (): boolean => performance.now() >= end || program.hasExited;

  async function misbehave(worker: number): Promise<void> {
    const random = new Random(seed + 1000 + worker);
    while (!isOver()) {
      const wrong = await random.pick(misbehaviours)(targets, random);
      if (wrong !== undefined) wrongs.push(wrong);
      misbehaved++;
      await pause(random.integer(0, 20));
    }
  }
  const goodClients = Array.from(
    { length: GOOD_CLIENTS },
    (_, i) => new GoodClient(targets.http, new Random(seed + i)),
  );
  async function behave(client: GoodClient, random: Random): Promise<void> {
    while (!isOver()) {
      await client.once();
      await pause(random.integer(0, 20));
    }
    client.close();
  }
  const residentBytes: number[] = [];
  async function watchMemory(): Promise<void> {
    while (!isOver()) {
      residentBytes.push(await program.residentBytes());
      await pause(Math.min(1000, durationMs / 20));
    }
  }
  await Promise.all([
    ...Array.from({ length: BAD_CLIENTS }, (_, worker) => misbehave(worker)),
    ...goodClients.map((client, i) => behave(client, new Random(seed + 100 + i))),
    watchMemory(),
  ]);

  assert.equal(program.hasExited, false, 'the program ended during the soak');
  const failures = goodClients.flatMap((client) => client.failures);
  assert.deepEqual(failures.slice(0, REPORTED_FAILURES), [], `${failures.length} ordinary requests failed`);
  assert.deepEqual(
    wrongs.slice(0, REPORTED_FAILURES),
    [],
    `${wrongs.length} misbehaving clients saw something wrong`,
  );
  assert.deepEqual(server.violations.slice(0, REPORTED_FAILURES), [], 'what must not reach a server did');
  assert.deepEqual(program.stderr.lines.slice(outputAtStart), [], 'the program complained');

  const descriptors = await quietDescriptors(program, server, descriptorsAtRest);
  assert.ok(
    descriptors <= descriptorsAtRest,
    `${descriptors} descriptors are open after the soak, ${descriptorsAtRest} were before`,
  );

  // The first quarter brings every pool and heap to its size; from then on memory has no reason to grow.
  const quarter = Math.floor(residentBytes.length / 4);
  const residentBytesFirst = average(residentBytes.slice(quarter, quarter * 2));
  const residentBytesLast = average(residentBytes.slice(quarter * 3));
  const grownBytes = residentBytesLast - residentBytesFirst;
  assert.ok(
    grownBytes <= RESIDENT_GROWTH_LIMIT_BYTES,
    `resident memory grew from ${residentBytesFirst} to ${residentBytesLast} bytes`,
  );

  const afterwards = new GoodClient(targets.http, new Random(seed + 500));
  for (let i = 0; i < 50; i++) await afterwards.once();
  afterwards.close();
  assert.deepEqual(afterwards.failures, [], 'ordinary requests after the soak');
  const ordinary = goodClients.reduce((sum, client) => sum + client.answered, 0);
  return { ordinary, misbehaved, descriptors, residentBytesFirst, residentBytesLast };
}

/** Descriptors with no connection open: the count that several looks in a row agree on. */
async function restingDescriptors(program: Program, server: SoakServer): Promise<number> {
  const NEEDED_LOOKS = 100;
  let last = -1;
  let looks = 0;
  return await poll(async () => {
    server.closeConnections();
    const now = await program.fdCount();
    looks = now === last ? looks + 1 : 0;
    last = now;
    return looks >= NEEDED_LOOKS ? now : undefined;
  }, 'the number of descriptors to stay the same');
}

function average(values: readonly number[]): number {
  return Math.round(values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length));
}
