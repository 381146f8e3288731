/**
 * The keyword `acl`, and the place of conditions: which ACLs and files a line can name.
 * Specification: configuration manual 4.2 `acl`, 7.1.
 */
import { Facet } from '../../config/facet.ts';
import { type KeywordContext, registerKeywords } from '../../config/keyword.ts';
import { refusedInAnonymousDefaults } from '../../config/misplaced.ts';
import type { ProxyConfig } from '../../config/model.ts';
import { patternFileReader } from '../patterns/pattern-files.ts';
import { referencesOf } from '../references.ts';
import type { AclConfig } from './acl-config.ts';
import { readAcl } from './parse-acl.ts';
import type { ConditionPlace } from './parse-condition.ts';

/** Declared in a section, in the order of the lines. */
export const aclsFacet = new Facet('acls', (): AclConfig[] => []);

export function conditionPlace(context: KeywordContext<ProxyConfig>): ConditionPlace {
  const { args, target, configuration, reading } = context;
  const { file, line } = args.line;
  return {
    origin: { file, line },
    proxy: target.name,
    references: referencesOf(configuration),
    acls: aclsFacet.read(target) ?? [],
    files: patternFileReader(configuration, (name) => reading.resolvePath(name, file), { file, line }),
  };
}

registerKeywords({
  scope: 'proxy',
  name: 'acl',
  syntax: '<name> <criterion> [flags] [operator] [<value>]...',
  doc: 'Declares a condition, or adds to it: any of the lines of one name may match.',
  manual: '4.2',
  sections: ['defaults', 'frontend', 'listen', 'backend'],
  parse: (context) => {
    const { args, target } = context;
    if (refusedInAnonymousDefaults(context, 'acl')) return;
    const name = args.next() ?? '';
    const bad = /[^A-Za-z0-9_.:-]/.exec(name);
    if (bad !== null) {
      args.alert(`character '${bad[0]}' is not permitted in acl name '${name}'.`);
      return;
    }
    const words = args.rest();
    const read = readAcl(name, words, conditionPlace(context));
    if ('error' in read) {
      args.alert(`error detected while parsing ACL '${name}' : ${read.error}.`, read.hint);
      return;
    }
    aclsFacet.of(target).push(read.acl);
  },
});
