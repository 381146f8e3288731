/**
 * Starts the health checks of all servers and keeps what they found.
 * Runs on the main thread, over shared memory that holds the servers' initial states, once the data threads accept.
 */
import './keywords.ts';
import { checkSpread } from '../../config/keywords/global-limits.ts';
import type { Configuration, ProxyConfig } from '../../config/model.ts';
import type { PatternStore } from '../../expr/patterns/pattern-store.ts';
import type { ObservedErrors } from '../../state/observed-errors.ts';
import type { SharedState } from '../../state/shared-state.ts';
import { AgentCheck } from './agent-check.ts';
import { CheckSamples } from './check-samples.ts';
import { firstDelaysMs } from './check-schedule.ts';
import type { CheckStatus } from './check-status.ts';
import { ServerCheck } from './server-check.ts';
import { ServerHealth } from './server-health.ts';
import { ServerStates, type StateServices } from './server-state.ts';
import { serverPlaces } from './server-words.ts';

export interface RunningChecks {
  /** Where states are changed by whoever else may. */
  readonly states: ServerStates;
  /** What data threads have seen of a server. */
  observed(errors: ObservedErrors): void;
  /** What is known of a server's checks, by the index of its shared words; undefined when not checked. */
  status(server: number): CheckStatus | undefined;
  stop(): void;
}

export function startChecks(
  configuration: Configuration,
  shared: SharedState,
  patterns: PatternStore,
  services: StateServices,
): RunningChecks {
  const states = new ServerStates(configuration, shared, services);
  const samples = new CheckSamples(configuration, shared, patterns, (text) =>
    services.notify('warning', text),
  );
  const spread = checkSpread.read(configuration.global) ?? { percent: 0, maxMs: undefined };
  const checks = new Map<number, ServerCheck>();
  const healths = new Map<number, ServerHealth>();
  const list: (ServerCheck | AgentCheck)[] = [];
  for (const place of serverPlaces(configuration)) {
    const proxy = configuration.proxies[place.proxyIndex] as ProxyConfig;
    const { check, agent } = place.config;
    if (proxy.disabled || !(check.enabled || agent.enabled)) continue;
    const health = new ServerHealth(place, proxy, states, services);
    healths.set(place.server, health);
    if (check.enabled) {
      const checking = new ServerCheck(health, proxy, configuration.global, spread.percent, samples);
      checks.set(place.server, checking);
      list.push(checking);
    }
    if (agent.enabled) list.push(new AgentCheck(health, proxy, configuration.global, spread.percent));
  }
  const delays = firstDelaysMs(
    list.map((check) => check.intervalMs),
    spread.maxMs,
  );
  states.resumeSlowStarts();
  list.forEach((check, at) => {
    check.start(delays[at] ?? 0);
  });
  return {
    states,
    observed: (errors) => {
      if (healths.get(errors.server)?.judgeTraffic(errors) === true) checks.get(errors.server)?.hurry();
    },
    status: (server) => checks.get(server)?.status,
    stop: () => {
      for (const check of list) check.stop();
      states.stop();
    },
  };
}
