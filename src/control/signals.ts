/**
 * Which signal does what. SIGTERM and SIGINT keep the system's own effect, so the process ends at that instant whatever
 * its threads are doing, and its exit status names the signal, as HAProxy's does.
 * Specification: management manual 4; configuration manual 3.1; HAProxy 2.6's behaviour.
 */

export interface SignalActions {
  softStop(): void;
  pause(): void;
  resume(): void;
  dumpServers(): void;
  dumpPools(): void;
  /** Ends the process with this status. */
  exit(status: number): void;
}

const SIGNAL_BASE = 128;

/**
 * To be called before anything else: Node.js answers SIGUSR1 by starting its debugger, and the others' own effect is to
 * end the process. What arrives before the process knows what to do is kept.
 */
export class SignalDesk {
  private actions: SignalActions | undefined;
  private readonly early: ((actions: SignalActions) => void)[] = [];

  constructor() {
    this.on('SIGUSR1', (actions) => actions.softStop());
    this.on('SIGTTOU', (actions) => actions.pause());
    this.on('SIGTTIN', (actions) => actions.resume());
    this.on('SIGHUP', (actions) => actions.dumpServers());
    this.on('SIGQUIT', (actions) => actions.dumpPools());
    // For a master process only.
    this.on('SIGUSR2', () => {});
    this.on('SIGALRM', () => {});
    if (process.pid === 1) {
      // The kernel protects a container's first process from signals that it does not handle.
      this.on('SIGTERM', (actions) => actions.exit(SIGNAL_BASE + 15));
      this.on('SIGINT', (actions) => actions.exit(SIGNAL_BASE + 2));
    }
  }

  private on(signal: NodeJS.Signals, act: (actions: SignalActions) => void): void {
    process.on(signal, () => {
      if (this.actions === undefined) this.early.push(act);
      else act(this.actions);
    });
  }

  /** The process runs: from here on, and for what came before. */
  serve(actions: SignalActions): void {
    this.actions = actions;
    for (const act of this.early.splice(0)) act(actions);
  }
}
