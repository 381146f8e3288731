/**
 * What a converter is: one record, kept beside the code that carries it out.
 * Specification: configuration manual 7.3.1.
 */
import type { ArgumentList, ArgumentValue } from './argument.ts';
import type { Linker } from './linker.ts';
import type { PatternFileReader } from './patterns/pattern-files.ts';
import type { Sample, SampleType } from './sample.ts';
import type { Scope } from './scope.ts';

/**
 * Changes the sample in place. False: there is none any more. The sample has been cast to the record's input type; what
 * it gives must have the output type. Bytes that it makes go into a scratch area; the input's are never written to.
 */
export type Converter = (sample: Sample, scope: Scope) => boolean;

export interface ConverterRecord {
  readonly name: string;
  readonly arguments: ArgumentList;
  readonly input: SampleType;
  readonly output: SampleType;
  readonly doc: string;
  readonly manual: string;
  /** Refuses arguments: the text behind HAProxy's `invalid args in converter 'x' : `. */
  readonly check?: (args: readonly ArgumentValue[], files?: PatternFileReader) => string | undefined;
  readonly link: (args: readonly ArgumentValue[], linker: Linker) => Converter;
}

const records = new Map<string, ConverterRecord>();

export function registerConverters(...list: readonly ConverterRecord[]): void {
  for (const record of list) {
    if (records.has(record.name)) throw new Error(`converter registered twice: ${record.name}`);
    records.set(record.name, record);
  }
}

export function converterRecords(): ReadonlyMap<string, ConverterRecord> {
  return records;
}
