/**
 * Two connections whose bytes nobody looks at: a relay for each direction and the inactivity of both. TCP sessions, and
 * HTTP connections that changed their protocol. What an end or a timeout means for the exchange is the stream's business.
 */
import type { Timeouts } from '../config/model.ts';
import type { PipePool } from '../transport/pipe.ts';
import { RELAY_AGAIN, RELAY_SINK_FAILED, RELAY_SOURCE_FAILED, Relay } from './relay.ts';
import type { ServerConnection } from './server-connection.ts';
import type { Session } from './session.ts';
import { type RuledTimeouts, TunnelTimers } from './tunnel-timers.ts';

export const TUNNEL_OPEN = 0;
/** There is more to do, but others want their turn. */
export const TUNNEL_AGAIN = 1;
/** Both directions have come to their end. */
export const TUNNEL_DONE = 2;
export const TUNNEL_CLIENT_FAILED = -1;
export const TUNNEL_SERVER_FAILED = -2;

export class Tunnel {
  readonly request = new Relay();
  readonly response = new Relay();
  private readonly timers = new TunnelTimers();
  /** Closing may take away what has not been sent: then the ends of the directions have to be said before. */
  private lossy = false;

  /** Tunnels are used again. `pipes` is null where splicing is not wanted. */
  begin(
    session: Session,
    server: ServerConnection,
    pipes: PipePool | null,
    now: number,
    ruled: RuledTimeouts,
  ): void {
    const backend = server.server.backend;
    this.request.begin(session.connection, server.connection, session.channel, pipes);
    this.response.begin(server.connection, session.connection, server.channel, pipes);
    this.lossy = session.frontend.noLinger || backend.noLinger;
    const client: Timeouts = session.frontend.timeouts;
    const independent = session.frontend.independentStreams || backend.independentStreams;
    this.timers.begin(client, backend.timeouts, ruled, independent, now);
  }

  /** Moves what can be moved, both ways. */
  run(now: number): number {
    const { request, response } = this;
    const requestBefore = request.bytes;
    const responseBefore = response.seen;
    const sent = request.run(response.finished && !this.lossy);
    const received = response.run(request.finished && !this.lossy);
    const requestMoved = request.bytes !== requestBefore;
    const responseMoved = response.seen !== responseBefore;
    if (requestMoved || responseMoved) this.timers.active(now, requestMoved, responseMoved);
    // Whoever broke it: the client when its end failed, else the server.
    if (sent === RELAY_SOURCE_FAILED || received === RELAY_SINK_FAILED) return TUNNEL_CLIENT_FAILED;
    if (sent < 0 || received < 0) return TUNNEL_SERVER_FAILED;
    if (request.finished && response.finished) return TUNNEL_DONE;
    return sent === RELAY_AGAIN || received === RELAY_AGAIN ? TUNNEL_AGAIN : TUNNEL_OPEN;
  }

  /** Milliseconds until a side has been silent for too long; undefined: never. */
  delayMs(now: number): number | undefined {
    const delay = this.timers.delayMs(now, this.request, this.response);
    return delay < 0 ? undefined : Math.max(1, delay);
  }

  clientDue(now: number): boolean {
    return this.timers.clientDue(now, this.request, this.response);
  }

  serverDue(now: number): boolean {
    return this.timers.serverDue(now, this.request, this.response);
  }

  release(): void {
    this.request.release();
    this.response.release();
  }
}
