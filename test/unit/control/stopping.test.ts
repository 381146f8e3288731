/** Soft stop, pause and resume, and what is said of them. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:net';
import { test } from 'node:test';
import { Pausing } from '../../../src/control/pausing.ts';
import { SoftStop } from '../../../src/control/soft-stop.ts';
import { dumpServers } from '../../../src/control/state-dump.ts';
import {
  BACKEND_COUNTERS,
  counterOffsets,
  FE_CONNECTIONS,
  FRONTEND_COUNTERS,
  PROCESS_STOPPING,
  SRV_STATE,
} from '../../../src/state/shared-state.ts';
import { configurationOf } from './configurations.ts';
import { endStandIns, type Running, runStandIns } from './running.ts';

const name = (suffix: string): string => `abns@sluice-stop-${process.pid}-${suffix}`;

/** Starts a soft stop over stand-ins; `exited` resolves with the status. */
async function stopping(global: string, text: string) {
  const begun: { softStop?: SoftStop } = {};
  const running = await runStandIns(configurationOf(text, global), 2, {
    onDrained: (thread) => begun.softStop?.onDrained(thread),
  });
  let exit: (status: number) => void = () => {};
  const exited = new Promise<number>((resolve) => {
    exit = resolve;
  });
  const softStop = new SoftStop({ ...running, exit: (status) => exit(status) });
  begun.softStop = softStop;
  return { running, softStop, exited };
}

const two = (grace = ''): string => `
listen a
  bind ${name('a')}
backend b
frontend c
  disabled
  bind ${name('c')}
frontend d
  bind ${name('d')}
${grace}`;

test('SIGUSR1: listeners close, proxies are told with their counts, the process ends when all threads are done', async () => {
  const { running, softStop, exited } = await stopping('', two());
  const { shared, lines, logged, listeners } = running;
  const frontend = counterOffsets(FRONTEND_COUNTERS).connections;
  const backend = counterOffsets(BACKEND_COUNTERS).connections;
  shared.lane(1)[shared.frontendCounters(0) + frontend] = 3;
  shared.lane(2)[shared.frontendCounters(0) + frontend] = 2;
  shared.lane(2)[shared.backendCounters(0) + backend] = 4;
  let called = 0;
  softStop.callbacks.push(() => called++);
  softStop.begin();
  softStop.begin();
  assert.equal(await exited, 0);
  assert.equal(called, 1);
  assert.equal(shared.words[PROCESS_STOPPING], 1);
  assert.deepEqual(lines, [
    '[WARNING]  (1) : Proxy a stopped (cumulated conns: FE: 5, BE: 4).',
    '[WARNING]  (1) : Proxy b stopped (cumulated conns: FE: 0, BE: 0).',
    '[WARNING]  (1) : Proxy d stopped (cumulated conns: FE: 0, BE: 0).',
  ]);
  assert.equal(logged[0], 'a 4 Proxy a stopped (cumulated conns: FE: 5, BE: 4).');
  assert.deepEqual(await running.seen(), ['softStop 0,1', 'softStop all']);
  assert.equal(
    listeners.held.some(({ open }) => open),
    false,
  );
  await endStandIns(running);
});

test('grace: the process is stopping at once, its listeners close later', async () => {
  const { running, softStop, exited } = await stopping('grace 30ms', two());
  softStop.begin();
  assert.equal(running.shared.words[PROCESS_STOPPING], 1);
  assert.deepEqual(running.lines, ['[NOTICE]   (1) : Scheduling a soft-stop in 30 ms.']);
  assert.equal(
    running.listeners.held.every(({ open }) => open),
    true,
  );
  assert.equal(await exited, 0);
  assert.equal(running.lines[1], '[NOTICE]   (1) : Grace period expired, proceeding with soft-stop now.');
  await endStandIns(running);
});

test("a proxy's own grace keeps its listeners open that much longer", async () => {
  const { running, softStop, exited } = await stopping('', two('  grace 40'));
  let isOver = false;
  softStop.callbacks.push(() => {
    isOver = true;
  });
  softStop.begin();
  assert.equal(isOver, false, 'what watches the servers is still needed');
  assert.equal(await exited, 0);
  assert.equal(isOver, true);
  assert.deepEqual(await running.seen(), ['softStop 0', 'softStop 1', 'softStop all']);
  assert.match(running.lines.at(-1) ?? '', /Proxy d stopped/);
  await endStandIns(running);
});

