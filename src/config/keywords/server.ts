/**
 * The `server` and `default-server` lines and the options of a server but those of TLS, cookies and health checks.
 * Specification: configuration manual 4.2 `server`, 5.2; wording of errors as HAProxy 2.6 gives them.
 */
import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseAddress } from '../address-parser.ts';
import type { ArgumentReader } from '../argument-reader.ts';
import type { Environment } from '../environment.ts';
import { inheritServer } from '../initial-values.ts';
import { type KeywordContext, keywordsOf, registerKeywords, type ServerKeyword } from '../keyword.ts';
import { lacking } from '../misplaced.ts';
import type { ProxyConfig, ServerConfig } from '../model.ts';
import { readOptions } from '../option-line.ts';
import { leadingInteger, parseTime } from '../time-and-size.ts';
import { readSource } from './source-address.ts';

function parseServer(context: KeywordContext<ProxyConfig>): void {
  const { args } = context;
  const name = args.next();
  const text = name === undefined ? undefined : args.next();
  if (name === undefined || text === undefined) {
    args.say('alert', `${args.place} : 'server' expects <name> and <addr>[:<port>] as arguments.`);
    return;
  }
  const bad = /[^A-Za-z0-9_.:-]/.exec(name);
  if (bad !== null) {
    args.say('alert', `${args.place} : character '${bad[0]}' is not permitted in server name '${name}'.`);
    return;
  }
  readServer(context, name, text, name);
}

/** The address and the options behind it; `spoken` is what messages call the server. Undefined when something is wrong. */
function readServer(
  context: KeywordContext<ProxyConfig>,
  name: string,
  address: string,
  spoken: string,
): ServerConfig | undefined {
  const { args, target: proxy } = context;
  const lead = `${args.place} : 'server ${proxy.name}/${spoken}' :`;
  const server = inheritServer(name, { file: args.line.file, line: args.line.line }, proxy.defaultServer);
  if (!readServerAddress(args, address, server, lead, context.reading.environment)) return undefined;
  proxy.servers.push(server);
  const read = readOptions<ServerConfig, ServerKeyword>({
    context: { ...context, target: server },
    args: args.withLead(`${lead} `),
    records: keywordsOf('server'),
    scope: 'server',
    unknownLead: lead,
    unknownTail: '.',
  });
  if (!read) return undefined;
  if (server.check.enabled && server.track !== undefined) {
    args.say('alert', `${lead} unable to enable checks and tracking at the same time!`);
    return undefined;
  }
  return server;
}

/** More servers than anybody has: a slip of the finger must not fill the memory. */
const MOST_TEMPLATE_SERVERS = 1_000_000;

function parseServerTemplate(context: KeywordContext<ProxyConfig>): void {
  const { args, target: proxy } = context;
  const prefix = args.next();
  const range = prefix === undefined ? undefined : args.next();
  const address = range === undefined ? undefined : args.next();
  if (prefix === undefined || range === undefined || address === undefined) {
    args.say(
      'alert',
      `${args.place} : 'server-template' expects <prefix> <nb | range> <addr>[:<port>] as arguments.`,
    );
    return;
  }
  const bad = /[^A-Za-z0-9_.:-]/.exec(prefix);
  if (bad !== null) {
    args.say(
      'alert',
      `${args.place} : character '${bad[0]}' is not permitted in server-template prefix '${prefix}'.`,
    );
    return;
  }
  const numbers = templateNumbers(range);
  if (numbers === undefined) {
    args.say('alert', `${args.place} : Wrong server-template number or range arg '${range}'.`);
    return;
  }
  const first = readServer(context, `${prefix}${numbers.from}`, address, '(null)');
  if (first === undefined) return;
  for (let number = numbers.from + 1; number <= numbers.to; number++) {
    // An `id` is the first one's.
    proxy.servers.push({ ...inheritServer(`${prefix}${number}`, first.origin, first), id: undefined });
  }
}

/** `3` is 1 to 3. What stands behind the numbers counts for nothing, as for HAProxy. */
function templateNumbers(range: string): { from: number; to: number } | undefined {
  const [low = '', high] = range.split('-');
  const from = high === undefined ? 1 : leadingInteger(low);
  const to = leadingInteger(high ?? low);
  const isRange = high === undefined || /^\d/.test(low);
  if (!isRange || to < from || to <= 0 || to - from >= MOST_TEMPLATE_SERVERS) return undefined;
  return { from, to };
}

/** Fills in the address; a port that was not written is the client's, as is one with an offset. */
export function readServerAddress(
  args: ArgumentReader,
  text: string,
  server: ServerConfig,
  lead: string,
  environment: Environment,
): boolean {
  const parsed = parseAddress(text, { port: 'optional', portOffset: true, names: true, environment });
  if (!parsed.ok) {
    const unresolvable = /^invalid address: '(.*?)'/.exec(parsed.message);
    args.say(
      'alert',
      unresolvable === null
        ? `${lead} ${parsed.message}`
        : `${lead} could not resolve address '${unresolvable[1]}'.`,
    );
    return false;
  }
  const { address, hasPort, portOffset, hostname } = parsed.value;
  server.address = address;
  server.hostname = hostname;
  const hasPorts = address.family === 'inet' || address.family === 'inet6';
  server.portOffset = portOffset ?? (hasPorts && !hasPort ? 0 : undefined);
  return true;
}

