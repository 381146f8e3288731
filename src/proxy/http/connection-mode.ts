/**
 * What becomes of both connections after an exchange, and what the Connection headers say about it.
 * Specification: configuration manual, `option httpclose|http-server-close|http-keep-alive|http-pretend-keepalive`.
 */
import type { HttpConnectionMode } from '../../config/model.ts';

const rank: Record<HttpConnectionMode, number> = { 'keep-alive': 0, tunnel: 0, 'server-close': 1, close: 2 };

/** The stricter one of the frontend's and the backend's mode. */
export function strictestMode(frontend: HttpConnectionMode, backend: HttpConnectionMode): HttpConnectionMode {
  return rank[frontend] >= rank[backend] ? frontend : backend;
}

export const CONNECTION_CLOSE = Buffer.from('connection: close\r\n', 'latin1');
export const CONNECTION_KEEP_ALIVE = Buffer.from('connection: keep-alive\r\n', 'latin1');
