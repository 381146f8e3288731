/**
 * The one place that changes what all threads know of a server's state: operational (down, up, stopping), administrative
 * (maintenance, drain, forced or inherited), weight. A change brings with it all that follows: the backend's counts, the
 * servers that track this one, the slow start, the lines about it, the sessions that end, and BE_GENERATION, so that
 * balancers look again. The main thread alone writes; data threads read.
 * Specification: configuration manual 5.2 `track`, `slowstart`, `on-marked-down`, `on-marked-up`; management manual 9.3
 * `set server`, `show servers state`; what HAProxy 2.6 does and says at each step.
 */
import { hasDynamicWeights } from '../../config/balance-syntax.ts';
import type { Configuration } from '../../config/model.ts';
import type { SessionShutdown } from '../../state/messages.ts';
import {
  OP_RUNNING,
  OP_STARTING,
  OP_STOPPED,
  OP_STOPPING,
  stateBits,
} from '../../state/operational-state.ts';
import { storeWeight } from '../../state/server-weight.ts';
import {
  ADMIN_DRAIN,
  ADMIN_FORCED_DRAIN,
  ADMIN_FORCED_MAINT,
  ADMIN_INHERITED_DRAIN,
  ADMIN_INHERITED_MAINT,
  ADMIN_MAINT,
  BE_GENERATION,
  SERVER_CHECKED,
  SERVER_OUT_OF_USE,
  SERVER_UP,
  type SharedState,
  SRV_ADMIN,
  SRV_DOWN_TRANSITIONS,
  SRV_DOWNTIME_S,
  SRV_LAST_CHANGE_S,
  SRV_MAXCONN,
  SRV_SERVED,
  SRV_STATE,
  SRV_WEIGHT,
} from '../../state/shared-state.ts';
import { type Tracking, trackingOf } from '../../state/tracking.ts';
import type { CheckStatus } from './check-status.ts';
import { countFarm, nowSeconds } from './farm-counts.ts';
import { ServerWords } from './server-words.ts';
import { SlowStarts } from './slow-start.ts';
import * as messages from './state-messages.ts';
import { LOG_ALERT, LOG_NOTICE, StateTeller, type StateVoice } from './state-voice.ts';

/** What a change needs of others. */
export interface StateServices extends StateVoice {
  /** The data threads look at their queues again, and end these sessions. */
  serversChanged(shutdowns: readonly SessionShutdown[]): void;
}

export class ServerStates extends ServerWords {
  readonly #services: StateServices;
  readonly #teller: StateTeller;
  readonly #tracking: Tracking;
  /** The counters of servers that are checked: a state that is forced sets them too. */
  readonly #checks = new Map<number, CheckStatus>();
  readonly #agents = new Map<number, CheckStatus>();
  /** Servers whose agents are not asked any more. */
  readonly #silenced = new Set<number>();
  readonly #slowStarts: SlowStarts;
  #depth = 0;
  /** Of the server that goes down, where they were counted before. */
  #sessions: number | undefined;
  #changed = false;
  #shutdowns: SessionShutdown[] = [];

