// Recorded observations, one text file per corpus: what HAProxy made of each case. Strings that occur often are written
// once, at the top, and named by number. It is written by record.ts and read by the scenarios; nobody edits it.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { repositoryRoot } from '../harness/program.ts';
import type { CorpusCase } from './case.ts';
import { type After, MODES, type Mode, type Observation } from './observation.ts';

export type Verdicts = Map<string, Observation>;
export type CorpusName = 'http1-requests' | 'http1-responses';

/** What occurs this often gets a number. */
const SHARED_FROM = 3;

export function verdictKey(each: { readonly name: string }, mode: Mode): string {
  return `${each.name} [${mode}]`;
}

function pathOf(corpus: CorpusName): string {
  return join(repositoryRoot, 'test', 'corpus', `${corpus}.verdicts`);
}

/** JSON in ASCII, so that the file is text whatever bytes were observed. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function stringsOf({ answer, server, log }: Observation): string[] {
  return [answer, ...server, ...log];
}

/** False where the reference itself gives no steady verdict. */
export function isRecorded(each: CorpusCase): boolean {
  return each.differs?.unsettled !== true;
}

/** One line a case where both modes agree, else one for each. */
type Line = readonly [name: string, mode: Mode | 'both', verdict: Observation];

function linesOf(cases: readonly CorpusCase[], verdicts: Verdicts): Line[] {
  return cases.filter(isRecorded).flatMap(({ name }): Line[] => {
    const strict = verdicts.get(verdictKey({ name }, 'strict'));
    const lenient = verdicts.get(verdictKey({ name }, 'lenient'));
    if (strict === undefined || lenient === undefined) throw new Error(`no verdict on ${name}`);
    if (isDeepStrictEqual(strict, lenient)) return [[name, 'both', strict]];
    return [
      [name, 'strict', strict],
      [name, 'lenient', lenient],
    ];
  });
}

export function writeVerdicts(
  corpus: CorpusName,
  source: string,
  cases: readonly CorpusCase[],
  verdicts: Verdicts,
): void {
  const lines = linesOf(cases, verdicts);
  const counts = new Map<string, number>();
  for (const [, , verdict] of lines)
    for (const text of stringsOf(verdict)) counts.set(text, (counts.get(text) ?? 0) + 1);
  const shared = [...counts].filter(([, count]) => count >= SHARED_FROM).map(([text]) => text);
  const number = new Map(shared.map((text, at) => [text, `@${at}`]));
  const write = (text: string): string => number.get(text) ?? quote(text);
  const written = [
    `# What ${source} makes of the cases of ${corpus}. Recorded by record.ts; do not edit.`,
    ...shared.map((text, at) => `@${at}\t${quote(text)}`),
    ...lines.map(([name, mode, { answer, after, server, log }]) =>
      [quote(name), mode, write(answer), after, server.map(write).join(' '), log.map(write).join(' ')].join(
        '\t',
      ),
    ),
  ];
  writeFileSync(pathOf(corpus), `${written.join('\n')}\n`);
}

const TOKEN = /@\d+|"(?:[^"\\]|\\.)*"/g;

function isAfter(text: string | undefined): text is After {
  return text === 'kept' || text === 'tunnel' || text === 'closed' || text === 'open';
}

/** Reads a record. A missing one is an error: without it nothing is tested. */
export function readVerdicts(corpus: CorpusName): Verdicts {
  const verdicts: Verdicts = new Map();
  const shared = new Map<string, string>();
  const read = (token: string): string => shared.get(token) ?? (JSON.parse(token) as string);
  for (const line of readFileSync(pathOf(corpus), 'utf8').split('\n')) {
    const [first = '', mode = '', answer = '', after, server = '', log = ''] = line.split('\t');
    if (first.startsWith('@')) shared.set(first, JSON.parse(mode) as string);
    if (!first.startsWith('"') || !isAfter(after)) continue;
    const verdict: Observation = {
      answer: read(answer),
      after,
      server: (server.match(TOKEN) ?? []).map(read),
      log: (log.match(TOKEN) ?? []).map(read),
    };
    for (const each of MODES)
      if (mode === each || mode === 'both')
        verdicts.set(verdictKey({ name: JSON.parse(first) as string }, each), verdict);
  }
  return verdicts;
}

/** Names must be unique: they are the keys. */
export function assertUniqueNames(cases: readonly CorpusCase[]): void {
  const seen = new Set<string>();
  for (const { name } of cases) {
    if (seen.has(name)) throw new Error(`two cases are named ${name}`);
    seen.add(name);
  }
}
