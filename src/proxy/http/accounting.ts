/** What a finished HTTP exchange adds to the counters of its frontend, backend and server. */
import { FE } from '../frontend.ts';
import { BE } from '../server.ts';
import { countTimes } from '../stream-times.ts';
import type { HttpStream } from './stream.ts';

/** Five counters for 1xx to 5xx follow one another. */
function statusCounter(first: number, other: number, statusClass: number): number {
  return statusClass >= 1 && statusClass <= 5 ? first + statusClass - 1 : other;
}

export function account(stream: HttpStream): void {
  const { plane, session, backend, server, status, bytesIn, bytesOut } = stream;
  const { lane } = plane;
  const statusClass = status < 0 ? 0 : Math.floor(status / 100);
  const front = session.frontend.counters;
  add(lane, front + FE.bytesIn, bytesIn);
  add(lane, front + FE.bytesOut, bytesOut);
  add(lane, front + statusCounter(FE.status1xx, FE.statusOther, statusClass), 1);
  if (backend === null) return;
  const offset = statusCounter(BE.status1xx, BE.statusOther, statusClass);
  add(lane, backend.counters + BE.bytesIn, bytesIn);
  add(lane, backend.counters + BE.bytesOut, bytesOut);
  add(lane, backend.counters + offset, 1);
  if (server === null) return;
  add(lane, server.counters + BE.bytesIn, bytesIn);
  add(lane, server.counters + BE.bytesOut, bytesOut);
  add(lane, server.counters + offset, 1);
  if (!stream.connected || !stream.responded) return;
  const queueMs = (stream.assignedAt - stream.requestAt) | 0;
  const connectMs = (stream.connectedAt - stream.assignedAt) | 0;
  const responseMs = (stream.responseAt - stream.connectedAt) | 0;
  const totalMs = (plane.loop.now - stream.startedAt) | 0;
  countTimes(lane, backend.counters, queueMs, connectMs, responseMs, totalMs);
  countTimes(lane, server.counters, queueMs, connectMs, responseMs, totalMs);
}

function add(lane: Float64Array, at: number, value: number): void {
  lane[at] = (lane[at] as number) + value;
}
