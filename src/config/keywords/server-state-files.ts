/**
 * Which files states of servers are read from at the start, and for which backends.
 * Specification: configuration manual 3.1 `server-state-base`, `server-state-file`, 4.2 `load-server-state-from-file`,
 * `server-state-file-name`; wording as HAProxy 2.6 has it.
 */
import { Facet } from '../facet.ts';
import { type GlobalKeyword, registerCheck, registerKeywords } from '../keyword.ts';
import type { Configuration } from '../model.ts';
import { proxyWord } from '../proxy-kind.ts';

interface StateFiles {
  base: string | undefined;
  file: string | undefined;
}

export const stateFiles = new Facet<StateFiles>('global.server-state-files', () => ({
  base: undefined,
  file: undefined,
}));

const SOURCES = ['global', 'local', 'none'] as const;

export const stateSource = new Facet<{ from: (typeof SOURCES)[number] }>('proxy.server-state-source', () => ({
  from: 'none',
}));

/** The file's name; none where it is the backend's own. */
export const stateFileName = new Facet<{ name: string | undefined }>(
  'proxy.server-state-file-name',
  () => ({ name: undefined }),
  false,
);

export function readsStateFiles({ global, proxies }: Configuration): boolean {
  return (
    stateFiles.read(global)?.file !== undefined ||
    proxies.some((proxy) => stateSource.read(proxy) !== undefined)
  );
}

function path(name: string, field: keyof StateFiles, doc: string, missing: string): GlobalKeyword {
  return {
    scope: 'global',
    name,
    syntax: `<${field === 'base' ? 'directory' : 'file'}>`,
    doc,
    manual: '3.1',
    parse: ({ args, target }) => {
      const files = stateFiles.of(target);
      const text = args.next();
      args.rest();
      if (files[field] !== undefined) args.warning(`'${name}' already specified. Continuing.`);
      else if (text === undefined) args.alert(missing);
      else files[field] = text;
    },
  };
}

registerKeywords(
  path(
    'server-state-base',
    'base',
    'The directory of state files whose names do not begin with a slash.',
    "'server-state-base' expects one argument: a directory path.",
  ),
  path(
    'server-state-file',
    'file',
    'The file with the states of all servers, as `show servers state` has written it.',
    "'server-state-file' expect one argument: a file path.",
  ),
  {
    scope: 'proxy',
    name: 'load-server-state-from-file',
    syntax: '{ global | local | none }',
    doc: 'Where the states of the backend’s servers come from at the start. Default: none.',
    manual: '4.2',
    sections: ['defaults', 'listen', 'backend'],
    parse: ({ args, target }) => {
      const text = args.next() ?? '';
      const from = SOURCES.find((source) => source === text);
      args.rest();
      if (from === undefined) {
        args.alert(`'load-server-state-from-file' expects 'global', 'local' or 'none'. Got '${text}'`);
      } else stateSource.of(target).from = from;
    },
  },
  {
    scope: 'proxy',
    name: 'server-state-file-name',
    syntax: '[ { use-backend-name | <file> } ]',
    doc: 'The backend’s own state file; by default it has the backend’s name.',
    manual: '4.2',
    sections: ['defaults', 'listen', 'backend'],
    parse: ({ args, target }) => {
      const text = args.next();
      if (!args.done) {
        args.alert(`'server-state-file-name' cannot handle unexpected argument '${args.peek()}'.`);
        args.rest();
      } else stateFileName.of(target).name = text === 'use-backend-name' ? undefined : text;
    },
  },
);

registerCheck((configuration, report) => {
  const file = stateFiles.read(configuration.global)?.file;
  for (const proxy of configuration.proxies) {
    if (proxy.disabled || file !== undefined || stateSource.read(proxy)?.from !== 'global') continue;
    report.warning(
      `${proxyWord(proxy.kind)} '${proxy.name}' configured to load server state file from global section 'server-state-file' directive. Unfortunately, 'server-state-file' is not set!`,
    );
  }
});
