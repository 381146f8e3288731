/**
 * The questions to a server's agent, one after another, and what its answers do: to the administrative state, the weight
 * and the limit at once, to the health through server-health.ts. That an agent does not answer says nothing of the server.
 * Specification: configuration manual 5.2 `agent-check`, `agent-inter`; order of the effects as HAProxy 2.6 has it.
 */

import { hasDynamicWeights } from '../../config/balance-syntax.ts';
import type { GlobalConfig, ProxyConfig } from '../../config/model.ts';
import { SERVER_NO_ADDRESS } from '../../state/shared-state.ts';
import { type AgentReply, maxconnOf, parseAgentReply, weightOf } from './agent-reply.ts';
import { CheckDialogue } from './check-dialogue.ts';
import { type DialoguePlan, dialogueTimeouts } from './check-plan.ts';
import { DEFAULT_CONNECT, expecting, type Judgement, sending } from './check-rules.ts';
import { spreadIntervalMs } from './check-schedule.ts';
import type { CheckResult, CheckStatus } from './check-status.ts';
import { initialStatus, type ServerHealth } from './server-health.ts';

const DEFAULT_INTER_MS = 2000;
const DEFAULT_WEIGHT = 1;
/** One word of the agent is enough, either way. */
const RISE = 1;
const FALL = 1;

export class AgentCheck {
  readonly status: CheckStatus = initialStatus(RISE, FALL);
  readonly intervalMs: number;
  readonly #plan: DialoguePlan;
  readonly #health: ServerHealth;
  readonly #proxy: ProxyConfig;
  readonly #spreadPercent: number;
  #timer: NodeJS.Timeout | undefined;
  #dialogue: CheckDialogue | undefined;

  constructor(health: ServerHealth, proxy: ProxyConfig, global: GlobalConfig, spreadPercent: number) {
    this.#health = health;
    this.#proxy = proxy;
    this.#spreadPercent = spreadPercent;
    this.intervalMs = health.place.config.agent.interMs ?? DEFAULT_INTER_MS;
    this.#plan = agentPlan(health, proxy, global.tune.bufsize, this.intervalMs);
    health.agent = this.status;
    health.states.followAgent(health.place.server, this.status);
  }

  start(delayMs: number): void {
    this.#timer = setTimeout(() => void this.#ask(), delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#dialogue?.cancel();
  }

  /** Also in maintenance: only the agent takes back what it has done. */
  async #ask(): Promise<void> {
    const { states, place } = this.#health;
    if (states.asksAgent(place.server) && !states.has(place.server, SERVER_NO_ADDRESS)) {
      this.status.inProgress = true;
      this.#dialogue = new CheckDialogue(this.#plan, {
        stopsOn404: false,
        stateHeader: undefined,
        evaluation: undefined,
      });
      const result = await this.#dialogue.result;
      this.status.inProgress = false;
      if (result.status === 'UNK') return;
      if (result.status === 'L7OK') this.#hear(result);
      else this.#health.judgeAgent(this.status, result, 'neutral');
    }
    this.start(spreadIntervalMs(this.intervalMs, this.#spreadPercent, Math.random()));
  }

  #hear({ info, durationMs }: CheckResult): void {
    const reply = parseAgentReply(info);
    const { states, place } = this.#health;
    // What `ready` makes of the server depends on it.
    if (reply.health?.isUp === true) this.status.health = RISE + FALL - 1;
    if (reply.admin !== undefined) states.setAdministrative(place.server, reply.admin);
    const warning = this.#adjust(reply);
    const described = reply.description === '' ? '' : ` (${reply.description})`;
    if (reply.health !== undefined) {
      const { word, isUp } = reply.health;
      const told = `via agent : ${word}${described}`;
      const result: CheckResult = { status: isUp ? 'L7OK' : 'L7STS', code: 0, info: told, durationMs };
      this.#health.judgeAgent(this.status, result, isUp ? 'up' : 'down');
      return;
    }
    const unknown =
      reply.unknown === undefined ? '' : `agent reports an error : ${reply.unknown}${described}`;
    const told = warning === undefined ? unknown : `agent warns : ${warning}`;
    const result: CheckResult = { status: 'CHECKED', code: undefined, info: told, durationMs };
    this.#health.judgeAgent(this.status, result, 'neutral');
  }

  /** Weight and limit; returns what was wrong with them. */
  #adjust({ weight, maxconn }: AgentReply): string | undefined {
    const { states, place } = this.#health;
    let warning: string | undefined;
    if (weight !== undefined) {
      const configured = place.config.weight ?? DEFAULT_WEIGHT;
      const wanted = weightOf(weight, configured, hasDynamicWeights(this.#proxy));
      if (wanted.ok) states.setWeight(place.server, wanted.value);
      else warning = wanted.fault;
    }
    if (maxconn !== undefined) {
      const wanted = maxconnOf(maxconn);
      if (wanted.ok) states.setMaxconn(place.server, wanted.value);
      else warning = wanted.fault;
    }
    return warning;
  }
}

function agentPlan(
  { place }: ServerHealth,
  proxy: ProxyConfig,
  bufferBytes: number,
  interMs: number,
): DialoguePlan {
  const { agent, check, address, source } = place.config;
  const where = check.address ?? address;
  const family = 'host' in where ? where.family : 'inet';
  const host = agent.host ?? ('host' in where ? where.host : '');
  return {
    sequence: {
      dialect: 'protocol',
      rules: [DEFAULT_CONNECT, sending(agent.send ?? ''), expecting({ type: 'reply', judge: judgeLine })],
      implicitConnect: true,
      disableOn404: false,
    },
    target: { family, host, port: agent.port ?? 0 },
    source: source?.address ?? proxy.source?.address,
    proxyHeader: undefined,
    socks4: undefined,
    ownSendProxy: undefined,
    ownSocks4: undefined,
    bufferBytes,
    ...dialogueTimeouts(proxy, interMs),
  };
}

/** An answer ends with its first line. One that does not come to its end counts as none. */
function judgeLine(received: string, final: boolean): Judgement {
  const end = received.search(/[\r\n]/);
  if (end >= 0) return { passed: true, info: received.slice(0, end) };
  return final ? { passed: false, status: 'L7TOUT' } : 'more';
}
