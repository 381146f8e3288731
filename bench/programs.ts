// Owns: the programs under test: where each is found, how it is started on a shape, and its end, by process id.
// Must not: drive load or read figures.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { haproxyConfiguration } from './configs/haproxy.ts';
import { nginxConfiguration, nginxObstacle } from './configs/nginx.ts';
import { tenantMap } from './configs/rich-rules.ts';
import type { ProxyPorts, ProxyShape } from './configs/shape.ts';
import { processTree } from './measure/proc.ts';

/** `bench/` runs from `dist/bench/`, two folders below the repository. */
const repository = fileURLToPath(new URL('../..', import.meta.url));
const START_LIMIT_MS = 15000;
const STOP_LIMIT_MS = 3000;

export type ProgramName = 'sluice' | 'haproxy' | 'nginx';
export const programNames: readonly ProgramName[] = ['sluice', 'haproxy', 'nginx'];

export interface RunningProgram {
  name: string;
  ports: ProxyPorts;
  pids: number[];
  /** From exec until a connection was accepted. */
  acceptingAfterMs: number;
  stop(): Promise<void>;
}

function find(command: string): string | undefined {
  for (const folder of [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/usr/local/sbin']) {
    const path = join(folder, command);
    if (folder !== '' && existsSync(path)) return path;
  }
  return undefined;
}

/** The program's file: `bin/sluice` of this repository, or what PATH has; SLUICE, HAPROXY and NGINX name others. */
export function programFile(name: ProgramName): string | undefined {
  const named = process.env[name.toUpperCase()];
  if (named !== undefined) return named;
  if (name !== 'sluice') return find(name);
  const own = join(repository, 'bin/sluice');
  return existsSync(own) ? own : undefined;
}

/** Why this program cannot do this work here, or undefined when it can. */
export function obstacle(name: ProgramName, shape: ProxyShape): string | undefined {
  if (programFile(name) === undefined) return `${name}: not found`;
  return name === 'nginx' ? nginxObstacle(shape) : undefined;
}

/** Command words that run a program on the given processors only; none where taskset is absent. */
export function pinned(cpus: string | undefined): string[] {
  return cpus === undefined || find('taskset') === undefined ? [] : ['taskset', '-c', cpus];
}

export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
    return address.port;
  });
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function connects(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return await new Promise((resolve) => {
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export async function startProgram(
  name: ProgramName,
  label: string,
  shape: ProxyShape,
  ports: ProxyPorts,
  folder: string,
  cpus: string | undefined,
): Promise<RunningProgram> {
  const file = programFile(name);
  if (file === undefined) throw new Error(`${name}: not found`);
  const configuration = join(folder, `${label}.conf`);
  let commandLine: string[];
  if (name === 'nginx') {
    writeFileSync(configuration, nginxConfiguration(shape, ports, folder));
    commandLine = [file, '-p', folder, '-c', configuration, '-e', join(folder, 'nginx-error.log')];
  } else {
    const map = join(folder, 'tenants.map');
    if (shape.richRules) writeFileSync(map, tenantMap());
    writeFileSync(configuration, haproxyConfiguration(shape, ports, map));
    commandLine = [file, '-f', configuration, '-db'];
  }
  const words = [...pinned(cpus), ...commandLine];
  const begin = performance.now();
  const child = spawn(words[0]!, words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  while (!(await connects(ports.listen))) {
    if (child.exitCode !== null || performance.now() - begin > START_LIMIT_MS) {
      child.kill('SIGKILL');
      throw new Error(`${label} does not accept connections:\n${output.join('')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const acceptingAfterMs = performance.now() - begin;
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${label} has no process id`);
  // The connection that was tried may not be handled yet, and nginx may still be starting its worker.
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { name: label, ports, pids: processTree(pid), acceptingAfterMs, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  // nginx ends its worker with itself on SIGTERM; so do the others with their threads.
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await exited;
  clearTimeout(timer);
}

export function programVersion(name: ProgramName): string {
  const file = programFile(name);
  if (file === undefined) return `${name} (not found)`;
  const result = spawnSync(file, ['-v'], { encoding: 'utf8', timeout: 5000 });
  return `${result.stdout}${result.stderr}`.split('\n')[0] ?? name;
}
