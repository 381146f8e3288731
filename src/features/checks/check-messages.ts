/**
 * The lines that tell of checks and of servers that go up and down, word for word as HAProxy 2.6 writes them.
 */
import { CHECK_TEXTS, type CheckResult, verdictOf } from './check-status.ts';

export interface ServerName {
  readonly backend: string;
  readonly server: string;
  readonly isBackup: boolean;
}

/** What is left of the backend at the moment of a change. */
export interface FarmCounts {
  readonly active: number;
  readonly backup: number;
  /** Streams on the server. */
  readonly sessions: number;
  readonly requeued: number;
  readonly queued: number;
}

function named({ backend, server, isBackup }: ServerName): string {
  return `${isBackup ? 'Backup Server' : 'Server'} ${backend}/${server}`;
}

/** `Layer4 connection problem, info: "Connection refused", check duration: 0ms` */
function reason({ status, code, info, durationMs }: CheckResult): string {
  const ofCode = code === undefined ? '' : `, code: ${code}`;
  const ofInfo = info === '' ? '' : `, info: "${printable(info)}"`;
  return `reason: ${CHECK_TEXTS[status]}${ofCode}${ofInfo}, check duration: ${durationMs}ms`;
}

/** Servers send what they like: nothing that would break a line of a log passes. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

function left(counts: FarmCounts, word: 'left' | 'online'): string {
  const onBackup = counts.active === 0 && counts.backup > 0 ? ' Running on backup.' : '';
  return `${counts.active} active and ${counts.backup} backup servers ${word}.${onBackup}`;
}

/** `result` is left out where `option log-health-checks` has told it already. */
export function serverDown(name: ServerName, result: CheckResult | undefined, counts: FarmCounts): string {
  const why = result === undefined ? '' : `, ${reason(result)}`;
  const sessions = `${counts.sessions} sessions active, ${counts.requeued} requeued, ${counts.queued} remaining in queue.`;
  return `${named(name)} is DOWN${why}. ${left(counts, 'left')} ${sessions}`;
}

export function serverBack(
  name: ServerName,
  state: 'UP' | 'stopping',
  result: CheckResult | undefined,
  counts: FarmCounts,
): string {
  const why = result === undefined ? '' : `, ${reason(result)}`;
  const queue = `${counts.requeued} sessions requeued, ${counts.queued} total in queue.`;
  return `${named(name)} is ${state}${why}. ${left(counts, 'online')} ${queue}`;
}

/** On standard error the backend's name is quoted, in the logs it is not. */
export function noServerLeft(backend: string, listen: boolean, quoted: boolean): string {
  return `${listen ? 'proxy' : 'backend'} ${quoted ? `'${backend}'` : backend} has no server available!`;
}

/** Of `option log-health-checks`. */
export function healthCheck(
  name: ServerName,
  result: CheckResult,
  health: number,
  rise: number,
  fall: number,
): string {
  const verdict = {
    passed: 'succeeded',
    'conditionally passed': 'conditionally succeeded',
    failed: 'failed',
  }[verdictOf(result.status)];
  const state = health >= rise ? `${health - rise + 1}/${fall} UP` : `${health}/${rise} DOWN`;
  const whose = `${name.isBackup ? 'backup ' : ''}server ${name.backend}/${name.server}`;
  return `Health check for ${whose} ${verdict}, ${reason(result)}, status: ${state}.`;
}
