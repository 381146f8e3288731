/**
 * Reads a condition: `if` or `unless` and its terms. Specification: configuration manual 7.2; wording of messages as
 * HAProxy 2.6.
 */
import { nearestWord } from '../../config/suggest.ts';
import type { AclConfig, ConditionConfig, TermConfig } from './acl-config.ts';
import { type AclPlace, readAcl } from './parse-acl.ts';
import { predefinedAcls } from './predefined.ts';

export interface ConditionPlace extends AclPlace {
  /** The ACLs declared so far in the section. */
  readonly acls: readonly AclConfig[];
}

export type ConditionResult =
  | { readonly condition: ConditionConfig }
  | { readonly error: string; readonly hint?: string };

/** `words` begin with `if` or `unless`. */
export function readCondition(words: readonly string[], place: ConditionPlace): ConditionResult {
  const unless = words[0] === 'unless';
  const alternatives: TermConfig[][] = [];
  let terms: TermConfig[] = [];
  let negated = false;
  for (let at = 1; at < words.length; at++) {
    let word = words[at] as string;
    if (word === 'or' || word === '||') {
      alternatives.push(terms);
      terms = [];
      negated = false;
      continue;
    }
    while (word.startsWith('!')) {
      negated = !negated;
      word = word.slice(1);
    }
    if (word === '') continue;
    if (word === '{') {
      const close = words.indexOf('}', at + 1);
      if (close < 0) return { error: "missing closing '}' in condition" };
      const read = readAcl('', words.slice(at + 1, close), place);
      if ('error' in read) return read;
      terms.push({ negated, acls: [read.acl], text: words.slice(at, close + 1).join(' ') });
      at = close;
    } else {
      const acls = aclsOf(word, place);
      if ('error' in acls) return acls;
      terms.push({ negated, acls, text: word });
    }
    negated = false;
  }
  alternatives.push(terms);
  return {
    condition: { unless, alternatives, text: words.join(' '), origin: place.origin },
  };
}

function aclsOf(
  name: string,
  place: ConditionPlace,
): readonly AclConfig[] | { readonly error: string; readonly hint?: string } {
  const declared = place.acls.filter((acl) => acl.name === name);
  if (declared.length > 0) return declared;
  const words = predefinedAcls.get(name);
  if (words === undefined) {
    const near = nearestWord(name, [...place.acls.map((acl) => acl.name), ...predefinedAcls.keys()]);
    return {
      error: `no such ACL : '${name}'`,
      ...(near === undefined ? {} : { hint: `did you mean '${near}'?` }),
    };
  }
  const read = readAcl(name, words, place);
  return 'error' in read ? read : [read.acl];
}
