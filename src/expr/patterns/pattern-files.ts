/**
 * Files of patterns and maps, and patterns on lines, as the configuration names them: read once, checked for each way in
 * which they are used, kept as plain data until the lists are made of them (pattern-store.ts).
 * Specification: configuration manual 7.1 (`-f`, `-M`, `-u`), 7.3.1 `map`; wording of messages as HAProxy 2.6.
 */
import { readFileSync } from 'node:fs';
import { fromByteText } from '../../config/byte-text.ts';
import { Facet } from '../../config/facet.ts';
import type { Configuration } from '../../config/model.ts';
import type { Origin } from '../../config/words.ts';
import { hostAddress } from './host-names.ts';
import { type MatchName, matchMethod, type PatternFlags } from './match-method.ts';
import { lineNumberAt, readPatternLines } from './pattern-lines.ts';

/** What names a list, for whoever shows them. */
export interface PatternUse {
  readonly by: 'map' | 'acl';
  readonly method: MatchName;
  readonly ignoreCase: boolean;
  readonly origin: Origin;
}

export interface PatternListSource {
  /** Of the file, as written; undefined for patterns on a line. */
  readonly file: string | undefined;
  /** The lines hold values behind the keys. */
  readonly withValues: boolean;
  /** Of patterns on a line: the patterns, and the criterion that they are for. */
  readonly patterns: readonly string[];
  readonly criterion: string;
  /** `-u`. */
  readonly id: number | undefined;
  /** Of a file; emptied once the list is made of it. */
  content: Uint8Array;
  readonly uses: PatternUse[];
  /** Ways in which it was found to be right. */
  readonly checked: string[];
}

export interface PatternSources {
  /** In the order in which they are first named, which is that of their ids. */
  readonly lists: PatternListSource[];
  /** Places in `lists` by the name of the file. */
  readonly files: Map<string, number>;
  /** Addresses of host names in lists of addresses. */
  readonly names: Map<string, string>;
}

export const patternSources = new Facet(
  'pattern-lists',
  (): PatternSources => ({ lists: [], files: new Map(), names: new Map() }),
);

/** How a line of the configuration uses a file. */
export interface FileUse extends PatternFlags {
  readonly by: 'map' | 'acl';
  readonly method: MatchName;
  readonly withValues: boolean;
  /** Whether a value can be what it is used as; `valuesAs` names that. */
  readonly valuesAs?: string;
  readonly acceptsValue?: (u8: Uint8Array, start: number, end: number) => boolean;
}

/** How a line uses the patterns that stand on it. */
export interface LineUse {
  readonly criterion: string;
  readonly method: MatchName;
  readonly ignoreCase: boolean;
  /** `-u`. */
  readonly id: number | undefined;
}

/** What a line of the configuration can do with patterns. */
export interface PatternFileReader {
  /** Reads and checks a file for this use; HAProxy's words for what is wrong, if anything. */
  useFile(name: string, use: FileUse): string | undefined;
  /** Notes patterns of the line itself: the place of their list, or what is wrong. */
  addList(patterns: readonly string[], use: LineUse): { readonly list: number } | { readonly error: string };
}

/** `resolve`: the path that a name means. */
export function patternFileReader(
  configuration: Configuration,
  resolve: (name: string) => string,
  origin: Origin,
): PatternFileReader {
  const sources = patternSources.of(configuration);
  return {
    useFile: (name, use) => {
      const list = fileList(sources, name, use, resolve);
      if (typeof list === 'string') return list;
      const { by, method, ignoreCase } = use;
      list.uses.push({ by, method, ignoreCase, origin });
      return checkFile(sources, name, list, use);
    },
    addList: (patterns, { criterion, id, method, ignoreCase }) => {
      if (id !== undefined && sources.lists.some((list) => list.id === id))
        return { error: 'the id is already used' };
      const content = new Uint8Array(0);
      const uses: PatternUse[] = [{ by: 'acl', method, ignoreCase, origin }];
      const list: PatternListSource = {
        file: undefined,
        withValues: false,
        patterns,
        criterion,
        id,
        content,
        uses,
        checked: [],
      };
      return { list: sources.lists.push(list) - 1 };
    },
  };
}

function fileList(
  sources: PatternSources,
  name: string,
  { withValues }: FileUse,
  resolve: (name: string) => string,
): PatternListSource | string {
  const known = sources.lists[sources.files.get(name) ?? -1];
  if (known !== undefined) {
    if (known.withValues === withValues) return known;
    const [is, wanted] = withValues ? ['one', 'two'] : ['two', 'one'];
    return `The file "${name}" is already used as ${is} column file and cannot be used by as ${wanted} column file.`;
  }
  let content: Uint8Array;
  try {
    content = readFileSync(fromByteText(resolve(name)));
  } catch {
    return `failed to open pattern file <${name}>`;
  }
  const list: PatternListSource = {
    file: name,
    withValues,
    patterns: [],
    criterion: '',
    id: undefined,
    content,
    uses: [],
    checked: [],
  };
  sources.files.set(name, sources.lists.push(list) - 1);
  return list;
}

function checkFile(
  { names }: PatternSources,
  name: string,
  { content, checked }: PatternListSource,
  use: FileUse,
): string | undefined {
  const method = matchMethod(use.method);
  const { acceptsValue, valuesAs = '' } = use;
  if (method.takesAnything === true && acceptsValue === undefined) return undefined;
  const way = [use.method, use.ignoreCase, use.noNames, valuesAs].join(' ');
  if (checked.includes(way)) return undefined;
  let wrong: string | undefined;
  readPatternLines(content, use.withValues, (keyStart, keyEnd, valueStart, valueEnd) => {
    if (method.takesAnything !== true && method.isPlain?.(content, keyStart, keyEnd) !== true) {
      const key = textOf(content, keyStart, keyEnd);
      wrong = method.check(key, use);
      if (wrong !== undefined && use.method === 'ip' && !use.noNames && use.by === 'acl') {
        const address = hostAddress(key);
        if (address !== undefined) {
          names.set(key, address);
          wrong = undefined;
        }
      }
    }
    if (wrong === undefined && acceptsValue?.(content, valueStart, valueEnd) === false)
      wrong = `unable to parse '${textOf(content, valueStart, valueEnd)}'`;
    if (wrong !== undefined) wrong += ` at line ${lineNumberAt(content, keyStart)} of file '${name}'`;
    return wrong === undefined;
  });
  if (wrong === undefined) checked.push(way);
  return wrong;
}

function textOf(content: Uint8Array, start: number, end: number): string {
  return Buffer.from(content.buffer, content.byteOffset + start, end - start).toString('latin1');
}
