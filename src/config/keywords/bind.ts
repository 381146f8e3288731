/**
 * The `bind` line and its options but those of TLS. The same options serve `stats socket`.
 * Specification: configuration manual 4.2 `bind`, 5.1; wording of errors as HAProxy 2.6 gives them.
 */
import { existsSync } from 'node:fs';
import { readBindAddresses } from '../bind-addresses.ts';
import { Facet } from '../facet.ts';
import { newBind } from '../initial-values.ts';
import { type BindKeyword, type KeywordContext, keywordsOf, registerKeywords } from '../keyword.ts';
import type { BindConfig, ProxyConfig } from '../model.ts';
import { readOptions } from '../option-line.ts';
import { findGroup, findUser } from '../system-accounts.ts';
import { leadingInteger, parseTime } from '../time-and-size.ts';
import { parseThreadSet } from './thread-set.ts';
import { unixBind } from './unix-bind.ts';

/** Options that only mean something on `stats socket`; HAProxy takes them on every bind line. */
export const statsSocketOptions = new Facet('bind.stats-socket', () => ({
  severityOutput: 'none' as 'none' | 'number' | 'string',
  exposeListeners: false,
}));

/** The largest number of a thread that the language knows, whatever the machine has. */
export const maxThreads = 64;

/** How messages about the options of a line name the line. */
export interface BindLineWording {
  readonly lead: string;
  readonly trail?: string;
  readonly unknownLead: string;
  readonly nearTail?: (near: string) => string;
}

/** Reads the options of a line whose address is `bind.text`. */
export function readBindOptions(
  context: Omit<KeywordContext<unknown>, 'target'>,
  bind: BindConfig,
  wording: BindLineWording,
): boolean {
  return readOptions<BindConfig, BindKeyword>({
    context: { ...context, target: bind },
    args: context.args.withLead(wording.lead, wording.trail),
    records: keywordsOf('bind'),
    scope: 'bind',
    unknownLead: wording.unknownLead,
    unknownTail: '.',
    ...(wording.nearTail === undefined ? {} : { nearTail: wording.nearTail }),
  });
}

function parseBind(context: KeywordContext<ProxyConfig>): void {
  const { args, target: proxy, configuration } = context;
  const text = args.next();
  if (text === undefined) {
    args.alert("'bind' expects {<path>|[addr1]:port1[-end1]}{,[addr]:port[-end]}... as arguments.");
    return;
  }
  const bind = newBind(text, { file: args.line.file, line: args.line.line });
  const inherited = unixBind.read(configuration.global);
  bind.unixMode = inherited?.mode;
  bind.unixUid = inherited?.uid;
  bind.unixGid = inherited?.gid;
  const addresses = readBindAddresses(text, inherited?.prefix ?? '', context.reading.environment);
  if (typeof addresses === 'string') {
    args.alert(`'bind' : ${addresses}`);
    return;
  }
  bind.addresses.push(...addresses);
  proxy.binds.push(bind);
  const lead = `parsing ${args.place} : 'bind ${text}' in section '${proxy.kind}'`;
  readBindOptions(context, bind, { lead: `${lead} : `, unknownLead: `${lead}:` });
}

registerKeywords({
  scope: 'proxy',
  name: 'bind',
  syntax: '[<address>]:<port_range> [, ...] [param*]',
  doc: 'Where the frontend listens: addresses with ports or ranges of ports, unix sockets, inherited sockets.',
  manual: '4.2',
  sections: ['frontend', 'listen'],
  parse: parseBind,
});

type Parse = BindKeyword['parse'];

function option(name: string, syntax: string, doc: string, parse: Parse): BindKeyword {
  return { scope: 'bind', name, syntax, doc, manual: '5.1', parse };
}

/** A number read as the old keywords read it. */
function number(
  name: string,
  doc: string,
  check: (value: number) => string | undefined,
  set: (bind: BindConfig, value: number) => void,
): BindKeyword {
  return option(name, '<number>', doc, ({ args, target }) => {
    const text = args.next();
    if (text === undefined) {
      args.alert(`'${name}' : missing value`);
      return;
    }
    const value = leadingInteger(text);
    const wrong = check(value);
    if (wrong !== undefined) args.alert(`'${name}' : invalid value ${value}, ${wrong}`);
    else set(target, value);
  });
}

const notNegative = (rule: string) => (value: number) => (value < 0 ? `must be ${rule}` : undefined);
const anyNumber = () => undefined;

