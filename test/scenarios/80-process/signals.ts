// Signals, soft stop, takeover from an old process, daemon mode and pid files.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { exchange, get } from '../../harness/client.ts';
import { HTTP_DEFAULTS, TCP_DEFAULTS } from '../../harness/config-text.ts';
import type { ScenarioContext } from '../../harness/context.ts';
import { scenario } from '../../harness/scenario.ts';
import { poll } from '../../harness/waiting.ts';
import type { Wire } from '../../harness/wire.ts';

function webConfig(t: ScenarioContext, server: { address: string }, global = ''): string {
  return `
global
    ${global}
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    server s1 ${server.address}
`;
}

/** A server that ends when its client does. */
async function closeAtEnd(wire: Wire): Promise<void> {
  await wire.ended(60_000);
  wire.close();
}

/** The proxy refuses new connections. */
function refuses(t: ScenarioContext, port: number): Promise<true> {
  return poll(async () => {
    const wire = await t.connect(port).catch(() => undefined);
    wire?.close();
    return wire === undefined ? true : undefined;
  }, 'the port to be closed');
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  scenario(`${signal} ends the process at once, connections included`, {}, async (t) => {
    const server = await t.tcpServer();
    const program = await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
    const client = await t.connect(8080);
    await server.accept();
    program.signal(signal);
    // By the signal itself, as a shell shows with 128 + its number.
    assert.deepEqual(await program.exit(), { code: null, signal });
    await client.ended();
  });
}

scenario('SIGUSR1: no new connection, the current ones go on to their end, then exit 0', {}, async (t) => {
  const server = await t.tcpServer({ script: closeAtEnd });
  const program = await t.start(`${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  const back = await server.accept();
  program.signal('SIGUSR1');
  await refuses(t, 8080);
  await client.send('still here');
  assert.equal((await back.read(10)).toString(), 'still here');
  await back.send('so am I');
  assert.equal((await client.read(7)).toString(), 'so am I');
  assert.equal(program.hasExited, false);
  await client.halfClose();
  await client.ended();
  const { code } = await program.exit();
  assert.equal(code, 0);
});

scenario('SIGUSR1 without connections ends the process with 0', {}, async (t) => {
  const server = await t.httpServer('ok');
  const program = await t.start(webConfig(t, server));
  await t.request(8080, get('/', 'Connection: close'));
  program.signal('SIGUSR1');
  assert.equal((await program.exit()).code, 0);
});

scenario('SIGUSR1 closes a kept-alive connection at its next response', {}, async (t) => {
  const server = await t.httpServer('ok');
  const program = await t.start(`
${HTTP_DEFAULTS}
listen web
    bind ${t.ip}:8080
    option idle-close-on-response
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  await exchange(client, get());
  program.signal('SIGUSR1');
  await refuses(t, 8080);
  const last = await exchange(client, get());
  assert.equal(last.header('connection'), 'close');
  assert.equal(await client.ended(), 'fin');
  assert.equal((await program.exit()).code, 0);
});

scenario('hard-stop-after ends what a soft stop left', {}, async (t) => {
  const server = await t.tcpServer();
  const program = await t.start(`
global
    hard-stop-after 300ms
${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server.address}
`);
  const client = await t.connect(8080);
  await server.accept();
  program.signal('SIGUSR1');
  await client.ended();
  await program.exit();
});

scenario('SIGTTOU pauses the listeners and SIGTTIN resumes them', {}, async (t) => {
  const server = await t.httpServer('ok');
  const program = await t.start(webConfig(t, server));
  assert.equal((await t.request(8080, get())).text, 'ok');
  program.signal('SIGTTOU');
  await refuses(t, 8080);
  program.signal('SIGTTIN');
  await poll(async () => {
    const wire = await t.connect(8080).catch(() => undefined);
    wire?.close();
    return wire === undefined ? undefined : true;
  }, 'the port to be open again');
  assert.equal((await t.request(8080, get())).text, 'ok');
});

scenario('SIGHUP leaves the process running', {}, async (t) => {
  const server = await t.httpServer('ok');
  const program = await t.start(webConfig(t, server));
  await t.request(8080, get());
  program.signal('SIGHUP');
  assert.equal((await t.request(8080, get())).text, 'ok');
  assert.equal(program.hasExited, false);
});

scenario(
  '-sf: the new process takes the address, the old one ends its connections and leaves',
  {},
  async (t) => {
    const a = await t.tcpServer({ name: 'a', script: closeAtEnd });
    const b = await t.tcpServer({ name: 'b', script: closeAtEnd });
    const config = (server: string): string => `${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${server}
`;
    const old = await t.start(config(a.address));
    const client = await t.connect(8080);
    const back = await a.accept();
    t.spawn(config(b.address), { args: ['-sf', String(old.pid)] });
    // The old one has heard of it when new connections reach the new server only.
    await poll(async () => {
      const probe = await t.connect(8080).catch(() => undefined);
      probe?.close();
      return b.connectionCount > 0 || undefined;
    }, 'the new process to serve');
    await client.send('old friend');
    assert.equal((await back.read(10)).toString(), 'old friend');
    assert.equal(old.hasExited, false);
    client.close();
    assert.equal((await old.exit()).code, 0);
  },
);

scenario('-st: the old process ends at once', {}, async (t) => {
  const a = await t.tcpServer({ name: 'a' });
  const config = `${TCP_DEFAULTS}
listen relay
    bind ${t.ip}:8080
    server s1 ${a.address}
`;
  const old = await t.start(config);
  const client = await t.connect(8080);
  await a.accept();
  t.spawn(config, { args: ['-st', String(old.pid)] });
  await old.exit();
  await client.ended();
});

scenario('-D returns at once; the pid file holds the pid of the process in the background', {}, async (t) => {
  const server = await t.httpServer('ok');
  const pidFile = `${t.directory}/pid`;
  const program = await t.start(webConfig(t, server, `pidfile ${pidFile}`), {
    background: true,
    args: ['-D'],
  });
  assert.equal((await program.exit()).code, 0);
  const pids = readFileSync(pidFile, 'latin1').trim().split('\n').map(Number);
  assert.deepEqual(pids, t.processes());
  assert.equal((await t.request(8080, get())).text, 'ok');
});

scenario('daemon in the configuration, -p on the command line', {}, async (t) => {
  const server = await t.httpServer('ok');
  const pidFile = `${t.directory}/pid`;
  const program = await t.start(webConfig(t, server, 'daemon'), { background: true, args: ['-p', pidFile] });
  assert.equal((await program.exit()).code, 0);
  const [pid] = t.processes();
  assert.equal(readFileSync(pidFile, 'latin1'), `${pid}\n`);
  assert.equal((await t.request(8080, get())).text, 'ok');
});

scenario('user, group and chroot hold after the start', { needs: ['root'] }, async (t) => {
  const server = await t.httpServer('ok');
  const program = await t.start(webConfig(t, server, `uid 65534\n    gid 65534\n    chroot ${t.directory}`));
  assert.equal((await t.request(8080, get())).text, 'ok');
  const status = readFileSync(`/proc/${program.pid}/status`, 'latin1');
  assert.match(status, /^Uid:\t65534\t65534\t65534\t65534$/m);
  assert.match(status, /^Gid:\t65534\t65534\t65534\t65534$/m);
});
