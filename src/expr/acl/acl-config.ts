/** ACLs and conditions as plain data: what the parser understood, before a thread links it. */
import type { Origin } from '../../config/words.ts';
import type { ExpressionConfig } from '../expression-config.ts';
import type { MatchName } from '../patterns/match-method.ts';

/** Patterns of one ACL line, or of a `map`. */
export interface PatternListConfig {
  readonly method: MatchName;
  readonly ignoreCase: boolean;
  readonly noNames: boolean;
  /** Written on the line. */
  readonly inline: readonly string[];
  /** Files named by `-f`, as they were written; their contents are looked up by this name. */
  readonly files: readonly string[];
  /** `-M`: the files hold keys with values, of which only the keys count. */
  readonly areMaps: boolean;
  /** `-u`. */
  readonly id: number | undefined;
}

/** One `acl` line, or a condition between braces. */
export interface AclConfig {
  /** Empty for an anonymous one. */
  readonly name: string;
  /** The criterion as written. */
  readonly keyword: string;
  readonly expression: ExpressionConfig;
  readonly patterns: PatternListConfig;
  readonly origin: Origin;
}

/** One word of a condition. */
export interface TermConfig {
  readonly negated: boolean;
  /** All lines of that name: any of them may match. */
  readonly acls: readonly AclConfig[];
  /** As written. */
  readonly text: string;
}

/** `if` or `unless`: alternatives (`or`) of terms that must all hold. */
export interface ConditionConfig {
  readonly unless: boolean;
  readonly alternatives: readonly (readonly TermConfig[])[];
  readonly text: string;
  readonly origin: Origin;
}
