/**
 * What a sample fetch is: one record, kept beside the code that carries it out. The parser of expressions, the checks of
 * where it may stand, the reference manual and `-dKsmp` read the records.
 * Specification: configuration manual 7.3.2–7.3.7.
 */
import type { ArgumentList, ArgumentValue } from './argument.ts';
import type { SampleLayer } from './availability.ts';
import type { Linker } from './linker.ts';
import type { Sample, SampleType } from './sample.ts';
import type { Scope } from './scope.ts';

/**
 * Takes the sample. False: there is none. `sample.mayChange` is false before the call; a fetch that could find more (or
 * anything at all) once more bytes have arrived sets it, whatever it returns.
 */
export type Fetch = (scope: Scope, sample: Sample) => boolean;

/** Several values under one name (headers, cookies): called again with `sample` as left, until false. */
export interface FetchRecord {
  readonly name: string;
  readonly arguments: ArgumentList;
  /** The declared type: what the value is, or T_ADDR and T_ANY where only the value tells. */
  readonly type: SampleType;
  /** Where the value comes from; several when it exists in both directions. */
  readonly layers: readonly SampleLayer[];
  readonly doc: string;
  readonly manual: string;
  /** Refuses arguments: the text behind HAProxy's `invalid args in fetch method 'x' : `. */
  readonly check?: (args: readonly ArgumentValue[]) => string | undefined;
  readonly link: (args: readonly ArgumentValue[], linker: Linker) => Fetch;
  /**
   * For names with several values when no occurrence is asked for: an ACL tries them one after the other. Like `link`, but
   * the result is asked for the value number `index`, from 0.
   */
  readonly linkEach?: (args: readonly ArgumentValue[], linker: Linker) => EachFetch | undefined;
}

export type EachFetch = (scope: Scope, sample: Sample, index: number) => boolean;

const records = new Map<string, FetchRecord>();

export function registerFetches(...list: readonly FetchRecord[]): void {
  for (const record of list) {
    if (records.has(record.name)) throw new Error(`sample fetch registered twice: ${record.name}`);
    records.set(record.name, record);
  }
}

export function fetchRecords(): ReadonlyMap<string, FetchRecord> {
  return records;
}
