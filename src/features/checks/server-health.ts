/**
 * What the results of a server's checks do to it: its health counts, and from that follows when it goes down, comes back
 * or stops taking new traffic. It runs no check, and changes states only through ServerStates.
 * Specification: configuration manual 5.2 `rise`, `fall`, `on-error`, 4.2 `option log-health-checks`,
 * `http-check disable-on-404`.
 */
import type { ProxyConfig } from '../../config/model.ts';
import type { ObservedErrors } from '../../state/observed-errors.ts';
import { SERVER_MAINT, SERVER_UP } from '../../state/shared-state.ts';
import * as messages from './check-messages.ts';
import { type CheckResult, type CheckStatus, verdictOf } from './check-status.ts';
import type { ServerStates } from './server-state.ts';
import type { ServerPlace } from './server-words.ts';
import type { ServerName } from './state-messages.ts';
import { LOG_NOTICE, type StateVoice } from './state-voice.ts';

/** A status before the first result: one failure short of going down. */
export function initialStatus(rise: number, fall: number, health = rise): CheckStatus {
  return {
    enabled: true,
    inProgress: false,
    last: { status: 'INI', code: undefined, info: '', durationMs: 0 },
    checked: false,
    health,
    rise,
    fall,
    failedChecks: 0,
  };
}

export class ServerHealth {
  readonly place: ServerPlace;
  readonly proxy: ProxyConfig;
  readonly states: ServerStates;
  readonly name: ServerName;
  /** Of the server's health check; undefined when there is none. */
  check: CheckStatus | undefined;
  /** Of its agent. */
  agent: CheckStatus | undefined;
  readonly #voice: StateVoice;
  readonly #logsChecks: boolean;

  constructor(place: ServerPlace, proxy: ProxyConfig, states: ServerStates, voice: StateVoice) {
    this.place = place;
    this.proxy = proxy;
    this.states = states;
    this.#voice = voice;
    this.name = { backend: proxy.name, server: place.config.name, isBackup: place.config.backup };
    this.#logsChecks = proxy.options.get('log-health-checks') === true;
  }

  get isInMaintenance(): boolean {
    return this.states.has(this.place.server, SERVER_MAINT);
  }

  /** A result of the server's health check. */
  judgeCheck(status: CheckStatus, result: CheckResult): void {
    const before = { health: status.health, status: status.last.status };
    status.checked = true;
    if (verdictOf(result.status) === 'failed') noteFailure(status);
    else notePass(status);
    const isNews = before.status !== result.status || before.health !== status.health;
    this.#conclude(status, result, isNews);
  }

  /** What the agent said, or that it said nothing that matters to the health. */
  judgeAgent(status: CheckStatus, result: CheckResult, verdict: 'up' | 'down' | 'neutral'): void {
    const { server } = this.place;
    const before = { health: status.health, status: status.last.status };
    if (verdict === 'up') notePass(status);
    else if (verdict === 'down') noteFailure(status);
    status.last = result;
    status.checked = true;
    this.states.setAgent(server, status);
    const isNews = before.status !== result.status || before.health !== status.health;
    if (this.#logsChecks && isNews && result.status !== 'CHECKED') {
      const { health, rise, fall } = status;
      this.say(LOG_NOTICE, messages.agentCheck(this.name, result, health, rise, fall));
    }
    const cause = this.#cause(result);
    if (verdict === 'down' && this.states.has(server, SERVER_UP)) this.states.setDown(server, cause);
    if (verdict === 'up' && isUp(this.check) && !this.isInMaintenance) this.#comeUp(cause);
  }

  /** Brings a server up that was down. One that its checks keep from new sessions stays so. */
  #comeUp(cause: string): void {
    if (!this.states.has(this.place.server, SERVER_UP)) this.states.setUp(this.place.server, cause);
  }

  /** The traffic has shown so many errors in a row. Returns whether the next check should come soon. */
  judgeTraffic({ server, count, last, sessions }: ObservedErrors): boolean {
    const status = this.check;
    const acts = status !== undefined && this.states.has(server, SERVER_UP) && status.health >= status.rise;
    this.states.decidedOnErrors(server, acts);
    if (!acts) return false;
    const mode = this.place.config.onError ?? 'fail-check';
    if (mode === 'fastinter') return true;
    if (mode === 'sudden-death' && status.health > status.rise) status.health = status.rise + 1;
    if (mode === 'mark-down') status.health = status.rise;
    noteFailure(status);
    const info = `Detected ${count} consecutive errors, last one was: ${messages.OBSERVED_ERRORS[last]}`;
    this.#conclude(status, { status: 'HANA', code: undefined, info, durationMs: -1 }, true, sessions);
    return true;
  }

  /** What `result` and the health that it led to mean for the server. */
  #conclude(status: CheckStatus, result: CheckResult, isNews: boolean, sessions?: number): void {
    const { server } = this.place;
    const { health, rise, fall } = status;
    status.last = result;
    this.states.setHealth(server, health, health > 0 && health < rise + fall - 1);
    this.states.setCheck(server, status);
    if (this.#logsChecks && isNews) {
      this.say(LOG_NOTICE, messages.healthCheck(this.name, result, health, rise, fall));
    }
    const verdict = verdictOf(result.status);
    const cause = this.#cause(result);
    if (health < rise) {
      if (this.states.has(server, SERVER_UP)) this.states.setDown(server, cause, sessions);
    } else if (!isUp(this.agent)) return;
    else if (verdict === 'passed') this.states.setUp(server, cause);
    else if (verdict === 'conditionally passed') this.states.setStopping(server, cause);
  }

  /** The reason of a change, unless the line about the check has given it. */
  #cause(result: CheckResult): string {
    return this.#logsChecks ? '' : `, ${messages.reason(result)}`;
  }

  /** Something is wrong that the operator alone can mend. */
  complain(message: string): void {
    this.#voice.notify('alert', message);
  }

  /** Tells of a check, on standard error and in the logs. */
  say(level: number, message: string): void {
    this.#voice.notify('warning', message);
    this.#voice.log(this.place.proxyIndex, level, message);
  }
}

/** A check that there is not keeps no server down. */
function isUp(status: CheckStatus | undefined): boolean {
  return status === undefined || status.health >= status.rise;
}

function notePass(status: CheckStatus): void {
  status.health++;
  if (status.health >= status.rise) status.health = status.rise + status.fall - 1;
}

function noteFailure(status: CheckStatus): void {
  if (status.health >= status.rise) status.failedChecks++;
  status.health = status.health > status.rise ? status.health - 1 : 0;
}
