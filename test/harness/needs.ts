// What a scenario needs of the machine. A scenario whose need is not met is skipped and says how to meet it.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism, networkInterfaces } from 'node:os';
import { findCommand } from './program.ts';
import { postgresqlCommand } from './services.ts';

export type Need =
  | 'root'
  | 'netns'
  | 'mounts'
  | 'ipv6'
  | 'two processors'
  | 'haproxy'
  | 'chromium'
  | '/etc/haproxy'
  | 'descriptors'
  | 'postgresql'
  | keyof typeof COMMANDS;

/** Commands that scenarios run, with the package that brings each. */
const COMMANDS = {
  killall: 'psmisc',
  pidof: 'sysvinit-utils',
  ps: 'procps',
  'redis-server': 'redis-server',
  mariadbd: 'mariadb-server-core',
  slapd: 'slapd',
  msmtpd: 'msmtp-mta',
};

/** Why the scenario cannot run here, or undefined. */
export function unmetNeed(needs: readonly Need[]): string | undefined {
  for (const need of needs) {
    const reason = CHECKS[need]();
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function lacks(command: keyof typeof COMMANDS): string | undefined {
  return findCommand(command) === undefined
    ? `needs ${command}: apt-get install ${COMMANDS[command]}`
    : undefined;
}

/** For scenarios that hold thousands of connections. */
const MANY_DESCRIPTORS = 12_000;

const CHECKS: Record<Need, () => string | undefined> = {
  killall: () => lacks('killall'),
  pidof: () => lacks('pidof'),
  ps: () => lacks('ps'),
  'redis-server': () => lacks('redis-server'),
  mariadbd: () => lacks('mariadbd'),
  slapd: () => lacks('slapd'),
  msmtpd: () => lacks('msmtpd'),
  postgresql: () =>
    postgresqlCommand('initdb') === undefined ? 'needs initdb: apt-get install postgresql' : undefined,
  descriptors: () => {
    const match = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
    return Number(match?.[1] ?? 0) >= MANY_DESCRIPTORS ? undefined : `needs ulimit -n ${MANY_DESCRIPTORS}`;
  },
  '/etc/haproxy': () =>
    existsSync('/etc/haproxy') ? undefined : 'needs the directory /etc/haproxy: apt-get install haproxy',
  root: () => (process.getuid?.() === 0 ? undefined : 'needs root'),
  netns: () => {
    if (process.getuid?.() !== 0) return 'needs root for network namespaces';
    if (findCommand('ip') === undefined) return 'needs ip: apt-get install iproute2';
    return mayMakeNetworks() ? undefined : 'needs the right to make network namespaces (CAP_SYS_ADMIN)';
  },
  mounts: () => {
    if (process.getuid?.() !== 0) return 'needs root for mount namespaces';
    if (findCommand('unshare') === undefined) return 'needs unshare: apt-get install util-linux';
    const probe = spawnSync('unshare', ['--mount', '--pid', '--fork', '--mount-proc', 'true']);
    return probe.status === 0 ? undefined : 'needs the right to make mount namespaces (CAP_SYS_ADMIN)';
  },
  'two processors': () => (availableParallelism() >= 2 ? undefined : 'needs a machine with two processors'),
  haproxy: () =>
    findCommand('haproxy') === undefined ? 'needs haproxy: apt-get install haproxy' : undefined,
  chromium: () =>
    findCommand('chromium') === undefined ? 'needs chromium: apt-get install chromium' : undefined,
  ipv6: () => {
    const hasLoopback = (networkInterfaces()['lo'] ?? []).some((entry) => entry.address === '::1');
    return hasLoopback ? undefined : 'needs IPv6: sysctl net.ipv6.conf.lo.disable_ipv6=0';
  },
};

/** Root in a container may be allowed less: a bridge in a namespace is tried. */
function mayMakeNetworks(): boolean {
  const name = `sluice-${process.pid}-probe`;
  const run = (...args: string[]): boolean => spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
  if (!run('netns', 'add', name)) return false;
  const made = run('-n', name, 'link', 'add', 'br0', 'type', 'bridge');
  run('netns', 'del', name);
  return made;
}
