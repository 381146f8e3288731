/**
 * `timeout …`, and the three directives that HAProxy 1.4 had in their place.
 * Specification: configuration manual 4.2 `timeout`; the 1.4 manual for the old names.
 */
import { inheritedFrom } from '../initial-values.ts';
import type { KeywordContext, ProxyKeyword, ProxySection } from '../keyword.ts';
import { registerFamily, registerKeywords } from '../keyword.ts';
import { lacking } from '../misplaced.ts';
import type { ProxyConfig, Timeouts } from '../model.ts';
import { nearestWord } from '../suggest.ts';
import { parseTime } from '../time-and-size.ts';

const everywhere: readonly ProxySection[] = ['defaults', 'frontend', 'listen', 'backend'];
const front: readonly ProxySection[] = ['defaults', 'frontend', 'listen'];
const back: readonly ProxySection[] = ['defaults', 'listen', 'backend'];

function parseInto(field: keyof Timeouts, context: KeywordContext<ProxyConfig>): void {
  const { args, target } = context;
  const name = args.keyword;
  const text = args.next();
  if (text === undefined) {
    args.alert(`'${name}' expects an integer value (in milliseconds)`);
    return;
  }
  const time = parseTime(text, 'ms');
  if (!time.ok) {
    if (time.fault === 'character') {
      args.alert(
        `unexpected character '${time.character}' in '${name}'`,
        'a time is a number with us, ms, s, m, h or d behind it',
      );
    } else {
      args.alert(
        `timer overflow in argument '${text}' to '${name}' (maximum value is 2147483647 ms or ~24.8 days)`,
      );
    }
    return;
  }
  const extra = args.peek();
  if (extra !== undefined) {
    args.next();
    args.alert(`'${name}' : unexpected extra argument '${extra}' after value '${text}'.`);
    return;
  }
  const before = target.timeouts[field];
  const replaces = target.kind !== 'defaults' && before !== undefined;
  if (replaces && before !== inheritedFrom(target)?.timeouts[field]) {
    args.warning(`overwriting '${name}' which was already specified`);
  }
  target.timeouts[field] = time.value;
}

function timeout(
  second: string,
  field: keyof Timeouts,
  sections: readonly ProxySection[],
  doc: string,
): ProxyKeyword {
  return {
    scope: 'proxy',
    name: `timeout ${second}`,
    syntax: '<timeout>',
    doc,
    manual: '4.2',
    sections,
    parse: (context) => parseInto(field, context),
    misplaced: ({ args, target }, readAside) => {
      if (readAside()) args.warning(`'timeout ${second}' will be ignored because ${lacking(target)}`);
    },
  };
}

function old(
  name: string,
  field: keyof Timeouts,
  sections: readonly ProxySection[],
  modern: string,
): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax: '<timeout>',
    doc: `The name that HAProxy 1.4 had for '${modern}'. HAProxy 2.6 refuses it.`,
    manual: '1.4',
    sections,
    replacedBy: modern,
    parse: (context) => {
      context.args.warning(
        `the '${name}' directive is not supported anymore since HAProxy 2.1. Use '${modern}'.`,
        `write '${modern} ${context.args.peek() ?? '<timeout>'}'`,
        context.args.line.words[context.args.position - 1],
      );
      parseInto(field, context);
    },
  };
}

registerKeywords(
  timeout(
    'client',
    'client',
    front,
    'How long a client may send or take nothing. No default: it should be set.',
  ),
  timeout('client-fin', 'clientFin', front, 'The client timeout once one direction is closed.'),
  timeout(
    'server',
    'server',
    back,
    'How long a server may send or take nothing. No default: it should be set.',
  ),
  timeout('server-fin', 'serverFin', back, 'The server timeout once one direction is closed.'),
  timeout('connect', 'connect', back, 'How long a connection to a server may take to be made.'),
  timeout(
    'http-request',
    'httpRequest',
    everywhere,
    'How long a client may take to send a whole request head. Default: the client timeout.',
  ),
  timeout(
    'http-keep-alive',
    'httpKeepAlive',
    everywhere,
    'How long a kept-alive connection waits for the next request. Default: the http-request timeout.',
  ),
  timeout(
    'queue',
    'queue',
    back,
    'How long a request may wait for a free server slot. Default: the connect timeout.',
  ),
  timeout(
    'tunnel',
    'tunnel',
    back,
    'Takes the place of the client and server timeouts once a connection is a tunnel.',
  ),
  timeout(
    'tarpit',
    'tarpit',
    everywhere,
    'How long a tarpitted connection is held. Default: the connect timeout.',
  ),
  timeout('check', 'check', back, 'How long a health check may read, once connected.'),
  old('clitimeout', 'client', front, 'timeout client'),
  old('srvtimeout', 'server', back, 'timeout server'),
  old('contimeout', 'connect', back, 'timeout connect'),
);

registerFamily({
  scope: 'proxy',
  first: 'timeout',
  unknown: (args, found, known) => {
    const near = nearestWord(found, known) ?? known.find((k) => found !== '' && k.startsWith(found));
    args.alert(
      `'timeout' supports 'client', 'server', 'connect', 'check', 'queue', 'http-keep-alive', 'http-request', 'tunnel', 'tarpit', 'client-fin' and 'server-fin' (got '${found}')`,
      near === undefined ? undefined : `did you mean 'timeout ${near}'?`,
    );
  },
});
