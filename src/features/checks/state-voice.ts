/**
 * How changes of servers' states are told: who a message names, how the farm stands, and whether anything is said at all.
 * The words are in state-messages.ts. Specification: what HAProxy 2.6 says at each change.
 */
import type { ProxyConfig } from '../../config/model.ts';
import { slotLimit } from '../../state/server-slots.ts';
import {
  BE_ACTIVE_SERVERS,
  BE_BACKUP_SERVERS,
  BE_QUEUED,
  SRV_QUEUED,
  SRV_SERVED,
} from '../../state/shared-state.ts';
import type { Tracking } from '../../state/tracking.ts';
import type { ServerWords } from './server-words.ts';
import * as messages from './state-messages.ts';

/** Levels of syslog. */
export const LOG_EMERGENCY = 0;
export const LOG_ALERT = 1;
export const LOG_NOTICE = 5;

/** How states reach the operator. */
export interface StateVoice {
  /** To standard error, in the form of the program's other messages: `[WARNING]  (pid) : message`. */
  notify(severity: 'warning' | 'alert', message: string): void;
  /** To the log targets of a proxy, at a level of syslog. */
  log(proxyIndex: number, level: number, message: string): void;
}

export class StateTeller {
  /** Changes without a word. */
  quiet = false;
  readonly #words: ServerWords;
  readonly #tracking: Tracking;
  readonly #voice: StateVoice;

  constructor(words: ServerWords, tracking: Tracking, voice: StateVoice) {
    this.#words = words;
    this.#tracking = tracking;
    this.#voice = voice;
  }

  name(server: number): messages.ServerName {
    const { config } = this.#words.place(server);
    return { backend: this.#words.proxy(server).name, server: config.name, isBackup: config.backup };
  }

  trackedName(server: number): string | undefined {
    const tracked = this.#tracking.tracked(server);
    return tracked === undefined
      ? undefined
      : `${this.#words.proxy(tracked).name}/${this.#words.place(tracked).config.name}`;
  }

  viaTracked(server: number): string {
    const name = this.trackedName(server);
    return name === undefined ? '' : ` via ${name}`;
  }

  /** `leaving`: those that wait for the server go elsewhere, where the backend lets them. */
  counts(server: number, leaving: boolean, sessions: number | undefined): messages.FarmCounts {
    const words = this.#words;
    const waiting = words.word(server, SRV_QUEUED);
    let requeued = 0;
    if (!leaving) requeued = this.#takenFromBackend(server);
    else if (requeues(this.#words.proxy(server))) requeued = waiting;
    return {
      active: this.#words.proxyWord(server, BE_ACTIVE_SERVERS),
      backup: this.#words.proxyWord(server, BE_BACKUP_SERVERS),
      sessions: sessions ?? words.word(server, SRV_SERVED),
      requeued,
      queued: leaving ? waiting - requeued : waiting,
    };
  }

  /** How many of those that wait for any server find a place on one that comes up. */
  #takenFromBackend(server: number): number {
    const waiting = this.#words.proxyWord(server, BE_QUEUED);
    const { words } = this.#words.shared;
    const limit = slotLimit(
      words,
      this.#words.shared.serverWords(server),
      this.#words.shared.proxyWords(this.#words.place(server).proxyIndex),
    );
    return limit === 0
      ? waiting
      : Math.min(waiting, Math.max(0, limit - this.#words.word(server, SRV_SERVED)));
  }

  say(server: number, level: number, message: string): void {
    if (this.quiet) return;
    this.#voice.notify('warning', message);
    this.#voice.log(this.#words.place(server).proxyIndex, level, message);
  }

  sayNoServer(server: number): void {
    if (this.quiet) return;
    const { name, kind } = this.#words.proxy(server);
    const isListen = kind === 'listen';
    this.#voice.notify('alert', messages.noServerLeft(name, isListen, true));
    const { proxyIndex } = this.#words.place(server);
    this.#voice.log(proxyIndex, LOG_EMERGENCY, messages.noServerLeft(name, isListen, false));
  }
}

/** Whether requests that wait for a server may leave it for another one. */
function requeues(proxy: ProxyConfig): boolean {
  const redispatches = proxy.redispatch !== undefined && proxy.redispatch !== 0;
  return redispatches && proxy.options.get('persist') !== true;
}