registerKeywords(
  option('name', '<name>', 'A name for the listener in statistics.', ({ args, target }) => {
    const name = args.next();
    if (name === undefined) args.alert("'name' : missing name");
    else target.name = name;
  }),
  option(
    'id',
    '<id>',
    'The number of the listener; automatic when left out.',
    ({ args, target, configuration }) => {
      const text = args.next();
      if (target.addresses.length !== 1) {
        args.alert("'id' can only be used with a single socket");
        return;
      }
      if (text === undefined) {
        args.alert("'id' : expects an integer argument");
        return;
      }
      if (!/^[+-]?[0-9]+$/.test(text)) {
        args.alert(`'id' : expects an integer argument, found '${text}'`);
        return;
      }
      const id = leadingInteger(text);
      if (id <= 0) {
        args.alert("'id' : custom id has to be > 0");
        return;
      }
      const proxy = configuration.proxies.at(-1);
      const other = target.id === undefined ? proxy?.binds.find((b) => b.id === id) : target;
      if (other !== undefined) {
        args.alert(
          `'id' : custom id ${id} already used at ${other.origin.file}:${other.origin.line} ('bind ${other.text}')`,
        );
        return;
      }
      target.id = id;
    },
  ),
  number(
    'maxconn',
    'Connections that the listener has at most at the same time.',
    notNegative('>= 0'),
    (b, v) => {
      b.maxconn = v;
    },
  ),
  number('backlog', 'Connections that may wait in the kernel to be accepted.', notNegative('> 0'), (b, v) => {
    b.backlog = v;
  }),
  number(
    'nice',
    'How willingly connections of this listener leave the processor to others, -1024 to 1024.',
    (value) => (value < -1024 || value > 1024 ? 'allowed range is -1024..1024' : undefined),
    (b, v) => {
      b.nice = v;
    },
  ),
  option(
    'accept-proxy',
    '',
    'Expects the PROXY protocol, version 1 or 2, before anything else.',
    ({ target }) => {
      target.acceptProxy = true;
    },
  ),
  option(
    'accept-netscaler-cip',
    '<magic number>',
    'Expects the NetScaler Client IP protocol before anything else.',
    ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("'accept-netscaler-cip' : missing value");
        return;
      }
      const value = leadingInteger(text);
      if (value === 0) args.alert(`'accept-netscaler-cip' : invalid value ${value}, must be >= 0`);
      else target.acceptNetscalerCip = value;
    },
  ),
  option('defer-accept', '', 'Accepts a connection only once it brought data.', ({ target }) => {
    target.deferAccept = true;
  }),
  option('tfo', '', 'TCP Fast Open.', ({ target }) => {
    target.tfo = true;
  }),
  option('interface', '<interface>', 'Takes only what arrives on this interface.', ({ args, target }) => {
    const name = args.next();
    if (name === undefined) args.alert("'interface' : missing interface name");
    else target.interface = name;
  }),
  option('mss', '<maxseg>', 'The largest TCP segment that is announced.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) {
      args.alert("'mss' : missing MSS value");
      return;
    }
    const value = leadingInteger(text);
    if (value === 0 || Math.abs(value) > 65535) {
      args.alert("'mss' : expects an MSS with and absolute value between 1 and 65535");
    } else target.mss = value;
  }),
  option(
    'transparent',
    '',
    'Takes connections to addresses that the machine does not have.',
    ({ target }) => {
      target.transparent = true;
    },
  ),
  option('v4v6', '', 'An IPv6 socket on the default address also takes IPv4.', ({ target }) => {
    target.v4v6 = true;
  }),
  option('v6only', '', 'An IPv6 socket takes no IPv4.', ({ target }) => {
    target.v4v6 = false;
  }),
  option('tcp-ut', '<delay>', 'How long sent data may stay without acknowledgement.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) {
      args.alert("'tcp-ut' : missing TCP User Timeout value");
      return;
    }
    const time = parseTime(text, 'ms');
    if (!time.ok && time.fault === 'overflow') {
      args.alert(
        `timer overflow in argument '${text}' to 'tcp-ut' (maximum value is 2147483647 ms or ~24.8 days)`,
      );
    } else if (!time.ok) args.alert("'tcp-ut' : expects a positive delay in milliseconds");
    else target.tcpUserTimeoutMs = time.value;
  }),
  option('namespace', '<name>', 'The network namespace in which to listen.', ({ args, target }) => {
    const name = args.next();
    if (name === undefined) args.alert("'namespace' : missing namespace id");
    else if (!existsSync(`/var/run/netns/${name}`)) {
      args.say('alert', `Cannot open namespace '${name}'.`);
      args.alert("error encountered while processing 'namespace'.");
    } else target.namespace = name;
  }),
  option(
    'thread',
    '[<thread-group>/]<thread-set>',
    'The threads that accept: all, odd, even, numbers and ranges.',
    ({ args, target }) => {
      const text = args.next() ?? '';
      const slash = text.indexOf('/');
      const group = slash < 0 ? 1 : leadingInteger(text);
      if (group !== 1) {
        args.alert(`'${text}' thread-group number must be between 1 and 1 (was ${group})`);
        return;
      }
      const threads = text.slice(slash + 1);
      const set = parseThreadSet(threads, maxThreads);
      if (typeof set === 'string') args.alert(`'${threads}' : ${set}`);
      else target.threads = set;
    },
  ),
  option(
    'shards',
    '<number> | by-thread',
    'How many sockets share the address, each with its part of the threads.',
    ({ args, target }) => {
      const text = args.next();
      if (text === undefined) {
        args.alert("'shards' : missing value");
        return;
      }
      if (text === 'by-thread') {
        target.shards = 'by-thread';
        return;
      }
      const value = leadingInteger(text);
      if (value < 1 || value > maxThreads) {
        args.alert(`'shards' : invalid value ${value}, allowed range is 1..${maxThreads} or 'by-thread'`);
      } else target.shards = value;
    },
  ),
  option(
    'process',
    '<process-set>[/<thread-set>]',
    'Old: which processes listen. There is one; only the threads behind the slash count.',
    ({ args, target }) => {
      const text = args.next() ?? '';
      const [processes = '', threads] = text.split('/');
      const wrong = parseThreadSet(processes, 1);
      if (typeof wrong === 'string') {
        args.alert(`'process' : ${wrong}`);
        return;
      }
      const set = threads === undefined ? undefined : parseThreadSet(threads, maxThreads);
      if (typeof set === 'string') {
        args.alert(`'process' : ${set}`);
        return;
      }
      target.threads = set;
      args.warning(
        `'process ${text}' on 'bind' lines is deprecated and will be removed in 2.7.${
          threads === undefined ? '' : ` Please use 'thread ${threads}' instead.`
        }`,
      );
    },
  ),
  option('mode', '<mode>', 'Octal permissions of a unix socket.', ({ args, target }) => {
    const text = args.next() ?? '';
    if (!/^[+-]?[0-7]+$/.test(text)) {
      args.alert(`'mode' : missing or invalid mode '${text}' (octal integer expected)`);
    } else target.unixMode = Number.parseInt(text, 8);
  }),
  option('user', '<user>', 'Owner of a unix socket, by name.', ({ args, target }) => {
    const name = args.next();
    const user = name === undefined ? undefined : findUser(name);
    if (name === undefined) args.alert("'user' : missing user name");
    else if (user === undefined) args.alert(`'user' : unknown user name '${name}'`);
    else target.unixUid = user.uid;
  }),
  option('group', '<group>', 'Group of a unix socket, by name.', ({ args, target }) => {
    const name = args.next();
    const gid = name === undefined ? undefined : findGroup(name);
    if (name === undefined) args.alert("'group' : missing group name");
    else if (gid === undefined) args.alert(`'group' : unknown group name '${name}'`);
    else target.unixGid = gid;
  }),
  number('uid', 'Owner of a unix socket.', anyNumber, (b, v) => {
    b.unixUid = v;
  }),
  number('gid', 'Group of a unix socket.', anyNumber, (b, v) => {
    b.unixGid = v;
  }),
  option('level', 'user | operator | admin', 'What the stats socket lets do.', ({ args, target }) => {
    const text = args.next();
    if (text === undefined) args.alert("'level' : missing level");
    else if (text === 'user' || text === 'operator' || text === 'admin') target.level = text;
    else args.alert(`'level' only supports 'user', 'operator', and 'admin' (got '${text}')`);
  }),
  option(
    'expose-fd',
    'listeners',
    'Lets the stats socket hand over the listening sockets.',
    ({ args, target }) => {
      const text = args.next();
      if (text === undefined) args.alert("'expose-fd' : missing fd type");
      else if (text !== 'listeners') args.alert(`'expose-fd' only supports 'listeners' (got '${text}')`);
      else statsSocketOptions.of(target).exposeListeners = true;
    },
  ),
  option(
    'severity-output',
    'none | number | string',
    'Whether replies of the stats socket start with a severity.',
    ({ args, target }) => {
      const text = args.next();
      if (text === undefined) args.alert("'severity-output' : missing severity format");
      else if (text === 'none' || text === 'number' || text === 'string') {
        statsSocketOptions.of(target).severityOutput = text;
      } else {
        args.alert(`'severity-output' only supports 'none', 'number', and 'string' (got '${text}')`);
      }
    },
  ),
);
