// `rate-limit sessions`: clients beyond it wait in the system's queue.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('rate-limit sessions takes no more than so many new sessions a second', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    rate-limit sessions 5
    server s1 ${server.address}
`);
  const started = performance.now();
  const times: number[] = [];
  const client = async () => {
    const wire = await t.connect(8080);
    await exchange(wire, get());
    wire.close();
    times.push(performance.now() - started);
  };
  await Promise.all(Array.from({ length: 12 }, () => client()));
  assert.equal(times.length, 12);
  // Ten come within two seconds at best, and the probe for the listener was one more.
  times.sort((a, b) => a - b);
  assert.ok((times[11] as number) > 900, `the last one after ${times[11]} ms`);
  assert.equal(server.requests.length, 12);
});
