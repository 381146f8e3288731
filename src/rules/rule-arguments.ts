/** What a record's parser is given: the arguments of one rule, and HAProxy's frame around messages about them. */
import type { ArgumentReader } from '../config/argument-reader.ts';
import type { KeywordContext, Reading } from '../config/keyword.ts';
import type { Configuration, ProxyConfig } from '../config/model.ts';
import type { ConditionConfig } from '../expr/acl/acl-config.ts';
import { conditionPlace } from '../expr/acl/acl-keyword.ts';
import type { ConditionPlace } from '../expr/acl/parse-condition.ts';
import { needOf, type Point, sees } from '../expr/availability.ts';
import type { ExpressionConfig } from '../expr/expression-config.ts';
import { checkFormat, type FormatConfig } from '../expr/log-format/format-text.ts';
import { readWholeExpression } from '../expr/parse-expression.ts';
import type { ActionContext, ExpressionMessages } from './action-record.ts';
import { placeOf } from './place.ts';
import { readRuleCondition } from './rule-condition.ts';
import type { RuleSet, RuleSetName } from './rule-set.ts';

export class RuleArguments implements ActionContext {
  readonly args: ArgumentReader;
  readonly inner: string | undefined;
  readonly ruleSet: RuleSetName;
  readonly proxy: ProxyConfig;
  readonly configuration: Configuration;
  readonly reading: Reading;
  readonly points: readonly Point[];
  readonly place: ConditionPlace;
  /** A condition that the parser read by itself. */
  taken: ConditionConfig | 'refused' | undefined = undefined;
  private readonly context: KeywordContext<ProxyConfig>;
  private readonly set: RuleSet;
  private readonly word: string;
  /** What stands in front of messages. */
  private readonly frame: string;

  constructor(
    context: KeywordContext<ProxyConfig>,
    set: RuleSet,
    points: readonly Point[],
    word: string,
    inner: string | undefined,
    frame?: string,
  ) {
    this.frame =
      frame ?? `error detected in ${placeOf(context.target)} while parsing '${set.name} ${word}' rule`;
    this.context = context;
    this.set = set;
    this.word = word;
    this.args = context.args;
    this.inner = inner;
    this.ruleSet = set.name;
    this.proxy = context.target;
    this.configuration = context.configuration;
    this.reading = context.reading;
    this.points = points;
    this.place = conditionPlace(context);
  }

  get done(): boolean {
    const next = this.args.peek();
    return next === undefined || next === 'if' || next === 'unless';
  }

  fail(message: string, hint?: string): undefined {
    const { args } = this;
    // Of TCP rules HAProxy says no more than what is wrong.
    args.alert(this.set.http ? `${this.frame} : ${message}.` : message, hint);
    return undefined;
  }

  expression({ lead = '', namesItself = false }: ExpressionMessages = {}): ExpressionConfig | undefined {
    const text = this.done ? undefined : this.args.next();
    if (text === undefined) return this.fail(`${lead}missing fetch method`);
    const read = readWholeExpression(text, { ...this.place, usedIn: this.set.expressions });
    if ('error' in read) return this.fail(`${lead}${read.error.detail}`, read.error.hint);
    const { layers } = read.record;
    if (this.points.length > 0 && !this.points.some((point) => sees(point, layers))) {
      return this.fail(
        `${lead}fetch method '${namesItself ? text : this.word}' extracts information from '${needOf(layers)}', none of which is available here`,
      );
    }
    return read.expression;
  }

  format(text: string): FormatConfig | undefined {
    const { place } = this;
    const result = checkFormat(text, {
      origin: place.origin,
      proxy: place.proxy,
      files: place.files,
      references: place.references,
      usedIn: this.word === 'redirect' ? 'redirect format string' : this.set.expressions,
      points: this.points,
      http: this.set.http,
    });
    if (result.ok) return { text, proxy: place.proxy, origin: place.origin };
    for (const error of result.errors) this.fail(error.message.replace(/\.$/, ''), error.hint);
    return undefined;
  }

  condition(): ConditionConfig | undefined {
    const read = readRuleCondition(this.context, this.set, this.points, this.word);
    this.taken = read;
    return read === 'refused' ? undefined : read;
  }
}
