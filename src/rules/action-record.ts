/**
 * What an action is: one record, kept beside the code that carries it out. Parsers of rules, their messages and the
 * reference manual read the records.
 * Specification: configuration manual 4.2, the lists of actions.
 */
import type { ArgumentReader } from '../config/argument-reader.ts';
import type { Reading } from '../config/keyword.ts';
import type { Configuration, ProxyConfig } from '../config/model.ts';
import type { ConditionConfig } from '../expr/acl/acl-config.ts';
import type { ConditionPlace } from '../expr/acl/parse-condition.ts';
import type { Point } from '../expr/availability.ts';
import type { ExpressionConfig } from '../expr/expression-config.ts';
import type { Linker } from '../expr/linker.ts';
import type { FormatConfig } from '../expr/log-format/format-text.ts';
import type { RuleConfig } from './rule-config.ts';
import type { RuleSetName } from './rule-set.ts';
import type { RuleTarget } from './target.ts';

/** Carries the rule out. Result: a verdict (verdict.ts). */
export type Action = (target: RuleTarget, final: boolean) => number;

/** How messages about an expression are worded, where that is not as usual. */
export interface ExpressionMessages {
  /** Stands before them. */
  readonly lead?: string;
  /** They name the expression where HAProxy otherwise names the action. */
  readonly namesItself?: boolean;
}

/** What a parser of arguments is given. It reads up to `if`, `unless` or the end and leaves those alone. */
export interface ActionContext {
  readonly args: ArgumentReader;
  /** What stands in parentheses behind the name (`set-var(txn.x)`), undefined without any. */
  readonly inner: string | undefined;
  readonly ruleSet: RuleSetName;
  readonly proxy: ProxyConfig;
  readonly configuration: Configuration;
  readonly reading: Reading;
  readonly points: readonly Point[];
  readonly place: ConditionPlace;
  /** The next word is the end of the arguments. */
  readonly done: boolean;
  /** Alert in HAProxy's frame: `error detected in frontend 'f' while parsing 'http-request x' rule : MESSAGE.` */
  fail(message: string, hint?: string): undefined;
  /** The next word as an expression; undefined when it was refused (and reported). */
  expression(messages?: ExpressionMessages): ExpressionConfig | undefined;
  /** A text as a log format; undefined when it was refused (and reported). */
  format(text: string): FormatConfig | undefined;
  /** An `if` or `unless` with its condition, for actions that have it inside their arguments (redirect). */
  condition(): ConditionConfig | undefined;
}

export interface ActionRecord<Data = unknown> {
  readonly name: string;
  /** The name is followed by parentheses: `set-var(scope.name)`. */
  readonly hasInner?: boolean;
  readonly ruleSets: readonly RuleSetName[];
  /** Only for configurations that say `expose-experimental-directives`. */
  readonly experimental?: boolean;
  /** It answers in the place of a server. */
  readonly answers?: boolean;
  readonly syntax: string;
  readonly doc: string;
  readonly manual: string;
  /** Plain data, or undefined when the arguments were refused (and reported). */
  readonly parse: (context: ActionContext) => Data | undefined;
  /** `next`: the rule behind this one, undefined behind the last. */
  readonly link: (data: Data, linker: Linker, ruleSet: RuleSetName, next?: RuleConfig | undefined) => Action;
}

const records = new Map<RuleSetName, Map<string, ActionRecord>>();

export function registerAction<Data>(record: ActionRecord<Data>): void {
  for (const name of record.ruleSets) {
    let table = records.get(name);
    if (table === undefined) {
      table = new Map();
      records.set(name, table);
    }
    if (table.has(record.name)) throw new Error(`action registered twice: ${name} ${record.name}`);
    // A record is only ever linked with what its own parser made.
    table.set(record.name, record as ActionRecord);
  }
}

export function actionRecords(set: RuleSetName): ReadonlyMap<string, ActionRecord> {
  const ruleSet = set === 'stats http-request' ? 'http-request' : set;
  return records.get(ruleSet) ?? new Map();
}
