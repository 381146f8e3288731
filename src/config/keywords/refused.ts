/**
 * Keywords that HAProxy 2.6 knows only to refuse them, with what it says. Sluice refuses them alike; the old keywords
 * that it accepts nevertheless are beside the modern ones (timeouts.ts, retries.ts, legacy-listeners.ts).
 */
import { type ProxyKeyword, registerKeywords } from '../keyword.ts';
import { everywhere } from './proxy-option.ts';

const since21 = 'is not supported anymore since HAProxy 2.1.';
const instead = (modern: string) => `${since21} Use '${modern}' instead.`;

/** By keyword: what stands behind `The 'KEYWORD' `. */
const directives: Readonly<Record<string, string>> = {
  cliexp: `directive ${since21} Use 'http-request replace-path', 'http-request replace-uri' or 'http-request replace-header' instead.`,
  srvexp: `directive ${instead('http-response replace-header')}`,
  reqadd: `directive ${instead('http-request add-header')}`,
  reqallow: `directive ${instead('http-request allow')}`,
  reqdel: `directive ${instead('http-request del-header')}`,
  reqdeny: "not supported anymore since HAProxy 2.1. Use 'http-request deny' instead.",
  reqiallow: `directive ${instead('http-request allow')}`,
  reqidel: `directive ${instead('http-request del-header')}`,
  reqideny: `directive ${instead('http-request deny')}`,
  reqipass: `directive ${since21}`,
  reqirep: `directive ${instead('http-request replace-header')}`,
  reqitarpit: `directive ${instead('http-request tarpit')}`,
  reqpass: 'not supported anymore since HAProxy 2.1.',
  reqrep: `directive ${since21} Use 'http-request replace-path', 'http-request replace-uri' or 'http-request replace-header' instead.`,
  reqtarpit: `directive ${instead('http-request tarpit')}`,
  rspadd: `directive ${instead('http-response add-header')}`,
  rspdel: `directive ${since21} Use 'http-response del-header' .`,
  rspdeny: `directive ${instead('http-response deny')}`,
  rspidel: `directive ${instead('http-response del-header')}`,
  rspideny: `directive ${instead('http-response deny')}`,
  rspirep: `directive ${instead('http-response replace-header')}`,
  rsprep: `directive ${instead('http-response replace-header')}`,
  block: `directive ${since21} Use 'http-request deny' which uses the exact same syntax.`,
};

function refused(name: string, message: (place: string) => string): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax: '',
    doc: 'Refused as HAProxy 2.6 refuses it.',
    manual: '1.4',
    sections: everywhere,
    negatable: name.startsWith('option '),
    parse: ({ args }) => {
      args.rest();
      args.say('alert', message(args.place), undefined, args.line.words[0]);
    },
  };
}

registerKeywords(
  ...Object.entries(directives).map(([name, said]) =>
    refused(name, (place) => `parsing ${place} : The '${name}' ${said}`),
  ),
  refused(
    'appsession',
    (place) => `parsing ${place} : 'appsession' is not supported anymore since HAProxy 1.6.`,
  ),
  refused(
    'redisp',
    (place) =>
      `parsing ${place} : keyword 'redisp' directive is not supported anymore since HAProxy 2.1. Use 'option redispatch'.`,
  ),
  refused('usesrc', (place) => `parsing ${place} : 'usesrc' only allowed after a 'source' statement.`),
  refused(
    'option forceclose',
    (place) =>
      `parsing ${place}: option 'forceclose' is not supported any more since HAProxy 2.0, please just remove it, or use 'option httpclose' if absolutely needed.`,
  ),
  refused(
    'option http-tunnel',
    (place) =>
      `parsing ${place}: option 'http-tunnel' is not supported any more since HAProxy 2.1, please just remove it, it shouldn't be needed.`,
  ),
  refused(
    'option http_proxy',
    (place) =>
      `parsing ${place}: option 'http_proxy' is not supported any more since HAProxy 2.5. This option stopped working in HAProxy 1.9 and usually had nasty side effects. It can be more reliably implemented with combinations of 'http-request set-dst' and 'http-request set-uri', and even 'http-request do-resolve' if DNS resolution is desired.`,
  ),
);