test('hard-stop-after: what is left is told and cut', async () => {
  const global = 'hard-stop-after 30ms\ndescription keeps sessions';
  const { running, softStop, exited } = await stopping(global, two());
  const { shared } = running;
  shared.words[shared.proxyWords(3) + FE_CONNECTIONS] = 2;
  softStop.begin();
  assert.equal(await exited, 0);
  assert.deepEqual(running.lines.slice(-2), [
    '[WARNING]  (1) : soft-stop running for too long, performing a hard-stop.',
    '[WARNING]  (1) : Proxy d hard-stopped (2 remaining conns will be closed).',
  ]);
  running.listeners.close(running.listeners.held);
});

function listening(path: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(path, () => resolve(server));
    server.once('error', reject);
  });
}

/** Resolves when everything that was asked of it has been done. */
async function settled(running: Running, line: RegExp): Promise<void> {
  while (!running.lines.some((text) => line.test(text))) await running.seen();
}

test('SIGTTOU and SIGTTIN: told for each proxy that listens, and again when an address was lost meanwhile', async () => {
  const running = await runStandIns(configurationOf(two()), 1);
  const pausing = new Pausing(running);
  pausing.pause();
  await settled(running, /Paused frontend d/);
  assert.deepEqual(running.lines, [
    '[WARNING]  (1) : Paused proxy a.',
    '[WARNING]  (1) : Paused frontend d.',
  ]);
  assert.deepEqual(running.logged, ['a 4 Paused proxy a.', 'd 4 Paused frontend d.']);
  // HAProxy pads abstract names to the whole field.
  const padded = `\0${name('d').slice(5)}`.padEnd(108, '\0');
  const other = await listening(padded);
  pausing.resume();
  await settled(running, /refused to resume/);
  assert.match(running.lines[2] ?? '', /Resumed proxy a/);
  assert.equal(running.lines.length, 4);
  await new Promise((resolve) => other.close(resolve));
  pausing.resume();
  await settled(running, /Resumed frontend d/);
  assert.deepEqual(await running.seen(), ['pause', 'pause', 'resume ', 'pause', 'resume ']);
  await endStandIns(running);
});

test('SIGHUP: servers and proxies with what they hold, also to the logs', async () => {
  const running = await runStandIns(
    configurationOf(`
backend all
  server s1 127.0.0.1:1
  server s2 127.0.0.1:1 backup
  server s3 127.0.0.1:1 disabled
backend backups
  server s1 127.0.0.1:1 disabled
  server s2 127.0.0.1:1 backup
backend down
  server s1 127.0.0.1:1
backend empty
`),
    1,
  );
  const { shared, configuration, reports, lines, logged } = running;
  shared.words[shared.serverWords(5) + SRV_STATE] = 0;
  dumpServers(configuration, shared, reports);
  const conns = 'Conn: act(FE+BE): 0+0, 0 pend (0 unass), tot(FE+BE): 0+0.';
  assert.deepEqual(
    lines.map((line) => line.replace('[WARNING]  (1) : ', '')),
    [
      'SIGHUP received, dumping servers states.',
      'SIGHUP: Server all/s1 is UP. Conn: 0 act, 0 pend, 0 tot.',
      'SIGHUP: Server all/s2 is UP. Conn: 0 act, 0 pend, 0 tot.',
      'SIGHUP: Server all/s3 is DOWN. Conn: 0 act, 0 pend, 0 tot.',
      `SIGHUP: Proxy all has 1 active servers and 1 backup servers available. ${conns}`,
      'SIGHUP: Server backups/s1 is DOWN. Conn: 0 act, 0 pend, 0 tot.',
      'SIGHUP: Server backups/s2 is UP. Conn: 0 act, 0 pend, 0 tot.',
      `SIGHUP: Proxy backups is running on backup servers ! ${conns}`,
      'SIGHUP: Server down/s1 is DOWN. Conn: 0 act, 0 pend, 0 tot.',
      `SIGHUP: Proxy down has no server available ! ${conns}`,
      `SIGHUP: Proxy empty has no servers. ${conns}`,
    ],
  );
  assert.equal(logged[0], 'all 5 SIGHUP received, dumping servers states for proxy all.');
  assert.equal(logged[1], 'all 5 SIGHUP: Server all/s1 is UP. Conn: 0 act, 0 pend, 0 tot.');
  await endStandIns(running);
});
