/**
 * The arguments of `log`: target, length, format, sampling, facility, levels.
 * Specification: configuration manual 3.1 and 4.2 `log`, 11; wording of errors as HAProxy 2.6 gives them.
 */
import type { Address } from '../address.ts';
import { expandAddress, parseAddress } from '../address-parser.ts';
import type { ArgumentReader } from '../argument-reader.ts';
import type { Environment } from '../environment.ts';
import type { LogFormat, LogTarget } from '../model.ts';
import { nearestWord } from '../suggest.ts';

const facilities = (
  'kern user mail daemon auth syslog lpr news uucp cron auth2 ftp ntp audit alert cron2 ' +
  'local0 local1 local2 local3 local4 local5 local6 local7'
).split(' ');
const levels = 'emerg alert crit err warning notice info debug'.split(' ');
const formats: readonly LogFormat[] = [
  'local',
  'rfc3164',
  'rfc5424',
  'priority',
  'short',
  'timed',
  'iso',
  'raw',
];
const syslogPort = 514;
const defaultLengthBytes = 1024;

/** Reads what stands behind `log`; `alternative` completes HAProxy's message on missing arguments. */
export function readLogTarget(
  args: ArgumentReader,
  environment: Environment,
  alternative: string,
): LogTarget | undefined {
  const origin = { file: args.line.file, line: args.line.line };
  const text = args.next();
  if (text === undefined || args.done) {
    args.alert(`log : expects <address> and <facility> ${alternative} as arguments`);
    return undefined;
  }
  const maxLengthBytes = args.take('len') === undefined ? defaultLengthBytes : readLength(args);
  if (maxLengthBytes === undefined) return undefined;
  const format = args.take('format') === undefined ? undefined : readFormat(args);
  if (format === 'unknown') return undefined;
  const sample = args.take('sample') === undefined ? undefined : readSample(args);
  if (sample === 'wrong') return undefined;

  const facilityName = args.next() ?? '';
  const facility = facilities.indexOf(facilityName);
  if (facility < 0) {
    const near = nearestWord(facilityName, facilities);
    args.alert(
      `log : unknown log facility '${facilityName}'`,
      near === undefined ? undefined : `did you mean '${near}'?`,
    );
    return undefined;
  }
  const level = readLevel(args, 'log level', levels.length - 1);
  if (level === undefined) return undefined;
  const minLevel = readLevel(args, 'minimum log level', 0);
  if (minLevel === undefined) return undefined;
  if (!args.done) {
    args.alert(`log : cannot handle unexpected argument '${args.next()}'`);
    return undefined;
  }
  const target = readTarget(args, environment, text);
  if (target === undefined) return undefined;
  return {
    origin,
    address: target.address,
    transport: target.transport,
    maxLengthBytes,
    format: format ?? 'local',
    ...(format === undefined ? { formatIsDefault: true as const } : {}),
    sample,
    facility,
    level,
    minLevel,
  };
}

function readTarget(
  args: ArgumentReader,
  environment: Environment,
  text: string,
): { address: Address; transport: 'datagram' | 'stream' } | undefined {
  const expanded = expandAddress(text, environment);
  if (expanded === '') {
    args.alert(`log : '${text}' resolves to an empty address (environment variable missing?)\n`);
    return undefined;
  }
  if (expanded === 'stdout') return { address: { family: 'fd', fd: 1 }, transport: 'stream' };
  if (expanded === 'stderr') return { address: { family: 'fd', fd: 2 }, transport: 'stream' };
  const fd = /^fd@(.*)$/.exec(expanded);
  if (fd !== null) {
    if (/^[0-9]+$/.test(fd[1]!)) return { address: { family: 'fd', fd: Number(fd[1]) }, transport: 'stream' };
    args.alert(`log : file descriptor '${fd[1]}' is not a valid integer in '${expanded}'\n`);
    return undefined;
  }
  if (expanded.startsWith('ring@')) {
    args.alert(`log : 'ring@' is a target of HAProxy 2.6 that this version of Sluice does not carry out yet`);
    return undefined;
  }
  // Without a transport written, logs are datagrams.
  const stream = /^(stream\+|tcp[46]?@|uxst@)/.test(expanded);
  const parsed = parseAddress(expanded, { port: 'optional', names: true, datagram: true, stream });
  if (!parsed.ok) {
    args.alert(`log : ${parsed.message}`);
    return undefined;
  }
  let { address } = parsed.value;
  if ((address.family === 'inet' || address.family === 'inet6') && address.port === 0) {
    address = { ...address, port: syslogPort };
  }
  return { address, transport: stream ? 'stream' : 'datagram' };
}

function readLength(args: ArgumentReader): number | undefined {
  const text = args.next() ?? '';
  const value = /^[0-9]+/.test(text) ? Number.parseInt(text, 10) : 0;
  if (value >= 80 && value <= 65535) return value;
  args.alert(`log : invalid log length '${text}', must be between 80 and 65535`);
  return undefined;
}

function readFormat(args: ArgumentReader): LogFormat | 'unknown' {
  const text = args.next() ?? '';
  const format = formats.find((f) => f === text);
  if (format === undefined) {
    const near = nearestWord(text, formats);
    args.alert(
      `log : unknown log format '${text}'`,
      near === undefined ? undefined : `did you mean '${near}'?`,
    );
  }
  return format ?? 'unknown';
}

/** `1,3-5:10`: of every ten messages the first and the third to fifth. */
function readSample(args: ArgumentReader): NonNullable<LogTarget['sample']> | 'wrong' {
  const wrong = (message: string) => {
    args.alert(`log : ${message}`);
    return 'wrong' as const;
  };
  const text = args.next() ?? '';
  const colon = text.indexOf(':');
  if (colon < 0) return wrong('Missing sample size');
  const list = text.slice(0, colon);
  const sizeText = text.slice(colon + 1);
  if (list === '') return wrong('no sampling ranges given');
  if (!/^[0-9]+$/.test(sizeText) || Number(sizeText) === 0) {
    return wrong(`wrong sample size '${sizeText}' for sample range '${list}'`);
  }
  const ranges: { from: number; to: number }[] = [];
  for (const part of list.split(',')) {
    const match = /^([0-9]+)(?:-([0-9]+))?$/.exec(part);
    const from = Number(match?.[1] ?? 0);
    const to = Number(match?.[2] ?? from);
    if (match === null || from === 0 || to < from) return wrong(`wrong sample range '${part}'`);
    ranges.push({ from, to });
  }
  ranges.sort((a, b) => a.from - b.from);
  if (ranges.some((r, i) => i > 0 && r.from <= ranges[i - 1]!.to)) return wrong('ranges are overlapping');
  const size = Number(sizeText);
  const highest = ranges.at(-1)!.to;
  if (highest > size) {
    return wrong(
      `sample size ${size} should be greater or equal to ${highest} the maximum of the high ranges limits`,
    );
  }
  return { ranges, size };
}

function readLevel(args: ArgumentReader, what: string, absent: number): number | undefined {
  const text = args.next();
  if (text === undefined) return absent;
  const level = levels.indexOf(text);
  if (level >= 0) return level;
  const near = nearestWord(text, levels);
  args.alert(
    `log : unknown optional ${what} '${text}'`,
    near === undefined ? undefined : `did you mean '${near}'?`,
  );
  return undefined;
}
