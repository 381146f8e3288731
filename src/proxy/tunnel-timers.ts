/**
 * Inactivity of two connected byte streams. Activity in either direction counts for both sides. Once a direction has
 * ended, the shorter `client-fin` and `server-fin` apply; while both go on, `timeout tunnel` stands for both sides.
 * Specification: configuration manual, `timeout client|server|tunnel|client-fin|server-fin`.
 */
import type { Timeouts } from '../config/model.ts';
import type { Relay } from './relay.ts';

export class TunnelTimers {
  private client: Timeouts | null = null;
  private server: Timeouts | null = null;
  private activeAt = 0;

  begin(client: Timeouts, server: Timeouts, now: number): void {
    this.client = client;
    this.server = server;
    this.activeAt = now;
  }

  active(now: number): void {
    this.activeAt = now;
  }

  /** Milliseconds until something is due, 0 if it is, -1 if never. */
  delayMs(now: number, request: Relay, response: Relay): number {
    const client = this.clientTimeout(request, response);
    const server = this.serverTimeout(request, response);
    const limit = client === 0 ? server : server === 0 ? client : Math.min(client, server);
    if (limit === 0) return -1;
    return Math.max(0, limit - ((now - this.activeAt) | 0));
  }

  clientDue(now: number, request: Relay, response: Relay): boolean {
    const timeout = this.clientTimeout(request, response);
    return timeout > 0 && ((now - this.activeAt) | 0) >= timeout;
  }

  serverDue(now: number, request: Relay, response: Relay): boolean {
    const timeout = this.serverTimeout(request, response);
    return timeout > 0 && ((now - this.activeAt) | 0) >= timeout;
  }

  private clientTimeout(request: Relay, response: Relay): number {
    // Nothing more is expected from the client, and nothing waits for it.
    if (request.ended && !response.blocked) return 0;
    return sideTimeout(this.client as Timeouts, 'client', this.tunnelMs(), request.ended || response.ended);
  }

  private serverTimeout(request: Relay, response: Relay): number {
    if (response.ended && !request.blocked) return 0;
    return sideTimeout(this.server as Timeouts, 'server', this.tunnelMs(), request.ended || response.ended);
  }

  private tunnelMs(): number | undefined {
    return (this.server as Timeouts).tunnel ?? (this.client as Timeouts).tunnel;
  }
}

function sideTimeout(
  timeouts: Timeouts,
  side: 'client' | 'server',
  tunnelMs: number | undefined,
  halfClosed: boolean,
): number {
  if (halfClosed) {
    const fin = side === 'client' ? timeouts.clientFin : timeouts.serverFin;
    if (fin !== undefined) return fin;
  }
  if (tunnelMs !== undefined) return tunnelMs;
  return timeouts[side] ?? 0;
}
