// Takes log lines apart, so that scenarios compare them field by field: the syslog envelope, and the TCP, HTTP and
// CLF formats. Specification: HAProxy 2.6 configuration manual, chapter 8.2.

export interface Envelope {
  readonly facility: number;
  readonly severity: number;
  readonly timestamp: string;
  readonly host: string | undefined;
  readonly tag: string;
  readonly pid: number | undefined;
  readonly message: string;
}

/** Facility numbers by name (RFC 5424 table 1, with the manual's names for the local ones). */
export const FACILITIES: Readonly<Record<string, number>> = {
  kern: 0,
  user: 1,
  mail: 2,
  daemon: 3,
  auth: 4,
  syslog: 5,
  lpr: 6,
  news: 7,
  uucp: 8,
  cron: 9,
  auth2: 10,
  ftp: 11,
  ntp: 12,
  audit: 13,
  alert: 14,
  cron2: 15,
  local0: 16,
  local1: 17,
  local2: 18,
  local3: 19,
  local4: 20,
  local5: 21,
  local6: 22,
  local7: 23,
};

/** Severity numbers by name. */
export const SEVERITIES: Readonly<Record<string, number>> = {
  emerg: 0,
  alert: 1,
  crit: 2,
  err: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

function fieldsOf(pattern: RegExp, text: string, what: string): Record<string, string> {
  const groups = pattern.exec(text)?.groups;
  if (groups === undefined) throw new Error(`not a ${what}: ${JSON.stringify(text)}`);
  return groups;
}

/** The envelope of RFC 3164, with or without host name. */
export function parseRfc3164(line: string): Envelope {
  const f = fieldsOf(
    /^<(?<priority>\d+)>(?<timestamp>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (?:(?<host>[^ :[]+) )?(?<tag>[^[:]+)(?:\[(?<pid>\d+)\])?: (?<message>.*)$/s,
    line,
    'RFC 3164 line',
  );
  return envelope(f);
}

/** The envelope of RFC 5424; `-` stands for an absent field. */
export function parseRfc5424(
  line: string,
): Envelope & { readonly messageId: string; readonly structuredData: string } {
  const f = fieldsOf(
    /^<(?<priority>\d+)>1 (?<timestamp>\S+) (?<host>\S+) (?<tag>\S+) (?<pid>\S+) (?<messageId>\S+) (?<structuredData>-|\[.*?\]) (?<message>.*)$/s,
    line,
    'RFC 5424 line',
  );
  return { ...envelope(f), messageId: f['messageId'] ?? '', structuredData: f['structuredData'] ?? '' };
}

function envelope(f: Record<string, string | undefined>): Envelope {
  const priority = Number(f['priority']);
  const pid = f['pid'];
  return {
    facility: priority >> 3,
    severity: priority & 7,
    timestamp: f['timestamp'] ?? '',
    host: f['host'],
    tag: f['tag'] ?? '',
    pid: pid === undefined || pid === '-' ? undefined : Number(pid),
    message: (f['message'] ?? '').replace(/\n$/, ''),
  };
}

/** A timer or counter as logged: `+` before it means that it was written before the end. */
function numberOf(text: string | undefined): number {
  return Number((text ?? '').replace(/^\+/, ''));
}

export interface Counts {
  readonly actconn: number;
  readonly feconn: number;
  readonly beconn: number;
  readonly srvconn: number;
  readonly retries: number;
  /** `+` before the retries: the request was sent to another server than first chosen. */
  readonly redispatched: boolean;
  readonly srvQueue: number;
  readonly backendQueue: number;
}

function countsOf(f: Record<string, string>): Counts {
  return {
    actconn: numberOf(f['actconn']),
    feconn: numberOf(f['feconn']),
    beconn: numberOf(f['beconn']),
    srvconn: numberOf(f['srvconn']),
    retries: numberOf(f['retries']),
    redispatched: (f['retries'] ?? '').startsWith('+'),
    srvQueue: numberOf(f['srvQueue']),
    backendQueue: numberOf(f['backendQueue']),
  };
}

const COUNTS = String.raw`(?<actconn>\d+)/(?<feconn>\d+)/(?<beconn>\d+)/(?<srvconn>\d+)/(?<retries>\+?\d+) (?<srvQueue>\d+)/(?<backendQueue>\d+)`;
const CLIENT = String.raw`(?<clientIp>[^ ]+):(?<clientPort>\d+) \[(?<acceptDate>[^\]]+)\]`;
const PROXIES = `(?<frontend>[^ ]+) (?<backend>[^ /]+)/(?<server>[^ ]+)`;

export interface TcpLog extends Counts {
  readonly clientIp: string;
  readonly clientPort: number;
  readonly acceptDate: string;
  readonly frontend: string;
  readonly backend: string;
  readonly server: string;
  readonly timers: { readonly tw: number; readonly tc: number; readonly tt: number };
  readonly bytes: number;
  readonly flags: string;
  /** `+` before the total: logged before the end (option logasap). */
  readonly early: boolean;
}

const TCP_LINE = new RegExp(
  `^${CLIENT} ${PROXIES} (?<tw>-?\\d+)/(?<tc>-?\\d+)/(?<tt>\\+?\\d+) (?<bytes>\\+?\\d+) (?<flags>[^ ]{2}) ${COUNTS}$`,
);

/** A line of `option tcplog`, given without its envelope. */
export function parseTcpLog(message: string): TcpLog {
  const f = fieldsOf(TCP_LINE, message, 'tcplog line');
  return {
    clientIp: f['clientIp'] ?? '',
    clientPort: numberOf(f['clientPort']),
    acceptDate: f['acceptDate'] ?? '',
    frontend: f['frontend'] ?? '',
    backend: f['backend'] ?? '',
    server: f['server'] ?? '',
    timers: { tw: numberOf(f['tw']), tc: numberOf(f['tc']), tt: numberOf(f['tt']) },
    bytes: numberOf(f['bytes']),
    flags: f['flags'] ?? '',
    early: (f['tt'] ?? '').startsWith('+'),
    ...countsOf(f),
  };
}

export interface HttpLog extends Counts {
  readonly clientIp: string;
  readonly clientPort: number;
  readonly acceptDate: string;
  readonly frontend: string;
  readonly backend: string;
  readonly server: string;
  readonly timers: {
    readonly tq: number;
    readonly tw: number;
    readonly tc: number;
    readonly tr: number;
    readonly ta: number;
  };
  readonly status: number;
  readonly bytes: number;
  readonly requestCookie: string;
  readonly responseCookie: string;
  readonly flags: string;
  readonly captures: string;
  readonly request: string;
  readonly early: boolean;
}

const HTTP_LINE = new RegExp(
  `^${CLIENT} ${PROXIES} (?<tq>-?\\d+)/(?<tw>-?\\d+)/(?<tc>-?\\d+)/(?<tr>-?\\d+)/(?<ta>\\+?\\d+) (?<status>-?\\d+) (?<bytes>\\+?\\d+) (?<requestCookie>[^ ]+) (?<responseCookie>[^ ]+) (?<flags>[^ ]{4}) ${COUNTS} (?<captures>(?:\\{[^}]*\\} ){0,2})"(?<request>.*)"$`,
  's',
);

/** A line of `option httplog`, given without its envelope. */
export function parseHttpLog(message: string): HttpLog {
  const f = fieldsOf(HTTP_LINE, message, 'httplog line');
  return {
    clientIp: f['clientIp'] ?? '',
    clientPort: numberOf(f['clientPort']),
    acceptDate: f['acceptDate'] ?? '',
    frontend: f['frontend'] ?? '',
    backend: f['backend'] ?? '',
    server: f['server'] ?? '',
    timers: {
      tq: numberOf(f['tq']),
      tw: numberOf(f['tw']),
      tc: numberOf(f['tc']),
      tr: numberOf(f['tr']),
      ta: numberOf(f['ta']),
    },
    status: numberOf(f['status']),
    bytes: numberOf(f['bytes']),
    requestCookie: f['requestCookie'] ?? '',
    responseCookie: f['responseCookie'] ?? '',
    flags: f['flags'] ?? '',
    captures: (f['captures'] ?? '').trim(),
    request: f['request'] ?? '',
    early: (f['ta'] ?? '').startsWith('+'),
    ...countsOf(f),
  };
}
