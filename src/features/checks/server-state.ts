/**
 * The one place that changes what all threads know of a server's state: operational (down, up, stopping), administrative
 * (maintenance, drain, forced or inherited), weight. A change brings with it all that follows: the backend's counts, the
 * servers that track this one, the slow start, the lines about it, the sessions that end, and BE_GENERATION, so that
 * balancers look again. The main thread alone writes; data threads read.
 * Specification: configuration manual 5.2 `track`, `slowstart`, `on-marked-down`, `on-marked-up`; management manual 9.3
 * `set server`, `show servers state`; what HAProxy 2.6 does and says at each step.
 */
import { hasDynamicWeights } from '../../config/balance-syntax.ts';
import type { Configuration, ProxyConfig, ServerConfig } from '../../config/model.ts';
import { layoutOf } from '../../state/layout.ts';
import type { SessionShutdown } from '../../state/messages.ts';
import {
  OP_RUNNING,
  OP_STARTING,
  OP_STOPPED,
  OP_STOPPING,
  operationalState,
  stateBits,
} from '../../state/operational-state.ts';
import { slotLimit } from '../../state/server-slots.ts';
import { TEXT_LAST_AGENT, TEXT_LAST_CHECK } from '../../state/server-texts.ts';
import { storeWeight } from '../../state/server-weight.ts';
import {
  ADMIN_DRAIN,
  ADMIN_FORCED_DRAIN,
  ADMIN_FORCED_MAINT,
  ADMIN_INHERITED_DRAIN,
  ADMIN_INHERITED_MAINT,
  ADMIN_MAINT,
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_GENERATION,
  BE_QUEUED,
  SERVER_CHECKED,
  SERVER_OUT_OF_USE,
  SERVER_UP,
  SERVER_WARMING,
  type SharedState,
  SRV_ADMIN,
  SRV_AGENT_CODE,
  SRV_AGENT_DURATION_MS,
  SRV_AGENT_HEALTH,
  SRV_AGENT_STATUS,
  SRV_CHECK_CODE,
  SRV_CHECK_DURATION_MS,
  SRV_CHECK_STATUS,
  SRV_DOWN_TRANSITIONS,
  SRV_DOWNTIME_S,
  SRV_ERRORS_IN_A_ROW,
  SRV_FAILED_CHECKS,
  SRV_HEALTH,
  SRV_LAST_CHANGE_S,
  SRV_MAXCONN,
  SRV_OBSERVED_FAILURES,
  SRV_QUEUED,
  SRV_SERVED,
  SRV_STATE,
  SRV_WEIGHT,
} from '../../state/shared-state.ts';
import { type Tracking, trackingOf } from '../../state/tracking.ts';
import { CHECK_CODES, type CheckStatus } from './check-status.ts';
import { countFarm, isUsable, nowSeconds } from './farm-counts.ts';
import { SlowStarts } from './slow-start.ts';
import * as messages from './state-messages.ts';

/** Levels of syslog. */
export const LOG_EMERGENCY = 0;
export const LOG_ALERT = 1;
export const LOG_NOTICE = 5;

export interface ServerPlace {
  readonly proxyIndex: number;
  /** Index of the server's shared words. */
  readonly server: number;
  readonly config: ServerConfig;
}

/** How states reach the operator. */
export interface StateVoice {
  /** To standard error, in the form of the program's other messages: `[WARNING]  (pid) : message`. */
  notify(severity: 'warning' | 'alert', message: string): void;
  /** To the log targets of a proxy, at a level of syslog. */
  log(proxyIndex: number, level: number, message: string): void;
}

/** What a change needs of others. */
export interface StateServices extends StateVoice {
  /** The data threads look at their queues again, and end these sessions. */
  serversChanged(shutdowns: readonly SessionShutdown[]): void;
}

/** Every server of the configuration with its indices, in the order of the files. */
export function serverPlaces(configuration: Configuration): ServerPlace[] {
  const { firstServer } = layoutOf(configuration);
  return configuration.proxies.flatMap((proxy, proxyIndex) =>
    proxy.servers.map((config, at) => ({
      proxyIndex,
      server: (firstServer[proxyIndex] as number) + at,
      config,
    })),
  );
}

