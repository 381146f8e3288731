/** Listening sockets as the kernel has them. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { planListeners } from '../../../src/control/listener-plan.ts';
import { type HeldListener, Listeners } from '../../../src/control/listeners.ts';
import { OldProcesses } from '../../../src/control/old-processes.ts';
import { base, reserve, view } from '../../../src/os/arena.ts';
import {
  IPPROTO_TCP,
  SO_REUSEPORT,
  SOL_SOCKET,
  TCP_DEFER_ACCEPT,
  TCP_NODELAY,
  TCP_USER_TIMEOUT,
} from '../../../src/os/constants.ts';
import { getsockname, getsockopt } from '../../../src/os/libc.ts';
import { configurationOf, keptMessages } from './configurations.ts';

const nobody = new OldProcesses([], 'SIGUSR1');
const directory = mkdtempSync(join(tmpdir(), 'sluice-listeners-'));
after(() => rmSync(directory, { recursive: true }));

interface Opened {
  readonly listeners: Listeners;
  readonly lines: string[];
  readonly ok: boolean;
  readonly first: HeldListener;
}

async function open(text: string, old: OldProcesses = nobody): Promise<Opened> {
  const configuration = configurationOf(`listen fe1\n${text}`);
  const listeners = new Listeners(configuration);
  const { messages, lines } = keptMessages();
  const ok = await listeners.openAll(planListeners(configuration, 1, 100), old, messages);
  return { listeners, lines, ok, first: listeners.held[0] as HeldListener };
}

/** Stands for the processes that are replaced, and notes what they are asked for. */
class Old extends OldProcesses {
  readonly asked: string[] = [];
  private readonly onPause: (times: number) => void;

  constructor(onPause: (times: number) => void = () => {}) {
    super([], 'SIGUSR1');
    this.onPause = onPause;
  }
  override get any(): boolean {
    return true;
  }
  override pause(): void {
    this.asked.push('pause');
    this.onPause(this.asked.length);
  }
  override resume(): void {
    this.asked.push('resume');
  }
}

const scratch = reserve(128, 8);

function option(fd: number, level: number, name: number): number {
  view.setInt32(scratch + 8, 4, true);
  assert.equal(getsockopt(fd, level, name, base + scratch, base + scratch + 8), 0);
  return view.getInt32(scratch, true);
}

function portOf(fd: number): number {
  view.setInt32(scratch, 28, true);
  getsockname(fd, base + scratch + 8, base + scratch);
  return view.getUint16(scratch + 10, false);
}

/** Undefined when somebody took the connection, else why not. */
function refusal(to: { port: number; host: string } | { path: string }): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(to);
    socket.once('connect', () => {
      socket.destroy();
      resolve(undefined);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
  });
}

