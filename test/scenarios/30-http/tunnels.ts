// Upgrade and CONNECT: after the answer both sides are a tunnel.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { parseHttpLog, parseRfc3164 } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';
import type { TcpServer } from '../../harness/tcp-server.ts';

async function web(t: ScenarioContext, options = ''): Promise<{ server: TcpServer; log: LogReceiver }> {
  const server = await t.tcpServer();
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
${HTTP_DEFAULTS}
    log global
    option httplog
    ${options}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  return { server, log };
}

const UPGRADE = get(
  '/chat',
  'Connection: keep-alive, Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
);
const SWITCHING =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

scenario('WebSocket: the handshake passes, then bytes both ways, then the ends', {}, async (t) => {
  const { server, log } = await web(t);
  const client = await t.connect(8080);
  await client.send(UPGRADE);
  const back = await server.accept();
  assert.equal(
    (await back.readUntil('\r\n\r\n')).toString(),
    'GET /chat HTTP/1.1\r\nhost: www.example.test\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n',
  );
  await back.send(`${SWITCHING}\x81\x02hi`);
  assert.equal(
    (await client.readUntil('\x81\x02hi')).toString('latin1'),
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi',
  );
  await client.send('\x81\x85abcd\x00\xff\x01\x02\x03');
  assert.equal((await back.read(11)).toString('latin1'), '\x81\x85abcd\x00\xff\x01\x02\x03');
  await client.halfClose();
  assert.equal(await back.ended(), 'fin');
  await back.send('last');
  assert.equal((await client.read(4)).toString(), 'last');
  await back.halfClose();
  assert.equal(await client.ended(), 'fin');
  const line = parseHttpLog(parseRfc3164(await log.line(/chat/)).message);
  assert.equal(line.status, 101);
  assert.equal(line.flags, '----');
});

scenario('an upgrade that the server ignores is an ordinary exchange', {}, async (t) => {
  const { server } = await web(t);
  const client = await t.connect(8080);
  await client.send(UPGRADE);
  const back = await server.accept();
  await back.readUntil('\r\n\r\n');
  await back.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno');
  await client.readUntil('\r\n\r\nno');
  await client.send(get('/next'));
  assert.match((await back.readUntil('\r\n\r\n')).toString(), /^GET \/next /);
});

scenario('a 101 that nobody asked for is a bad response', {}, async (t) => {
  const { server, log } = await web(t);
  const client = await t.connect(8080);
  await client.send(get());
  const back = await server.accept();
  await back.readUntil('\r\n\r\n');
  await back.send(SWITCHING);
  assert.match((await client.readUntil('\r\n\r\n')).toString(), /^HTTP\/1.1 502 /);
  assert.equal(parseHttpLog(parseRfc3164(await log.line(/GET/)).message).flags, 'PH--');
});

scenario('CONNECT answered 200 becomes a tunnel; its Host loses the default port', {}, async (t) => {
  const { server } = await web(t);
  const client = await t.connect(8080);
  await client.send('CONNECT www.example.test:443 HTTP/1.1\r\nHost: www.example.test:443\r\n\r\n');
  const back = await server.accept();
  assert.equal(
    (await back.readUntil('\r\n\r\n')).toString(),
    'CONNECT www.example.test:443 HTTP/1.1\r\nhost: www.example.test\r\n\r\n',
  );
  await back.send('HTTP/1.1 200 Connected\r\n\r\n');
  assert.equal((await client.readUntil('\r\n\r\n')).toString(), 'HTTP/1.1 200 Connected\r\n\r\n');
  await client.send('\x16\x03\x01');
  assert.equal((await back.read(3)).toString('latin1'), '\x16\x03\x01');
  await back.send('\x15');
  assert.equal((await client.read(1)).toString('latin1'), '\x15');
});

scenario('CONNECT answered 403 is no tunnel', {}, async (t) => {
  const { server } = await web(t);
  const client = await t.connect(8080);
  await client.send('CONNECT www.example.test:443 HTTP/1.1\r\nHost: www.example.test:443\r\n\r\n');
  const back = await server.accept();
  await back.readUntil('\r\n\r\n');
  await back.send('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
  assert.match((await client.readUntil('\r\n\r\nno')).toString(), /^HTTP\/1.1 403 /);
});

scenario('timeout tunnel ends an idle tunnel', {}, async (t) => {
  const { server, log } = await web(t, 'timeout tunnel 200ms');
  const client = await t.connect(8080);
  await client.send(UPGRADE);
  const back = await server.accept();
  await back.readUntil('\r\n\r\n');
  await back.send(SWITCHING);
  await client.readUntil('\r\n\r\n');
  await client.ended();
  await back.ended();
  const line = parseHttpLog(parseRfc3164(await log.line(/chat/)).message);
  assert.equal(line.flags, 'cD--');
  assert.ok(line.timers.ta >= 190);
});
