// The two overload configurations of the architecture guide's chapter 7. It computes: 3,000 clients at once, 3 servers
// with 4 connections each, 10 ms a request, so that the last one waits 2.5 s. Here it is a tenth of the clients and ten
// times the service time, which is the same wait, and far above what the machine adds.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { BusyServer, crowd, type Visit } from '../../harness/crowd.ts';
import { scenario } from '../../harness/scenario.ts';
import { movedSeedConfig } from '../../harness/seed-config.ts';

const CLIENTS = 300;
const SERVICE_MS = 100;
/** Timers of the servers may be a little early. */
const EARLY_MS = 50;
/** What a busy machine adds to a crowd's time, besides making the servers late, which is measured. */
const SPARE_MS = 3000;

async function servers(t: ScenarioContext): Promise<BusyServer[]> {
  return [
    await BusyServer.listen(t, SERVICE_MS),
    await BusyServer.listen(t, SERVICE_MS),
    await BusyServer.listen(t, SERVICE_MS),
  ];
}

function moved(name: string, t: ScenarioContext, farm: readonly BusyServer[], maxconn: number): string {
  const [a, b, c] = farm;
  return movedSeedConfig(name, {
    '192.168.1.1:80': `${t.ip}:8080`,
    '192.168.1.11:80': a?.address ?? '',
    '192.168.1.12:80': b?.address ?? '',
    '192.168.1.13:80': c?.address ?? '',
    'maxconn 10000': `maxconn ${maxconn}`,
  });
}

function come(t: ScenarioContext, clients: number): Promise<Visit[]> {
  const requests = Array.from({ length: clients }, (_, at) => get(`/${at}`, 'Connection: close'));
  return crowd(t.ip, 8080, requests);
}

function meanServiceMs(farm: readonly BusyServer[]): number {
  const total = farm.reduce((sum, server) => sum + server.busyMs, 0);
  return total / farm.reduce((sum, server) => sum + server.served, 0);
}

scenario('chapter 7: maxconn 4 a server, everybody is served, the last one after 2.5 s', {}, async (t) => {
  const farm = await servers(t);
  await t.start(moved('004-7-maxconn.cfg', t, farm, 10000));
  const visits = await come(t, CLIENTS);
  assert.equal(visits.filter(({ status }) => status === 200).length, CLIENTS);
  assert.deepEqual(
    farm.map(({ most }) => most),
    [4, 4, 4],
  );
  const worstMs = Math.max(...visits.map(({ tookMs }) => tookMs));
  const rounds = CLIENTS / 12;
  t.transcript.event('crowd', `worst wait ${Math.round(worstMs)} ms`);
  assert.ok(worstMs >= rounds * SERVICE_MS - EARLY_MS, `${worstMs} ms is too early`);
  assert.ok(worstMs <= rounds * meanServiceMs(farm) + SPARE_MS, `${worstMs} ms is too late`);
});

scenario('chapter 7: minconn 4 and maxconn 12, the servers get more only while many wait', {}, async (t) => {
  const farm = await servers(t);
  // With a tenth of the clients: full at 100 of them.
  await t.start(moved('004-7-minconn.cfg', t, farm, 1000));
  const few = await come(t, 30);
  assert.equal(few.filter(({ status }) => status === 200).length, 30);
  assert.deepEqual(
    farm.map(({ most }) => most),
    [4, 4, 4],
  );
  const many = await come(t, CLIENTS);
  assert.equal(many.filter(({ status }) => status === 200).length, CLIENTS);
  assert.deepEqual(
    farm.map(({ most }) => most),
    [12, 12, 12],
  );
  const worstMs = Math.max(...many.map(({ tookMs }) => tookMs));
  t.transcript.event('crowd', `worst wait ${Math.round(worstMs)} ms`);
  // Never better than with 12 for each all the time.
  assert.ok(worstMs >= (CLIENTS / 36) * SERVICE_MS - EARLY_MS, `${worstMs} ms is too early`);
  assert.ok(worstMs <= (CLIENTS / 12) * meanServiceMs(farm) + SPARE_MS, `${worstMs} ms is too late`);
});
