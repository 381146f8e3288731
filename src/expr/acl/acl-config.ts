/** ACLs and conditions as plain data: what the parser understood, before a thread links it. */
import type { Origin } from '../../config/words.ts';
import type { ExpressionConfig } from '../expression-config.ts';
import type { MatchName } from '../patterns/match-method.ts';

/** A file named by `-f`, as it was written; its list is looked up by this name. */
export interface PatternFileConfig {
  readonly name: string;
  /** `-i` stood in front of it. */
  readonly ignoreCase: boolean;
}

/** Patterns of one ACL line. */
export interface PatternListConfig {
  readonly method: MatchName;
  /** Of the patterns on the line. */
  readonly ignoreCase: boolean;
  readonly files: readonly PatternFileConfig[];
  /** Place of the list of those that are written on the line (patterns/pattern-files.ts). */
  readonly list: number;
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
