/**
 * Counts the bytes of a stream for everybody that it has to do with: its frontend and listener, its backend and server. At
 * its end, and with `option contstats` also meanwhile; what was counted once is not counted again.
 * Specification: configuration manual 4.2 `option contstats`, `option socket-stats`; management manual 9.1 bin, bout.
 */
import type { Backend } from './backend.ts';
import { FE } from './frontend.ts';
import { LI } from './listener.ts';
import { BE } from './server.ts';
import type { Stream } from './stream.ts';

/** How often streams of a frontend with `option contstats` are counted. */
export const CONTINUOUS_COUNT_MS = 5000;

/** Value of `endCause` for what was our own fault: `I`. */
const INTERNAL = 73;

/** A stream that ended by an error of the proxy's own. */
export function countInternalError(stream: Stream, backend: Backend | null): void {
  if (stream.endCause !== INTERNAL) return;
  const { plane, session, server } = stream;
  plane.count(session.frontend.counters + FE.internalErrors);
  if (session.listener.statistics >= 0) plane.count(session.listener.statistics + LI.internalErrors);
  backend?.count(BE.internalErrors);
  server?.count(BE.internalErrors);
}

/** `bytesIn` and `bytesOut` of the stream are up to date. */
export function countTraffic(stream: Stream, backend: Backend | null): void {
  const bytesIn = stream.bytesIn - stream.countedIn;
  const bytesOut = stream.bytesOut - stream.countedOut;
  stream.countedIn = stream.bytesIn;
  stream.countedOut = stream.bytesOut;
  const { plane, session, server } = stream;
  const { counters } = session.frontend;
  plane.count(counters + FE.bytesIn, bytesIn);
  plane.count(counters + FE.bytesOut, bytesOut);
  const { statistics } = session.listener;
  if (statistics >= 0) {
    plane.count(statistics + LI.bytesIn, bytesIn);
    plane.count(statistics + LI.bytesOut, bytesOut);
  }
  if (backend === null) {
    // Until a backend is chosen a request is at home with its own proxy, which may have a backend's side too.
    plane.backends[session.frontend.index]?.countBytes(bytesIn, bytesOut);
    return;
  }
  backend.countBytes(bytesIn, bytesOut);
  if (server === null) return;
  server.count(BE.bytesIn, bytesIn);
  server.count(BE.bytesOut, bytesOut);
}
