/** An expression as plain data: what the parser understood, before a thread links it. */
import type { Origin } from '../config/words.ts';
import type { ArgumentValue } from './argument.ts';
import type { SampleType } from './sample.ts';

export interface CallConfig {
  readonly name: string;
  readonly args: readonly ArgumentValue[];
}

export interface ExpressionConfig {
  /** As written. */
  readonly text: string;
  readonly fetch: CallConfig;
  readonly converters: readonly CallConfig[];
  /** The declared type of the result. */
  readonly type: SampleType;
  readonly origin: Origin;
}
