/**
 * Carries out what the statistics page's form asks for, on the main thread: states of servers are changed here as by any
 * other hand (features/checks/server-state.ts), and sessions are ended by the data threads.
 * Specification: configuration manual 4.2 `stats admin`; what each action does to which servers as in HAProxy 2.6.
 */
import { layoutOf } from '../../state/layout.ts';
import type { SessionShutdown } from '../../state/messages.ts';
import type { ServerStates } from '../checks/server-state.ts';
import type { Outcome, ServerAction, ServerActionOrder } from './actions.ts';

/** Behind what is said of the change. */
const CAUSE = ', changed from Web interface';

export interface ActionServices {
  readonly states: ServerStates;
  /** Ends sessions, on whatever thread they are. */
  shutSessions(shutdowns: readonly SessionShutdown[]): void;
}

export class ServerActions {
  private readonly services: ActionServices;
  private readonly firstServer: readonly number[];

  constructor(configuration: Parameters<typeof layoutOf>[0], services: ActionServices) {
    this.services = services;
    this.firstServer = layoutOf(configuration).firstServer;
  }

  /** An action that does not apply to a server leaves it as it is. */
  carryOut({ action, proxy, servers, partial }: ServerActionOrder): Outcome {
    const first = this.firstServer[proxy] as number;
    const done = servers.filter((position) => this.act(action, first + position));
    if (done.length === 0) return 'NONE';
    return partial ? 'PART' : 'DONE';
  }

  private act(action: ServerAction, server: number): boolean {
    const { states } = this.services;
    switch (action) {
      case 'ready':
      case 'drain':
      case 'maint':
        states.setAdministrative(server, action);
        return true;
      case 'hrunn':
        return this.forceHealth(server, 'up');
      case 'hnolb':
        return this.forceHealth(server, 'stopping');
      case 'hdown':
        return this.forceHealth(server, 'down');
      case 'ehlth':
        return states.setChecked(server, true);
      case 'dhlth':
        return states.setChecked(server, false);
      case 'shutdown':
        this.services.shutSessions([{ server, cause: 'K' }]);
        return true;
      case 'eagent':
        return states.setAgentAsked(server, true);
      case 'dagent':
        return states.setAgentAsked(server, false);
      case 'arunn':
        return states.forceAgent(server, 'up', CAUSE);
      case 'adown':
        return states.forceAgent(server, 'down', CAUSE);
    }
  }

  /** The health of a server that tracks another one is that one's. */
  private forceHealth(server: number, to: 'up' | 'stopping' | 'down'): boolean {
    const { states } = this.services;
    if (states.place(server).config.track !== undefined) return false;
    states.forceHealth(server, to, CAUSE);
    return true;
  }
}
