// `close-spread-time`: how connections that could carry more requests end in a soft stop.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import type { Program } from '../../harness/process-control.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';

async function serving(t: ScenarioContext, globals: string): Promise<Program> {
  const server = await t.httpServer('ok');
  return t.start(`
global
    ${globals}
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
}

/** Asks for a soft stop and waits until nobody listens any more. */
async function stopSoftly(t: ScenarioContext, program: Program): Promise<void> {
  program.signal('SIGUSR1');
  await poll(async () => {
    try {
      (await t.connect(8080)).close();
      return undefined;
    } catch {
      return true;
    }
  }, 'the listener to close');
}

scenario('without close-spread-time idle connections are closed at once', {}, async (t) => {
  const program = await serving(t, '');
  const client = await t.connect(8080);
  await exchange(client, get());
  program.signal('SIGUSR1');
  await client.ended();
  await program.exited;
});

scenario('close-spread-time infinite leaves connections to their clients', {}, async (t) => {
  const program = await serving(t, 'close-spread-time infinite');
  const client = await t.connect(8080);
  await exchange(client, get());
  await stopSoftly(t, program);
  for (let request = 0; request < 3; request++) {
    const response = await exchange(client, get());
    assert.equal(response.status, 200);
    assert.equal(response.header('connection'), undefined);
  }
  client.close();
  await program.exited;
});

scenario('close-spread-time lets connections end one after the other', {}, async (t) => {
  const program = await serving(t, 'close-spread-time 60s');
  const clients = await Promise.all(Array.from({ length: 10 }, () => t.connect(8080)));
  for (const client of clients) await exchange(client, get());
  await stopSoftly(t, program);
  // So soon nearly all are still there, and their next response says nothing of an end.
  let kept = 0;
  for (const client of clients) {
    if (client.ending !== undefined) continue;
    const response = await exchange(client, get()).catch(() => undefined);
    if (response?.status === 200 && response.header('connection') === undefined) kept++;
  }
  assert.ok(kept >= 5, `${kept} of 10 are kept`);
});

scenario('the time of close-spread-time is all that idle connections get', {}, async (t) => {
  const program = await serving(t, 'close-spread-time 300');
  const clients = await Promise.all(Array.from({ length: 4 }, () => t.connect(8080)));
  for (const client of clients) await exchange(client, get());
  program.signal('SIGUSR1');
  for (const client of clients) await client.ended();
  await program.exited;
});
