// TCP mode relays bytes unchanged both ways, in small pieces, in large transfers and when no side waits.

import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { TCP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';
import type { Wire } from '../../harness/wire.ts';

const MEGABYTE = 1 << 20;

scenario('every byte value passes unchanged in both directions', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
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

scenario('bytes sent one at a time arrive in order', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  const back = await server.accept();
  await client.sendByteByByte('the quick brown fox');
  assert.equal((await back.read(19)).toString(), 'the quick brown fox');
  await back.sendByteByByte('jumps over');
  assert.equal((await client.read(10)).toString(), 'jumps over');
});

async function sendMegabytes(wire: Wire, count: number): Promise<string> {
  const hash = createHash('sha256');
  for (let sent = 0; sent < count; sent++) {
    const block = randomBytes(MEGABYTE);
    hash.update(block);
    await wire.send(block);
  }
  return hash.digest('hex');
}

scenario('50 MB each way at the same time arrive byte for byte', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  const back = await server.accept();
  const [up, down, seenByServer, seenByClient] = await Promise.all([
    sendMegabytes(client, 50),
    sendMegabytes(back, 50),
    back.digest(50 * MEGABYTE),
    client.digest(50 * MEGABYTE),
  ]);
  assert.equal(seenByServer, up);
  assert.equal(seenByClient, down);
});

scenario('the same through splice, both directions', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
    option splice-request
    option splice-response
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  const back = await server.accept();
  const [up, down, seenByServer, seenByClient] = await Promise.all([
    sendMegabytes(client, 10),
    sendMegabytes(back, 10),
    back.digest(10 * MEGABYTE),
    client.digest(10 * MEGABYTE),
  ]);
  assert.equal(seenByServer, up);
  assert.equal(seenByClient, down);
});

scenario('a thousand pipelined exchanges keep their order', {}, async (t) => {
  const server = await t.tcpServer({
    script: async (wire) => {
      for (;;) {
        const line = await wire.readUntil('\n').catch(() => undefined);
        if (line === undefined) return;
        await wire.send(`echo ${line.toString()}`);
      }
    },
  });
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  const questions = Array.from({ length: 1000 }, (_, at) => `question ${at}\n`);
  await client.send(questions.join(''));
  const expected = questions.map((question) => `echo ${question}`).join('');
  assert.equal((await client.read(expected.length)).toString(), expected);
});

scenario('the server speaks first and the client never does', {}, async (t) => {
  const server = await t.tcpServer({
    script: (wire) => wire.send('220 ready\r\n').then(() => wire.halfClose()),
  });
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  assert.equal((await client.readToEnd()).toString(), '220 ready\r\n');
});

scenario('two hundred connections at once each reach a server of their own', {}, async (t) => {
  const server = await t.tcpServer({
    script: async (wire) => {
      const line = await wire.readUntil('\n');
      await wire.send(line);
      await wire.halfClose();
    },
  });
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const clients = await Promise.all(Array.from({ length: 200 }, () => t.connect(8080)));
  await Promise.all(
    clients.map(async (client, at) => {
      await client.send(`client ${at}\n`);
      assert.equal((await client.readToEnd()).toString(), `client ${at}\n`);
    }),
  );
  assert.equal(server.connectionCount, 200);
});

scenario('defaultless sections are TCP', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`
listen relay
    bind ${t.ip}:8080
    timeout connect 4s
    timeout client 10s
    timeout server 10s
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  const back = await server.accept();
  await client.send('\x00not http\r\n\r\n');
  assert.equal((await back.read(13)).toString('latin1'), '\x00not http\r\n\r\n');
});

scenario('dispatch sends every connection to its one address', {}, async (t) => {
  const server = await t.tcpServer({
    script: (wire) => wire.send('dispatched').then(() => wire.halfClose()),
  });
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${TCP_DEFAULTS}
    log global
    option tcplog
listen relay
    bind ${t.ip}:8080
    dispatch ${server.address}
`);
  const client = await t.connect(8080);
  assert.equal((await client.readToEnd()).toString(), 'dispatched');
  client.close();
  assert.match(await log.line(), / relay relay\/<NOSRV> /);
});
