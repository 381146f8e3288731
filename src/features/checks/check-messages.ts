/**
 * What is said of checks, word for word as HAProxy 2.6 writes it. The lines about servers that change their state are in
 * state-messages.ts.
 */
import { CHECK_TEXTS, type CheckResult, verdictOf } from './check-status.ts';
import type { ServerName } from './state-messages.ts';

/** By SEEN_… (state/observed-errors.ts). */
export const OBSERVED_ERRORS: readonly string[] = [
  'L4 unsuccessful connection',
  'Wrong http response',
  'Invalid http response (headers)',
  'Read error (http)',
  'Read timeout (http)',
  'Close from server (http)',
];

/** `Layer4 connection problem, info: "Connection refused", check duration: 0ms` */
export function reason({ status, code, info, durationMs }: CheckResult): string {
  const ofCode = code === undefined ? '' : `, code: ${code}`;
  const ofInfo = info === '' ? '' : `, info: "${printable(info)}"`;
  const ofDuration = durationMs < 0 ? '' : `, check duration: ${durationMs}ms`;
  return `reason: ${CHECK_TEXTS[status]}${ofCode}${ofInfo}${ofDuration}`;
}

/** Servers send what they like: nothing that would break a line of a log passes. */
function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]|["<>]/g, (character) => {
    return `<${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}>`;
  });
}

/** Of `option log-health-checks`. */
export function healthCheck(
  name: ServerName,
  result: CheckResult,
  health: number,
  rise: number,
  fall: number,
): string {
  return `Health ${told(name, result, health, rise, fall)}`;
}

/** The same of the agent. */
export function agentCheck(
  name: ServerName,
  result: CheckResult,
  health: number,
  rise: number,
  fall: number,
): string {
  return `Agent ${told(name, result, health, rise, fall)}`;
}

function told(name: ServerName, result: CheckResult, health: number, rise: number, fall: number): string {
  const verdict = {
    passed: 'succeeded',
    'conditionally passed': 'conditionally succeeded',
    failed: 'failed',
  }[verdictOf(result.status)];
  const state = health >= rise ? `${health - rise + 1}/${fall} UP` : `${health}/${rise} DOWN`;
  const whose = `${name.isBackup ? 'backup ' : ''}server ${name.backend}/${name.server}`;
  return `check for ${whose} ${verdict}, ${reason(result)}, status: ${state}.`;
}
