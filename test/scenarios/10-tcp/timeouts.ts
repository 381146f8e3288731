// Timeouts of TCP sessions and the two flags that they leave in the log.

import assert from 'node:assert/strict';
import type { ScenarioContext } from '../../harness/context.ts';
import { parseRfc3164, parseTcpLog, type TcpLog } from '../../harness/log-line.ts';
import { scenario } from '../../harness/scenario.ts';
import type { LogReceiver } from '../../harness/syslog.ts';

async function start(t: ScenarioContext, server: string, timeouts: string): Promise<LogReceiver> {
  const log = await t.syslog();
  await t.start(`
global
    log ${log.address} local0
defaults
    mode tcp
    log global
    option tcplog
${timeouts}
listen relay
    bind ${t.ip}:8080
    server s1 ${server}
`);
  return log;
}

async function logged(log: LogReceiver): Promise<TcpLog> {
  return parseTcpLog(parseRfc3164(await log.line()).message);
}

/** A timeout may be late by what the machine is busy, but not early by more than a clock tick. */
function assertAbout(ms: number, wantedMs: number): void {
  assert.ok(ms >= wantedMs - 10 && ms < wantedMs + 2000, `${ms} ms is not about ${wantedMs} ms`);
}

scenario(
  'after timeout client the server gets a FIN, and the session ends when the server ends too',
  {},
  async (t) => {
    const server = await t.tcpServer();
    const log = await start(
      t,
      server.address,
      'timeout connect 2s\ntimeout client 200ms\ntimeout server 20s',
    );
    const client = await t.connect(8080);
    const back = await server.accept();
    assert.equal(await back.ended(), 'fin');
    assert.equal(client.ending, undefined);
    await back.send('too late for the client to answer, not to read');
    await back.halfClose();
    assert.equal((await client.readToEnd()).toString(), 'too late for the client to answer, not to read');
    const line = await logged(log);
    assert.equal(line.flags, 'cD');
    assert.ok(line.timers.tt >= 190);
  },
);

scenario(
  'after timeout server the client gets a FIN, and the session ends when the client ends too',
  {},
  async (t) => {
    const server = await t.tcpServer();
    const log = await start(
      t,
      server.address,
      'timeout connect 2s\ntimeout client 20s\ntimeout server 200ms',
    );
    const client = await t.connect(8080);
    const back = await server.accept();
    assert.equal(await client.ended(), 'fin');
    assert.equal(back.ending, undefined);
    await client.send('late');
    await client.halfClose();
    assert.equal((await back.readToEnd()).toString(), 'late');
    const line = await logged(log);
    assert.equal(line.flags, 'sD');
    assert.ok(line.timers.tt >= 190);
  },
);

scenario('with both sides silent for the same time the client is blamed', {}, async (t) => {
  const server = await t.tcpServer();
  const log = await start(
    t,
    server.address,
    'timeout connect 2s\ntimeout client 200ms\ntimeout server 200ms',
  );
  const client = await t.connect(8080);
  await server.accept();
  await client.ended();
  assert.equal((await logged(log)).flags, 'cD');
});

scenario('traffic in one direction keeps the session alive', {}, async (t) => {
  const server = await t.tcpServer();
  const log = await start(
    t,
    server.address,
    'timeout connect 2s\ntimeout client 300ms\ntimeout server 300ms',
  );
  const client = await t.connect(8080);
  const back = await server.accept();
  const begin = performance.now();
  while (performance.now() - begin < 900) {
    await back.send('.');
    await client.read(1);
    // The pace of the traffic is the point here: well inside the timeout, for three times its length.
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(client.ending, undefined);
  await client.ended();
  assertAbout((await logged(log)).timers.tt, 1140);
});

scenario('a server that does not answer the connect: timeout connect, retries, sC', {}, async (t) => {
  const log = await start(
    t,
    await t.silentAddress(),
    'retries 1\ntimeout connect 150ms\ntimeout client 20s\ntimeout server 20s',
  );
  const client = await t.connect(8080);
  await client.ended();
  const line = await logged(log);
  assert.equal(line.flags, 'sC');
  assert.equal(line.retries, 1);
  assert.equal(line.server, 's1');
  assert.equal(line.timers.tc, -1);
  assertAbout(line.timers.tt, 300);
});

scenario('a server that refuses the connection: retries a second apart, SC', {}, async (t) => {
  const log = await start(
    t,
    await t.refusingAddress(),
    'retries 1\ntimeout connect 1s\ntimeout client 20s\ntimeout server 20s',
  );
  const client = await t.connect(8080);
  await client.ended();
  const line = await logged(log);
  assert.equal(line.flags, 'SC');
  assert.equal(line.retries, 1);
  assertAbout(line.timers.tt, 1000);
});

scenario(
  'timeout tunnel replaces the client and server timeouts once data has passed both ways',
  {},
  async (t) => {
    const server = await t.tcpServer();
    const log = await start(
      t,
      server.address,
      'timeout connect 2s\ntimeout client 100ms\ntimeout server 100ms\ntimeout tunnel 700ms',
    );
    const client = await t.connect(8080);
    const back = await server.accept();
    await client.send('question');
    await back.read(8);
    await back.send('answer');
    await client.read(6);
    await client.ended();
    const line = await logged(log);
    assertAbout(line.timers.tt, 700);
    assert.equal(line.flags, 'cD');
  },
);

scenario(
  'timeout server-fin bounds the wait for the server after the client has half-closed',
  {},
  async (t) => {
    const server = await t.tcpServer();
    const log = await start(
      t,
      server.address,
      'timeout connect 2s\ntimeout client 20s\ntimeout server 20s\ntimeout server-fin 200ms',
    );
    const client = await t.connect(8080);
    const back = await server.accept();
    await client.send('bye');
    await client.halfClose();
    assert.equal((await back.readToEnd()).toString(), 'bye');
    await client.ended();
    const line = await logged(log);
    assertAbout(line.timers.tt, 200);
    assert.equal(line.flags, 'sD');
  },
);

scenario(
  'timeout client-fin bounds the wait for the client after the server has half-closed',
  {},
  async (t) => {
    const server = await t.tcpServer();
    const log = await start(
      t,
      server.address,
      'timeout connect 2s\ntimeout client 20s\ntimeout server 20s\ntimeout client-fin 200ms',
    );
    const client = await t.connect(8080);
    const back = await server.accept();
    await back.send('bye');
    await back.halfClose();
    assert.equal((await client.readToEnd()).toString(), 'bye');
    await back.ended();
    const line = await logged(log);
    assertAbout(line.timers.tt, 200);
    assert.equal(line.flags, 'cD');
  },
);
