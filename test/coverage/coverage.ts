/**
 * What of HAProxy 2.6's rule language is there: its names (reference.tsv: kind and name, as `haproxy -dKall` prints them)
 * held against the registries. `npm run coverage` writes docs/coverage.md; a unit test tells when that is out of date.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import '../../src/features/all.ts';
import '../../src/expr/all.ts';
import '../../src/rules/all.ts';
import { aclDerivatives } from '../../src/expr/acl/derivatives.ts';
import { converterRecords } from '../../src/expr/converter-record.ts';
import { fetchRecords } from '../../src/expr/fetch-record.ts';
import { logVariables } from '../../src/expr/log-format/log-variable.ts';
import { actionRecords } from '../../src/rules/action-record.ts';
import { type RuleSetName, ruleSetNames } from '../../src/rules/rule-set.ts';
import { repositoryRoot } from '../harness/program.ts';

export const coverageFile = join(repositoryRoot, 'docs', 'coverage.md');

const kinds: readonly [kind: string, title: string, has: (name: string) => boolean][] = [
  ['fetch', 'Sample fetches', (name) => fetchRecords().has(name)],
  ['converter', 'Converters', (name) => converterRecords().has(name)],
  [
    'acl-derivative',
    'ACL keywords of their own',
    (name) => aclDerivatives().has(name) || fetchRecords().has(name),
  ],
  ['action', 'Actions', hasAction],
  ['log-var', 'Variables of log formats', (name) => logVariables().has(name.slice(1))],
];

function hasAction(name: string): boolean {
  const space = name.lastIndexOf(' ');
  const set = name.slice(0, space);
  // Without the check a set that is not there yet would look like one without actions.
  const known = (ruleSetNames as readonly string[]).includes(set);
  return known && actionRecords(set as RuleSetName).has(name.slice(space + 1));
}

/** Why something is not there: the first that fits. */
const reasons: readonly [pattern: RegExp, reason: string][] = [
  [/^(51d|da-csv|wurfl|ot-group)|ot-group$|^deviceatlas/, 'not in the builds of Debian either'],
  [/^(ssl_|%ssl|sha2_tls|x509|ecdsa)|ssl_hello_type|aes_gcm_tls/, 'TLS'],
  [/wait-for-handshake$/, 'TLS'],
  [/^(sc\d?_|src_(?!port|is_local)|table_|in_table)|sc-(inc|set)-|track-sc/, 'stick tables'],
  [/lua/, 'Lua'],
  [/cache/, 'the cache'],
  [/^res\.comp/, 'compression'],
  [/^fcgi/, 'FastCGI'],
  [/spoe/, 'SPOE'],
  [/do-resolve/, 'DNS'],
  [/use-service/, 'services (Prometheus, Lua)'],
  [/^internal\.htx/, 'the memory layout of HAProxy'],
  [/^(cpu|lat)_/, 'measures of tasks, which do not exist here'],
];

function reasonOf(name: string): string {
  return reasons.find(([pattern]) => pattern.test(name))?.[1] ?? 'not yet';
}

/** The page. */
export function coverageText(): string {
  const lines = readFileSync(join(repositoryRoot, 'test', 'coverage', 'reference.tsv'), 'utf8')
    .trim()
    .split('\n');
  const out = [
    '# Coverage of the rule language',
    '',
    'What of the names that HAProxy 2.6 knows is there. Made from the registries by `npm run coverage`; not to be edited.',
    '',
  ];
  for (const [kind, title, has] of kinds) {
    const names = lines.map((line) => line.split('\t')).filter(([each]) => each === kind);
    const missing = new Map<string, string[]>();
    for (const [, name = ''] of names) {
      if (has(name)) continue;
      const reason = reasonOf(name);
      missing.set(reason, [...(missing.get(reason) ?? []), name]);
    }
    const absent = [...missing.values()].reduce((sum, list) => sum + list.length, 0);
    out.push(`## ${title}`, '', `${names.length - absent} of ${names.length}.`, '');
    if (missing.size === 0) continue;
    out.push('| left to | names |', '| --- | --- |');
    for (const reason of [...missing.keys()].sort()) {
      const list = (missing.get(reason) ?? []).map((name) => `\`${name}\``).join(', ');
      out.push(`| ${reason} | ${list} |`);
    }
    out.push('');
  }
  return `${out.join('\n').trimEnd()}\n`;
}
