// The address forms of `server`, and where its connections come from.

import assert from 'node:assert/strict';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('a server without a port gets the port that the client connected to', {}, async (t) => {
  const other = t.address();
  const server = await t.httpServer('same port', { host: other, port: 8080 });
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${other}
`);
  assert.equal((await t.request(8080, get())).text, 'same port');
  assert.equal(server.requests.length, 1);
});

scenario('a port offset +N is added to the port that the client connected to', {}, async (t) => {
  const other = t.address();
  await t.httpServer('up', { host: other, port: 8180 });
  await t.httpServer('down', { host: other, port: 8070 });
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${other}:+100
listen down
    bind ${t.ip}:8090
    server s1 ${other}:-20
`);
  assert.equal((await t.request(8080, get())).text, 'up');
  assert.equal((await t.request(8090, get())).text, 'down');
});

scenario('source chooses the address that connections come from', {}, async (t) => {
  const server = await t.tcpServer();
  const source = t.address();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address} source ${source}
`);
  await t.connect(8080);
  assert.equal((await server.accept()).remoteAddress, source);
});

scenario('source of the backend holds for all its servers, and a range of ports is kept', {}, async (t) => {
  const server = await t.tcpServer();
  const source = t.address();
  await t.start(`${TCP_DEFAULTS}
    source ${source}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
listen ports
    bind ${t.ip}:8081
    server s1 ${server.address} source ${source}:21000-21001
`);
  await t.connect(8080);
  assert.equal((await server.accept()).remoteAddress, source);
  const ports: number[] = [];
  for (let at = 0; at < 2; at++) {
    await t.connect(8081);
    ports.push((await server.accept()).remotePort);
  }
  assert.deepEqual(ports.sort(), [21000, 21001]);
});

scenario('usesrc clientip connects with the client address', { needs: ['root'] }, async (t) => {
  const server = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address} source 0.0.0.0 usesrc clientip
`);
  await t.connect(8080, { from: '127.6.6.7' });
  assert.equal((await server.accept()).remoteAddress, '127.6.6.7');
});

scenario('a server on a unix socket', {}, async (t) => {
  const server = await t.httpServer('from a unix socket', { path: `${t.directory}/server.sock` });
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  assert.equal((await t.request(8080, get())).text, 'from a unix socket');
});

scenario('a disabled server gets nothing, an enabled one all', {}, async (t) => {
  const a = await t.httpServer('a');
  const b = await t.httpServer('b');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server a ${a.address} disabled
    server b ${b.address}
`);
  for (let at = 0; at < 3; at++) assert.equal((await t.request(8080, get())).text, 'b');
});

scenario('a host name is resolved at start', {}, async (t) => {
  const server = await t.httpServer('by name', { host: '127.0.0.1' });
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 localhost:${server.port}
`);
  assert.equal((await t.request(8080, get())).text, 'by name');
});

scenario('a name that nobody knows is an error at start', {}, async (t) => {
  const result = await t.check(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 no-such-host.invalid:80
`);
  assert.equal(result.status, 1);
  assert.match(result.stderr, /could not resolve address 'no-such-host\.invalid'/);
});

scenario('init-addr last,none starts without an address, and the server is down', {}, async (t) => {
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 no-such-host.invalid:80 init-addr last,none
`);
  assert.equal((await t.request(8080, get())).status, 503);
});

scenario('default-server gives its settings to the servers behind it', {}, async (t) => {
  const server = await t.tcpServer();
  const source = t.address();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    default-server source ${source} send-proxy
    server s1 ${server.address}
    server s2 ${server.address} no-send-proxy disabled
`);
  await t.connect(8080);
  const back = await server.accept();
  assert.equal(back.remoteAddress, source);
  assert.match((await back.readUntil('\r\n')).toString(), /^PROXY /);
});

scenario('socks4 connects through a SOCKS4 proxy', {}, async (t) => {
  const socks = await t.tcpServer();
  await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 192.0.2.9:7777 socks4 ${socks.address}
`);
  const client = await t.connect(8080);
  await client.send('payload');
  const back = await socks.accept();
  const request = await back.readUntil('\0', 3000).then(async (first) => Buffer.concat([first, back.peek()]));
  assert.equal(request.subarray(0, 8).toString('hex'), '04011e61c0000209');
  await back.send(Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]));
  await back.readUntil('payload');
});
