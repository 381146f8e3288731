/**
 * `-dK`: the registered keywords by class, in the form in which HAProxy lists its own: one a line, so that two lists can
 * be compared. Classes that have no registered keyword yet have an empty list.
 */
import { type KeywordRecord, keywordsOf, sectionRecords } from '../config/keyword.ts';

const classes: Readonly<
  Record<string, { readonly doc: string; readonly title: string; readonly list: () => string[] }>
> = {
  acl: { doc: 'ACL keywords', title: 'registered ACL keywords', list: () => [] },
  cfg: {
    doc: 'configuration keywords',
    title: 'registered configuration keywords',
    list: configurationKeywords,
  },
  cli: { doc: 'CLI keywords', title: 'registered CLI keywords', list: () => [] },
  cnv: {
    doc: 'sample converter keywords',
    title: 'registered sample converter functions',
    list: () => [],
  },
  flt: { doc: 'filter names', title: 'registered filter names', list: () => [] },
  smp: { doc: 'sample fetch functions', title: 'registered sample fetch functions', list: () => [] },
  svc: { doc: 'service names', title: 'registered service names', list: () => [] },
};

/** `wanted`: classes separated by commas, `all`, or `help`. Unknown ones are passed over, as HAProxy does. */
export function keywordList(wanted: string): string {
  let text = '';
  for (const name of wanted.split(',')) {
    if (name === 'help') {
      text += '# List of supported keyword classes:\nall: list all keywords\n';
      for (const [key, { doc }] of Object.entries(classes)) text += `${key}: ${doc}\n`;
    }
    for (const [key, { title, list }] of Object.entries(classes)) {
      if (name === key || name === 'all') text += `# List of ${title}:\n${list().join('')}`;
    }
  }
  return text;
}

function configurationKeywords(): string[] {
  const sections: [string, ReadonlyMap<string, KeywordRecord>, string][] = [
    ['global', keywordsOf('global'), '\t'],
    ['listen', keywordsOf('proxy'), '\t'],
    ['', keywordsOf('bind'), '\tbind <addr> '],
    ['', keywordsOf('server'), '\tserver <name> <addr> '],
  ];
  const lines = sections.flatMap(([section, keywords, lead]) => [
    ...(section === '' ? [] : [`${section}\n`]),
    ...[...keywords.keys()].sort().map((name) => `${lead}${name}\n`),
  ]);
  return [...lines, ...[...sectionRecords().keys()].sort().map((name) => `${name}\n`)];
}
