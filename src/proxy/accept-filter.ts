/**
 * Where features see a client connection before it has a session: they may deal with it themselves, and then it is
 * neither forwarded nor logged. A frontend without such features pays one comparison.
 */
import type { ProxyConfig } from '../config/model.ts';
import type { SocketAddress } from '../protocol/socket-address.ts';
import type { Plane } from './plane.ts';

export interface AcceptFilter {
  /** Bytes to send before the connection is closed at once; undefined: not this filter's business. */
  dismiss(client: SocketAddress): Uint8Array | undefined;
}

export type AcceptFilterFactory = (proxy: ProxyConfig, plane: Plane) => AcceptFilter | null;

const factories: AcceptFilterFactory[] = [];

export function registerAcceptFilter(factory: AcceptFilterFactory): void {
  factories.push(factory);
}

/** Null when nothing watches this frontend's connections. */
export function acceptFilters(proxy: ProxyConfig, plane: Plane): readonly AcceptFilter[] | null {
  const filters: AcceptFilter[] = [];
  for (const factory of factories) {
    const filter = factory(proxy, plane);
    if (filter !== null) filters.push(filter);
  }
  return filters.length > 0 ? filters : null;
}
