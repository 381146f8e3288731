/**
 * What a check found out, under HAProxy's names, and what the statistics show of it.
 * Specification: management manual 9.1 `check_status`; texts as HAProxy 2.6 logs them.
 */

export const CHECK_TEXTS = {
  UNK: 'Unknown',
  INI: 'Initializing',
  HANA: 'Health analyze',
  SOCKERR: 'Socket error',
  L4OK: 'Layer4 check passed',
  L4TOUT: 'Layer4 timeout',
  L4CON: 'Layer4 connection problem',
  L6OK: 'Layer6 check passed',
  L6TOUT: 'Layer6 timeout',
  L6RSP: 'Layer6 invalid response',
  L7TOUT: 'Layer7 timeout',
  L7RSP: 'Layer7 invalid response',
  L7OK: 'Layer7 check passed',
  L7OKC: 'Layer7 check conditionally passed',
  L7STS: 'Layer7 wrong status',
  PROCERR: 'External check error',
  PROCTOUT: 'External check timeout',
  PROCOK: 'External check passed',
  CHECKED: 'No status change',
} as const;

export type CheckCode = keyof typeof CHECK_TEXTS;

/** Their numbers in shared memory are their places here, from 1. */
export const CHECK_CODES = Object.keys(CHECK_TEXTS) as readonly CheckCode[];

export type Verdict = 'passed' | 'conditionally passed' | 'failed';

export interface CheckResult {
  readonly status: CheckCode;
  /** Of the response, where it is of interest. */
  readonly code: number | undefined;
  /** More about the result; '' when there is nothing to add. */
  readonly info: string;
  /** Negative where there was no check: the traffic told. */
  readonly durationMs: number;
}

/** One check that is under way. */
export interface RunningCheck {
  readonly result: Promise<CheckResult>;
  /** Gives up; the result then is `UNK`. */
  cancel(): void;
}

export function verdictOf(status: CheckCode): Verdict {
  if (status === 'L7OKC') return 'conditionally passed';
  return PASSED.has(status) ? 'passed' : 'failed';
}

const PASSED: ReadonlySet<CheckCode> = new Set(['L4OK', 'L6OK', 'L7OK', 'PROCOK']);
const WITH_CODE: ReadonlySet<CheckCode> = new Set([
  'L7OK',
  'L7OKC',
  'L7STS',
  'PROCERR',
  'PROCTOUT',
  'PROCOK',
]);

/** Whether a result of this status tells a code. */
export function hasCode(status: CheckCode): boolean {
  return WITH_CODE.has(status);
}

/** What is known of one server's checks, for statistics. Times are seconds since 1970. */
export interface CheckStatus {
  readonly enabled: boolean;
  /** A check is under way: statistics put a `*` before the status. */
  inProgress: boolean;
  last: CheckResult;
  /** There has been a result. */
  checked: boolean;
  /** 0 … rise + fall - 1; up from `rise` on. */
  health: number;
  readonly rise: number;
  readonly fall: number;
  /** Checks that failed while the server was up. */
  failedChecks: number;
}
