/**
 * Counts the bytes that HTTP connections have carried as they are on the wire: whenever a request is over, and when the
 * connection ends. Specification: management manual 9.1, fields of the h1 module.
 */
import type { Connection } from '../transport/connection.ts';

/** `at`: first of the four counters from `wireBytesIn` on. */
export function countWire(lane: Float64Array, at: number, connection: Connection): void {
  lane[at] = (lane[at] as number) + connection.received;
  lane[at + 1] = (lane[at + 1] as number) + connection.sent;
  connection.received = 0;
  connection.sent = 0;
  // Most connections never see a pipe.
  if (connection.splicedIn === 0 && connection.splicedOut === 0) return;
  lane[at + 2] = (lane[at + 2] as number) + connection.splicedIn;
  lane[at + 3] = (lane[at + 3] as number) + connection.splicedOut;
  connection.splicedIn = 0;
  connection.splicedOut = 0;
}
