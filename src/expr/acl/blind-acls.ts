/**
 * Finds ACLs in a condition that ask for what its place cannot see, so that they never match.
 * Specification: configuration manual 7.3; wording of messages as HAProxy 2.6.
 */
import { type Point, sees } from '../availability.ts';
import { fetchRecords } from '../fetch-record.ts';
import type { AclConfig, ConditionConfig } from './acl-config.ts';

/**
 * The warning about the first such ACL, or undefined. `shown` is the point that the message names, `where` what it says
 * of the place besides.
 */
export function blindAcl(
  condition: ConditionConfig,
  points: readonly Point[],
  shown: Point,
  where = '',
): string | undefined {
  for (const terms of condition.alternatives) {
    for (const term of terms) {
      const blind = term.acls.filter((acl) => !visible(acl, points));
      const [first] = blind;
      if (first === undefined) continue;
      if (first.name === '') {
        return `anonymous acl will never match${where} because it uses keyword '${keywordOf(first)}' which is incompatible with '${shown}'`;
      }
      if (blind.length === term.acls.length) {
        return `acl '${first.name}' will never match${where} because it only involves keywords that are incompatible with '${shown}'`;
      }
    }
  }
  return undefined;
}

function visible(acl: AclConfig, points: readonly Point[]): boolean {
  const layers = fetchRecords().get(acl.expression.fetch.name)?.layers ?? [];
  return points.some((point) => sees(point, layers));
}

function keywordOf(acl: AclConfig): string {
  return acl.keyword.replace(/[(,].*/, '');
}
