// minconn, maxconn and fullconn: the limit that follows the load, found by stepping the load up and down.

import assert from 'node:assert/strict';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { HeldFarm } from '../../harness/held-farm.ts';
import { scenario } from '../../harness/scenario.ts';

interface Steps {
  /** Lines of the proxy. */
  readonly proxy?: string;
  readonly server: string;
  readonly clients: number;
  /** Requests that are served once all clients have come. */
  readonly atFirst: number;
  /** Requests that are served after each answer. */
  readonly afterwards: readonly number[];
}

/** More clients than slots come, then one after the other gets its answer and leaves. */
async function step(t: ScenarioContext, steps: Steps): Promise<void> {
  const farm = await HeldFarm.of(t, ['a']);
  await t.start(`${HTTP_DEFAULTS}
    timeout queue 30s
listen web
    bind ${t.ip}:8080
    ${steps.proxy ?? ''}
    server a ${farm.address('a')} ${steps.server}
${farm.statistics}`);
  const waiting = [];
  for (let at = 1; at <= steps.clients; at++) {
    const wire = await farm.ask(`/${at}`);
    waiting.push(wire);
    if (at <= steps.atFirst) await farm.came(at);
  }
  assert.equal(farm.busy('a'), steps.atFirst);
  const seen: number[] = [];
  for (const [at, expected] of steps.afterwards.entries()) {
    // Several are let in at once: the first to have come is among them, though perhaps not the first to arrive.
    await farm.answer(`/${at + 1}`);
    const wire = waiting[at];
    await wire?.readToEnd();
    wire?.close();
    await farm.came(at + 1 + expected);
    seen.push(farm.busy('a'));
  }
  assert.deepEqual(seen, steps.afterwards);
}

scenario('fullconn, minconn and maxconn: the limit grows with the load, on the ramp', {}, async (t) => {
  await step(t, {
    proxy: 'fullconn 20',
    server: 'minconn 2 maxconn 10',
    clients: 24,
    // The queue moves when a slot is given back, not because the limit has grown.
    atFirst: 2,
    afterwards: [10, 10, 10, 10, 10, 9, 9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 2, 1, 0],
  });
});

scenario('without fullconn it is a tenth of the maxconn of the frontends, rounded up', {}, async (t) => {
  await step(t, {
    proxy: 'maxconn 109',
    server: 'minconn 1 maxconn 10',
    clients: 12,
    atFirst: 1,
    afterwards: [10, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
  });
});

scenario('fullconn 0 stands for the automatic value', {}, async (t) => {
  await step(t, {
    proxy: 'maxconn 100\n    fullconn 0',
    server: 'minconn 1 maxconn 5',
    clients: 8,
    atFirst: 1,
    afterwards: [4, 3, 3, 2, 2, 1, 1, 0],
  });
});

scenario('where fullconn is reached by the first request, the limit is the maxconn', {}, async (t) => {
  await step(t, {
    proxy: 'maxconn 9',
    server: 'minconn 1 maxconn 5',
    clients: 8,
    atFirst: 5,
    afterwards: [5, 5, 5, 4, 3, 2, 1, 0],
  });
});

scenario('a minconn alone is a maxconn', {}, async (t) => {
  await step(t, {
    proxy: 'fullconn 10',
    server: 'minconn 3',
    clients: 6,
    atFirst: 3,
    afterwards: [3, 3, 3, 2, 1, 0],
  });
});

scenario('a minconn above the maxconn takes its place', {}, async (t) => {
  await step(t, {
    proxy: 'fullconn 10',
    server: 'minconn 5 maxconn 3',
    clients: 7,
    atFirst: 5,
    afterwards: [5, 5, 4, 3, 2, 1, 0],
  });
});

scenario('the automatic fullconn adds up the frontends that lead to the backend', {}, async (t) => {
  const farm = await HeldFarm.of(t, ['a']);
  await t.start(`${HTTP_DEFAULTS}
    timeout queue 30s
frontend one
    bind ${t.ip}:8080
    maxconn 11
    default_backend web
frontend two
    bind ${t.ip}:8081
    maxconn 12
    default_backend web
frontend elsewhere
    bind ${t.ip}:8082
    maxconn 1000
    default_backend other
backend web
    server a ${farm.address('a')} minconn 1 maxconn 6
backend other
    server a ${farm.address('a')}
${farm.statistics}`);
  // 23 connections: a fullconn of 3.
  await farm.ask('/1');
  await farm.askAt(8081, '/2');
  for (const path of ['/3', '/4', '/5', '/6']) await farm.ask(path);
  await farm.came(6);
  const seventh = await farm.ask('/7');
  assert.equal(farm.busy('a'), 6);
  await farm.answer('/1');
  await farm.answer('/7');
  assert.match((await seventh.readToEnd()).toString(), /^HTTP\/1\.1 200 /);
});
