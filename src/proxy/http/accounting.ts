/** What a finished HTTP exchange adds to the counters of its frontend, backend and server. */
import { FE } from '../frontend.ts';
import { BE, type Server } from '../server.ts';
import { countTimes } from '../stream-times.ts';
import { countInternalError, countTraffic } from '../traffic-count.ts';
import type { HttpExchange } from './exchange.ts';

/** Five counters for 1xx to 5xx follow one another. */
function statusCounter(first: number, other: number, statusClass: number): number {
  return statusClass >= 1 && statusClass <= 5 ? first + statusClass - 1 : other;
}

/** A server counts every head that it sends, those before the final one too. */
export function countAnswer(server: Server, status: number): void {
  server.count(statusCounter(BE.status1xx, BE.statusOther, Math.floor(status / 100)));
}

/** An answer that a server owes, or did not bring to its end. */
export function countFailedResponse(stream: HttpExchange): void {
  stream.backend?.count(BE.failedResponses);
  stream.server?.count(BE.failedResponses);
}

/** `bytesIn` and `bytesOut` of the stream are up to date. */
export function account(stream: HttpExchange): void {
  const { plane, session, backend, server, status } = stream;
  const { lane } = plane;
  countTraffic(stream, backend);
  countInternalError(stream, backend);
  const statusClass = status < 0 ? 0 : Math.floor(status / 100);
  plane.count(session.frontend.counters + statusCounter(FE.status1xx, FE.statusOther, statusClass));
  if (backend === null) return;
  backend.count(statusCounter(BE.status1xx, BE.statusOther, statusClass));
  if (server === null || !stream.connected || !stream.responded) return;
  const queueMs = (stream.assignedAt - stream.requestAt) | 0;
  const connectMs = (stream.connectedAt - stream.assignedAt) | 0;
  const responseMs = (stream.responseAt - stream.connectedAt) | 0;
  const totalMs = (plane.loop.now - stream.startedAt) | 0;
  countTimes(lane, backend.counters, queueMs, connectMs, responseMs, totalMs);
  countTimes(lane, server.counters, queueMs, connectMs, responseMs, totalMs);
}
