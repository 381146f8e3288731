/**
 * Proxies and servers that arguments name, by their places in shared memory. References that lead nowhere were refused
 * when the configuration was checked (references.ts).
 */
import type { ProxyConfig, ServerConfig } from '../config/model.ts';
import { layoutOf } from '../state/layout.ts';
import type { ArgumentValue } from './argument.ts';
import type { Linker } from './linker.ts';

export interface FoundServer {
  readonly config: ServerConfig;
  /** Its first word, and the lane offset of its counters. */
  readonly at: number;
  readonly counters: number;
}

export interface FoundBackend {
  readonly config: ProxyConfig;
  readonly index: number;
  readonly at: number;
  readonly counters: number;
  readonly servers: readonly FoundServer[];
}

export interface FoundFrontend {
  readonly index: number;
  readonly at: number;
  readonly counters: number;
}

export function backendAt(index: number, linker: Linker): FoundBackend {
  const { configuration, shared } = linker;
  const config = configuration.proxies[index] as ProxyConfig;
  const first = layoutOf(configuration).firstServer[index] as number;
  return {
    config,
    index,
    at: shared.proxyWords(index),
    counters: shared.backendCounters(index),
    servers: config.servers.map((server, position) => ({
      config: server,
      at: shared.serverWords(first + position),
      counters: shared.serverCounters(first + position),
    })),
  };
}

/** Undefined where no such backend is. */
export function namedBackend(argument: ArgumentValue | undefined, linker: Linker): FoundBackend | undefined {
  if (argument?.kind !== 'backend') return undefined;
  const index = linker.backendIndex(argument.name === '' ? argument.proxy : argument.name);
  return index < 0 ? undefined : backendAt(index, linker);
}

export function namedFrontend(
  argument: ArgumentValue | undefined,
  linker: Linker,
): FoundFrontend | undefined {
  if (argument?.kind !== 'frontend') return undefined;
  const index = linker.frontendIndex(argument.name === '' ? argument.proxy : argument.name);
  const { shared } = linker;
  return index < 0
    ? undefined
    : { index, at: shared.proxyWords(index), counters: shared.frontendCounters(index) };
}

/** The two names in `backend/server`; the backend is the section's own where it was left out. */
export function splitServerName(name: string, proxy: string): { backend: string; server: string } {
  const slash = name.indexOf('/');
  return slash < 0
    ? { backend: proxy, server: name }
    : { backend: name.slice(0, slash), server: name.slice(slash + 1) };
}

export function namedServer(argument: ArgumentValue | undefined, linker: Linker): FoundServer | undefined {
  if (argument?.kind !== 'server') return undefined;
  const { backend, server } = splitServerName(argument.name, argument.proxy);
  const index = linker.backendIndex(backend);
  if (index < 0) return undefined;
  return backendAt(index, linker).servers.find(({ config }) => config.name === server);
}
