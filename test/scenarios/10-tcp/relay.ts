// TCP mode relays bytes unchanged both ways, and each side's end to the other.

import assert from 'node:assert/strict';
import { scenario } from '../../harness/scenario.ts';

const TIMEOUTS = `
    timeout connect 2s
    timeout client 5s
    timeout server 5s`;

scenario('bytes pass unchanged in both directions', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`
listen relay
    mode tcp${TIMEOUTS}
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const everyByte = Buffer.from(Array.from({ length: 256 }, (_, at) => at));
  const client = await t.connect(8080);
  const back = await server.accept();
  await client.send(everyByte);
  assert.deepEqual(await back.read(256), everyByte);
  await back.send(everyByte);
  assert.deepEqual(await client.read(256), everyByte);
});
