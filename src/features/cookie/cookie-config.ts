/**
 * The `cookie` and `dynamic-cookie-key` keywords of a backend. What a server's cookie is called stands on its own line
 * (`server … cookie`). Specification: configuration manual 4.2 `cookie`; wording of messages as HAProxy 2.6 gives them.
 */
import type { ArgumentReader } from '../../config/argument-reader.ts';
import { Facet } from '../../config/facet.ts';
import { registerCheck, registerKeywords } from '../../config/keyword.ts';
import { backSide } from '../../config/keywords/proxy-option.ts';
import { proxyWord } from '../../config/proxy-kind.ts';
import { parseTime } from '../../config/time-and-size.ts';

export interface CookieConfig {
  /** Empty: no `cookie` line was read. */
  name: string;
  mode: 'rewrite' | 'insert' | 'prefix' | 'passive';
  indirect: boolean;
  nocache: boolean;
  postonly: boolean;
  preserve: boolean;
  dynamic: boolean;
  /** 0: no limit. */
  maxIdleS: number;
  maxLifeS: number;
  domains: string[];
  httpOnly: boolean;
  secure: boolean;
  attributes: string[];
}

const create = (): CookieConfig => ({
  name: '',
  mode: 'passive',
  indirect: false,
  nocache: false,
  postonly: false,
  preserve: false,
  dynamic: false,
  maxIdleS: 0,
  maxLifeS: 0,
  domains: [],
  httpOnly: false,
  secure: false,
  attributes: [],
});

export const cookieFacet = new Facet('cookie', create);
export const dynamicKeyFacet = new Facet('cookie.dynamic-key', () => ({ key: '' }));

function readAge(args: ArgumentReader, option: 'maxidle' | 'maxlife'): number | undefined {
  const place = `parsing ${args.place}:`;
  const text = args.next();
  if (text === undefined) {
    args.say(
      'alert',
      `${place} '${option}' expects <${option === 'maxidle' ? 'idletime' : 'lifetime'}> in seconds as argument.`,
    );
    return undefined;
  }
  const time = parseTime(text, 's');
  if (time.ok) return time.value;
  args.say(
    'alert',
    time.fault === 'character'
      ? `${place} unexpected character '${time.character}' in argument to <${option}>.`
      : `${place} timer overflow in argument <${text}> to <${option}>, maximum value is 2147483647 s (~68 years).`,
  );
  return undefined;
}

function readDomain(args: ArgumentReader): string | undefined {
  const domain = args.next();
  if (domain === undefined) {
    args.say('alert', `parsing ${args.place}: 'domain' expects <domain> as argument.`);
    return undefined;
  }
  if (!domain.includes('.')) {
    args.say(
      'warning',
      `parsing ${args.place}: domain '${domain}' contains no embedded dot, this configuration may not work properly (see RFC6265#5.2.3).`,
    );
  }
  const bad = /[^A-Za-z0-9_.-]/.exec(domain);
  if (bad === null) return domain;
  args.say(
    'alert',
    `parsing ${args.place}: character '${bad[0]}' is not permitted in domain name '${domain}'.`,
  );
  return undefined;
}

function readAttribute(args: ArgumentReader): string | undefined {
  const value = args.next();
  if (value === undefined) {
    args.say('alert', `parsing ${args.place}: 'attr' expects <value> as argument.`);
    return undefined;
  }
  for (const c of value) {
    const code = c.charCodeAt(0);
    if (code >= 32 && code !== 127 && c !== ';') continue;
    const shown = code.toString(16).toUpperCase().padStart(2, '0');
    args.say('alert', `parsing ${args.place}: character '%x${shown}' is not permitted in attribute value.`);
    return undefined;
  }
  return value;
}

/** Reads one option. False when it was wrong, and has been reported. */
function readOption(args: ArgumentReader, cookie: CookieConfig, modes: Set<string>): boolean {
  const option = args.next();
  switch (option) {
    case 'rewrite':
    case 'insert':
    case 'prefix':
      cookie.mode = option;
      modes.add(option);
      return true;
    case 'indirect':
    case 'nocache':
    case 'postonly':
    case 'preserve':
    case 'dynamic':
      cookie[option] = true;
      return true;
    case 'httponly':
      cookie.httpOnly = true;
      return true;
    case 'secure':
      cookie.secure = true;
      return true;
    case 'domain': {
      const domain = readDomain(args);
      if (domain !== undefined) cookie.domains.push(domain);
      return domain !== undefined;
    }
    case 'maxidle':
    case 'maxlife': {
      const ageS = readAge(args, option);
      if (ageS === undefined) return false;
      cookie[option === 'maxidle' ? 'maxIdleS' : 'maxLifeS'] = ageS;
      return true;
    }
    case 'attr': {
      const attribute = readAttribute(args);
      if (attribute !== undefined) cookie.attributes.push(attribute);
      return attribute !== undefined;
    }
    default:
      args.alert(
        "'cookie' supports 'rewrite', 'insert', 'prefix', 'indirect', 'nocache', 'postonly', 'domain', 'maxidle', 'dynamic', 'maxlife' and 'attr' options.",
      );
      return false;
  }
}

registerKeywords(
  {
    scope: 'proxy',
    name: 'cookie',
    syntax:
      '<name> [ rewrite | insert | prefix ] [ indirect ] [ nocache ] [ postonly ] [ preserve ] [ httponly ] [ secure ] [ domain <domain> ]* [ maxidle <idle> ] [ maxlife <life> ] [ dynamic ] [ attr <value> ]*',
    doc: 'Ties a client to a server by a cookie.',
    manual: '4.2',
    sections: backSide,
    parse: ({ args, target }) => {
      const name = args.next();
      if (name === undefined) {
        args.alert("'cookie' expects <cookie_name> as argument.");
        return;
      }
      const cookie = create();
      cookie.name = name;
      const modes = new Set<string>();
      while (!args.done) if (!readOption(args, cookie, modes)) return;
      if (modes.size > 1) args.alert("cookie 'rewrite', 'insert' and 'prefix' modes are incompatible.");
      if (cookie.mode === 'rewrite' && cookie.indirect)
        args.alert("cookie 'rewrite' and 'indirect' modes are incompatible.");
      if (cookie.preserve && cookie.mode !== 'insert' && !cookie.indirect)
        args.alert("cookie 'preserve' requires at least 'insert' or 'indirect'.");
      Object.assign(cookieFacet.of(target), cookie);
    },
  },
  {
    scope: 'proxy',
    name: 'dynamic-cookie-key',
    syntax: '<string>',
    doc: 'The secret that the cookies of `cookie … dynamic` are made with.',
    manual: '4.2',
    sections: backSide,
    parse: ({ args, target }) => {
      const key = args.next();
      if (key === undefined) args.alert("'dynamic-cookie-key' expects <secret_key> as argument.");
      else dynamicKeyFacet.of(target).key = key;
      args.rest();
    },
  },
);

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    if (proxy.mode === 'http' || proxy.kind === 'frontend') continue;
    if (cookieFacet.read(proxy) !== undefined)
      report.warning(
        `cookie will be ignored for ${proxyWord(proxy.kind)} '${proxy.name}' (needs 'mode http').`,
      );
    for (const server of proxy.servers) {
      if (server.cookie === undefined) continue;
      report.warning(
        `proxy '${proxy.name}' : ignoring cookie for server '${server.name}' as HTTP mode is disabled.`,
      );
    }
  }
});
