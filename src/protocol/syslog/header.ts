/**
 * What stands in front of a log message on its way to a target, for each of the formats that `log … format` knows:
 * bytes as HAProxy 2.6 sends them. Writes into the caller's buffer; sends nothing, reads no clock.
 * Specification: configuration manual, 3.1 `log`; RFC 3164 and RFC 5424.
 */
import type { LogFormat } from '../../config/model.ts';
import { monthName, two, zone } from './date-text.ts';

export const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const;

/** In the order of their numbers. */
export const FACILITIES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'auth2',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'cron2',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

/** The part of a log target that the header depends on. */
export interface SyslogTarget {
  readonly format: LogFormat;
  readonly facility: number;
  /** Least severe level that is sent, and the one that more severe messages are lowered to. */
  readonly level: number;
  readonly minLevel: number;
}

/** Who speaks: constant for a process or a section. Text is bytes of its file, UTF-8. */
export class SyslogSource {
  /** `log-tag`, otherwise the program's name. */
  readonly tag: Uint8Array;
  /** `log-send-hostname`; empty when that was not written. */
  readonly hostname: Uint8Array;
  readonly pid: number;
  /** ` haproxy[123]: ` without its first space, made once. */
  readonly tagAndPid: Uint8Array;
  readonly tag5424: Uint8Array;

  constructor(tag: Uint8Array, hostname: Uint8Array, pid: number) {
    this.tag = tag;
    this.hostname = hostname;
    this.pid = pid;
    const digits = Buffer.from(String(pid), 'latin1');
    this.tagAndPid = Buffer.concat([tag, Buffer.from('['), digits, Buffer.from(']: ')]);
    this.tag5424 = Buffer.concat([tag, Buffer.from(' '), digits, Buffer.from(' - ')]);
  }
}

const LOCALHOST = Buffer.from('localhost', 'latin1');
const SPACE = 0x20;
const DASH = 0x2d;
const ZERO = 0x30;

/** `Nov 20 10:47:12 ` */
const BSD_DATE_BYTES = 16;
/** `2026-11-20T10:47:12.` and, behind the microseconds, `+00:00 `. */
const ISO_DATE_BYTES = 20;
const ISO_ZONE_BYTES = 7;

/** The date texts of the current second; one per thread is enough, since headers carry the time of sending. */
class HeaderDates {
  epochSecond = Number.NaN;
  readonly bsd = new Uint8Array(BSD_DATE_BYTES);
  readonly iso = new Uint8Array(ISO_DATE_BYTES);
  readonly isoZone = new Uint8Array(ISO_ZONE_BYTES);

  set(epochSecond: number): void {
    this.epochSecond = epochSecond;
    const date = new Date(epochSecond * 1000);
    const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
    const day = String(date.getDate());
    put(this.bsd, `${monthName(date.getMonth())} ${day.padStart(2, ' ')} ${clock} `);
    const year = String(date.getFullYear()).padStart(4, '0');
    put(this.iso, `${year}-${two(date.getMonth() + 1)}-${two(date.getDate())}T${clock}.`);
    put(this.isoZone, `${zone(date, ':')} `);
  }
}
const dates = new HeaderDates();

/** The level that a message gets at this target, or -1 when the target does not want it. */
export function levelAt(target: SyslogTarget, level: number): number {
  if (level > target.level) return -1;
  return Math.max(level, target.minLevel);
}

/**
 * Writes the header for a message of `level` (as `levelAt` gave it) sent at `nowUs` microseconds since 1970, and
 * returns the offset behind it. A part that does not fit in front of `limit` is left out with all behind it, also the
 * message: then the result is negated and minus one (`-end - 1`), as HAProxy sends nothing but the line feed behind it.
 * `structuredData` is the text of `log-format-sd`, used by rfc5424 only; empty: `-`.
 */
export function writeSyslogHeader(
  u8: Uint8Array,
  offset: number,
  limit: number,
  target: SyslogTarget,
  level: number,
  source: SyslogSource,
  nowUs: number,
  structuredData: Uint8Array,
): number {
  const output = header;
  output.begin(u8, offset, limit);
  switch (target.format) {
    case 'raw':
      break;
    case 'short':
      output.priority(level);
      break;
    case 'priority':
      output.priority(target.facility * 8 + level);
      break;
    case 'iso':
      output.isoDate(nowUs);
      break;
    case 'timed':
      output.priority(level);
      output.isoDate(nowUs);
      break;
    case 'local':
    case 'rfc3164':
      output.priority(target.facility * 8 + level);
      output.bsdDate(nowUs);
      if (target.format === 'rfc3164') {
        output.bytes(source.hostname.length > 0 ? source.hostname : LOCALHOST);
        output.byte(SPACE);
      }
      output.bytes(source.tagAndPid);
      break;
    case 'rfc5424':
      output.priority(target.facility * 8 + level);
      output.byte(ZERO + 1);
      output.byte(SPACE);
      output.isoDate(nowUs);
      if (source.hostname.length > 0) output.bytes(source.hostname);
      else output.byte(DASH);
      output.byte(SPACE);
      output.bytes(source.tag5424);
      if (structuredData.length > 0) output.bytes(structuredData);
      else output.byte(DASH);
      output.byte(SPACE);
      break;
  }
  return output.full ? -output.at - 1 : output.at;
}

class HeaderOutput {
  private u8: Uint8Array = new Uint8Array(0);
  at = 0;
  private limit = 0;
  full = false;

  begin(u8: Uint8Array, offset: number, limit: number): void {
    this.u8 = u8;
    this.at = offset;
    this.limit = limit;
    this.full = false;
  }

  byte(value: number): void {
    if (this.full) return;
    if (this.at < this.limit) this.u8[this.at++] = value;
    else this.full = true;
  }

  bytes(from: Uint8Array): void {
    if (this.full) return;
    if (this.at + from.length > this.limit) {
      this.full = true;
      return;
    }
    let at = this.at;
    for (let i = 0; i < from.length; i++) this.u8[at++] = from[i]!;
    this.at = at;
  }

  /** `<134>` */
  priority(value: number): void {
    this.byte(0x3c);
    if (value >= 100) this.byte(ZERO + ((value / 100) | 0));
    if (value >= 10) this.byte(ZERO + (((value / 10) | 0) % 10));
    this.byte(ZERO + (value % 10));
    this.byte(0x3e);
  }

  bsdDate(nowUs: number): void {
    const second = Math.floor(nowUs / 1e6);
    if (dates.epochSecond !== second) dates.set(second);
    this.bytes(dates.bsd);
  }

  isoDate(nowUs: number): void {
    const second = Math.floor(nowUs / 1e6);
    if (dates.epochSecond !== second) dates.set(second);
    this.bytes(dates.iso);
    let rest = Math.floor(nowUs - second * 1e6);
    for (let unit = 100000; unit >= 1; unit = (unit / 10) | 0) {
      const digit = (rest / unit) | 0;
      this.byte(ZERO + digit);
      rest -= digit * unit;
    }
    this.bytes(dates.isoZone);
  }
}
const header = new HeaderOutput();

function put(bytes: Uint8Array, text: string): void {
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
}
