// Empty packets that are spared: `option tcp-smart-accept` and `option tcp-smart-connect`.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';
import type { Wire } from '../../harness/wire.ts';

/** The answer to the connection request, and the response; one more where the request is acknowledged by itself. */
const SPARED = 2;
const ATTEMPTS = 20;

/**
 * The fewest packets that clients got for a request. A slow machine may acknowledge a request that it takes long to
 * answer, so one exchange alone proves nothing.
 */
async function fewestPackets(t: ScenarioContext, port: number, request: (wire: Wire) => Promise<unknown>) {
  let fewest = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < ATTEMPTS && fewest > SPARED; attempt++) {
    const wire = await t.connect(port);
    await request(wire);
    fewest = Math.min(fewest, wire.segmentsReceived());
    wire.close();
  }
  return fewest;
}

scenario(
  'in HTTP mode a request is acknowledged with its response, unless no option says so',
  {},
  async (t) => {
    const server = await t.httpServer('ok');
    await t.start(`${HTTP_DEFAULTS}
listen automatic
    bind ${t.ip}:8080
    server s1 ${server.address}
listen off
    bind ${t.ip}:8081
    no option tcp-smart-accept
    server s1 ${server.address}
`);
    const request = (wire: Wire) => exchange(wire, get());
    assert.equal(await fewestPackets(t, 8080, request), SPARED);
    assert.ok((await fewestPackets(t, 8081, request)) > SPARED);
  },
);

scenario('in TCP mode it is option tcp-smart-accept that spares the acknowledgement', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${HTTP_DEFAULTS}
    mode tcp
listen automatic
    bind ${t.ip}:8080
    server s1 ${server.address}
listen on
    bind ${t.ip}:8081
    option tcp-smart-accept
    server s1 ${server.address}
`);
  const echo = async (wire: Wire) => {
    await wire.send('question');
    const back = await server.accept();
    await back.readUntil('question');
    await back.send('answer');
    await wire.readUntil('answer');
  };
  assert.ok((await fewestPackets(t, 8080, echo)) > SPARED);
  assert.equal(await fewestPackets(t, 8081, echo), SPARED);
});

scenario(
  'the request goes in the place of the last packet of the handshake, unless no option tcp-smart-connect says so',
  { differs: 'HAProxy 2.6 sends that packet all the same when it opens a connection for HTTP' },
  async (t) => {
    const server = await t.tcpServer();
    await t.start(`${HTTP_DEFAULTS}
listen off
    bind ${t.ip}:8080
    no option tcp-smart-connect
    server s1 ${server.address}
listen automatic
    bind ${t.ip}:8081
    server s1 ${server.address}
listen on
    bind ${t.ip}:8082
    option tcp-smart-connect
    server s1 ${server.address}
`);
    // Two packets make a connection with its request: the one that asks for it, and one with the data.
    const packets = async (port: number) => {
      const client = await t.connect(port);
      await client.send(get());
      const wire = await server.accept();
      await wire.readUntil('\r\n\r\n');
      const count = wire.segmentsReceived();
      wire.close();
      client.close();
      return count;
    };
    assert.ok((await packets(8080)) > SPARED);
    for (const port of [8081, 8082])
      await poll(
        async () => ((await packets(port)) === SPARED ? true : undefined),
        'a request that came with two packets',
      );
  },
);
