/**
 * The health checks of one server, one after another: when the next one comes. What a result does to the server is the
 * business of server-health.ts. Specification: configuration manual 5.2 `inter`, `fastinter`, `downinter`.
 */
import { hostname } from 'node:os';
import type { GlobalConfig, ProxyConfig } from '../../config/model.ts';
import { SERVER_CHECKED, SERVER_MAINT, SERVER_NO_ADDRESS, SRV_HEALTH } from '../../state/shared-state.ts';
import { backendCheck } from './check-config.ts';
import { CheckDialogue, type CheckEvaluation } from './check-dialogue.ts';
import { type CheckPlan, checkPlan } from './check-plan.ts';
import { isEvaluated } from './check-rules.ts';
import type { CheckSamples } from './check-samples.ts';
import { spreadIntervalMs } from './check-schedule.ts';
import { CheckScope, checkPlace } from './check-scope.ts';
import type { CheckStatus, RunningCheck } from './check-status.ts';
import { ExternalCheck, type ExternalProgram, externalProgram } from './external-check.ts';
import { initialStatus, type ServerHealth } from './server-health.ts';
import { stateHeader } from './state-header.ts';

export class ServerCheck {
  readonly status: CheckStatus;
  readonly plan: CheckPlan;
  readonly #health: ServerHealth;
  readonly #spreadPercent: number;
  readonly #node: string;
  readonly #sendsState: boolean;
  readonly #external: ExternalProgram | undefined;
  /** Of the rules' formats and expressions, where there are any. */
  #evaluation: CheckEvaluation | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempt: RunningCheck | undefined;
  /** When the timer fires, on the clock of `performance.now()`. */
  #dueMs = 0;

  constructor(
    health: ServerHealth,
    proxy: ProxyConfig,
    global: GlobalConfig,
    spreadPercent: number,
    samples: CheckSamples,
  ) {
    this.#health = health;
    this.#spreadPercent = spreadPercent;
    const { server, config } = health.place;
    this.plan = checkPlan(proxy, config, global.tune.bufsize);
    const { rise, fall } = this.plan;
    this.#node = global.node ?? hostname();
    this.#sendsState = backendCheck.read(proxy)?.sendState === true;
    this.#external = externalProgram(proxy, config);
    const { sequence } = this.plan;
    if (sequence.rules.some(isEvaluated)) {
      const scope = new CheckScope(
        checkPlace(health, sequence.dialect === 'http', global.tune.httpMaxHeaders),
      );
      this.#evaluation = { samples, scope };
    }
    this.status = initialStatus(rise, fall, health.states.word(server, SRV_HEALTH));
    health.check = this.status;
    // Up, but not trusted yet: the first check that fails takes the server down.
    health.states.follow(server, this.status);
  }

  /** Time until the next check. */
  get intervalMs(): number {
    const { checked, health, rise, fall } = this.status;
    if (checked && health === rise + fall - 1) return this.plan.interMs;
    return checked && health === 0 ? this.plan.downInterMs : this.plan.fastInterMs;
  }

  get #isUp(): boolean {
    return this.status.health >= this.status.rise;
  }

  start(delayMs: number): void {
    this.#dueMs = performance.now() + delayMs;
    this.#timer = setTimeout(() => void this.#check(), delayMs);
  }

  /** The next check comes after `fastinter` at the latest: something seems to be wrong. */
  hurry(): void {
    const { fastInterMs } = this.plan;
    if (this.status.inProgress || this.#dueMs - performance.now() <= fastInterMs) return;
    clearTimeout(this.#timer);
    this.start(fastInterMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#attempt?.cancel();
  }

  async #check(): Promise<void> {
    const { states, place } = this.#health;
    const { server } = place;
    if (states.has(server, SERVER_CHECKED) && !states.has(server, SERVER_MAINT | SERVER_NO_ADDRESS)) {
      this.status.inProgress = true;
      this.#attempt = this.#begin();
      const result = await this.#attempt.result;
      this.status.inProgress = false;
      if (result.status === 'UNK') return;
      // It may have been put in maintenance meanwhile: then the result counts for nothing.
      if (!this.#health.isInMaintenance) this.#health.judgeCheck(this.status, result);
    }
    this.start(spreadIntervalMs(this.intervalMs, this.#spreadPercent, Math.random()));
  }

  #begin(): RunningCheck {
    if (this.#external !== undefined) {
      return new ExternalCheck(this.#external, this.#health, this.plan.connectTimeoutMs);
    }
    this.#evaluation?.scope.begin();
    return new CheckDialogue(this.plan, {
      evaluation: this.#evaluation,
      // A 404 may keep a server from getting new sessions, but brings none back that is down.
      stopsOn404: this.#isUp && this.plan.sequence.disableOn404,
      stateHeader: this.#sendsState ? stateHeader(this.#health, this.status, this.#node) : undefined,
    });
  }
}
