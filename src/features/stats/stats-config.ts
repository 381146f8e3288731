/**
 * The `stats …` keywords of proxies. Specification: configuration manual 4.2 `stats admin` and the following; wording
 * of messages as HAProxy 2.6 gives them. The first of these keywords turns the page on, as HAProxy does.
 */
import { hostname } from 'node:os';
import type { ArgumentReader } from '../../config/argument-reader.ts';
import { Facet } from '../../config/facet.ts';
import { type ProxyKeyword, registerCheck, registerFamily, registerKeywords } from '../../config/keyword.ts';
import { everywhere } from '../../config/keywords/proxy-option.ts';
import type { Configuration } from '../../config/model.ts';
import { parseTime } from '../../config/time-and-size.ts';
import { type AdminRule, parseAdminRule } from './admin-condition.ts';

export interface StatsConfig {
  uri: string;
  realm: string;
  /** `user:password`; none: everybody may look. */
  accounts: string[];
  /** Proxies that are shown, `.` for the page's own; none: all. */
  scope: string[];
  refreshS: number;
  hidesVersion: boolean;
  /** Who may change the state of servers: whoever one of the rules lets. */
  admin: AdminRule[];
  node: string | undefined;
  description: string | undefined;
  showsLegends: boolean;
  showsModules: boolean;
}

export const statsFacet = new Facet(
  'stats',
  (): StatsConfig => ({
    uri: '/haproxy?stats',
    realm: 'HAProxy Statistics',
    accounts: [],
    scope: [],
    refreshS: 0,
    hidesVersion: false,
    admin: [],
    node: undefined,
    description: undefined,
    showsLegends: false,
    showsModules: false,
  }),
);

type Read = (args: ArgumentReader, stats: StatsConfig, configuration: Configuration) => void;

function stats(name: string, syntax: string, doc: string, read: Read): ProxyKeyword {
  return {
    scope: 'proxy',
    name: `stats ${name}`,
    syntax,
    doc,
    manual: '4.2',
    sections: everywhere,
    parse: ({ args, target, configuration }) => {
      read(args, statsFacet.of(target), configuration);
      // HAProxy does not look at what follows.
      args.rest();
    },
  };
}

function readRefresh(args: ArgumentReader, config: StatsConfig): void {
  const time = parseTime(args.next() ?? '', 's');
  if (time.ok) config.refreshS = time.value;
  else if (time.fault === 'character') {
    args.say(
      'alert',
      `parsing ${args.place}: unexpected character '${time.character}' in argument to stats refresh interval.`,
    );
  } else {
    args.say(
      'alert',
      `parsing ${args.place}: timer overflow in argument <${args.line.words.at(-1)?.text}> to stats refresh interval, maximum value is 2147483647 s (~68 years).`,
    );
  }
}

function readAdmin(args: ArgumentReader, config: StatsConfig): void {
  const word = args.next();
  if (word !== 'if' && word !== 'unless') {
    args.alert("'stats admin' requires either 'if' or 'unless' followed by a condition.");
    return;
  }
  const rule = parseAdminRule(word === 'unless', args.rest());
  if (typeof rule !== 'string') config.admin.push(rule);
  else {
    args.alert(
      `error detected while parsing a 'stats admin' rule : no such ACL : '${rule}'.`,
      'this version of Sluice knows TRUE, FALSE and LOCALHOST here',
    );
  }
}

registerKeywords(
  stats('enable', '', 'Turns the statistics page on with its defaults.', () => {}),
  stats(
    'uri',
    '<prefix>',
    'Requests that start with this get the page. Default: /haproxy?stats.',
    (args, c) => {
      const uri = args.next();
      if (uri === undefined) args.alert("'uri' needs an URI prefix.");
      else c.uri = uri;
    },
  ),
  stats('realm', '<realm>', 'The name that a browser asks a password for.', (args, c) => {
    const realm = args.next();
    if (realm === undefined) args.alert("'realm' needs an realm name.");
    else c.realm = realm;
  }),
  stats(
    'auth',
    '<user>:<passwd>',
    'An account that may see the page; more than one is possible.',
    (args, c) => {
      const account = args.next();
      if (account === undefined) args.alert("'auth' needs a user:password account.");
      else c.accounts.push(account.includes(':') ? account : `${account}:`);
    },
  ),
  stats('scope', '{ <name> | "." }', 'Shows only these proxies; `.` is the one with the page.', (args, c) => {
    const name = args.next();
    if (name === undefined) args.alert("'scope' needs a proxy name.");
    else c.scope.push(name);
  }),
  stats('refresh', '<delay>', 'Browsers load the page again after this time.', readRefresh),
  stats('hide-version', '', 'Does not show the version.', (_, c) => {
    c.hidesVersion = true;
  }),
  {
    ...stats('admin', '{ if | unless } <cond>', 'Lets visitors change the state of servers.', readAdmin),
    sections: ['frontend', 'listen', 'backend'],
    misplaced: ({ args }) => {
      args.rest();
      args.say('alert', `parsing ${args.place}: 'stats admin' not allowed in 'defaults' section.`);
    },
  },
  stats(
    'show-node',
    '[ <name> ]',
    'Shows the name of the machine, or another one.',
    (args, c, configuration) => {
      c.node = args.next() ?? configuration.global.node ?? hostname();
    },
  ),
  stats(
    'show-desc',
    '[ <desc> ]',
    'Shows a description, by default the global one.',
    (args, c, configuration) => {
      const words = args.rest();
      c.description = words.length > 0 ? words.join(' ') : configuration.global.description;
      if (c.description === undefined) {
        args.say(
          'warning',
          `parsing ${args.place}: 'show-desc' requires a parameter or 'desc' to be set in the global section.`,
        );
      }
    },
  ),
  stats('show-legends', '', 'Shows addresses, cookies and algorithms.', (_, c) => {
    c.showsLegends = true;
  }),
  stats('show-modules', '', 'Shows a column for each module of the program.', (_, c) => {
    c.showsModules = true;
  }),
  stats('http-request', '{ allow | auth | deny } …', 'Rules for the page.', (args) => {
    args.alert(
      "'stats http-request' is a keyword of HAProxy 2.6 that this version of Sluice does not carry out yet.",
    );
  }),
);

const EXPECTED =
  "expects 'admin', 'uri', 'realm', 'auth', 'scope', 'enable', 'hide-version', 'show-node', 'show-desc' or 'show-legends'.";

registerFamily({
  scope: 'proxy',
  first: 'stats',
  unknown: (args, found) => {
    args.say(
      'alert',
      found === ''
        ? `parsing ${args.place}: missing keyword in 'stats', ${EXPECTED}`
        : `parsing ${args.place}: unknown stats parameter '${found}', ${EXPECTED}`,
    );
  },
});

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    if (proxy.mode === 'http' || statsFacet.read(proxy) === undefined) continue;
    report.warning(`'stats' statement ignored for proxy '${proxy.name}' as it requires HTTP mode.`);
  }
});
