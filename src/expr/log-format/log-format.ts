/**
 * A compiled log format: a list of steps that write one line's text from a record. Runs on the data thread, once per
 * request; allocates nothing. The line feed and what a syslog target wants in front of the text are not its business.
 */
import { LineWriter } from './line-writer.ts';
import { LogProcess, LogRecord } from './log-record.ts';
import type { LogMoment, LogValueWriter } from './log-variable.ts';

export interface LogStep {
  write(record: LogRecord, line: LineWriter): void;
}

export class TextStep implements LogStep {
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  write(_record: LogRecord, line: LineWriter): void {
    line.text(this.bytes);
  }
}

export class SpaceStep implements LogStep {
  write(_record: LogRecord, line: LineWriter): void {
    line.separator();
  }
}

export class ValueStep implements LogStep {
  private readonly writer: LogValueWriter;
  private readonly flags: number;

  constructor(writer: LogValueWriter, flags: number) {
    this.writer = writer;
    this.flags = flags;
  }

  write(record: LogRecord, line: LineWriter): void {
    this.writer(record, line, this.flags);
  }
}

const usualLine = new LineWriter();
const NO_RECORD = new LogRecord(new LogProcess());

export class LogFormat {
  private readonly steps: readonly LogStep[];
  /** The moments that its values wait for. */
  readonly needs: ReadonlySet<LogMoment>;

  /** Some of its values are fields of the record, not samples. */
  readonly usesRecord: boolean;

  private readonly dashes: boolean;

  constructor(steps: readonly LogStep[], needs: ReadonlySet<LogMoment>, usesRecord: boolean, dashes = true) {
    this.dashes = dashes;
    this.steps = steps;
    this.needs = needs;
    this.usesRecord = usesRecord;
  }

  /** The text, where it is the same for every record; null otherwise. */
  constant(): Uint8Array | null {
    if (this.steps.some((step) => step instanceof ValueStep)) return null;
    const area = new Uint8Array(65536);
    return area.slice(0, this.write(NO_RECORD, area, 0, area.length));
  }

  /**
   * Writes the text into [offset, limit) and returns the offset behind it: `offset` itself when there is nothing to
   * say, and then HAProxy sends nothing. Too long a line ends early, within or in front of the value that does not fit.
   * HAProxy's limit is one byte less than the longest `len` of all log targets.
   * `line`: another writer for a format that is written while another one is.
   */
  write(record: LogRecord, u8: Uint8Array, offset: number, limit: number, line = usualLine): number {
    line.begin(u8, offset, limit, this.dashes);
    const steps = this.steps;
    for (let i = 0; i < steps.length; i++) {
      steps[i]!.write(record, line);
      if (line.stopped) break;
    }
    return line.at;
  }
}
