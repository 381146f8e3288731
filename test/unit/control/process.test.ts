/**
 * The whole process, where what counts is seen by the system and not by a client: its name, its descriptors, its way to
 * the background. Behaviour that HAProxy shares is tested by the scenarios.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, test } from 'node:test';
import { findCommand, programPath } from '../../harness/program.ts';

const directory = mkdtempSync(join(tmpdir(), 'sluice-process-'));
after(() => rmSync(directory, { recursive: true }));
const program = programPath() as string;
const link = join(directory, 'haproxy');
symlinkSync(program, link);

let configurations = 0;

function configurationFile(bind: string, global = ''): string {
  const path = join(directory, `${++configurations}.cfg`);
  writeFileSync(
    path,
    `global
  nbthread 1
  ${global}
defaults
  mode tcp
  timeout connect 1s
  timeout client 1s
  timeout server 1s
listen relay
  bind ${bind}
  server s1 127.0.0.1:1
`,
  );
  return path;
}

/** Resolves once somebody listens on the path. */
async function served(path: string): Promise<void> {
  for (;;) {
    const there = await new Promise<boolean>((resolve) => {
      const socket = connect(path, () => {
        socket.destroy();
        resolve(true);
      });
      socket.once('error', () => resolve(false));
    });
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function field(pid: number, file: string): string {
  return readFileSync(`/proc/${pid}/${file}`, 'latin1');
}

test('started through a link, the process bears its name and shows its arguments', async () => {
  const file = configurationFile(`unix@${directory}/name.sock`);
  const child = spawn(link, ['-f', file, '-db'], { stdio: 'inherit' });
  const pid = child.pid as number;
  await served(`${directory}/name.sock`);
  assert.equal(field(pid, 'comm'), 'haproxy\n');
  assert.deepEqual(field(pid, 'cmdline').replace(/\0+$/, '').split('\0'), [link, '-f', file, '-db']);
  const pidof = findCommand('pidof');
  if (pidof !== undefined) {
    const found = spawnSync(pidof, ['haproxy'], { encoding: 'utf8' }).stdout.trim().split(' ');
    assert.ok(found.includes(String(pid)), `pidof says ${found}`);
  }
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve([code, signal])));
  child.kill('SIGINT');
  assert.deepEqual(await ended, [null, 'SIGINT']);
});

/** Starts in the background and returns what the starting process left. */
function background(file: string, ...more: string[]) {
  return spawnSync(program, ['-D', '-f', file, '-p', join(directory, 'pid'), ...more], {
    encoding: 'utf8',
    timeout: 20_000,
  });
}

test('in the background: a session of its own, nothing open of the terminal, and still the same arguments', () => {
  const file = configurationFile(`unix@${directory}/daemon.sock`);
  const { status, stdout, stderr } = background(file);
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
  const pid = Number(readFileSync(join(directory, 'pid'), 'latin1'));
  // Behind the name in parentheses: state, parent, group, session.
  const [, , group, session] = field(pid, 'stat').split(') ')[1]?.split(' ') ?? [];
  assert.deepEqual([Number(group), Number(session)], [pid, pid]);
  assert.match(field(pid, 'cmdline'), /\0-D\0-f\0/);
  for (const fd of [0, 1, 2]) assert.equal(readlinkSync(`/proc/${pid}/fd/${fd}`), '/dev/null');
  process.kill(pid, 'SIGTERM');
});

test('a start in the background that fails says so once, with status 1', () => {
  const file = configurationFile(`unix@${directory}/none/x.sock`);
  rmSync(join(directory, 'pid'), { force: true });
  const { status, stderr } = background(file);
  assert.equal(status, 1);
  assert.equal(stderr.match(/haproxy version is/g)?.length, 1);
  assert.match(
    stderr,
    /Binding \[.*\] for proxy relay: cannot bind UNIX socket \(No such file or directory\)/,
  );
  assert.equal(existsSync(join(directory, 'pid')), false);
});

test('warnings of the configuration are told once, by the process that was started', () => {
  const file = configurationFile(`unix@${directory}/warned.sock`);
  writeFileSync(file, readFileSync(file, 'latin1').replace('  timeout client 1s\n', ''));
  const { status, stderr } = background(file);
  assert.equal(status, 0);
  assert.equal(stderr.match(/missing timeouts for proxy 'relay'/g)?.length, 1);
  assert.equal(stderr.match(/haproxy version is/g)?.length, 1);
  process.kill(Number(readFileSync(join(directory, 'pid'), 'latin1')), 'SIGTERM');
  const refused = background(file, '-dW');
  assert.equal(refused.status, 1);
});

test('an inherited listening socket is the same in the background', async () => {
  const server = createServer();
  const path = join(directory, 'inherited.sock');
  await new Promise<void>((resolve) => server.listen(path, resolve));
  // The descriptor's number, which Node.js shows nowhere else.
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
  const stdio: ('ignore' | 'pipe' | number)[] = ['ignore', 'pipe', 'pipe', 'ignore', fd];
  const file = configurationFile('fd@4');
  const { status } = spawnSync(program, ['-D', '-f', file, '-p', join(directory, 'pid')], {
    stdio,
    timeout: 20_000,
  });
  assert.equal(status, 0);
  const pid = Number(readFileSync(join(directory, 'pid'), 'latin1'));
  assert.match(field(pid, 'comm'), /sluice/);
  server.close();
  rmSync(path, { force: true });
  process.kill(pid, 'SIGTERM');
});

test('what is asked for before the process serves is done once it does', async () => {
  const file = configurationFile(`unix@${directory}/early.sock`);
  const child = spawn(program, ['-f', file, '-db'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve([code, signal])));
  const pid = child.pid as number;
  // The runtime is there and has given itself the name: from then on signals are kept.
  const named = (): boolean =>
    basename(readlinkSync(`/proc/${pid}/exe`)) === basename(process.execPath) &&
    field(pid, 'comm') === 'sluice\n';
  while (!named()) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill('SIGUSR1');
  assert.deepEqual(await ended, [0, null]);
  assert.match(said, /Proxy relay stopped/);
});
