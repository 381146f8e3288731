/**
 * A linked expression: a closure that takes the sample and those that convert it, with the sample object that they
 * share. It is not re-entrant and need not be: an expression never contains itself.
 */

import { cast } from './casts.ts';
import type { Converter } from './converter-record.ts';
import { converterRecords } from './converter-record.ts';
import type { ExpressionConfig } from './expression-config.ts';
import { type EachFetch, type Fetch, fetchRecords } from './fetch-record.ts';
import type { Linker } from './linker.ts';
import { Sample, type SampleType } from './sample.ts';
import type { Scope } from './scope.ts';

export class Expression {
  /** The result of the last evaluation that gave one. */
  readonly sample = new Sample();
  private readonly fetch: Fetch;
  private readonly each: EachFetch | undefined;
  private readonly converters: readonly Converter[];
  private readonly inputs: readonly SampleType[];

  constructor(
    fetch: Fetch,
    each: EachFetch | undefined,
    converters: readonly Converter[],
    inputs: readonly SampleType[],
  ) {
    this.fetch = fetch;
    this.each = each;
    this.converters = converters;
    this.inputs = inputs;
  }

  /** True when there is a value: `sample` holds it. `sample.mayChange` tells in either case whether it is final. */
  evaluate(scope: Scope): boolean {
    const { sample } = this;
    sample.mayChange = false;
    return this.fetch(scope, sample) && this.convert(scope);
  }

  /** The same, cast to a type. */
  evaluateAs(scope: Scope, type: SampleType): boolean {
    return this.evaluate(scope) && cast(this.sample, type);
  }

  /** There may be more values than one. */
  get hasSeveral(): boolean {
    return this.each !== undefined;
  }

  /**
   * The value number `index`, from 0. False behind the last one. A value that its converters drop is found, but
   * `dropped`.
   */
  evaluateEach(scope: Scope, index: number): boolean {
    const { sample, each } = this;
    sample.mayChange = false;
    this.dropped = false;
    if (each === undefined) return index === 0 && this.fetch(scope, sample) && this.convert(scope);
    if (!each(scope, sample, index)) return false;
    this.dropped = !this.convert(scope);
    return true;
  }
  dropped = false;

  private convert(scope: Scope): boolean {
    const { converters, inputs, sample } = this;
    for (let i = 0; i < converters.length; i++) {
      if (!cast(sample, inputs[i] as SampleType)) return false;
      if (!(converters[i] as Converter)(sample, scope)) return false;
    }
    return true;
  }
}

/** Makes the closures. The names are known: the configuration was checked with the same registries. */
export function linkExpression(config: ExpressionConfig, linker: Linker): Expression {
  const record = fetchRecords().get(config.fetch.name);
  if (record === undefined) throw new Error(`no sample fetch ${config.fetch.name}`);
  const converters: Converter[] = [];
  const inputs: SampleType[] = [];
  for (const call of config.converters) {
    const converter = converterRecords().get(call.name);
    if (converter === undefined) throw new Error(`no converter ${call.name}`);
    converters.push(converter.link(call.args, linker));
    inputs.push(converter.input);
  }
  const { args } = config.fetch;
  return new Expression(record.link(args, linker), record.linkEach?.(args, linker), converters, inputs);
}
