/**
 * A frontend's log: its format, its targets, and which exchanges are told at all.
 * Specification: configuration manual 8, `option dontlognull|dontlog-normal|log-separate-errors|logasap`.
 */
import type { ProxyConfig } from '../config/model.ts';
import { compileLogFormat } from '../expr/log-format/compile-log-format.ts';
import type { LogFormat } from '../expr/log-format/log-format.ts';
import { linkSamples } from '../expr/log-format/log-sample.ts';
import { connectionErrorFormat, presetFormat } from '../expr/log-format/presets.ts';
import { logTargetsOf, syslogSourceOf } from '../state/log-source.ts';
import { LogOutput } from './log-output.ts';
import type { Plane } from './plane.ts';

/** `%bi` and `%bp`. */
const SOURCE_VARIABLE = /%(\{[^}]*\})?b[ip]/;

/** When a line's last value is known. */
export const AT_SESSION = 0;
export const AT_REQUEST = 1;
export const AT_RESPONSE = 2;
export const AT_END = 3;

export class FrontendLog {
  readonly output: LogOutput;
  readonly format: LogFormat;
  readonly errorFormat: LogFormat | null;
  readonly connectionErrorFormat: LogFormat;
  readonly sdFormat: LogFormat | null;
  readonly enabled: boolean;
  /** Whether the request line has to be kept. */
  readonly wantsRequestLine: boolean;
  /** Whether our end of the server connection is shown: reading it costs a system call. */
  readonly wantsSource: boolean;
  readonly moment: number;
  readonly dontLogNull: boolean;
  readonly dontLogNormal: boolean;
  readonly separateErrors: boolean;
  readonly asap: boolean;

  private readonly plane: Plane;
  private readonly config: ProxyConfig;

  constructor(plane: Plane, config: ProxyConfig) {
    this.plane = plane;
    this.config = config;
    const { global } = plane.configuration;
    const targets = logTargetsOf(global, config);
    const source = syslogSourceOf(global, config.log.tag, plane.process);
    this.output = new LogOutput(plane, targets, source);
    this.enabled = targets.length > 0;
    this.wantsRequestLine = this.enabled && config.mode === 'http';
    const http = config.mode === 'http';
    const format = config.log.format;
    if (format === undefined) this.format = presetFormat('default');
    else if ('preset' in format) this.format = presetFormat(format.preset);
    else this.format = this.compiled(format.text);
    this.wantsSource =
      this.enabled && format !== undefined && 'text' in format && SOURCE_VARIABLE.test(format.text);
    this.errorFormat =
      config.log.errorFormat === undefined ? null : this.compiled(config.log.errorFormat.text);
    this.sdFormat = config.log.sdFormat === undefined ? null : this.compiled(config.log.sdFormat.text);
    this.connectionErrorFormat = this.errorFormat ?? connectionErrorFormat();
    const option = (name: string): boolean => config.options.get(name) === true;
    this.dontLogNull = option('dontlognull');
    this.dontLogNormal = option('dontlog-normal');
    this.separateErrors = option('log-separate-errors');
    this.asap = option('logasap');
    this.moment = this.momentOf(http);
  }

  /** Formats of the configuration have been checked when it was read. */
  private compiled(text: string): LogFormat {
    const { plane, config } = this;
    const samples = linkSamples({ origin: config.origin, proxy: config.name }, plane);
    const result = compileLogFormat(text, { http: config.mode === 'http', samples });
    if (!result.ok) throw new Error(`log format that was accepted: ${result.errors[0]?.message}`);
    return result.format;
  }

  private momentOf(http: boolean): number {
    const { needs } = this.format;
    if (needs.has('end') && !this.asap) return AT_END;
    if (needs.has('response') || needs.has('end')) return AT_RESPONSE;
    return http ? AT_REQUEST : AT_SESSION;
  }
}
