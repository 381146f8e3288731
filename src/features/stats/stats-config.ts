/**
 * The `stats …` keywords of proxies. Specification: configuration manual 4.2 `stats admin` and the following; wording
 * of messages as HAProxy 2.6 gives them. The first of these keywords turns the page on, as HAProxy does.
 */
import { hostname } from 'node:os';
import type { ArgumentReader } from '../../config/argument-reader.ts';
import { Facet } from '../../config/facet.ts';
import {
  type KeywordContext,
  type ProxyKeyword,
  registerCheck,
  registerFamily,
  registerKeywords,
} from '../../config/keyword.ts';
import { everywhere } from '../../config/keywords/proxy-option.ts';
import type { Configuration, ProxyConfig } from '../../config/model.ts';
import { proxyWord } from '../../config/proxy-kind.ts';
import { parseTime } from '../../config/time-and-size.ts';
import type { ConditionConfig } from '../../expr/acl/acl-config.ts';
import { conditionPlace } from '../../expr/acl/acl-keyword.ts';
import { readCondition } from '../../expr/acl/parse-condition.ts';
import { readRule } from '../../rules/rule-keywords.ts';
import { ruleSet } from '../../rules/rule-set.ts';

export interface StatsConfig {
  uri: string;
  realm: string;
  /** `stats realm` is written. */
  hasRealm: boolean;
  /** `user:password`; none: everybody may look. */
  accounts: string[];
  /** Proxies that are shown, `.` for the page's own; none: all. */
  scope: string[];
  refreshS: number;
  hidesVersion: boolean;
  /** Who may change the state of servers: whoever one of the rules lets. */
  admin: ConditionConfig[];
  /** `stats http-request` is written. */
  hasRules: boolean;
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
    hasRealm: false,
    accounts: [],
    scope: [],
    refreshS: 0,
    hidesVersion: false,
    admin: [],
    hasRules: false,
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

function readAdmin(context: KeywordContext<ProxyConfig>): void {
  const { args, target } = context;
  const word = args.peek();
  if (word !== 'if' && word !== 'unless') {
    args.alert("'stats admin' requires either 'if' or 'unless' followed by a condition.");
    args.rest();
    return;
  }
  const read = readCondition(args.rest(), conditionPlace(context));
  if ('error' in read)
    args.alert(`error detected while parsing a 'stats admin' rule : ${read.error}.`, read.hint);
  else statsFacet.of(target).admin.push(read.condition);
}

/** Keywords that have no business in a `defaults` section. */
function ofSections(
  name: string,
  syntax: string,
  doc: string,
  complaint: string,
  parse: (context: KeywordContext<ProxyConfig>) => void,
): ProxyKeyword {
  return {
    ...stats(name, syntax, doc, () => {}),
    parse,
    sections: ['frontend', 'listen', 'backend'],
    misplaced: ({ args }) => {
      args.rest();
      args.say('alert', `parsing ${args.place}${complaint} not allowed in 'defaults' section.`);
    },
  };
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
    else {
      c.realm = realm;
      c.hasRealm = true;
    }
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
  ofSections(
    'admin',
    '{ if | unless } <cond>',
    'Lets visitors change the state of servers.',
    ": 'stats admin'",
    readAdmin,
  ),
  ofSections(
    'http-request',
    '<action> [arguments] [{ if | unless } <condition>]',
    'What is done with requests for the page, before they get it.',
    ": 'stats'",
    (context) => {
      statsFacet.of(context.target).hasRules = true;
      readRule(ruleSet('http-request'), context, 'stats http-request');
    },
  ),
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
    const stats = statsFacet.read(proxy);
    if (stats === undefined) continue;
    if (stats.hasRules && (stats.hasRealm || stats.accounts.length > 0)) {
      report.alert(
        `config: proxy '${proxy.name}': stats 'auth'/'realm' and 'http-request' can't be used at the same time.`,
      );
    }
    if (proxy.mode === 'http') continue;
    report.warning(
      `'stats' statement ignored for ${proxyWord(proxy.kind)} '${proxy.name}' as it requires HTTP mode.`,
    );
  }
});
