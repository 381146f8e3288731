/**
 * Evaluates the formats and expressions of checks, on the main thread. What is linked is kept by the configuration that
 * it was linked from: the servers of a backend share their rules. Specification: configuration manual 7.3, 8.2.4.
 */
import type { Configuration } from '../../config/model.ts';
import { type Converter, converterRecords } from '../../expr/converter-record.ts';
import { type Expression, linkExpression } from '../../expr/expression.ts';
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import type { Linker } from '../../expr/linker.ts';
import { type FormatConfig, type FormatText, linkFormat } from '../../expr/log-format/format-text.ts';
import type { PatternStore } from '../../expr/patterns/pattern-store.ts';
import { latin1Text, Sample, T_STR } from '../../expr/sample.ts';
import { formatScratch, sizeScratch } from '../../expr/scratch.ts';
import type { SharedState } from '../../state/shared-state.ts';
import type { CheckText, VariableChange } from './check-format.ts';
import type { SetVariableRule } from './check-rules.ts';
import type { CheckScope } from './check-scope.ts';

export class CheckSamples implements Linker {
  readonly configuration: Configuration;
  readonly shared: SharedState;
  readonly patterns: PatternStore;
  readonly warn: (text: string) => void;
  readonly #frontends = new Map<string, number>();
  readonly #backends = new Map<string, number>();
  readonly #formats = new Map<FormatConfig, FormatText>();
  readonly #expressions = new Map<ExpressionConfig, Expression>();
  readonly #changes = new Map<VariableChange, Converter>();
  readonly #sample = new Sample();

  constructor(
    configuration: Configuration,
    shared: SharedState,
    patterns: PatternStore,
    warn: (text: string) => void,
  ) {
    this.patterns = patterns;
    this.warn = warn;
    this.configuration = configuration;
    this.shared = shared;
    configuration.proxies.forEach((proxy, index) => {
      if (proxy.kind !== 'backend') this.#frontends.set(proxy.name, index);
      if (proxy.kind !== 'frontend') this.#backends.set(proxy.name, index);
    });
    sizeScratch(configuration.global.tune.bufsize);
  }

  frontendIndex(name: string): number {
    return this.#frontends.get(name) ?? -1;
  }

  backendIndex(name: string): number {
    return this.#backends.get(name) ?? -1;
  }

  keepRequestLine(): void {
    // Checks have no request that a client has sent.
  }

  /** latin1. */
  text(text: CheckText, scope: CheckScope): string {
    if (typeof text === 'string') return text;
    const format = kept(this.#formats, text, () => linkFormat(text, this));
    const to = formatScratch();
    return latin1Text(to, 0, format.write(scope, to, 0, to.length));
  }

  /** The number that the value begins with, as text; undefined where there is no value. */
  integer(config: ExpressionConfig, scope: CheckScope): number | undefined {
    const expression = this.#expression(config);
    if (!expression.evaluateAs(scope, T_STR)) return undefined;
    const { u8, start, end } = expression.sample;
    return Number.parseInt(latin1Text(u8, start, end), 10) || 0;
  }

  set({ change, value }: SetVariableRule, scope: CheckScope): void {
    const converter = this.#change(change);
    if ('expression' in value) {
      const expression = this.#expression(value.expression);
      if (expression.evaluate(scope)) converter(expression.sample, scope);
      return;
    }
    const text = Buffer.from(this.text(value.format, scope), 'latin1');
    this.#sample.setString(text, 0, text.length);
    converter(this.#sample, scope);
  }

  unset(change: VariableChange, scope: CheckScope): void {
    this.#sample.setInt(0);
    this.#change(change)(this.#sample, scope);
  }

  #expression(config: ExpressionConfig): Expression {
    return kept(this.#expressions, config, () => linkExpression(config, this));
  }

  #change(change: VariableChange): Converter {
    return kept(this.#changes, change, () => {
      const record = converterRecords().get(change.converter);
      if (record === undefined) throw new Error(`no converter ${change.converter}`);
      return record.link(change.args, this);
    });
  }
}

function kept<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
