/**
 * The ready-made log formats: `option tcplog`, `httplog`, `httplog clf`, `httpslog` as format texts, and the two lines
 * that are none: the default line of a frontend without any format, and the line of a failed connection.
 * Specification: configuration manual, 8.2.1 to 8.2.5.
 */
import { FAMILY_UNIX } from '../../protocol/socket-address.ts';
import { compileLogFormat, type LogSample, type SampleCompiler } from './compile-log-format.ts';
import { writeHost, writePort } from './connection-variables.ts';
import type { LineWriter } from './line-writer.ts';
import { LogFormat, ValueStep } from './log-format.ts';
import type { LogRecord } from './log-record.ts';
import type { LogValueWriter } from './log-variable.ts';
import { writeDateWithMilliseconds } from './time-variables.ts';

export type LogPreset = 'default' | 'tcplog' | 'httplog' | 'clf' | 'httpslog';

const HTTP_LOG =
  '%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r';

/** As a user may write them to start from. */
export const PRESET_TEXTS: Readonly<Record<Exclude<LogPreset, 'default'>, string>> = {
  tcplog: '%ci:%cp [%t] %ft %b/%s %Tw/%Tc/%Tt %B %ts %ac/%fc/%bc/%sc/%rc %sq/%bq',
  httplog: HTTP_LOG,
  clf: '%{+Q}o %{-Q}ci - - [%trg] %r %ST %B "" "" %cp %ms %ft %b %s %TR %Tw %Tc %Tr %Ta %tsc %ac %fc %bc %sc %rc %sq %bq %CC %CS %hrl %hsl',
  httpslog: `${HTTP_LOG} %[fc_err]/%[ssl_fc_err,hex]/%[ssl_c_err]/%[ssl_c_ca_err]/%[ssl_fc_is_resumed] %[ssl_fc_sni]/%sslv/%sslc`,
};

/** The format of a preset, compiled on first use. */
export function presetFormat(preset: LogPreset): LogFormat {
  let format = formats.get(preset);
  if (format === undefined) {
    format = preset === 'default' ? ofWriter(writeConnectLine) : compilePreset(PRESET_TEXTS[preset]);
    formats.set(preset, format);
  }
  return format;
}

/** The line about a client connection that failed before it became a stream, without `error-log-format`. */
export function connectionErrorFormat(): LogFormat {
  errorFormat ??= ofWriter(writeErrorLine);
  return errorFormat;
}

const formats = new Map<LogPreset, LogFormat>();
let errorFormat: LogFormat | undefined;

function ofWriter(write: LogValueWriter): LogFormat {
  return new LogFormat([new ValueStep(write, 0)], new Set(['session']), true);
}

function compilePreset(text: string): LogFormat {
  // Presets serve both modes: HAProxy does not check them either.
  const result = compileLogFormat(text, { http: true, samples: compileHttpsSample });
  if (!result.ok) throw new Error(`log preset: ${result.errors[0]?.message}`);
  return result.format;
}

const NOTHING = new Uint8Array(0);
const absent: LogSample = {
  needs: 'session',
  write: (_record, line, flags) => line.value(NOTHING, 0, 0, flags),
};
/** What the expressions of httpslog say of a connection without TLS. */
const httpsSamples: ReadonlyMap<string, LogSample> = new Map<string, LogSample>([
  ['fc_err', { needs: 'session', write: (record, line) => line.decimal(record.connectionError) }],
  ['ssl_fc_err,hex', absent],
  ['ssl_c_err', absent],
  ['ssl_c_ca_err', absent],
  ['ssl_fc_is_resumed', { needs: 'session', write: (_record, line) => line.decimal(0) }],
  ['ssl_fc_sni', absent],
]);

const compileHttpsSample: SampleCompiler = (text, start) => {
  const end = text.indexOf(']', start);
  const sample = httpsSamples.get(text.slice(start, end));
  return sample === undefined ? { error: 'unknown sample in a preset' } : { sample, end };
};

const CONNECT_FROM = Buffer.from('Connect from ', 'latin1');
const CONNECT = Buffer.from('Connect', 'latin1');
const TO = Buffer.from(' to ', 'latin1');
const OPEN = Buffer.from(' (', 'latin1');
const HTTP = Buffer.from('/HTTP)', 'latin1');
const TCP = Buffer.from('/TCP)', 'latin1');
const DATE_OPEN = Buffer.from(' [', 'latin1');
const DATE_CLOSE = Buffer.from('] ', 'latin1');
const ERROR_COLON = Buffer.from(': ', 'latin1');
const COLON = 0x3a;
const SLASH = 0x2f;

function writeConnectLine(record: LogRecord, line: LineWriter): void {
  if (record.client.family === FAMILY_UNIX) line.text(CONNECT);
  else {
    line.text(CONNECT_FROM);
    writeHost(record.client, line, 0);
    line.byte(COLON);
    writePort(record.client, record.listenerId, line, 0);
  }
  line.text(TO);
  writeHost(record.frontendAddress, line, 0);
  line.byte(COLON);
  writePort(record.frontendAddress, record.listenerId, line, 0);
  line.text(OPEN);
  line.text(record.frontendName);
  line.text(record.frontendIsHttp ? HTTP : TCP);
}

function writeErrorLine(record: LogRecord, line: LineWriter): void {
  writeHost(record.client, line, 0);
  line.byte(COLON);
  writePort(record.client, record.listenerId, line, 0);
  line.text(DATE_OPEN);
  writeDateWithMilliseconds(record.acceptDateMs, line);
  line.text(DATE_CLOSE);
  line.text(record.frontendName);
  line.byte(SLASH);
  if (record.listenerName.length > 0) line.text(record.listenerName);
  else line.decimal(record.listenerId);
  line.text(ERROR_COLON);
  line.text(record.connectionErrorText);
}
