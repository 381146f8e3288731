/**
 * The checks of one server, one after another: when the next one comes, what its result does to the server's health,
 * and what is said about it. Specification: configuration manual 5.2 `inter`, `rise`, `fall`, 4.2
 * `option log-health-checks`, `http-check disable-on-404`.
 */
import type { ProxyConfig } from '../../config/model.ts';
import {
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_QUEUED,
  SERVER_MAINT,
  SERVER_NO_ADDRESS,
  SERVER_UP,
  SRV_QUEUED,
  SRV_SERVED,
} from '../../state/shared-state.ts';
import { CheckAttempt } from './check-attempt.ts';
import * as messages from './check-messages.ts';
import { type CheckPlan, checkPlan } from './check-plan.ts';
import { spreadIntervalMs } from './check-schedule.ts';
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

export class ServerCheck {
  readonly status: CheckStatus;
  readonly plan: CheckPlan;
  /** A 404 may keep a server from getting new sessions, but brings none back that is down. */
  readonly #planWhenDown: CheckPlan;
  readonly #place: ServerPlace;
  readonly #proxy: ProxyConfig;
  readonly #states: ServerStates;
  readonly #voice: CheckVoice;
  readonly #name: messages.ServerName;
  readonly #logsChecks: boolean;
  readonly #spreadPercent: number;
  #timer: NodeJS.Timeout | undefined;
  #attempt: CheckAttempt | undefined;
  #checked = false;

  constructor(
    place: ServerPlace,
    proxy: ProxyConfig,
    states: ServerStates,
    voice: CheckVoice,
    spreadPercent: number,
  ) {
    this.#place = place;
    this.#proxy = proxy;
    this.#states = states;
    this.#voice = voice;
    this.#spreadPercent = spreadPercent;
    this.plan = checkPlan(proxy, place.config);
    const { http } = this.plan;
    this.#planWhenDown = { ...this.plan, http: http && { ...http, disableOn404: false } };
    this.#name = { backend: proxy.name, server: place.config.name, isBackup: place.config.backup };
    this.#logsChecks = proxy.options.get('log-health-checks') === true;
    const { rise, fall } = this.plan;
    this.status = {
      enabled: true,
      inProgress: false,
      last: { status: 'INI', code: undefined, info: '', durationMs: 0 },
      health: rise,
      rise,
      fall,
      failedChecks: 0,
      downTransitions: 0,
    };
    // Up, but not trusted yet: the first check that fails takes the server down.
    states.setHealth(place.server, rise, false);
    states.setCheck(place.server, this.status);
  }

  /** The interval before the next check. */
  get intervalMs(): number {
    const { health, rise, fall } = this.status;
    if (this.#checked && health === rise + fall - 1) return this.plan.interMs;
    return this.#checked && health === 0 ? this.plan.downInterMs : this.plan.fastInterMs;
  }

  get #isUp(): boolean {
    return this.status.health >= this.status.rise;
  }

  start(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#check(), delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#attempt?.cancel();
  }

  async #check(): Promise<void> {
    const { server } = this.#place;
    if (!this.#states.has(server, SERVER_MAINT | SERVER_NO_ADDRESS)) {
      this.status.inProgress = true;
      this.#attempt = new CheckAttempt(this.#isUp ? this.plan : this.#planWhenDown);
      const result = await this.#attempt.result;
      this.status.inProgress = false;
      if (result.status === 'UNK') return;
      // It may have been put in maintenance meanwhile: then the result counts for nothing.
      if (!this.#states.has(server, SERVER_MAINT)) this.#judge(result);
    }
    this.start(spreadIntervalMs(this.intervalMs, this.#spreadPercent, Math.random()));
  }

  #judge(result: CheckResult): void {
    const { status } = this;
    const before = { health: status.health, status: status.last.status };
    status.last = result;
    this.#checked = true;
    const verdict = verdictOf(result.status);
    if (verdict === 'failed') this.#failed();
    else this.#passed();
    const top = status.rise + status.fall - 1;
    this.#states.setHealth(this.#place.server, status.health, status.health > 0 && status.health < top);
    this.#states.setCheck(this.#place.server, status);
    if (this.#logsChecks && (before.status !== result.status || before.health !== status.health)) {
      const { health, rise, fall } = status;
      this.#say(LOG_NOTICE, messages.healthCheck(this.#name, result, health, rise, fall));
    }
    if (!this.#isUp) this.#goDown(result);
    else if (verdict === 'passed') this.#comeUp(result);
    else if (verdict === 'conditionally passed') this.#stopTraffic(result);
  }

  #passed(): void {
    const { status } = this;
    status.health++;
    if (status.health >= status.rise) status.health = status.rise + status.fall - 1;
  }

  #failed(): void {
    const { status } = this;
    if (status.health >= status.rise) status.failedChecks++;
    status.health = status.health > status.rise ? status.health - 1 : 0;
  }

  #goDown(result: CheckResult): void {
    const { server } = this.#place;
    if (!this.#states.has(server, SERVER_UP)) return;
    this.status.downTransitions++;
    const lost = this.#states.change(server, 0, SERVER_UP | SERVER_STOPPING);
    this.#say(LOG_ALERT, messages.serverDown(this.#name, this.#told(result), this.#counts()));
    if (lost) this.#sayNoServer();
  }

  #comeUp(result: CheckResult): void {
    const { server } = this.#place;
    if (this.#states.has(server, SERVER_UP) && !this.#states.has(server, SERVER_STOPPING)) return;
    this.#states.change(server, SERVER_UP, SERVER_STOPPING);
    this.#say(LOG_NOTICE, messages.serverBack(this.#name, 'UP', this.#told(result), this.#counts()));
  }

  #stopTraffic(result: CheckResult): void {
    const { server } = this.#place;
    if (this.#states.has(server, SERVER_STOPPING)) return;
    const lost = this.#states.change(server, SERVER_UP | SERVER_STOPPING, 0);
    this.#say(LOG_NOTICE, messages.serverBack(this.#name, 'stopping', this.#told(result), this.#counts()));
    if (lost) this.#sayNoServer();
  }

  /** The reason of a change, unless the line about the check has given it. */
  #told(result: CheckResult): CheckResult | undefined {
    return this.#logsChecks ? undefined : result;
  }

  #counts(): messages.FarmCounts {
    const { server } = this.#place;
    return {
      active: this.#states.proxyWord(server, BE_ACTIVE_SERVERS),
      backup: this.#states.proxyWord(server, BE_BACKUP_SERVERS),
      sessions: this.#states.word(server, SRV_SERVED),
      requeued: this.#states.word(server, SRV_QUEUED),
      queued: this.#states.proxyWord(server, BE_QUEUED),
    };
  }

  #say(level: number, message: string): void {
    this.#voice.notify('warning', message);
    this.#voice.log(this.#place.proxyIndex, level, message);
  }

  #sayNoServer(): void {
    this.#voice.notify('alert', messages.noServerLeft(this.#proxy.name, this.#proxy.kind === 'listen', true));
    this.#voice.log(
      this.#place.proxyIndex,
      LOG_EMERGENCY,
      messages.noServerLeft(this.#proxy.name, this.#proxy.kind === 'listen', false),
    );
  }
}
