/**
 * Host names in lists of addresses: resolved when the configuration is read, as HAProxy does unless `-n` forbids it. The
 * system's resolver is asked through its own tool, because reading a configuration does not wait for events.
 * Specification: configuration manual 7.1 (`-n`), 7.1.6.
 */
import { execFileSync } from 'node:child_process';
import { isNetwork } from './networks.ts';

const LONGEST_WAIT_MS = 10_000;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/;
const known = new Map<string, string | undefined>();

/** The pattern with addresses in the place of a name; itself where it is no name, or cannot be resolved. */
export function resolvedPattern(pattern: string): string {
  return isNetwork(pattern) ? pattern : (hostAddress(pattern) ?? pattern);
}

/** A name, with what stands behind a slash, with the address in its place. */
export function hostAddress(pattern: string): string | undefined {
  const [name = '', ...mask] = pattern.split('/');
  if (!NAME.test(name)) return undefined;
  const address = addressOf(name);
  return address === undefined ? undefined : [address, ...mask].join('/');
}

function addressOf(name: string): string | undefined {
  if (!known.has(name)) known.set(name, ask(name));
  return known.get(name);
}

function ask(name: string): string | undefined {
  try {
    const lines = execFileSync('getent', ['ahosts', name], {
      encoding: 'latin1',
      timeout: LONGEST_WAIT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    // One line an address and socket type; IPv4 is preferred as HAProxy prefers it.
    const addresses = lines.split('\n').map((line) => line.split(' ')[0] ?? '');
    return addresses.find((each) => /^\d+\./.test(each)) ?? addresses.find((each) => each !== '');
  } catch {
    return undefined;
  }
}
