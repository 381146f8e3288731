// Which idle connections to servers are kept: `pool-low-conn`, `tune.pool-low-fd-ratio`, `tune.pool-high-fd-ratio`,
// `max-reuse`. Every thread has pools of its own, so these run with one.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { scenario } from '../../harness/scenario.ts';
import type { TcpServer } from '../../harness/tcp-server.ts';
import type { Wire } from '../../harness/wire.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** A server that answers on every connection at once, except requests for /held. */
async function answering(
  t: ScenarioContext,
): Promise<TcpServer & { readonly made: Wire[]; readonly held: Wire[] }> {
  const server = await t.tcpServer();
  const made: Wire[] = [];
  const held: Wire[] = [];
  const serve = async (wire: Wire): Promise<void> => {
    for (;;) {
      const head = (await wire.readUntil('\r\n\r\n')).toString();
      if (head.includes('/held')) held.push(wire);
      else await wire.send(OK);
    }
  };
  const accept = async (): Promise<void> => {
    for (;;) {
      const wire = await server.accept(30_000);
      made.push(wire);
      serve(wire).catch(() => undefined);
    }
  };
  accept().catch(() => undefined);
  return Object.assign(server, { made, held });
}

/** Two clients, whose first requests need a connection each; then both ask at the same time. Connections made in all. */
async function connectionsOfTwoClients(t: ScenarioContext, options: string, globals = ''): Promise<number> {
  const server = await answering(t);
  await t.start(`
global
    ${globals}
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} ${options}
`);
  const a = await t.connect(8080);
  const b = await t.connect(8080);
  await exchange(a, get());
  await exchange(a, get());
  await exchange(b, get());
  await a.send(get('/held'));
  await exchange(b, get());
  const made = server.made.length;
  for (const wire of server.held) await wire.send(OK);
  await a.readUntil(OK.slice(-2));
  return made;
}

scenario('an idle connection more than was needed at once is closed', { nbthread: 1 }, async (t) => {
  assert.equal(await connectionsOfTwoClients(t, ''), 3);
});

scenario('pool-low-conn keeps idle connections that were not needed', { nbthread: 1 }, async (t) => {
  assert.equal(await connectionsOfTwoClients(t, 'pool-low-conn 1'), 2);
});

scenario('pool-low-conn does not hold above tune.pool-low-fd-ratio', { nbthread: 1 }, async (t) => {
  assert.equal(await connectionsOfTwoClients(t, 'pool-low-conn 1', 'tune.pool-low-fd-ratio 0'), 3);
});

scenario('above tune.pool-high-fd-ratio no connection becomes idle', { nbthread: 1 }, async (t) => {
  const server = await answering(t);
  await t.start(`
global
    tune.pool-high-fd-ratio 0
${HTTP_DEFAULTS}
    http-reuse always
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  for (let request = 1; request <= 3; request++) {
    await exchange(client, get());
    await server.made[request - 1]?.ended();
    assert.equal(server.made.length, request);
  }
});

scenario(
  'where descriptors get scarce an idle connection makes room for a new one',
  { nbthread: 1 },
  async (t) => {
    const server = await answering(t);
    await t.start(`
global
    maxconn 10
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} pool-purge-delay 60s
`);
    const first = await t.connect(8080);
    await exchange(first, get());
    first.close();
    // A quarter of what the process may open is taken by clients that only wait.
    for (let client = 0; client < 8; client++) await t.connect(8080);
    const late = await t.connect(8080);
    await exchange(late, get());
    assert.equal(server.made.length, 2);
    await server.made[0]?.ended();
  },
);

scenario(
  'max-reuse is for connections of many streams: HTTP/1 goes on using its own',
  { nbthread: 1 },
  async (t) => {
    const server = await answering(t);
    await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    http-reuse always
    server s1 ${server.address} max-reuse 2
`);
    for (let client = 0; client < 3; client++) {
      const wire = await t.connect(8080);
      for (let request = 0; request < 3; request++) await exchange(wire, get());
      wire.close();
    }
    assert.equal(server.made.length, 1);
  },
);