export class ServerStates {
  readonly #configuration: Configuration;
  readonly #shared: SharedState;
  readonly #services: StateServices;
  readonly #tracking: Tracking;
  readonly #places = new Map<number, ServerPlace>();
  readonly #byProxy: readonly (readonly ServerPlace[])[];
  /** The counters of servers that are checked: a state that is forced sets them too. */
  readonly #checks = new Map<number, CheckStatus>();
  readonly #agents = new Map<number, CheckStatus>();
  /** Servers whose agents are not asked any more. */
  readonly #silenced = new Set<number>();
  readonly #slowStarts: SlowStarts;
  #quiet = false;
  #depth = 0;
  /** Of the server that goes down, where they were counted before. */
  #sessions: number | undefined;
  #changed = false;
  #shutdowns: SessionShutdown[] = [];

  constructor(configuration: Configuration, shared: SharedState, services: StateServices) {
    this.#configuration = configuration;
    this.#shared = shared;
    this.#services = services;
    this.#tracking = trackingOf(configuration);
    this.#slowStarts = new SlowStarts(shared, (server, isOver) => this.#onSlowStart(server, isOver));
    const places = serverPlaces(configuration);
    for (const place of places) this.#places.set(place.server, place);
    this.#byProxy = configuration.proxies.map((_proxy, index) =>
      places.filter(({ proxyIndex }) => proxyIndex === index),
    );
  }

  // ---- what is known ------------------------------------------------------------------------------------------

  place(server: number): ServerPlace {
    return this.#places.get(server) as ServerPlace;
  }

  proxy(server: number): ProxyConfig {
    return this.#configuration.proxies[this.place(server).proxyIndex] as ProxyConfig;
  }

  /** One of OP_…. */
  operational(server: number): number {
    return operationalState(this.word(server, SRV_STATE));
  }

  /** Bits of ADMIN_…. */
  administrative(server: number): number {
    return this.word(server, SRV_ADMIN);
  }

  has(server: number, bits: number): boolean {
    return (this.word(server, SRV_STATE) & bits) !== 0;
  }

  word(server: number, word: number): number {
    return Atomics.load(this.#shared.words, this.#shared.serverWords(server) + word);
  }

  proxyWord(server: number, word: number): number {
    const base = this.#shared.proxyWords(this.place(server).proxyIndex);
    return Atomics.load(this.#shared.words, base + word);
  }

  // ---- checks -------------------------------------------------------------------------------------------------

  /** From here on `status.health` follows when the server's state is forced. */
  follow(server: number, status: CheckStatus): void {
    this.#checks.set(server, status);
    this.setHealth(server, status.health, false);
    this.setCheck(server, status);
  }

  /** From here on what `status` says of the agent counts when the server leaves maintenance. */
  followAgent(server: number, status: CheckStatus): void {
    this.#agents.set(server, status);
    this.setAgent(server, status);
  }

  /** What the agent said last, for the statistics of the data threads. */
  setAgent(server: number, { last, health }: CheckStatus): void {
    const { words } = this.#shared;
    const base = this.#shared.serverWords(server);
    const known = this.asksAgent(server) ? CHECK_CODES.indexOf(last.status) + 1 : 0;
    Atomics.store(words, base + SRV_AGENT_STATUS, known);
    Atomics.store(words, base + SRV_AGENT_CODE, last.code === undefined ? 0 : last.code + 1);
    Atomics.store(words, base + SRV_AGENT_DURATION_MS, Math.round(last.durationMs));
    Atomics.store(words, base + SRV_AGENT_HEALTH, health);
    this.#shared.texts.write(server, TEXT_LAST_AGENT, last.info);
  }

  /** What the weights of the servers that take traffic now add up to: of the active ones, or else of the backups. */
  usableWeight(server: number): number {
    const weights = [0, 0];
    for (const place of this.#byProxy[this.place(server).proxyIndex] ?? []) {
      if (!isUsable(this.#shared, place.server)) continue;
      const kind = place.config.backup ? 1 : 0;
      weights[kind] = (weights[kind] as number) + this.word(place.server, SRV_WEIGHT);
    }
    return weights[0] || (weights[1] as number);
  }

  /** The check counter; `warming` while it is neither at its top nor at 0. */
  setHealth(server: number, health: number, warming: boolean): void {
    const words = this.#shared.serverWords(server);
    Atomics.store(this.#shared.words, words + SRV_HEALTH, health);
    if (warming) Atomics.or(this.#shared.words, words + SRV_STATE, SERVER_WARMING);
    else Atomics.and(this.#shared.words, words + SRV_STATE, ~SERVER_WARMING);
  }

  /** What the last check found, for the statistics of the data threads. */
  setCheck(server: number, status: CheckStatus): void {
    const { words } = this.#shared;
    const base = this.#shared.serverWords(server);
    Atomics.store(words, base + SRV_CHECK_STATUS, CHECK_CODES.indexOf(status.last.status) + 1);
    Atomics.store(words, base + SRV_CHECK_CODE, status.last.code ?? 0);
    Atomics.store(words, base + SRV_CHECK_DURATION_MS, Math.round(status.last.durationMs));
    Atomics.store(words, base + SRV_FAILED_CHECKS, status.failedChecks);
    this.#shared.texts.write(server, TEXT_LAST_CHECK, status.last.info);
  }

  /** Data threads may count errors of the traffic again; `acted`: these ones had a consequence. */
  decidedOnErrors(server: number, acted: boolean): void {
    const words = this.#shared.serverWords(server);
    if (acted) Atomics.add(this.#shared.words, words + SRV_OBSERVED_FAILURES, 1);
    // Below -1 stands what went wrong in the meantime.
    const at = words + SRV_ERRORS_IN_A_ROW;
    for (let count = Atomics.load(this.#shared.words, at); count < 0; ) {
      const found = Atomics.compareExchange(this.#shared.words, at, count, -1 - count);
      if (found === count) return;
      count = found;
    }
  }

  /** The check counter without a check: at its top, at `rise`, or at 0. */
  #forceHealth(server: number, to: 'top' | 'rise' | 'bottom'): void {
    const status = this.#checks.get(server);
    const { rise = 2, fall = 3 } = status ?? this.place(server).config.check;
    const health = to === 'top' ? rise + fall - 1 : to === 'rise' ? rise : 0;
    if (status !== undefined) status.health = health;
    this.setHealth(server, health, to === 'rise' && fall > 1);
  }

  // ---- the operational state ----------------------------------------------------------------------------------

  /**
   * Its checks have failed, or something else says so. `cause` with its separator: `, reason: …`; '' for none.
   * `sessions`: how many it had when that was found out.
   */
  setDown(server: number, cause: string, sessions = this.word(server, SRV_SERVED)): void {
    this.#sessions = sessions;
    this.#update(server, OP_STOPPED, this.administrative(server), cause);
    this.#sessions = undefined;
  }

  setUp(server: number, cause: string): void {
    this.#update(server, this.#runningState(server), this.administrative(server), cause);
  }

  /** Up, but for persistent sessions only. */
  setStopping(server: number, cause: string): void {
    this.#update(server, OP_STOPPING, this.administrative(server), cause);
  }

  /** `set server health`: whatever the checks say, until they say it again. Not for servers that track others. */
  forceHealth(server: number, to: 'up' | 'stopping' | 'down', cause: string): void {
    this.#forceHealth(server, to === 'down' ? 'bottom' : 'top');
    if (to === 'down') this.setDown(server, cause);
    else if (to === 'up') this.setUp(server, cause);
    else this.setStopping(server, cause);
  }

  /** `set server agent`: whatever the agent says, until it says it again. False without an agent. */
  forceAgent(server: number, to: 'up' | 'down', cause: string): boolean {
    const status = this.#agents.get(server);
    if (status === undefined || !this.asksAgent(server)) return false;
    status.health = to === 'up' ? status.rise + status.fall - 1 : 0;
    this.setAgent(server, status);
    if (to === 'up') this.setUp(server, cause);
    else this.setDown(server, cause);
    return true;
  }

  asksAgent(server: number): boolean {
    return !this.#silenced.has(server);
  }

  /** Whether the agent is asked on, of a server that has one. */
  setAgentAsked(server: number, on: boolean): boolean {
    const status = this.#agents.get(server);
    if (status === undefined) return false;
    if (on) this.#silenced.delete(server);
    else this.#silenced.add(server);
    this.setAgent(server, status);
    return true;
  }

  /** Whether checks go on, of a server that has any. Its state stays as it is. */
  setChecked(server: number, on: boolean): boolean {
    if (!this.place(server).config.check.enabled) return false;
    const state = this.#shared.serverWords(server) + SRV_STATE;
    if (on) Atomics.or(this.#shared.words, state, SERVER_CHECKED);
    else Atomics.and(this.#shared.words, state, ~SERVER_CHECKED);
    return true;
  }

  /** What "up" is for this server now. */
  #runningState(server: number): number {
    const op = this.operational(server);
    if (op === OP_STARTING || op === OP_RUNNING) return op;
    return this.place(server).config.slowstartS > 0 ? OP_STARTING : OP_RUNNING;
  }

  // ---- the administrative state -------------------------------------------------------------------------------

  /** `set server state`, `enable server`, `disable server`. */
  setAdministrative(server: number, to: 'ready' | 'drain' | 'maint', cause = ''): void {
    if (to === 'maint') this.addAdministrative(server, ADMIN_FORCED_MAINT, cause);
    if (to === 'drain') this.addAdministrative(server, ADMIN_FORCED_DRAIN, cause);
    if (to !== 'maint') this.removeAdministrative(server, ADMIN_FORCED_MAINT);
    if (to !== 'drain') this.removeAdministrative(server, ADMIN_FORCED_DRAIN);
  }

  addAdministrative(server: number, flag: number, cause = ''): void {
    this.#update(server, this.operational(server), this.administrative(server) | flag, cause);
  }

  removeAdministrative(server: number, flag: number, cause = ''): void {
    const admin = this.administrative(server);
    const after = admin & ~flag;
    const leavesMaintenance = (admin & ADMIN_MAINT) !== 0 && (after & ADMIN_MAINT) === 0;
    this.#update(
      server,
      leavesMaintenance ? this.#stateBehindMaintenance(server) : this.operational(server),
      after,
      cause,
    );
  }

  /**
   * What a server is that nothing keeps in maintenance any more: that of the one it tracks, or up, unless
   * its agent says otherwise.
   */
  #stateBehindMaintenance(server: number): number {
    const agent = this.#agents.get(server);
    if (agent !== undefined && agent.health < agent.rise) return OP_STOPPED;
    const tracked = this.#tracking.tracked(server);
    return tracked === undefined ? this.#runningState(server) : this.#inheritedState(server, tracked);
  }

  #inheritedState(server: number, tracked: number): number {
    const op = this.operational(tracked);
    return op === OP_STOPPED || op === OP_STOPPING ? op : this.#runningState(server);
  }

  // ---- the weight ---------------------------------------------------------------------------------------------

  /** 0 to 256. A slow start goes on. */
  setWeight(server: number, weight: number): void {
    storeWeight(this.#shared.words, this.#shared.serverWords(server), weight);
    this.#within(() => {
      this.#runSlowStart(server);
      const lost = this.#count(this.place(server).proxyIndex);
      if ((this.administrative(server) & ADMIN_MAINT) === 0) this.#tellOfLastingDrain(server);
      if (lost) this.#sayNoServer(server);
    });
  }

  /** 0: no limit. Requests that wait may find a place now. */
  setMaxconn(server: number, maxconn: number): void {
    const word = this.#shared.serverWords(server) + SRV_MAXCONN;
    if (Atomics.exchange(this.#shared.words, word, maxconn) === maxconn) return;
    this.#within(() => this.#announce(this.place(server).proxyIndex));
  }

  // ---- a change and what follows from it ----------------------------------------------------------------------

  #update(server: number, wantedOp: number, admin: number, cause: string): void {
    const beforeOp = this.operational(server);
    const beforeAdmin = this.administrative(server);
    const op = (admin & ADMIN_MAINT) !== 0 ? OP_STOPPED : wantedOp;
    if (op === beforeOp && admin === beforeAdmin) return;
    this.#within(() => {
      const lost = this.#store(server, op, admin);
      this.#runSlowStart(server);
      const wasInMaintenance = (beforeAdmin & ADMIN_MAINT) !== 0;
      const isInMaintenance = (admin & ADMIN_MAINT) !== 0;
      if (isInMaintenance) {
        if (wasInMaintenance) this.#tellOfLastingMaintenance(server, beforeAdmin, admin);
        else this.#enterMaintenance(server, beforeOp, beforeAdmin, cause);
        if (lost) this.#sayNoServer(server);
      } else {
        if (wasInMaintenance) this.#leaveMaintenance(server, beforeAdmin);
        else if (op !== beforeOp) this.#changeOperational(server, beforeOp, beforeAdmin, cause);
        const entersDrain = !wasInMaintenance && (beforeAdmin & ADMIN_DRAIN) === 0;
        if ((admin & ADMIN_DRAIN) === 0) {
          if (!wasInMaintenance && !entersDrain)
            this.#say(server, LOG_NOTICE, messages.leavesDrain(this.#name(server), op));
        } else if (entersDrain) {
          const counts = this.#counts(server, op, true);
          this.#say(server, LOG_NOTICE, messages.entersDrain(this.#name(server), op, cause, counts));
        } else this.#tellOfLastingDrain(server);
        if (lost) this.#sayNoServer(server);
      }
      this.#sessions = undefined;
      for (const tracker of this.#tracking.trackers(server)) this.#inherit(tracker, server);
    });
  }

  /** A server that tracks another takes over what became of it. */
  #inherit(tracker: number, tracked: number): void {
    const admin = this.administrative(tracked);
    const own = this.administrative(tracker) & ~(ADMIN_INHERITED_MAINT | ADMIN_INHERITED_DRAIN);
    const inherited =
      ((admin & ADMIN_MAINT) !== 0 ? ADMIN_INHERITED_MAINT : 0) |
      ((admin & ADMIN_DRAIN) !== 0 ? ADMIN_INHERITED_DRAIN : 0);
    const cause = ` via ${this.#trackedName(tracker)}`;
    this.#update(tracker, this.#inheritedState(tracker, tracked), own | inherited, cause);
  }

  #enterMaintenance(server: number, beforeOp: number, beforeAdmin: number, cause: string): void {
    this.#forceHealth(server, 'bottom');
    const name = this.#name(server);
    if (beforeOp === OP_STOPPED) {
      this.#say(server, LOG_NOTICE, messages.entersMaintenanceFromDown(name, cause));
      return;
    }
    const counts = this.#counts(server, OP_STOPPED, true);
    this.#say(server, lossLevel(beforeOp, beforeAdmin), messages.entersMaintenance(name, cause, counts));
    this.#shutSessions(server);
  }

  #leaveMaintenance(server: number, beforeAdmin: number): void {
    if (this.#checks.has(server)) this.#forceHealth(server, 'rise');
    const op = this.operational(server);
    const drained = (this.administrative(server) & ADMIN_DRAIN) !== 0;
    const forced = (beforeAdmin & ADMIN_FORCED_MAINT) !== 0;
    this.#say(server, LOG_NOTICE, messages.leavesMaintenance(this.#name(server), op, drained, forced));
    if (op !== OP_STOPPED) this.#shutBackups(server);
  }

  #tellOfLastingMaintenance(server: number, before: number, after: number): void {
    const lost = before & ~after;
    const name = this.#name(server);
    if ((lost & ADMIN_FORCED_MAINT) !== 0) {
      this.#say(server, LOG_NOTICE, messages.remainsInMaintenance(name, this.#trackedName(server)));
    } else if ((lost & ADMIN_INHERITED_MAINT) !== 0) {
      this.#say(server, LOG_NOTICE, messages.remainsInMaintenance(name, undefined));
    }
  }

  /** Nothing where the server is not drained. */
  #tellOfLastingDrain(server: number): void {
    const admin = this.administrative(server);
    if ((admin & ADMIN_DRAIN) === 0) return;
    const via = (admin & ADMIN_FORCED_DRAIN) !== 0 ? undefined : this.#trackedName(server);
    this.#say(server, LOG_NOTICE, messages.remainsInDrain(this.#name(server), via));
  }

  #changeOperational(server: number, beforeOp: number, beforeAdmin: number, cause: string): void {
    const op = this.operational(server);
    const level = op === OP_STOPPED ? lossLevel(beforeOp, beforeAdmin) : LOG_NOTICE;
    const counts = this.#counts(server, op, op === OP_STOPPED || op === OP_STOPPING);
    this.#say(server, level, messages.operational(this.#name(server), op, cause, counts));
    if (op === OP_STOPPED) this.#shutSessions(server);
    else if (op !== OP_STOPPING) this.#shutBackups(server);
  }

  /** Writes both states and counts; returns whether the backend has just lost its last server. */
  #store(server: number, op: number, admin: number): boolean {
    const { words } = this.#shared;
    const base = this.#shared.serverWords(server);
    const before = Atomics.load(words, base + SRV_STATE);
    const after = stateBits(before, op, admin);
    Atomics.store(words, base + SRV_ADMIN, admin);
    if (after === before) return false;
    Atomics.store(words, base + SRV_STATE, after);
    if ((before & SERVER_UP) === 0) {
      const since = nowSeconds() - Atomics.load(words, base + SRV_LAST_CHANGE_S);
      Atomics.add(words, base + SRV_DOWNTIME_S, Math.max(0, since));
    } else if ((after & SERVER_UP) === 0) Atomics.add(words, base + SRV_DOWN_TRANSITIONS, 1);
    Atomics.store(words, base + SRV_LAST_CHANGE_S, nowSeconds());
    return this.#count(this.place(server).proxyIndex);
  }

  /** Counts the backend's servers again; returns whether it has just lost the last one. */
  #count(proxy: number): boolean {
    const lost = countFarm(this.#shared, proxy, this.#byProxy[proxy] ?? []);
    this.#announce(proxy);
    return lost;
  }

  /** Balancers look again at once; data threads are told at the end of the whole change. */
  #announce(proxy: number): void {
    Atomics.add(this.#shared.words, this.#shared.proxyWords(proxy) + BE_GENERATION, 1);
    this.#changed = true;
  }

  /** Data threads are told once of a change and of all that follows from it. */
  #within(change: () => void): void {
    this.#depth++;
    change();
    if (--this.#depth > 0 || !this.#changed) return;
    const shutdowns = this.#shutdowns;
    this.#shutdowns = [];
    this.#changed = false;
    this.#services.serversChanged(shutdowns);
  }

  #shutSessions(server: number): void {
    if (this.place(server).config.shutdownOnMarkedDown) this.#shutdowns.push({ server, cause: 'D' });
  }

  /** `on-marked-up shutdown-backup-sessions`, unless this server takes no traffic either. */
  #shutBackups(server: number): void {
    const { config, proxyIndex } = this.place(server);
    if (!config.shutdownBackupsOnMarkedUp || config.backup) return;
    if (this.has(server, SERVER_OUT_OF_USE) || this.word(server, SRV_WEIGHT) === 0) return;
    for (const other of this.#byProxy[proxyIndex] ?? []) {
      if (other.config.backup) this.#shutdowns.push({ server: other.server, cause: 'U' });
    }
  }

  // ---- the slow start -----------------------------------------------------------------------------------------

  /** Begins, goes on with or ends it, as the state asks for. */
  #runSlowStart(server: number): void {
    if (this.operational(server) !== OP_STARTING) {
      this.#slowStarts.end(server);
      return;
    }
    const { slowstartS } = this.place(server).config;
    this.#slowStarts.run({ server, slowstartS, dynamicWeights: hasDynamicWeights(this.proxy(server)) });
  }

  #onSlowStart(server: number, isOver: boolean): void {
    if (isOver) this.#update(server, OP_RUNNING, this.administrative(server), this.#viaTracked(server));
    else this.#within(() => this.#announce(this.place(server).proxyIndex));
  }

  /** Slow starts that were going on before the process was started go on. */
  resumeSlowStarts(): void {
    for (const server of this.#places.keys())
      if (this.operational(server) === OP_STARTING) this.#runSlowStart(server);
  }

  stop(): void {
    this.#slowStarts.stop();
  }

  // ---- states that were kept in a file ------------------------------------------------------------------------

  /** Changes without a word. */
  quietly(change: () => void): void {
    this.#quiet = true;
    change();
    this.#quiet = false;
  }

  tellOfDrain(server: number): void {
    this.#tellOfLastingDrain(server);
  }

  /** It was in its slow start. */
  resumeSlowStart(server: number): void {
    this.#update(server, OP_STARTING, this.administrative(server), '');
  }

  /** The check counter, and how long the state has lasted. */
  setRestored(server: number, health: number, sinceChangeS: number): void {
    const { rise = 2, fall = 3 } = this.place(server).config.check;
    this.setHealth(server, Math.min(health, rise + fall - 1), false);
    const { words } = this.#shared;
    const at = this.#shared.serverWords(server) + SRV_LAST_CHANGE_S;
    Atomics.store(words, at, nowSeconds() - sinceChangeS);
  }

  // ---- what is said -------------------------------------------------------------------------------------------

  #name(server: number): messages.ServerName {
    const { config } = this.place(server);
    return { backend: this.proxy(server).name, server: config.name, isBackup: config.backup };
  }

  #trackedName(server: number): string | undefined {
    const tracked = this.#tracking.tracked(server);
    return tracked === undefined
      ? undefined
      : `${this.proxy(tracked).name}/${this.place(tracked).config.name}`;
  }

  #viaTracked(server: number): string {
    const name = this.#trackedName(server);
    return name === undefined ? '' : ` via ${name}`;
  }

  /** `leaving`: those that wait for the server go elsewhere, where the backend lets them. */
  #counts(server: number, op: number, leaving: boolean): messages.FarmCounts {
    const waiting = this.word(server, SRV_QUEUED);
    let requeued = 0;
    if (!leaving) requeued = this.#takenFromBackend(server);
    else if (requeues(this.proxy(server))) requeued = waiting;
    return {
      active: this.proxyWord(server, BE_ACTIVE_SERVERS),
      backup: this.proxyWord(server, BE_BACKUP_SERVERS),
      sessions: this.#sessions ?? this.word(server, SRV_SERVED),
      requeued,
      queued: leaving ? waiting - requeued : waiting,
    };
  }

  /** How many of those that wait for any server find a place on one that comes up. */
  #takenFromBackend(server: number): number {
    const waiting = this.proxyWord(server, BE_QUEUED);
    const { words } = this.#shared;
    const limit = slotLimit(
      words,
      this.#shared.serverWords(server),
      this.#shared.proxyWords(this.place(server).proxyIndex),
    );
    return limit === 0 ? waiting : Math.min(waiting, Math.max(0, limit - this.word(server, SRV_SERVED)));
  }

  #say(server: number, level: number, message: string): void {
    if (this.#quiet) return;
    this.#services.notify('warning', message);
    this.#services.log(this.place(server).proxyIndex, level, message);
  }

  #sayNoServer(server: number): void {
    if (this.#quiet) return;
    const { name, kind } = this.proxy(server);
    const isListen = kind === 'listen';
    this.#services.notify('alert', messages.noServerLeft(name, isListen, true));
    const { proxyIndex } = this.place(server);
    this.#services.log(proxyIndex, LOG_EMERGENCY, messages.noServerLeft(name, isListen, false));
  }
}

/** A server that took new sessions until now is a loss that somebody should look at. */
function lossLevel(beforeOp: number, beforeAdmin: number): number {
  return beforeOp === OP_STOPPING || (beforeAdmin & ADMIN_DRAIN) !== 0 ? LOG_NOTICE : LOG_ALERT;
}

/** Whether requests that wait for a server may leave it for another one. */
function requeues(proxy: ProxyConfig): boolean {
  const redispatches = proxy.redispatch !== undefined && proxy.redispatch !== 0;
  return redispatches && proxy.options.get('persist') !== true;
}
