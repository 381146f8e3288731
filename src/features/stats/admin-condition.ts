/**
 * `stats admin { if | unless } …` as far as the ACLs go that every configuration has: whether a client may act. The rule
 * language's conditions take its place.
 * Specification: configuration manual 4.2 `stats admin`, 7.2 (conditions), 7.4 (predefined ACLs).
 */
import type { SocketAddress } from '../../protocol/socket-address.ts';

/** Names of ACLs, negated or not. All of a conjunction must hold, and one of the conjunctions. */
interface Term {
  readonly name: string;
  readonly negated: boolean;
}

/** Plain data: it goes to the data threads. */
export interface AdminRule {
  readonly unless: boolean;
  readonly anyOf: readonly (readonly Term[])[];
}

type Acl = (client: SocketAddress) => boolean;

const ACLS: ReadonlyMap<string, Acl> = new Map<string, Acl>([
  ['TRUE', () => true],
  ['FALSE', () => false],
  ['LOCALHOST', (client) => /^(127\.|::1$)/.test(client.toString())],
]);

/** The rule, or the name of an ACL that there is not. A condition without any ACL never holds. */
export function parseAdminRule(unless: boolean, words: readonly string[]): AdminRule | string {
  const anyOf: Term[][] = [];
  let terms: Term[] = [];
  let negated = false;
  for (const word of words) {
    if (word === 'or' || word === '||') {
      if (terms.length > 0) anyOf.push(terms);
      terms = [];
      continue;
    }
    const name = word.replace(/^!+/, '');
    // A second negation takes back the first.
    if ((word.length - name.length) % 2 === 1) negated = !negated;
    if (name === '') continue;
    if (!ACLS.has(name)) return name;
    terms.push({ name, negated });
    negated = false;
  }
  if (terms.length > 0) anyOf.push(terms);
  return { unless, anyOf };
}

/** Whether one of the rules lets this client act. */
export function mayAct(rules: readonly AdminRule[], client: SocketAddress): boolean {
  const holds = ({ name, negated }: Term): boolean => ACLS.get(name)?.(client) !== negated;
  return rules.some(({ unless, anyOf }) => anyOf.some((terms) => terms.every(holds)) !== unless);
}
