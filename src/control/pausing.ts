/**
 * SIGTTOU and SIGTTIN: the process lets go of its addresses so that another one can try them, and takes them back.
 * Connections go on all the while. Specification: management manual 4; HAProxy 2.6's messages.
 */
import type { Configuration } from '../config/model.ts';
import { proxyWord } from '../config/proxy-kind.ts';
import type { DataThreads } from './data-threads.ts';
import type { Listeners } from './listeners.ts';
import type { Reports } from './reports.ts';

export interface PausingParts {
  readonly configuration: Configuration;
  readonly threads: DataThreads;
  readonly listeners: Listeners;
  readonly reports: Reports;
}

export class Pausing {
  private readonly parts: PausingParts;
  private readonly paused = new Set<number>();
  /** One change at a time, in the order of the signals. */
  private turn: Promise<void> = Promise.resolve();

  constructor(parts: PausingParts) {
    this.parts = parts;
  }

  pause(): void {
    this.turn = this.turn.then(() => this.pauseNow());
  }

  resume(): void {
    this.turn = this.turn.then(() => this.resumeNow());
  }

  private async pauseNow(): Promise<void> {
    const { configuration, threads, listeners, reports } = this.parts;
    threads.post({ kind: 'pause' });
    // A socket must not stop listening while a thread still watches it.
    await threads.ask({ ask: 'sessions' });
    configuration.proxies.forEach((proxy, index) => {
      const held = listeners.ofProxy(index);
      if (held.length === 0 || this.paused.has(index)) return;
      for (const listener of held) listeners.pause(listener);
      this.paused.add(index);
      reports.proxyWarning(proxy, `Paused ${proxyWord(proxy.kind)} ${proxy.name}.`);
    });
  }

  private async resumeNow(): Promise<void> {
    const { configuration, threads, listeners, reports } = this.parts;
    // What could not be resumed before is watched under another guise: the threads let go of everything first.
    threads.post({ kind: 'pause' });
    await threads.ask({ ask: 'sessions' });
    let refused = false;
    configuration.proxies.forEach((proxy, index) => {
      if (!this.paused.has(index)) return;
      const failed = listeners.ofProxy(index).filter((listener) => !listeners.resume(listener));
      if (failed.length > 0) {
        refused = true;
        return;
      }
      this.paused.delete(index);
      reports.proxyWarning(proxy, `Resumed ${proxyWord(proxy.kind)} ${proxy.name}.`);
    });
    if (refused) {
      reports.messages.warning(
        'Some proxies refused to resume, probably due to a conflict on a listening port. You may want to try again after the conflicting application is stopped, otherwise a restart might be needed to resume safe operations.',
      );
    }
    threads.post({ kind: 'resume', listeners: [] });
    await threads.ask({ ask: 'sessions' });
  }
}
