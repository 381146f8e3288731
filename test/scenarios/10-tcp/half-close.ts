// How the end of one side reaches the other in TCP mode: a FIN is passed on and the other direction lives on; a RST
// ends both.

import assert from 'node:assert/strict';
import { TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { parseRfc3164, parseTcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';
import type { Wire } from '../../harness/wire.ts';

async function relay(
  t: ScenarioContext,
  options = '',
): Promise<{ client: Wire; back: Wire; log: LogReceiver }> {
  const server = await t.tcpServer();
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${TCP_DEFAULTS}
    log global
    option tcplog
listen relay
    bind ${t.ip}:8080
    ${options}
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  const back = await server.accept();
  return { client, back, log };
}

async function logged(log: LogReceiver): Promise<ReturnType<typeof parseTcpLog>> {
  return parseTcpLog(parseRfc3164(await log.line()).message);
}

scenario('the client half-closes and still receives', {}, async (t) => {
  const { client, back, log } = await relay(t);
  await client.send('request');
  await client.halfClose();
  assert.equal((await back.readToEnd()).toString(), 'request');
  assert.equal(back.ending, 'fin');
  await back.send('answer after the end');
  assert.equal((await client.read(20)).toString(), 'answer after the end');
  await back.halfClose();
  assert.equal(await client.ended(), 'fin');
  const line = await logged(log);
  assert.equal(line.flags, '--');
  assert.equal(line.bytes, 20);
});

scenario('the server half-closes and still receives', {}, async (t) => {
  const { client, back, log } = await relay(t);
  await back.send('greeting');
  await back.halfClose();
  assert.equal((await client.readToEnd()).toString(), 'greeting');
  assert.equal(client.ending, 'fin');
  await client.send('words after the end');
  assert.equal((await back.read(19)).toString(), 'words after the end');
  await client.halfClose();
  assert.equal(await back.ended(), 'fin');
  assert.equal((await logged(log)).flags, '--');
});

scenario('data right before the FIN is not lost', {}, async (t) => {
  const { client, back } = await relay(t);
  const block = Buffer.alloc(300_000, 'x');
  await Promise.all([client.send(block).then(() => client.halfClose()), back.digest(block.length)]);
  assert.equal(await back.ended(), 'fin');
  await Promise.all([back.send(block).then(() => back.halfClose()), client.digest(block.length)]);
  assert.equal(await client.ended(), 'fin');
});

scenario('a reset by the client reaches the server as an end', {}, async (t) => {
  const { client, back, log } = await relay(t);
  await client.send('request');
  await back.read(7);
  client.reset();
  await back.ended();
  back.close();
  const line = await logged(log);
  assert.equal(line.flags, 'CD');
  assert.equal(line.bytes, 0);
});

scenario('a reset by the server reaches the client as an end', {}, async (t) => {
  const { client, back, log } = await relay(t);
  await back.send('part');
  assert.equal((await client.read(4)).toString(), 'part');
  back.reset();
  await client.ended();
  client.close();
  const line = await logged(log);
  assert.equal(line.flags, 'SD');
  assert.equal(line.bytes, 4);
});

scenario('a client that connects and closes without a word ends the server connection', {}, async (t) => {
  const { client, back } = await relay(t);
  client.close();
  assert.equal((await back.readToEnd()).length, 0);
});
