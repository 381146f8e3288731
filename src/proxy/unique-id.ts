/**
 * An identifier for each stream, made by a log format: for the log (`%ID`), for a header towards the server, and for
 * PROXY protocol version 2 (`proxy-v2-options unique-id`).
 * Specification: configuration manual 4.2 `unique-id-format`, `unique-id-header`.
 */
import { Facet } from '../config/facet.ts';
import { type ProxySection, registerKeywords } from '../config/keyword.ts';
import type { ProxyConfig } from '../config/model.ts';
import type { Linker } from '../expr/linker.ts';
import { compileLogFormat } from '../expr/log-format/compile-log-format.ts';
import { checkFormat, type FormatConfig } from '../expr/log-format/format-text.ts';
import { LineWriter } from '../expr/log-format/line-writer.ts';
import type { LogFormat } from '../expr/log-format/log-format.ts';
import type { LogRecord } from '../expr/log-format/log-record.ts';
import { linkSamples } from '../expr/log-format/log-sample.ts';
import { patternFileReader } from '../expr/patterns/pattern-files.ts';
import { referencesOf } from '../expr/references.ts';

const settings = new Facet('proxy.unique-id', () => ({
  format: undefined as FormatConfig | undefined,
  header: undefined as string | undefined,
}));
/** In a backend they change nothing, and HAProxy says nothing of it. */
const sections: readonly ProxySection[] = ['defaults', 'frontend', 'listen', 'backend'];

registerKeywords(
  {
    scope: 'proxy',
    name: 'unique-id-format',
    syntax: '<fmt>',
    sections,
    doc: 'A log format whose text identifies each request.',
    manual: '4.2',
    parse: ({ args, target, configuration, reading }) => {
      const format = args.next();
      if (format === undefined) {
        args.alert('unique-id-format expects an argument.');
        return;
      }
      if (!args.done) {
        args.rest();
        args.alert("unique-id-format expects only one argument, don't forget to escape spaces!");
        return;
      }
      const { file, line } = args.line;
      const origin = { file, line };
      const result = checkFormat(format, {
        origin,
        proxy: target.name,
        points: ['frontend http-request header rule'],
        references: referencesOf(configuration),
        usedIn: 'unique-id-format string',
        http: true,
        files: patternFileReader(configuration, (name) => reading.resolvePath(name, file), origin),
      });
      if (result.ok) settings.of(target).format = { text: format, proxy: target.name, origin };
      else
        for (const error of result.errors)
          args.alert(`failed to parse unique-id : ${error.message}`, error.hint);
    },
  },
  {
    scope: 'proxy',
    name: 'unique-id-header',
    syntax: '<name>',
    sections,
    doc: 'The header in which the identifier is sent to the server.',
    manual: '4.2',
    parse: ({ args, target }) => {
      const header = args.next();
      if (header === undefined) args.alert('unique-id-header expects an argument.');
      else settings.of(target).header = header;
    },
  },
);

/** Longer ones are cut, as PROXY protocol cannot carry them. */
const LONGEST_BYTES = 128;
const area = new Uint8Array(LONGEST_BYTES);
/** Of its own: a rule may ask for the identifier while it writes another format. */
const line = new LineWriter();

export class UniqueId {
  private readonly format: LogFormat;
  /** `name: `, or null where no header is wanted. */
  private readonly headerStart: Buffer | null;

  private constructor(format: LogFormat, header: string | undefined) {
    this.format = format;
    this.headerStart = header === undefined ? null : Buffer.from(`${header.toLowerCase()}: `, 'latin1');
  }

  /** Null where no format is configured. */
  static of(proxy: ProxyConfig, linker: Linker): UniqueId | null {
    const { format, header } = settings.read(proxy) ?? { format: undefined, header: undefined };
    if (format === undefined) return null;
    const result = compileLogFormat(format.text, { http: true, samples: linkSamples(format, linker) });
    return result.ok ? new UniqueId(result.format, header) : null;
  }

  /** The identifier of what the record tells. */
  make(record: LogRecord): Uint8Array {
    return area.slice(0, this.format.write(record, area, 0, area.length, line));
  }

  /** The header line for the server, or null. */
  line(id: Uint8Array): Buffer | null {
    if (this.headerStart === null) return null;
    return Buffer.concat([this.headerStart, id, Buffer.from('\r\n', 'latin1')]);
  }
}
