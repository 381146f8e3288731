/**
 * What the results of a server's checks do to it: its health counts, when it goes down, comes back or stops taking new
 * traffic, and what is said about it. It runs no check, and changes what others see only through ServerStates.
 * Specification: configuration manual 5.2 `rise`, `fall`, 4.2 `option log-health-checks`, `http-check disable-on-404`.
 */
import type { ProxyConfig } from '../../config/model.ts';
import {
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_QUEUED,
  SERVER_MAINT,
  SERVER_UP,
  SRV_QUEUED,
  SRV_SERVED,
} from '../../state/shared-state.ts';
import * as messages from './check-messages.ts';
import { type CheckResult, type CheckStatus, verdictOf } from './check-status.ts';
import { SERVER_STOPPING, type ServerPlace, type ServerStates } from './server-state.ts';

/** Levels of syslog. */
const LOG_EMERGENCY = 0;
const LOG_ALERT = 1;
const LOG_NOTICE = 5;

/** How checks reach the operator. */
export interface CheckVoice {
  /** To standard error, in the form of the program's other messages: `[WARNING]  (pid) : message`. */
  notify(severity: 'warning' | 'alert', message: string): void;
  /** To the log targets of a proxy, at a level of syslog. */
  log(proxyIndex: number, level: number, message: string): void;
}

/** A status before the first result: one failure short of going down. */
export function initialStatus(rise: number, fall: number): CheckStatus {
  return {
    enabled: true,
    inProgress: false,
    last: { status: 'INI', code: undefined, info: '', durationMs: 0 },
    checked: false,
    health: rise,
    rise,
    fall,
    failedChecks: 0,
    downTransitions: 0,
  };
}

export class ServerHealth {
  readonly place: ServerPlace;
  readonly proxy: ProxyConfig;
  readonly states: ServerStates;
  readonly name: messages.ServerName;
  /** Of the server's health check; undefined when there is none. */
  check: CheckStatus | undefined;
  readonly #voice: CheckVoice;
  readonly #logsChecks: boolean;

  constructor(place: ServerPlace, proxy: ProxyConfig, states: ServerStates, voice: CheckVoice) {
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
    const { server } = this.place;
    const before = { health: status.health, status: status.last.status };
    status.last = result;
    status.checked = true;
    const verdict = verdictOf(result.status);
    if (verdict === 'failed') noteFailure(status);
    else notePass(status);
    const top = status.rise + status.fall - 1;
    this.states.setHealth(server, status.health, status.health > 0 && status.health < top);
    this.states.setCheck(server, status);
    if (this.#logsChecks && (before.status !== result.status || before.health !== status.health)) {
      const { health, rise, fall } = status;
      this.say(LOG_NOTICE, messages.healthCheck(this.name, result, health, rise, fall));
    }
    if (status.health < status.rise) this.#goDown(status, result);
    else if (verdict === 'passed') this.#comeUp(result);
    else if (verdict === 'conditionally passed') this.#stopTraffic(result);
  }

  #goDown(status: CheckStatus, result: CheckResult): void {
    const { server } = this.place;
    if (!this.states.has(server, SERVER_UP)) return;
    status.downTransitions++;
    const lost = this.states.change(server, 0, SERVER_UP | SERVER_STOPPING);
    this.say(LOG_ALERT, messages.serverDown(this.name, this.#told(result), this.counts()));
    if (lost) this.sayNoServer();
  }

  #comeUp(result: CheckResult): void {
    const { server } = this.place;
    if (this.states.has(server, SERVER_UP) && !this.states.has(server, SERVER_STOPPING)) return;
    this.states.change(server, SERVER_UP, SERVER_STOPPING);
    this.say(LOG_NOTICE, messages.serverBack(this.name, 'UP', this.#told(result), this.counts()));
  }

  #stopTraffic(result: CheckResult): void {
    const { server } = this.place;
    if (this.states.has(server, SERVER_STOPPING)) return;
    const lost = this.states.change(server, SERVER_UP | SERVER_STOPPING, 0);
    this.say(LOG_NOTICE, messages.serverBack(this.name, 'stopping', this.#told(result), this.counts()));
    if (lost) this.sayNoServer();
  }

  /** The reason of a change, unless the line about the check has given it. */
  #told(result: CheckResult): CheckResult | undefined {
    return this.#logsChecks ? undefined : result;
  }

  counts(): messages.FarmCounts {
    const { server } = this.place;
    return {
      active: this.states.proxyWord(server, BE_ACTIVE_SERVERS),
      backup: this.states.proxyWord(server, BE_BACKUP_SERVERS),
      sessions: this.states.word(server, SRV_SERVED),
      requeued: this.states.word(server, SRV_QUEUED),
      queued: this.states.proxyWord(server, BE_QUEUED),
    };
  }

  /** Tells of a change, on standard error and in the logs. */
  say(level: number, message: string): void {
    this.#voice.notify('warning', message);
    this.#voice.log(this.place.proxyIndex, level, message);
  }

  /** Tells that the backend has just lost its last server. */
  sayNoServer(): void {
    const { name, kind } = this.proxy;
    this.#voice.notify('alert', messages.noServerLeft(name, kind === 'listen', true));
    const message = messages.noServerLeft(name, kind === 'listen', false);
    this.#voice.log(this.place.proxyIndex, LOG_EMERGENCY, message);
  }
}

function notePass(status: CheckStatus): void {
  status.health++;
  if (status.health >= status.rise) status.health = status.rise + status.fall - 1;
}

function noteFailure(status: CheckStatus): void {
  if (status.health >= status.rise) status.failedChecks++;
  status.health = status.health > status.rise ? status.health - 1 : 0;
}
