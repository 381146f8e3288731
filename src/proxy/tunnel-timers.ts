/**
 * Inactivity of two connected byte streams. Activity in either direction counts for both sides. Once a direction has
 * ended, the shorter `client-fin` and `server-fin` apply; while both go on, `timeout tunnel` stands for both sides.
 * Specification: configuration manual, `timeout client|server|tunnel|client-fin|server-fin`.
 */
import type { Timeouts } from '../config/model.ts';
import type { Relay } from './relay.ts';

const NEVER = Number.MAX_SAFE_INTEGER;

/** What rules have set in the place of the backend's timeouts; 0: nothing. */
export interface RuledTimeouts {
  readonly ruledServerMs: number;
  readonly ruledTunnelMs: number;
}

export class TunnelTimers {
  private client: Timeouts | null = null;
  private server: Timeouts | null = null;
  private ruledServerMs = 0;
  private ruledTunnelMs = 0;
  /** `option independent-streams`: only what a side sends keeps it alive, not what it is sent. */
  private independent = false;
  private clientAt = 0;
  private serverAt = 0;

  begin(client: Timeouts, server: Timeouts, ruled: RuledTimeouts, independent: boolean, now: number): void {
    this.ruledServerMs = ruled.ruledServerMs;
    this.ruledTunnelMs = ruled.ruledTunnelMs;
    this.client = client;
    this.server = server;
    this.independent = independent;
    this.clientAt = now;
    this.serverAt = now;
  }

  /** Bytes have passed: from the client, from the server, or both. */
  active(now: number, request: boolean, response: boolean): void {
    if (request || (response && !this.independent)) this.clientAt = now;
    if (response || (request && !this.independent)) this.serverAt = now;
  }

  /** Milliseconds until something is due, 0 if it is, -1 if never. */
  delayMs(now: number, request: Relay, response: Relay): number {
    const clientMs = this.clientTimeout(request, response);
    const serverMs = this.serverTimeout(request, response);
    const client = clientMs === 0 ? NEVER : clientMs - ((now - this.clientAt) | 0);
    const server = serverMs === 0 ? NEVER : serverMs - ((now - this.serverAt) | 0);
    const delay = Math.min(client, server);
    return delay === NEVER ? -1 : Math.max(0, delay);
  }

  clientDue(now: number, request: Relay, response: Relay): boolean {
    const timeout = this.clientTimeout(request, response);
    return timeout > 0 && ((now - this.clientAt) | 0) >= timeout;
  }

  serverDue(now: number, request: Relay, response: Relay): boolean {
    const timeout = this.serverTimeout(request, response);
    return timeout > 0 && ((now - this.serverAt) | 0) >= timeout;
  }

  private clientTimeout(request: Relay, response: Relay): number {
    // Nothing more is expected from the client, and nothing waits for it.
    if (request.ended && !response.blocked) return 0;
    const { clientFin, client } = this.client as Timeouts;
    return sideTimeout(request.ended || response.ended ? clientFin : undefined, this.tunnelMs(), client);
  }

  private serverTimeout(request: Relay, response: Relay): number {
    if (response.ended && !request.blocked) return 0;
    const { serverFin, server } = this.server as Timeouts;
    const silentMs = this.ruledServerMs || server;
    return sideTimeout(request.ended || response.ended ? serverFin : undefined, this.tunnelMs(), silentMs);
  }

  private tunnelMs(): number | undefined {
    if (this.ruledTunnelMs > 0) return this.ruledTunnelMs;
    return (this.server as Timeouts).tunnel ?? (this.client as Timeouts).tunnel;
  }
}

/** The first that is set. */
function sideTimeout(
  finMs: number | undefined,
  tunnelMs: number | undefined,
  silentMs: number | undefined,
): number {
  return finMs ?? tunnelMs ?? silentMs ?? 0;
}
