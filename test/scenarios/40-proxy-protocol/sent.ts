// PROXY protocol headers that the proxy sends to servers.

import assert from 'node:assert/strict';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { nextSharedPort } from '../../harness/loopback.ts';
import { buildV2, readV2 } from '../../harness/proxy-header.ts';
import { scenario } from '../../harness/scenario.ts';

scenario(
  'send-proxy: a version 1 line with both ends of the client connection comes first',
  {},
  async (t) => {
    const server = await t.tcpServer();
    await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address} send-proxy
`);
    const client = await t.connect(8080, { from: '127.6.6.6' });
    const back = await server.accept();
    await client.send('hello');
    const expected = `PROXY TCP4 127.6.6.6 ${t.ip} ${client.localPort} 8080\r\nhello`;
    assert.equal((await back.read(expected.length)).toString(), expected);
  },
);

scenario('send-proxy: the line is sent before the client says anything', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address} send-proxy
`);
  await t.connect(8080);
  assert.match((await (await server.accept()).readUntil('\r\n')).toString(), /^PROXY TCP4 127\.0\.0\.1 /);
});

scenario('send-proxy over IPv6', { needs: ['ipv6'] }, async (t) => {
  const server = await t.tcpServer();
  const port = nextSharedPort();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind [::1]:${port}
    server s1 ${server.address} send-proxy
`);
  const client = await t.connect({ host: '::1', port });
  const line = (await (await server.accept()).readUntil('\r\n')).toString();
  assert.equal(line, `PROXY TCP6 ::1 ::1 ${client.localPort} ${port}\r\n`);
});

scenario('send-proxy from a client on a unix socket: UNKNOWN', {}, async (t) => {
  const server = await t.tcpServer();
  const path = `${t.directory}/front.sock`;
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${path}
    server s1 ${server.address} send-proxy
`);
  await t.connect({ path });
  assert.equal((await (await server.accept()).readUntil('\r\n')).toString(), 'PROXY UNKNOWN\r\n');
});

scenario('send-proxy-v2: the binary header', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address} send-proxy-v2
`);
  const client = await t.connect(8080, { from: '127.6.6.6' });
  const back = await server.accept();
  const header = await readV2(back);
  assert.deepEqual(header.raw, buildV2('127.6.6.6', client.localPort, t.ip, 8080));
});

scenario('send-proxy-v2 over IPv6', { needs: ['ipv6'] }, async (t) => {
  const server = await t.tcpServer();
  const port = nextSharedPort();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind [::1]:${port}
    server s1 ${server.address} send-proxy-v2
`);
  const client = await t.connect({ host: '::1', port });
  const header = await readV2(await server.accept());
  const loopback = '00000000000000000000000000000001';
  assert.deepEqual(
    [header.family, header.source, header.destination, header.sourcePort, header.destinationPort],
    [0x21, loopback, loopback, client.localPort, port],
  );
});

scenario('proxy-v2-options crc32c adds a checksum over the header', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address} send-proxy-v2 proxy-v2-options crc32c
`);
  await t.connect(8080);
  const header = await readV2(await server.accept());
  assert.equal(header.tlvs.length, 1);
  const [tlv] = header.tlvs;
  assert.equal(tlv?.type, 0x03);
  const blank = Buffer.from(header.raw);
  blank.fill(0, blank.length - 4);
  assert.equal(tlv?.value.readUInt32BE(), crc32c(blank));
});

/** CRC-32C (Castagnoli), bit by bit. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

scenario('proxy-v2-options unique-id adds the unique id', {}, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
    unique-id-format fixed-id
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address} send-proxy-v2 proxy-v2-options unique-id
`);
  await t.connect(8080);
  const header = await readV2(await server.accept());
  assert.deepEqual(
    header.tlvs.map(({ type, value }) => [type, value.toString()]),
    [[0x05, 'fixed-id']],
  );
});

scenario(
  'HTTP: each server connection begins with a header, and is not shared between clients',
  {},
  async (t) => {
    const server = await t.tcpServer({
      script: async (wire) => {
        for (;;) {
          const head = await wire.readUntil('\r\n\r\n').catch(() => undefined);
          if (head === undefined) return;
          const first = head.toString().split('\r\n')[0] ?? '';
          await wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${first.length}\r\n\r\n${first}`);
        }
      },
    });
    await t.start(`${HTTP_DEFAULTS}
    http-reuse always
listen web
    bind ${t.ip}:8080
    server s1 ${server.address} send-proxy
`);
    const first = await t.connect(8080);
    assert.equal((await exchange(first, get())).text, `PROXY TCP4 127.0.0.1 ${t.ip} ${first.localPort} 8080`);
    assert.equal((await exchange(first, get())).text, 'GET / HTTP/1.1');
    const second = await t.connect(8080);
    assert.equal(
      (await exchange(second, get())).text,
      `PROXY TCP4 127.0.0.1 ${t.ip} ${second.localPort} 8080`,
    );
    assert.equal(server.connectionCount, 2);
  },
);
