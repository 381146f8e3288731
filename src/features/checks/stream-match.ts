/**
 * Judges what a server sent as plain bytes against one `expect` rule. Pure.
 * Specification: configuration manual 4.2 `tcp-check expect`; texts as HAProxy 2.6 gives them.
 */
import type { CheckText } from './check-format.ts';
import type { Judgement, Match, ReadyExpectation, Telling } from './check-rules.ts';
import { matchesPattern } from './pattern-cache.ts';

/** `received` is latin1; `final`: there will be no more. */
export function judgeStream(
  rule: ReadyExpectation,
  received: string,
  final: boolean,
  step: number,
  comment: string | undefined,
): Judgement {
  const commented = comment === undefined ? '' : ` comment: '${comment}'`;
  if (received === '') {
    if (!final) return 'more';
    return { passed: false, info: `TCPCHK got an empty response at step ${step}${commented}` };
  }
  const { match, minReceivedBytes, negated } = rule;
  if (match.type === 'reply') return match.judge(received, final);
  if (match.type === 'log-format binary' && bytesOfDigits(match.text) === undefined) {
    return { passed: false, info: 'Failed to parse hexastring resulting of eval of a log-format string' };
  }
  if (!final && received.length < Math.max(minReceivedBytes, exactLength(match))) return 'more';
  const matched = matches(match, received);
  if (!matched && !final && minReceivedBytes < 0) return 'more';
  if (matched !== negated) return { passed: true };
  // Here HAProxy puts no quotes around a comment.
  const told = comment === undefined ? '' : ` comment: ${comment}`;
  if (rule.onError !== undefined) return { passed: false, info: `${tell(rule.onError, received)}${told}` };
  const what = matched ? 'matched unwanted content' : 'did not match content';
  return { passed: false, info: `TCPCHK ${what} ${contentOf(match)} at step ${step}${told}` };
}

/** A text, or what is in the first line from some place on; a NUL ends it too. */
export function tell(telling: Telling, received: string): string {
  if (typeof telling === 'string') return telling;
  return (/^ *([^\r\n\0]*)/.exec(received.slice(telling.lineFrom)) ?? [])[1] ?? '';
}

/** The bytes that hexadecimal digits stand for, latin1; undefined when they are not digits in pairs. */
export function bytesOfDigits(digits: string): string | undefined {
  if (!/^(?:[0-9A-Fa-f]{2})*$/.test(digits)) return undefined;
  return Buffer.from(digits, 'hex').toString('latin1');
}

function exactLength(match: Match): number {
  switch (match.type) {
    case 'string':
    case 'binary':
    case 'log-format string':
      return match.text.length;
    case 'log-format binary':
      return match.text.length / 2;
    default:
      return 0;
  }
}

function matches(match: Match, received: string): boolean {
  switch (match.type) {
    case 'string':
    case 'binary':
    case 'log-format string':
      return received.includes(match.text);
    case 'log-format binary':
      return received.includes(bytesOfDigits(match.text) ?? '');
    case 'regex':
      return matchesPattern(match.pattern, received);
    case 'binary regex':
      return matchesPattern(match.pattern, Buffer.from(received, 'latin1').toString('hex').toUpperCase());
    default:
      return false;
  }
}

/** As in `(expect …)`. */
export function describeMatch(match: Match<CheckText>): string {
  switch (match.type) {
    case 'string':
    case 'binary':
      return `${match.type} '${match.text}'`;
    default:
      return match.type;
  }
}

/** As in `did not match content …`. */
function contentOf(match: Match): string {
  return match.type === 'string' ? `'${match.text}'` : `(${match.type})`;
}
