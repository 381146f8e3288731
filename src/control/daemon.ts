/**
 * Going to the background. Node.js cannot fork, so the process that was started reads the configuration, starts itself
 * again in a session of its own, hands over what it has read, and waits until the new process says that it serves. The
 * new process has the same arguments, inherits what the configuration names of open descriptors, and takes nothing from
 * the terminal once it is ready. Errors come from where they occur, once, on the standard error of both.
 * Specification: management manual 3 (`-D`); configuration manual 3.1 `daemon`.
 */
import { spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, read, readSync, writeSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { Address } from '../config/address.ts';
import type { Configuration } from '../config/model.ts';
import { duplicateOnto, makeMemoryFile, makePipe } from '../os/descriptors.ts';

/** Tells the new process where its order lies and whom to tell that it is ready. */
const CHANNELS_VARIABLE = 'SLUICE_DAEMON_CHANNELS';
const READY = Buffer.from('R');

/** What the new process is given instead of reading the configuration again. */
export interface DaemonOrder<Options> {
  readonly configuration: Configuration;
  readonly options: Options;
}

export interface DaemonChild<Options> {
  readonly order: DaemonOrder<Options>;
  /** Tells the waiting process that everything runs, and lets go of the terminal. */
  ready(): void;
}

export function isDaemonChild(): boolean {
  return process.env[CHANNELS_VARIABLE] !== undefined;
}

/** Set in the process that goes to the background; undefined in one that a person has started. */
export function daemonChild<Options>(): DaemonChild<Options> | undefined {
  const channels = process.env[CHANNELS_VARIABLE];
  if (channels === undefined) return undefined;
  delete process.env[CHANNELS_VARIABLE];
  const [orderFd = -1, statusFd = -1] = channels.split(',').map(Number);
  const order = readOrder<Options>(orderFd);
  // Opened now, because there may be no such file once the root directory has changed.
  const nothing = openSync('/dev/null', 'r+');
  return {
    order,
    ready: () => {
      writeSync(statusFd, READY);
      closeSync(statusFd);
      for (const fd of [0, 1, 2]) duplicateOnto(nothing, fd);
      closeSync(nothing);
    },
  };
}

function readOrder<Options>(fd: number): DaemonOrder<Options> {
  const bytes = Buffer.allocUnsafe(fstatSync(fd).size);
  for (let at = 0; at < bytes.length; ) {
    const count = readSync(fd, bytes, at, bytes.length - at, at);
    if (count === 0) throw new Error('the order to the background process is incomplete');
    at += count;
  }
  closeSync(fd);
  // The file was written by launchDaemon below, in the process that started this one.
  return deserialize(bytes) as DaemonOrder<Options>;
}

/**
 * Starts the background process and resolves with the status that this one ends with: 0 once the other serves, its own
 * status when it gave up.
 */
export function launchDaemon<Options>(order: DaemonOrder<Options>): Promise<number> {
  const orderFd = writeOrder(order);
  const pipe = makePipe();
  if (pipe === undefined) throw new Error('cannot make a pipe to the background process');
  const { readFd, writeFd } = pipe;
  const inherited = inheritedDescriptors(order.configuration);
  const stdio: ('inherit' | 'ignore' | number)[] = ['inherit', 'inherit', 'inherit'];
  for (const fd of inherited) place(stdio, fd, fd);
  const orderAt = firstFree(stdio, inherited);
  place(stdio, orderAt, orderFd);
  const statusAt = firstFree(stdio, [...inherited, orderAt]);
  place(stdio, statusAt, writeFd);
  const child = spawn(process.execPath, [...process.execArgv, ...process.argv.slice(1)], {
    detached: true,
    stdio,
    env: { ...process.env, [CHANNELS_VARIABLE]: `${orderAt},${statusAt}` },
  });
  closeSync(orderFd);
  // The pipe's end is reached when the other process has closed it, or has ended.
  closeSync(writeFd);
  return new Promise((resolve) => {
    const ended = new Promise<number>((tell) => {
      child.once('exit', (status) => tell(status ?? 1));
      child.once('error', () => tell(1));
    });
    // Whoever interrupts the start means the process that is being started.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill('SIGTERM'));
    read(readFd, Buffer.alloc(1), 0, 1, null, (error, count) => {
      if (error === null && count === 1) resolve(0);
      else void ended.then(resolve);
    });
  });
}

function writeOrder(order: unknown): number {
  const fd = makeMemoryFile('sluice-order');
  if (fd < 0) throw new Error('cannot make a file in memory for the background process');
  const bytes = serialize(order);
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
  return fd;
}

/** Descriptors that the configuration names: the new process needs them under the same numbers. */
export function inheritedDescriptors({ global, proxies }: Configuration): number[] {
  const found = new Set<number>();
  const add = (address: Address): void => {
    if ((address.family === 'fd' || address.family === 'socketpair') && address.fd > 2) found.add(address.fd);
  };
  for (const target of global.logTargets) add(target.address);
  for (const proxy of proxies) {
    for (const bind of proxy.binds) bind.addresses.forEach(add);
    for (const server of proxy.servers) add(server.address);
    for (const target of proxy.log.targets) add(target.address);
  }
  return [...found].sort((a, b) => a - b);
}

function firstFree(stdio: readonly unknown[], taken: readonly number[]): number {
  let fd = 3;
  while (taken.includes(fd) || (stdio[fd] !== undefined && stdio[fd] !== 'ignore')) fd++;
  return fd;
}

/** Positions in between stay closed. */
function place(stdio: ('inherit' | 'ignore' | number)[], position: number, fd: number): void {
  while (stdio.length <= position) stdio.push('ignore');
  stdio[position] = fd;
}