function parseDefaultServer(context: KeywordContext<ProxyConfig>): void {
  const { args, target: proxy } = context;
  readOptions<ServerConfig, ServerKeyword>({
    context: { ...context, target: proxy.defaultServer },
    args: args.withLead(`${args.place} : `),
    records: keywordsOf('server'),
    scope: 'server',
    unknownLead: `${args.place} :`,
    unknownTail: '. Hint: no address was expected for this server.',
    passOver: (record) =>
      record.notForDefault === true
        ? `'${record.name}' option is not accepted in default-server sections`
        : undefined,
  });
}

function notHere(name: string) {
  return ({ args, target }: KeywordContext<ProxyConfig>): void => {
    args.rest();
    const { place } = args;
    args.say(
      'alert',
      target.kind === 'defaults'
        ? `${place} : '${name}' not allowed in 'defaults' section.`
        : `${place} : parsing ${place} : '${name}' not allowed because ${lacking(target)}.`,
      undefined,
      args.line.words[0],
    );
  };
}

registerKeywords(
  {
    scope: 'proxy',
    name: 'server',
    syntax: '<name> <address>[:[port]] [param*]',
    doc: 'A server of the backend.',
    manual: '4.2',
    sections: ['listen', 'backend'],
    parse: parseServer,
    misplaced: notHere('server'),
  },
  {
    scope: 'proxy',
    name: 'server-template',
    syntax: '<prefix> <num | range> <fqdn>[:<port>] [params*]',
    doc: 'Several servers of the same address and options; a number behind the prefix makes the name of each.',
    manual: '4.2',
    sections: ['listen', 'backend'],
    parse: parseServerTemplate,
    misplaced: notHere('server-template'),
  },
  {
    scope: 'proxy',
    name: 'default-server',
    syntax: '[param*]',
    doc: 'Options that servers written after this line start with.',
    manual: '4.2',
    sections: ['defaults', 'listen', 'backend'],
    parse: parseDefaultServer,
    misplaced: notHere('default-server'),
  },
);

type Parse = ServerKeyword['parse'];

function option(name: string, syntax: string, doc: string, parse: Parse): ServerKeyword {
  return { scope: 'server', name, syntax, doc, manual: '5.2', parse };
}

function flag(name: string, doc: string, set: (server: ServerConfig) => void): ServerKeyword {
  return option(name, '', doc, ({ target }) => set(target));
}

/** A number as HAProxy reads it: the digits that the word starts with, 0 where there is none. */
function count(name: string, doc: string, set: (server: ServerConfig, value: number) => void): ServerKeyword {
  return option(name, '<number>', doc, ({ args, target }) => set(target, leadingInteger(args.next() ?? '')));
}

function word(
  name: string,
  what: string,
  doc: string,
  set: (s: ServerConfig, text: string) => void,
): ServerKeyword {
  return option(name, what, doc, ({ args, target }) => {
    const text = args.next();
    if (text === undefined) args.alert(`'${name}' expects ${what} as argument..`);
    else set(target, text);
  });
}