  constructor(configuration: Configuration, shared: SharedState, services: StateServices) {
    super(configuration, shared);
    this.#services = services;
    this.#tracking = trackingOf(configuration);
    this.#teller = new StateTeller(this, this.#tracking, services);
    this.#slowStarts = new SlowStarts(shared, (server, isOver) => this.#onSlowStart(server, isOver));
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
  setAgent(server: number, status: CheckStatus): void {
    this.setAgentCheck(server, status, this.asksAgent(server));
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
    const state = this.shared.serverWords(server) + SRV_STATE;
    if (on) Atomics.or(this.shared.words, state, SERVER_CHECKED);
    else Atomics.and(this.shared.words, state, ~SERVER_CHECKED);
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
    storeWeight(this.shared.words, this.shared.serverWords(server), weight);
    this.#within(() => {
      this.#runSlowStart(server);
      const lost = this.#count(this.place(server).proxyIndex);
      if ((this.administrative(server) & ADMIN_MAINT) === 0) this.#tellOfLastingDrain(server);
      if (lost) this.#teller.sayNoServer(server);
    });
  }

  /** 0: no limit. Requests that wait may find a place now. */
  setMaxconn(server: number, maxconn: number): void {
    const word = this.shared.serverWords(server) + SRV_MAXCONN;
    if (Atomics.exchange(this.shared.words, word, maxconn) === maxconn) return;
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
        if (lost) this.#teller.sayNoServer(server);
      } else {
        if (wasInMaintenance) this.#leaveMaintenance(server, beforeAdmin);
        else if (op !== beforeOp) this.#changeOperational(server, beforeOp, beforeAdmin, cause);
        const entersDrain = !wasInMaintenance && (beforeAdmin & ADMIN_DRAIN) === 0;
        if ((admin & ADMIN_DRAIN) === 0) {
          if (!wasInMaintenance && !entersDrain)
            this.#teller.say(server, LOG_NOTICE, messages.leavesDrain(this.#teller.name(server), op));
        } else if (entersDrain) {
          const counts = this.#teller.counts(server, true, this.#sessions);
          this.#teller.say(
            server,
            LOG_NOTICE,
            messages.entersDrain(this.#teller.name(server), op, cause, counts),
          );
        } else this.#tellOfLastingDrain(server);
        if (lost) this.#teller.sayNoServer(server);
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
    const cause = ` via ${this.#teller.trackedName(tracker)}`;
    this.#update(tracker, this.#inheritedState(tracker, tracked), own | inherited, cause);
  }

  #enterMaintenance(server: number, beforeOp: number, beforeAdmin: number, cause: string): void {
    this.#forceHealth(server, 'bottom');
    const name = this.#teller.name(server);
    if (beforeOp === OP_STOPPED) {
      this.#teller.say(server, LOG_NOTICE, messages.entersMaintenanceFromDown(name, cause));
      return;
    }
    const counts = this.#teller.counts(server, true, this.#sessions);
    this.#teller.say(
      server,
      lossLevel(beforeOp, beforeAdmin),
      messages.entersMaintenance(name, cause, counts),
    );
    this.#shutSessions(server);
  }

  #leaveMaintenance(server: number, beforeAdmin: number): void {
    if (this.#checks.has(server)) this.#forceHealth(server, 'rise');
    const op = this.operational(server);
    const drained = (this.administrative(server) & ADMIN_DRAIN) !== 0;
    const forced = (beforeAdmin & ADMIN_FORCED_MAINT) !== 0;
    this.#teller.say(
      server,
      LOG_NOTICE,
      messages.leavesMaintenance(this.#teller.name(server), op, drained, forced),
    );
    if (op !== OP_STOPPED) this.#shutBackups(server);
  }

  #tellOfLastingMaintenance(server: number, before: number, after: number): void {
    const lost = before & ~after;
    const name = this.#teller.name(server);
    if ((lost & ADMIN_FORCED_MAINT) !== 0) {
      this.#teller.say(
        server,
        LOG_NOTICE,
        messages.remainsInMaintenance(name, this.#teller.trackedName(server)),
      );
    } else if ((lost & ADMIN_INHERITED_MAINT) !== 0) {
      this.#teller.say(server, LOG_NOTICE, messages.remainsInMaintenance(name, undefined));
    }
  }

  /** Nothing where the server is not drained. */
  #tellOfLastingDrain(server: number): void {
    const admin = this.administrative(server);
    if ((admin & ADMIN_DRAIN) === 0) return;
    const via = (admin & ADMIN_FORCED_DRAIN) !== 0 ? undefined : this.#teller.trackedName(server);
    this.#teller.say(server, LOG_NOTICE, messages.remainsInDrain(this.#teller.name(server), via));
  }

  #changeOperational(server: number, beforeOp: number, beforeAdmin: number, cause: string): void {
    const op = this.operational(server);
    const level = op === OP_STOPPED ? lossLevel(beforeOp, beforeAdmin) : LOG_NOTICE;
    const counts = this.#teller.counts(server, op === OP_STOPPED || op === OP_STOPPING, this.#sessions);
    this.#teller.say(server, level, messages.operational(this.#teller.name(server), op, cause, counts));
    if (op === OP_STOPPED) this.#shutSessions(server);
    else if (op !== OP_STOPPING) this.#shutBackups(server);
  }

  /** Writes both states and counts; returns whether the backend has just lost its last server. */
  #store(server: number, op: number, admin: number): boolean {
    const { words } = this.shared;
    const base = this.shared.serverWords(server);
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
    const lost = countFarm(this.shared, proxy, this.placesOf(proxy));
    this.#announce(proxy);
    return lost;
  }

  /** Balancers look again at once; data threads are told at the end of the whole change. */
  #announce(proxy: number): void {
    Atomics.add(this.shared.words, this.shared.proxyWords(proxy) + BE_GENERATION, 1);
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
    for (const other of this.placesOf(proxyIndex)) {
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
    if (isOver)
      this.#update(server, OP_RUNNING, this.administrative(server), this.#teller.viaTracked(server));
    else this.#within(() => this.#announce(this.place(server).proxyIndex));
  }

  /** Slow starts that were going on before the process was started go on. */
  resumeSlowStarts(): void {
    for (const server of this.servers)
      if (this.operational(server) === OP_STARTING) this.#runSlowStart(server);
  }

  stop(): void {
    this.#slowStarts.stop();
  }

  // ---- states that were kept in a file ------------------------------------------------------------------------

  /** Changes without a word. */
  quietly(change: () => void): void {
    this.#teller.quiet = true;
    change();
    this.#teller.quiet = false;
  }

  tellOfDrain(server: number): void {
    this.#tellOfLastingDrain(server);
  }

  /** It was in its slow start. */
  resumeSlowStart(server: number): void {
    this.#update(server, OP_STARTING, this.administrative(server), '');
  }
}

/** A server that took new sessions until now is a loss that somebody should look at. */
function lossLevel(beforeOp: number, beforeAdmin: number): number {
  return beforeOp === OP_STOPPING || (beforeAdmin & ADMIN_DRAIN) !== 0 ? LOG_NOTICE : LOG_ALERT;
}
