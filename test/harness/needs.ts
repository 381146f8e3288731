// What a scenario needs of the machine. A scenario whose need is not met is skipped and says how to meet it.

import { availableParallelism, networkInterfaces } from 'node:os';
import { findCommand } from './program.ts';

export type Need = 'root' | 'netns' | 'ipv6' | 'two processors';

/** Why the scenario cannot run here, or undefined. */
export function unmetNeed(needs: readonly Need[]): string | undefined {
  for (const need of needs) {
    const reason = CHECKS[need]();
    if (reason !== undefined) return reason;
  }
  return undefined;
}

const CHECKS: Record<Need, () => string | undefined> = {
  root: () => (process.getuid?.() === 0 ? undefined : 'needs root'),
  netns: () => {
    if (process.getuid?.() !== 0) return 'needs root for network namespaces';
    return findCommand('ip') === undefined ? 'needs ip: apt-get install iproute2' : undefined;
  },
  'two processors': () => (availableParallelism() >= 2 ? undefined : 'needs a machine with two processors'),
  ipv6: () => {
    const hasLoopback = (networkInterfaces()['lo'] ?? []).some((entry) => entry.address === '::1');
    return hasLoopback ? undefined : 'needs IPv6: sysctl net.ipv6.conf.lo.disable_ipv6=0';
  },
};
