/**
 * The processes that this one replaces (`-sf`, `-st`): asked to let go of their sockets while this one cannot bind, told
 * to go on when it fails, told to finish or to end once it has taken over.
 * Specification: management manual 3 (`-sf`, `-st`) and 4.
 */

export class OldProcesses {
  private readonly pids: readonly number[];
  private readonly farewell: 'SIGUSR1' | 'SIGTERM';

  constructor(pids: readonly number[], farewell: 'SIGUSR1' | 'SIGTERM') {
    this.pids = pids;
    this.farewell = farewell;
  }

  get any(): boolean {
    return this.pids.length > 0;
  }

  /** Stop listening for now. */
  pause(): void {
    this.tell('SIGTTOU');
  }
  /** Listen again: the new process failed. */
  resume(): void {
    this.tell('SIGTTIN');
  }
  /** The new process is in charge. */
  dismiss(): void {
    this.tell(this.farewell);
  }

  private tell(signal: NodeJS.Signals): void {
    for (const pid of this.pids) {
      try {
        process.kill(pid, signal);
      } catch {
        // It has ended by itself, or belongs to somebody else: nobody to wait for either way.
      }
    }
  }
}
