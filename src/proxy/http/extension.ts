/**
 * Where features take part in an HTTP exchange: cookie persistence, the statistics page, and the like register here and
 * are asked, per proxy, whether they have anything to do there. A proxy without such features pays nothing.
 */
import type { ProxyConfig } from '../../config/model.ts';
import type { Plane } from '../plane.ts';
import type { Server } from '../server.ts';
import type { HttpExchange } from './exchange.ts';

export interface HttpExtension {
  /**
   * The request's head is known, before a server is chosen. Result: CONTINUE; DONE when the extension has replied by itself
   * (`stream.reply…`), or will (`stream.delay`); YIELD when it wants to see more of the request. `complete`: nothing more
   * will come, or fits.
   */
  onRequest?(stream: HttpExchange, complete: boolean): number;
  /** A server that this request should go to, or null. Only asked of backends. */
  chooseServer?(stream: HttpExchange): Server | null;
  /** A server was chosen; the request's head is about to be sent and may be edited. */
  onAssigned?(stream: HttpExchange): void;
  /** The response's head is known and may be edited. */
  onResponse?(stream: HttpExchange): void;
}

export type ExtensionFactory = (proxy: ProxyConfig, plane: Plane) => HttpExtension | null;

const factories: ExtensionFactory[] = [];

export function registerHttpExtension(factory: ExtensionFactory): void {
  factories.push(factory);
}

export function httpExtensions(proxy: ProxyConfig, plane: Plane): readonly HttpExtension[] {
  const extensions: HttpExtension[] = [];
  for (const factory of factories) {
    const extension = factory(proxy, plane);
    if (extension !== null) extensions.push(extension);
  }
  return extensions;
}
