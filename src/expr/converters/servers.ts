/** States of backends and servers that a value names. Specification: configuration manual 7.3.1 `nbsrv`, `srv_queue`. */

import { layoutOf } from '../../state/layout.ts';
import { BE_ACTIVE_SERVERS, BE_BACKUP_SERVERS, SRV_QUEUED } from '../../state/shared-state.ts';
import { noArguments } from '../argument.ts';
import { registerConverters } from '../converter-record.ts';
import type { Linker } from '../linker.ts';
import { latin1Text, T_INT, T_STR } from '../sample.ts';
import type { Scope } from '../scope.ts';

/** Backends by name: their first word in shared memory. */
function backendWords({ configuration, shared, backendIndex }: Linker): ReadonlyMap<string, number> {
  const words = new Map<string, number>();
  for (const { name } of configuration.proxies) {
    const index = backendIndex(name);
    if (index >= 0) words.set(name, shared.proxyWords(index));
  }
  return words;
}

/** Servers by `backend/server`: their first word in shared memory. */
function serverWords({ configuration, shared, backendIndex }: Linker): ReadonlyMap<string, number> {
  const words = new Map<string, number>();
  const { firstServer } = layoutOf(configuration);
  for (const [proxy, { name, servers }] of configuration.proxies.entries()) {
    if (backendIndex(name) !== proxy) continue;
    for (const [at, server] of servers.entries())
      words.set(`${name}/${server.name}`, shared.serverWords((firstServer[proxy] as number) + at));
  }
  return words;
}

/** The backend that a request is in, or the frontend while it is in none. */
function currentProxy(scope: Scope): string {
  const { backendName } = scope.logRecord();
  return latin1Text(backendName, 0, backendName.length);
}

registerConverters(
  {
    name: 'nbsrv',
    arguments: noArguments,
    input: T_STR,
    output: T_INT,
    doc: 'How many servers of the named backend are usable: active ones, or backups where there are none.',
    manual: '7.3.1',
    link: (_args, linker) => {
      const { words } = linker.shared;
      const backends = backendWords(linker);
      return (sample) => {
        const at = backends.get(sample.text());
        if (at === undefined) return false;
        const active = Atomics.load(words, at + BE_ACTIVE_SERVERS);
        return sample.setInt(active > 0 ? active : Atomics.load(words, at + BE_BACKUP_SERVERS));
      };
    },
  },
  {
    name: 'srv_queue',
    arguments: noArguments,
    input: T_STR,
    output: T_INT,
    doc: 'How many requests wait for the named server (backend/server, or of the current backend).',
    manual: '7.3.1',
    link: (_args, linker) => {
      const { words } = linker.shared;
      const servers = serverWords(linker);
      return (sample, scope) => {
        const text = sample.text();
        const name = text.includes('/') ? text : `${currentProxy(scope)}/${text}`;
        const at = servers.get(name);
        return at !== undefined && sample.setInt(Atomics.load(words, at + SRV_QUEUED));
      };
    },
  },
);
