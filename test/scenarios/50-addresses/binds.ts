// The address forms of `bind`.

import assert from 'node:assert/strict';
import { closeSync, openSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import { nextSharedPort } from '../../harness/loopback.ts';
import { scenario } from '../../harness/scenario.ts';

scenario('a list of addresses on one bind line, and several bind lines', {}, async (t) => {
  const server = await t.httpServer('ok');
  const other = t.address();
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080,${other}:8081
    bind ${t.ip}:8082
    server s1 ${server.address}
`);
  assert.equal((await t.request({ host: t.ip, port: 8080 }, get())).text, 'ok');
  assert.equal((await t.request({ host: other, port: 8081 }, get())).text, 'ok');
  assert.equal((await t.request({ host: t.ip, port: 8082 }, get())).text, 'ok');
});

scenario('a range of ports', {}, async (t) => {
  const server = await t.httpServer('ok');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080-8083
    server s1 ${server.address}
`);
  for (let port = 8080; port <= 8083; port++) assert.equal((await t.request(port, get())).text, 'ok');
  await assert.rejects(t.connect(8084), { code: 'ECONNREFUSED' });
});

scenario('the wildcard * and an empty address listen on every IPv4 address', {}, async (t) => {
  const server = await t.httpServer('ok');
  const [star, empty] = [nextSharedPort(), nextSharedPort()];
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind *:${star}
    bind :${empty}
    server s1 ${server.address}
`);
  assert.equal((await t.request({ host: t.ip, port: star }, get())).text, 'ok');
  assert.equal((await t.request({ host: t.address(), port: empty }, get())).text, 'ok');
});

scenario('IPv6, with and without brackets and prefixes', { needs: ['ipv6'] }, async (t) => {
  const server = await t.httpServer('ok');
  const ports = [nextSharedPort(), nextSharedPort(), nextSharedPort()];
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind [::1]:${ports[0]}
    bind ::1:${ports[1]}
    bind ipv6@::1:${ports[2]}
    bind ipv4@${t.ip}:8080
    server s1 ${server.address}
`);
  for (const port of ports)
    assert.equal((await t.request({ host: '::1', port: port ?? 0 }, get())).text, 'ok');
  assert.equal((await t.request(8080, get())).text, 'ok');
});

scenario(':: takes both families with v4v6, and IPv6 only with v6only', { needs: ['ipv6'] }, async (t) => {
  const server = await t.httpServer('ok');
  const [both, only] = [nextSharedPort(), nextSharedPort()];
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind :::${both} v4v6
    bind :::${only} v6only
    server s1 ${server.address}
`);
  assert.equal((await t.request({ host: '::1', port: both }, get())).text, 'ok');
  assert.equal((await t.request({ host: t.ip, port: both }, get())).text, 'ok');
  assert.equal((await t.request({ host: '::1', port: only }, get())).text, 'ok');
  await assert.rejects(t.connect({ host: t.ip, port: only }), { code: 'ECONNREFUSED' });
});

scenario('a unix socket with its mode', {}, async (t) => {
  const server = await t.httpServer('ok');
  const path = `${t.directory}/web.sock`;
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind unix@${path} mode 640
    server s1 ${server.address}
`);
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.equal((await t.request({ path }, get())).text, 'ok');
});

scenario('unix-bind gives prefix and mode to the sockets', {}, async (t) => {
  const server = await t.httpServer('ok');
  const path = `${t.directory}/under-prefix`;
  const program = t.spawn(`
global
    unix-bind prefix ${t.directory} mode 600
${HTTP_DEFAULTS}
listen web
    bind unix@/under-prefix
    server s1 ${server.address}
`);
  await program.listening(`bind ${path}`);
  assert.equal((await t.request({ path }, get())).text, 'ok');
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

scenario('a socket left by another process is replaced', {}, async (t) => {
  const server = await t.httpServer('ok');
  const path = t.file('web.sock', 'left over');
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind ${path}
    server s1 ${server.address}
`);
  assert.equal((await t.request({ path }, get())).text, 'ok');
});

scenario('an abstract socket', {}, async (t) => {
  const server = await t.httpServer('ok');
  const name = `sluice-${t.ip}`;
  await t.start(`${HTTP_DEFAULTS}
listen web
    bind abns@${name}
    bind ${t.ip}:8080
    server s1 ${server.address}
listen inner
    bind ${t.ip}:8081
    server web abns@${name}
`);
  assert.equal((await t.request(8081, get())).text, 'ok');
});

for (const written of ['fd@3', '"fd@${INHERITED}"'] as const) {
  scenario(`an inherited listening socket as ${written}`, {}, async (t) => {
    const server = await t.httpServer('ok');
    const inherited = createServer();
    await new Promise<void>((resolve) => inherited.listen(8080, t.ip, resolve));
    // Node has no public way to a server's descriptor.
    const handle = inherited as unknown as { _handle: { fd: number } };
    const program = await t.start(
      `${HTTP_DEFAULTS}
listen web
    bind ${written}
    bind ${t.ip}:8081
    server s1 ${server.address}
`,
      { fds: [handle._handle.fd], env: { INHERITED: '3' } },
    );
    inherited.close();
    assert.equal(program.hasExited, false);
    assert.equal((await t.request(8080, get())).text, 'ok');
  });
}

scenario('an address that is taken is an error with the place of the bind line', {}, async (t) => {
  const blocker = await t.tcpServer({ port: 8080 });
  const program = t.spawn(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:${blocker.port}
    server s1 ${t.ip}:1
`);
  const { code } = await program.exit();
  assert.equal(code, 1);
  assert.match(
    await program.stderr.line(/ALERT/),
    /Binding \[\S+scenario-1\.cfg:9\] for proxy relay: cannot bind socket \(Address already in use\) for \[127\.[\d.]+:8080\]$/,
  );
});

scenario('fd@N that is no listening socket is refused', {}, async (t) => {
  const path = t.file('plain', 'x');
  const fd = openSync(path, 'r');
  const program = t.spawn(
    `${HTTP_DEFAULTS}
listen web
    bind fd@3
    server s1 ${t.ip}:1
`,
    { fds: [fd] },
  );
  const { code } = await program.exit();
  closeSync(fd);
  assert.equal(code, 1);
});