registerKeywords(
  flag('backup', 'Used only when no other server is up.', (s) => {
    s.backup = true;
  }),
  flag('no-backup', 'Undoes `backup` of a default-server line.', (s) => {
    s.backup = false;
  }),
  flag('disabled', 'Starts in maintenance.', (s) => {
    s.disabled = true;
  }),
  flag('enabled', 'Undoes `disabled` of a default-server line.', (s) => {
    s.disabled = false;
  }),
  flag('tfo', 'TCP Fast Open towards the server.', (s) => {
    s.tfo = true;
  }),
  flag('no-tfo', 'Undoes `tfo` of a default-server line.', (s) => {
    s.tfo = false;
  }),
  option('weight', '<weight>', 'The share of traffic, 0 to 256. Default: 1.', ({ args, target }) => {
    const weight = leadingInteger(args.next() ?? '');
    if (weight < 0 || weight > 256) {
      args.alert(`weight of server ${target.name} is not within 0 and 256 (${weight})..`);
    } else target.weight = weight;
  }),
  count('maxconn', 'Connections that the server gets at the same time; more wait in the queue.', (s, v) => {
    s.maxconn = v;
  }),
  count('minconn', 'Where a dynamic maxconn starts when the backend is idle.', (s, v) => {
    s.minconn = v;
  }),
  count('maxqueue', 'Requests that wait for this server at most; more go to others.', (s, v) => {
    s.maxqueue = v;
  }),
  {
    ...option('id', '<id>', 'The number of the server; automatic when left out.', (context) => {
      const { args, target, configuration } = context;
      const text = args.next();
      if (text === undefined) {
        args.alert("'id' : expects an integer argument.");
        return;
      }
      const id = leadingInteger(text);
      if (id <= 0) {
        args.alert("'id' : custom id has to be > 0.");
        return;
      }
      const other = configuration.proxies.at(-1)?.servers.find((s) => s !== target && s.id === id);
      if (other !== undefined) {
        args.alert(
          `'id' : custom id ${id} already used at ${other.origin.file}:${other.origin.line} ('server ${other.name}').`,
        );
        return;
      }
      target.id = id;
    }),
    notForDefault: true,
  },
  word('cookie', '<value>', 'The value that the backend cookie has for this server.', (s, text) => {
    s.cookie = text;
  }),
  word('redir', '<prefix>', 'GET and HEAD are redirected to this prefix instead of forwarded.', (s, text) => {
    s.redir = text;
  }),
  option('source', '<addr>[:<pl>[-<ph>]] [usesrc …] [interface <name>]', 'The local address.', (context) => {
    const source = readSource(context.args, 'server', context.reading.environment);
    if (source !== undefined) context.target.source = source;
  }),
  option('usesrc', '', 'Only behind `source`.', ({ args }) => {
    args.alert("'usesrc' only allowed after a 'source' statement..");
  }),
  option(
    'init-addr',
    '{last | libc | none | <ip>},[...]*',
    'How the address is found at start.',
    ({ args, target }) => {
      const methods = (args.next() ?? '').split(',').filter((m) => m !== '');
      for (const method of methods) {
        if (!['last', 'libc', 'none'].includes(method) && isIP(method) === 0) {
          args.alert(
            `'init-addr' : unknown init-addr method '${method}', supported methods are 'libc', 'last', 'none'..`,
          );
          return;
        }
      }
      target.initAddr = methods;
    },
  ),
  option(
    'namespace',
    '<name>',
    'The network namespace from which the server is reached.',
    ({ args, target }) => {
      const name = args.next();
      if (name === undefined) args.alert("'namespace' : expects <name> as argument.");
      else if (name !== '*' && !existsSync(`/var/run/netns/${name}`)) {
        args.alert(`Cannot open namespace '${name}'.`);
      } else target.namespace = name;
    },
  ),
  option('tcp-ut', '<delay>', 'How long sent data may stay without acknowledgement.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) {
      args.alert("'tcp-ut' : missing TCP User Timeout value.");
      return;
    }
    const time = parseTime(text, 'ms');
    if (time.ok) target.tcpUserTimeoutMs = time.value;
    else if (!time.ok && time.fault === 'overflow') {
      args.alert(
        `timer overflow in argument '${text}' to 'tcp-ut' (maximum value is 2147483647 ms or ~24.8 days).`,
      );
    } else args.alert("'tcp-ut' : expects a positive delay in milliseconds.");
  }),
  option(
    'socks4',
    '<addr>:<port>',
    'A SOCKS4 proxy through which the server is reached.',
    ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("'socks4' expects <addr>:<port> as argument..");
        return;
      }
      const parsed = parseAddress(text, { port: 'required', names: true });
      if (parsed.ok) target.socks4 = parsed.value.address;
      else args.alert(`'socks4 ${text}' : ${parsed.message}.`);
    },
  ),
  option('pool-max-conn', '<max>', 'Idle connections kept at most; -1: no limit.', ({ args, target }) => {
    const text = args.next();
    const value = leadingInteger(text ?? '');
    if (text === undefined) args.alert("'pool-max-conn' expects <value> as argument..");
    else if (value < -1) args.alert("'pool-max-conn' must be >= -1.");
    else target.poolMaxConn = value;
  }),
  word(
    'pool-low-conn',
    '<value>',
    'Idle connections that are kept although they were not needed.',
    (s, text) => {
      s.poolLowConn = leadingInteger(text);
    },
  ),
  option(
    'pool-purge-delay',
    '<delay>',
    'How long idle connections are kept. Default: 5s.',
    ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("'pool-purge-delay' expects <value> as argument..");
        return;
      }
      const time = parseTime(text, 'ms');
      if (time.ok) target.poolPurgeDelayMs = time.value;
      else if (time.fault === 'character') {
        args.alert(`unexpected character '${time.character}' in argument to <pool-purge-delay>..`);
      } else {
        args.alert(
          `timer overflow in argument '${text}' to 'pool-purge-delay' (maximum value is 2147483647 ms or ~24.8 days).`,
        );
      }
    },
  ),
  word(
    'max-reuse',
    '<value>',
    'How often an HTTP/2 connection is reused at most; -1: no limit. HTTP/1 connections have none, as in HAProxy.',
    (s, text) => {
      s.maxReuse = leadingInteger(text);
    },
  ),
);
