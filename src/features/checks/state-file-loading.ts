/**
 * Reads the files with states of servers when the process starts: weights and addresses go into the configuration at
 * once, the rest waits in a facet until there is shared memory to apply it to (restore-states.ts).
 * Specification: configuration manual 4.2 `load-server-state-from-file`, 5.2 `init-addr last`.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Address } from '../../config/address.ts';
import { Facet } from '../../config/facet.ts';
import { stateFileName, stateFiles, stateSource } from '../../config/keywords/server-state-files.ts';
import type { Configuration, ProxyConfig, ServerConfig } from '../../config/model.ts';
import { parseStateFile, readStateLine, type StateLine, type StoredState } from './state-file.ts';

const DEFAULT_WEIGHT = 1;

/** What the state file says of a server. */
export const storedState = new Facet<StoredState | Record<string, never>>(
  'server.stored-state',
  () => ({}),
  false,
);

/** Warnings about what could not be read; they stand behind `config : `. */
export function loadServerStates(configuration: Configuration): string[] {
  const warnings: string[] = [];
  const { file, base } = stateFiles.read(configuration.global) ?? { file: undefined, base: undefined };
  const global = file === undefined ? [] : readGlobal(resolve(base, file), warnings);
  for (const proxy of configuration.proxies) {
    const from = proxy.disabled ? 'none' : (stateSource.read(proxy)?.from ?? 'none');
    if (from === 'none' || proxy.servers.length === 0) continue;
    const lines =
      from === 'global'
        ? global.filter(({ backend }) => backend === proxy.name)
        : readLocal(proxy, resolve(base, stateFileName.read(proxy)?.name ?? proxy.name), warnings);
    for (const server of proxy.servers) {
      // The first line about a server counts.
      const line = lines.find((candidate) => candidate.server === server.name);
      if (line !== undefined) take(proxy, server, line, warnings);
    }
  }
  return warnings;
}

function resolve(base: string | undefined, name: string): string {
  return name.startsWith('/') || base === undefined ? name : join(base, name);
}

function readGlobal(path: string, warnings: string[]): readonly StateLine[] {
  const text = readText(path);
  if (text.fault !== undefined) {
    warnings.push(`config: Can't open global server state file '${path}': ${text.fault}`);
    return [];
  }
  const parsed = parseStateFile(text.content);
  if (parsed.ok) return parsed.lines;
  warnings.push(
    parsed.line === undefined
      ? `config: Can't get version of the global server state file '${path}'.`
      : `config: corrupted global server state file '${path}' at line ${parsed.line}.`,
  );
  return [];
}

function readLocal(proxy: ProxyConfig, path: string, warnings: string[]): readonly StateLine[] {
  const lead = `Proxy '${proxy.name}':`;
  const text = readText(path);
  if (text.fault !== undefined) {
    warnings.push(`${lead} Can't open server state file '${path}': ${text.fault}.`);
    return [];
  }
  const parsed = parseStateFile(text.content);
  if (!parsed.ok) {
    warnings.push(
      parsed.line === undefined
        ? `${lead} Can't get version of the server state file '${path}'.`
        : `${lead} corrupted server state file '${path}' at line ${parsed.line}.`,
    );
    return [];
  }
  return parsed.lines.filter(({ backend, fields }) => {
    if (backend === proxy.name) return true;
    if (Number(fields[0]) !== proxy.id) return false;
    warnings.push(
      `${lead} backend name mismatch: from server state file: '${backend}', from running config '${proxy.name}'`,
    );
    return false;
  });
}

function readText(path: string): { content: string; fault: string | undefined } {
  try {
    return { content: readFileSync(path, 'latin1'), fault: undefined };
  } catch (error) {
    // Errors of node:fs have a code.
    const { code = '' } = error as NodeJS.ErrnoException;
    const faults: Record<string, string> = {
      ENOENT: 'No such file or directory',
      EACCES: 'Permission denied',
      EISDIR: 'Is a directory',
    };
    return { content: '', fault: faults[code] ?? code };
  }
}

/** Puts into the configuration what belongs there, and keeps the rest. */
function take(proxy: ProxyConfig, server: ServerConfig, line: StateLine, warnings: string[]): void {
  const name = `'${proxy.name}/${server.name}'`;
  const read = readStateLine(line);
  if ('faults' in read) {
    warnings.push(`server-state application failed for server ${name}, ${read.faults}`);
    return;
  }
  const { state } = read;
  server.facets.set(storedState.name, state);
  // A weight that the configuration has changed since then is not overruled.
  if (state.initialWeight !== (server.weight ?? DEFAULT_WEIGHT)) {
    server.facets.set(storedState.name, { ...state, weight: server.weight ?? DEFAULT_WEIGHT });
  }
  if (hasPort(server.address) && server.portOffset === undefined && state.port > 0) {
    server.address = { ...server.address, port: state.port };
  }
  if (server.check.enabled) {
    if (state.checkPort > 0) server.check.port = state.checkPort;
    const address = state.checkAddress;
    if (address !== undefined && isIP(address) !== 0) {
      server.check.address = { family: isIP(address) === 6 ? 'inet6' : 'inet', host: address, port: 0 };
    }
  }
  if (state.hasAgent && !server.agent.enabled) {
    warnings.push(
      `server-state partially applied for server ${name}, agent checks are not enabled on this server`,
    );
  }
}

function hasPort(address: Address): address is Extract<Address, { port: number }> {
  return address.family === 'inet' || address.family === 'inet6';
}

/** For `init-addr last`: the address that the server had. */
export function lastAddress(server: ServerConfig): string | undefined {
  const address = readStored(server)?.address;
  return address !== undefined && isIP(address) !== 0 ? address : undefined;
}

export function readStored(server: ServerConfig): StoredState | undefined {
  const state = storedState.read(server);
  return state !== undefined && 'operational' in state ? (state as StoredState) : undefined;
}
