/**
 * What one server's checks do, read once from the configuration: where they connect, what they send, how long they
 * may take. No state. Specification: configuration manual 5.2 `check` and its options, 4.2 `timeout check`.
 */
import type { Address } from '../../config/address.ts';
import type { ProxyConfig, SendProxyConfig, ServerConfig } from '../../config/model.ts';
import { type BackendCheck, backendCheck } from './http-check-config.ts';

const DEFAULT_INTER_MS = 2000;
const DEFAULT_RISE = 2;
const DEFAULT_FALL = 3;

export interface CheckPlan {
  readonly target: Address;
  /** Local address of the check's connection. */
  readonly source: Address | undefined;
  readonly proxyHeader: SendProxyConfig | undefined;
  readonly socks4: Address | undefined;
  /** Undefined: connecting is all that is asked for. */
  readonly http: BackendCheck | undefined;
  /** What is added to the information about a failed connection. */
  readonly connectStep: string;
  readonly interMs: number;
  readonly fastInterMs: number;
  readonly downInterMs: number;
  readonly rise: number;
  readonly fall: number;
  /** How long connecting may take. */
  readonly connectTimeoutMs: number;
  /** How long the rest may take once connected; undefined: `connectTimeoutMs` is for everything together. */
  readonly readTimeoutMs: number | undefined;
}

/** The port that checks connect to: 0 when there is none. Addresses without ports count as having one. */
export function checkPort(server: ServerConfig): number {
  const { check, address } = server;
  if (check.port !== undefined && check.port > 0) return check.port;
  const checked = check.address ?? address;
  if (checked.family !== 'inet' && checked.family !== 'inet6') return -1;
  if (checked.port > 0 && (checked !== address || server.portOffset === undefined)) return checked.port;
  return 'port' in address && server.portOffset === undefined ? address.port : 0;
}

function targetOf(server: ServerConfig): Address {
  const address = server.check.address ?? server.address;
  if (address.family !== 'inet' && address.family !== 'inet6') return address;
  return { ...address, port: checkPort(server) };
}

/** Checks go where the traffic goes, with its PROXY header, unless they have an address or a port of their own. */
function proxyHeaderOf(server: ServerConfig): SendProxyConfig | undefined {
  const { check, sendProxy } = server;
  const ownTarget = check.address !== undefined || check.port !== undefined;
  if (!check.sendProxy && (ownTarget || sendProxy === undefined)) return undefined;
  return sendProxy ?? { version: 1, options: [] };
}

export function checkPlan(proxy: ProxyConfig, server: ServerConfig): CheckPlan {
  const { check } = server;
  const interMs = check.interMs ?? DEFAULT_INTER_MS;
  const backend = backendCheck.read(proxy);
  const readTimeoutMs = proxy.timeouts.check;
  return {
    target: targetOf(server),
    source: server.source?.address ?? proxy.source?.address,
    proxyHeader: proxyHeaderOf(server),
    socks4: check.viaSocks4 ? server.socks4 : undefined,
    http: backend?.kind === 'http' ? backend : undefined,
    connectStep: backend?.kind === 'tcp' ? ' at initial connection step of tcp-check' : '',
    interMs,
    fastInterMs: check.fastInterMs ?? interMs,
    downInterMs: check.downInterMs ?? interMs,
    rise: check.rise ?? DEFAULT_RISE,
    fall: check.fall ?? DEFAULT_FALL,
    connectTimeoutMs:
      readTimeoutMs === undefined ? interMs : Math.min(proxy.timeouts.connect ?? interMs, interMs),
    readTimeoutMs,
  };
}
