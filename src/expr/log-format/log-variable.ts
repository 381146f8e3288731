/**
 * What a variable of a log format is: one record, kept beside the code that writes it. Compiler, manual and completion
 * read the records; files that define some call `registerLogVariables` when they are loaded.
 * Specification: configuration manual, 8.2.6.
 */
import type { LineWriter } from './line-writer.ts';
import type { LogRecord } from './log-record.ts';

/** The flags (QUOTE, HEX, ESCAPE) are those in force at this place of the format. */
export type LogValueWriter = (record: LogRecord, line: LineWriter, flags: number) => void;

export type LogVariableType = 'string' | 'list' | 'numeric' | 'date' | 'address';

/**
 * The event that a value waits for; a line can be written when those of all its variables are past. `session`: the
 * values are there when the stream starts; in HTTP HAProxy still waits for the response. `request` and `response`:
 * their headers are there. `end`: only the end of the stream makes the value final.
 */
export type LogMoment = 'session' | 'request' | 'response' | 'end';

export interface LogVariable {
  readonly name: string;
  readonly doc: string;
  readonly type: LogVariableType;
  readonly needs: LogMoment;
  /** Refused in frontends of mode tcp. */
  readonly httpOnly?: boolean;
  readonly write: LogValueWriter;
}

const variables = new Map<string, LogVariable>();

export function registerLogVariables(records: readonly LogVariable[]): void {
  for (const record of records) {
    if (variables.has(record.name)) throw new Error(`log variable defined twice: ${record.name}`);
    variables.set(record.name, record);
  }
}

/** All of them, by name. */
export function logVariables(): ReadonlyMap<string, LogVariable> {
  return variables;
}
