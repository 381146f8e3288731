// Real servers of other makers, for checks that speak their protocols: each is started in the foreground, in a directory
// of the scenario, on an address of its own, and killed when the scenario ends. Nothing of the machine's own services is
// used. needs.ts says what a machine must have for them.

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, chownSync, constants, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ScenarioContext } from './context.ts';
import { findCommand } from './program.ts';
import { poll, within } from './waiting.ts';

export interface Service {
  readonly host: string;
  readonly port: number;
  readonly address: string;
  /** Ends it, as a crash does. */
  kill(): Promise<void>;
}

/** Programs that refuse to run as root run as this user instead. */
const NOBODY = 65534;
const START_DEADLINE_MS = 20_000;

interface Command {
  readonly path: string;
  readonly args: readonly string[];
  readonly asNobody?: boolean;
}

type Listen = (host: string, port: number, directory: string) => Command;

export function redis(t: ScenarioContext): Promise<Service> {
  return start(t, 'redis', (host, port, directory) => ({
    path: required('redis-server'),
    args: ['--bind', host, '--port', `${port}`, '--save', '', '--appendonly', 'no', '--dir', directory],
  }));
}

/** Anybody may log in, whatever the name. */
export function mariadb(t: ScenarioContext): Promise<Service> {
  return start(t, 'mariadb', (host, port, directory) => ({
    path: required('mariadbd'),
    args: [
      '--no-defaults',
      `--datadir=${directory}`,
      `--socket=${join(directory, 'socket')}`,
      `--pid-file=${join(directory, 'pid')}`,
      `--bind-address=${host}`,
      `--port=${port}`,
      '--skip-grant-tables',
      '--skip-innodb',
      '--default-storage-engine=MyISAM',
      '--default-tmp-storage-engine=MyISAM',
      ...(isRoot() ? ['--user=root'] : []),
    ],
  }));
}

export function slapd(t: ScenarioContext, options: { readonly anonymous: boolean }): Promise<Service> {
  return start(t, 'slapd', (host, port, directory) => {
    const config = join(directory, 'slapd.conf');
    const lines = [
      'modulepath /usr/lib/ldap',
      'moduleload back_null',
      'include /etc/ldap/schema/core.schema',
      `pidfile ${join(directory, 'pid')}`,
      ...(options.anonymous ? [] : ['disallow bind_anon']),
      'database null',
      'suffix "dc=test"',
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    return { path: required('slapd'), args: ['-h', `ldap://${host}:${port}`, '-f', config, '-d', '0'] };
  });
}

export function msmtpd(t: ScenarioContext): Promise<Service> {
  return start(t, 'msmtpd', (host, port) => ({
    path: required('msmtpd'),
    args: [`--interface=${host}`, `--port=${port}`, '--command=cat'],
  }));
}

/** A user that is not there is told so by the server. */
export async function postgresql(t: ScenarioContext): Promise<Service> {
  return start(t, 'postgresql', async (host, port, directory) => {
    const data = join(directory, 'data');
    const init = [
      '-D',
      data,
      '-A',
      'trust',
      '-U',
      'postgres',
      '--no-sync',
      '--no-instructions',
      '--locale=C',
    ];
    await runToEnd({ path: required('initdb', postgresqlCommand), args: init, asNobody: true });
    // Only this user may come in over the network.
    writeFileSync(join(data, 'pg_hba.conf'), 'host all bob 127.0.0.0/8 trust\n');
    return {
      path: required('postgres', postgresqlCommand),
      args: ['-D', data, '-h', host, '-p', `${port}`, '-k', directory, '-F'],
      asNobody: true,
    };
  });
}

/** Debian keeps these out of the path. */
export function postgresqlCommand(name: string): string | undefined {
  const versions = '/usr/lib/postgresql';
  const found = listed(versions).map((version) => join(versions, version, 'bin', name));
  return found.find((path) => isExecutable(path)) ?? findCommand(name);
}

function listed(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function required(name: string, find: (name: string) => string | undefined = findCommand): string {
  const path = find(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

function launch({ path, args, asNobody }: Command): ChildProcess {
  const user = asNobody === true && isRoot() ? { uid: NOBODY, gid: NOBODY } : {};
  return spawn(path, args, { stdio: 'ignore', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, ...user });
}

async function runToEnd(command: Command): Promise<void> {
  const child = launch(command);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  const status = await within(ended, `${command.path} to end`, START_DEADLINE_MS);
  if (status !== 0) throw new Error(`${command.path} ended with ${status}`);
}

async function start(
  t: ScenarioContext,
  name: string,
  listen: (...place: Parameters<Listen>) => Command | Promise<Command>,
): Promise<Service> {
  const host = t.address();
  const free = await t.tcpServer({ name, host });
  const { port } = free;
  await free.stop();
  const directory = join(t.directory, `${name}-${port}`);
  mkdirSync(directory);
  const command = await listen(host, port, prepared(directory));
  const child = launch(command);
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  t.after(kill);
  await poll(
    () => {
      if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
      return accepts(host, port);
    },
    `${name} to listen`,
    START_DEADLINE_MS,
  );
  t.transcript.event(name, `listens on ${host}:${port}`);
  return { host, port, address: `${host}:${port}`, kill };
}

/** Also for those who are not root. */
function prepared(directory: string): string {
  if (isRoot()) {
    chownSync(directory, NOBODY, NOBODY);
    chownSync(join(directory, '..'), NOBODY, NOBODY);
  }
  return directory;
}

function accepts(host: string, port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => {
      socket.end();
      resolve(true);
    });
    socket.once('error', () => resolve(undefined));
  });
}