function listening(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer().listen(port, '127.0.0.1', () => resolve(server));
    server.once('error', reject);
  });
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = await listening(0);
  const port = portOfServer(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function portOfServer(server: Server): number {
  // It listens on an address and not on a path.
  return (server.address() as AddressInfo).port;
}

test('the options of the bind line are on the socket; TCP_NODELAY always', async () => {
  const { listeners, first, ok } = await open(` bind 127.0.0.1:${await freePort()} defer-accept tcp-ut 5s`);
  assert.equal(ok, true);
  assert.notEqual(option(first.fd, IPPROTO_TCP, TCP_NODELAY), 0);
  assert.notEqual(option(first.fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 0);
  assert.equal(option(first.fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 5000);
  assert.equal(option(first.fd, SOL_SOCKET, SO_REUSEPORT), 1);
  listeners.close(listeners.held);
});

test('an option that the system refuses is a warning, and the socket listens all the same', async () => {
  const port = await freePort();
  const { listeners, lines, ok } = await open(` bind 127.0.0.1:${port} interface nosuch0`);
  assert.equal(ok, true);
  assert.deepEqual(lines, [
    `[WARNING]  (1) : Binding [test.cfg:10] for proxy fe1: cannot bind receiver to device 'nosuch0' (No such device) for [127.0.0.1:${port}]`,
  ]);
  assert.equal(await refusal({ host: '127.0.0.1', port }), undefined);
  listeners.close(listeners.held);
});

test('an address that is taken, and one that is not here: every error is told, with its place', async () => {
  const server = await listening(0);
  const port = portOfServer(server);
  const { ok, lines } = await open(
    ` bind ${directory}/none/x\n bind 127.0.0.1:${port}\n bind 192.0.2.1:${port}`,
  );
  assert.equal(ok, false);
  assert.deepEqual(lines, [
    `[ALERT]    (1) : Binding [test.cfg:11] for proxy fe1: cannot bind socket (Address already in use) for [127.0.0.1:${port}]`,
    `[ALERT]    (1) : Binding [test.cfg:12] for proxy fe1: cannot bind socket (Cannot assign requested address) for [192.0.2.1:${port}]`,
    `[ALERT]    (1) : Binding [test.cfg:10] for proxy fe1: cannot bind UNIX socket (No such file or directory) [${directory}/none/x]`,
    '[ALERT]    (1) : [haproxy.main()] Some protocols failed to start their listeners! Exiting.',
  ]);
  server.close();
});

test('while the old process holds the port it is asked to pause, and it is tried again', async () => {
  const server = await listening(0);
  const old = new Old((times) => {
    if (times === 2) server.close();
  });
  const { ok, lines, listeners } = await open(` bind 127.0.0.1:${portOfServer(server)}`, old);
  assert.equal(ok, true);
  assert.deepEqual(lines, []);
  assert.deepEqual(old.asked.slice(0, 2), ['pause', 'pause']);
  assert.equal(old.asked.includes('resume'), false);
  listeners.close(listeners.held);
});

test('a start that fails for another reason tells the old process to go on, and does not wait', async () => {
  const old = new Old();
  const { ok } = await open(' bind 192.0.2.1:1', old);
  assert.equal(ok, false);
  assert.deepEqual(old.asked, ['resume']);
});

test('a paused port is free for others; resuming takes it back, or says that it cannot', async () => {
  const port = await freePort();
  const { listeners, first } = await open(` bind 127.0.0.1:${port}`);
  const to = { host: '127.0.0.1', port };
  assert.equal(await refusal(to), undefined);
  listeners.pause(first);
  assert.equal(await refusal(to), 'ECONNREFUSED');
  const other = await listening(port);
  assert.equal(listeners.resume(first), false);
  assert.equal(listeners.resume(first), false);
  await new Promise((resolve) => other.close(resolve));
  assert.equal(listeners.resume(first), true);
  assert.equal(portOf(first.fd), port);
  assert.equal(await refusal(to), undefined);
  listeners.close(listeners.held);
  assert.equal(await refusal(to), 'ECONNREFUSED');
});

test('a paused abstract name is free for others', async () => {
  const bind = ` bind abns@sluice-test-${process.pid}`;
  const { listeners, first } = await open(bind);
  const { fd } = first;
  assert.match((await open(bind)).lines[0] ?? '', /cannot bind UNIX socket \(already in use\)/);
  listeners.pause(first);
  const second = await open(bind);
  assert.equal(second.ok, true);
  assert.equal(listeners.resume(first), false);
  second.listeners.close(second.listeners.held);
  assert.equal(listeners.resume(first), true);
  assert.equal(first.fd, fd);
  assert.equal((await open(bind)).ok, false);
  listeners.close(listeners.held);
});

test('a path is bound under another name first: nothing else is left, and the old socket goes unnoticed', async () => {
  const path = join(directory, 'a.sock');
  const old = await open(` bind ${path}`);
  const fresh = await open(` bind ${path} mode 640`);
  assert.deepEqual([old.ok, fresh.ok], [true, true]);
  assert.equal(statSync(path).mode & 0o777, 0o640);
  assert.deepEqual(readdirSync(directory), ['a.sock']);
  old.listeners.close(old.listeners.held);
  assert.equal(await refusal({ path }), undefined);
  fresh.listeners.close(fresh.listeners.held);
});

test('a file or a link in the place of the path is replaced, a directory is not', async () => {
  const file = join(directory, 'file');
  writeFileSync(file, 'x');
  const link = join(directory, 'link');
  symlinkSync(file, link);
  for (const path of [link, file]) {
    const { ok, listeners } = await open(` bind ${path}`);
    assert.equal(ok, true, path);
    assert.equal(statSync(path).isSocket(), true);
    listeners.close(listeners.held);
  }
  const { lines } = await open(` bind unix@${directory}`);
  assert.match(
    lines[0] ?? '',
    /error when trying to preserve previous UNIX socket \(Operation not permitted\)/,
  );
});
