/** States of backends and servers that a value names. Specification: configuration manual 7.3.1 `nbsrv`, `srv_queue`. */

import { layoutOf } from '../../state/layout.ts';
import { BE_ACTIVE_SERVERS, BE_BACKUP_SERVERS, SRV_QUEUED } from '../../state/shared-state.ts';
import { noArguments } from '../argument.ts';
import { registerConverters } from '../converter-record.ts';
import type { Linker } from '../linker.ts';
import { T_INT, T_STR } from '../sample.ts';

interface BackendWords {
  /** First word in shared memory. */
  readonly at: number;
  readonly usesAllBackups: boolean;
}

function backendsByName(linker: Linker): ReadonlyMap<string, BackendWords> {
  const { configuration, shared } = linker;
  const backends = new Map<string, BackendWords>();
  for (const [index, { name, options }] of configuration.proxies.entries()) {
    if (linker.backendIndex(name) !== index) continue;
    backends.set(name, {
      at: shared.proxyWords(index),
      usesAllBackups: options.get('allbackups') === true,
    });
  }
  return backends;
}

/** Servers by `backend/server`: their first word in shared memory. */
function serverWords(linker: Linker): ReadonlyMap<string, number> {
  const { configuration, shared } = linker;
  const words = new Map<string, number>();
  const { firstServer } = layoutOf(configuration);
  for (const [proxy, { name, servers }] of configuration.proxies.entries()) {
    if (linker.backendIndex(name) !== proxy) continue;
    for (const [at, server] of servers.entries())
      words.set(`${name}/${server.name}`, shared.serverWords((firstServer[proxy] as number) + at));
  }
  return words;
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
      const backends = backendsByName(linker);
      return (sample) => {
        const backend = backends.get(sample.text());
        if (backend === undefined) return false;
        const active = Atomics.load(words, backend.at + BE_ACTIVE_SERVERS);
        if (active > 0) return sample.setInt(active);
        // Without option allbackups only the first of them is used.
        const backups = Atomics.load(words, backend.at + BE_BACKUP_SERVERS);
        return sample.setInt(backend.usesAllBackups ? backups : Math.min(backups, 1));
      };
    },
  },
  {
    name: 'srv_queue',
    arguments: noArguments,
    input: T_STR,
    output: T_INT,
    doc: 'How many requests wait for the named server (backend/server).',
    manual: '7.3.1',
    link: (_args, linker) => {
      const { words } = linker.shared;
      const servers = serverWords(linker);
      // HOOK: a server's name alone means the current backend's, which a Scope does not tell yet.
      return (sample) => {
        const at = servers.get(sample.text());
        return at !== undefined && sample.setInt(Atomics.load(words, at + SRV_QUEUED));
      };
    },
  },
);
