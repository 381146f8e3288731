/**
 * Log formats as arguments of rules: texts with variables and samples in them (`set-header X "%[src]:%[src_port]"`).
 * The parser checks them, each thread links them.
 * Specification: configuration manual 8.2.6.
 */
import type { Origin } from '../../config/words.ts';
import type { Point } from '../availability.ts';
import type { Linker } from '../linker.ts';
import type { ExpressionPlace } from '../parse-expression.ts';
import type { Scope } from '../scope.ts';
import { compileLogFormat, type LogFormatResult } from './compile-log-format.ts';
import type { LogFormat } from './log-format.ts';
import { LogProcess, LogRecord } from './log-record.ts';
import { checkSamples, linkSamples } from './log-sample.ts';

export interface FormatConfig {
  readonly text: string;
  readonly proxy: string;
  readonly origin: Origin;
}

export interface FormatPlace extends ExpressionPlace {
  readonly points: readonly Point[];
  readonly http: boolean;
}

/** Checks a format when the configuration is read. */
export function checkFormat(text: string, place: FormatPlace): LogFormatResult {
  return compileLogFormat(text, { http: place.http, samples: checkSamples(place, place.points) });
}

export class FormatText {
  private readonly format: LogFormat;
  private readonly constant: Uint8Array | null;

  constructor(format: LogFormat, constant: Uint8Array | null) {
    this.format = format;
    this.constant = constant;
  }

  /** Writes the text into [at, limit). Result: the offset behind it; it is cut where the room ends. */
  write(scope: Scope, u8: Uint8Array, at: number, limit: number): number {
    const { constant } = this;
    if (constant !== null) {
      const end = Math.min(at + constant.length, limit);
      for (let i = 0; at < end; i++) u8[at++] = constant[i] as number;
      return end;
    }
    if (this.format.usesRecord) return this.format.write(scope.logRecord(), u8, at, limit);
    const record = withoutFields;
    record.scope = scope;
    const end = this.format.write(record, u8, at, limit);
    record.scope = null;
    return end;
  }
}

/** Formats that only have samples in them need nothing but the scope. */
const withoutFields = new LogRecord(new LogProcess());

export function linkFormat(config: FormatConfig, linker: Linker): FormatText {
  const result = compileLogFormat(config.text, {
    http: true,
    inRule: true,
    samples: linkSamples(config, linker),
  });
  if (!result.ok) throw new Error(`format ${config.text}: ${result.errors[0]?.message}`);
  return new FormatText(result.format, result.format.constant());
}
