/**
 * `option httpchk` and the `http-check` rules.
 * Specification: configuration manual 4.2; wording of errors as HAProxy 2.6 gives them.
 */
import { registerCheck, registerKeywords } from '../../config/keyword.ts';
import { proxyWord } from '../../config/proxy-kind.ts';
import { backendCheck, chooseKind } from './check-config.ts';
import { type CheckText, PLAINLY, readFormat } from './check-format.ts';
import { type Context, checkKeyword, configOf, onlySoMany, rulesOf, textBehind } from './check-keyword.ts';
import { type CheckRule, emptyRequest, type HttpRequestText } from './check-rules.ts';
import { isStep } from './check-sequence.ts';
import { readComment, readConnect } from './connect-arguments.ts';
import { readExpect } from './expect-arguments.ts';
import { CONNECT_COMES_FIRST } from './tcp-check-keywords.ts';

function parseOption(context: Context): void {
  const { args } = context;
  const words = onlySoMany(args, 'option httpchk', 3);
  if (words === undefined) return;
  const request = emptyRequest();
  const [first, second, third] = words;
  if (second === undefined) request.uri = first;
  else [request.method, request.uri] = [first, second];
  if (third !== undefined) readVersion(context, third, request);
  const config = configOf(context);
  const own = rulesOf(context, 'http');
  chooseKind(config, { kind: 'http' });
  // The line describes the first request, also where a rule has described it already.
  const at = own.rules.findIndex(({ kind }) => kind === 'http-send');
  const sent = own.rules[at];
  if (sent?.kind === 'http-send') own.rules[at] = { ...sent, request: overlay(sent.request, request) };
  else config.request = request;
}

function readVersion({ args }: Context, text: string, request: HttpRequestText): void {
  const [version, ...headers] = text.split(/\r\n/);
  request.version = version;
  if (headers.length === 0) return;
  args.say(
    'warning',
    `parsing ${args.place}: 'option httpchk' : hiding headers or body at the end of the version string is deprecated. Please, consider to use 'http-check send' directive instead.`,
    "write 'http-check send hdr <name> <value>' on a line of its own",
  );
  const blank = headers.indexOf('');
  for (const line of blank < 0 ? headers : headers.slice(0, blank)) {
    const colon = line.indexOf(':');
    if (colon > 0) request.headers.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }
  if (blank >= 0 && blank + 1 < headers.length) request.body = headers.slice(blank + 1).join('\r\n');
}

/** What `over` says counts, the rest is as below. */
function overlay(below: HttpRequestText, over: HttpRequestText): HttpRequestText {
  return {
    method: over.method ?? below.method,
    uri: over.uri ?? below.uri,
    version: over.version ?? below.version,
    headers: over.headers.length > 0 ? over.headers : below.headers,
    body: over.body ?? below.body,
  };
}

/** Adds a rule, if rules of its kind may stand where it does. */
function addRule(context: Context, rule: CheckRule & { kind: 'connect' | 'http-send' | 'expect' }): void {
  const word = rule.kind === 'http-send' ? 'send' : rule.kind;
  const { rules } = rulesOf(context, 'http');
  const first = rules.find(isStep);
  const last = rules.findLast(isStep)?.kind;
  const missing = missingBefore(rule.kind, last);
  if (rule.kind === 'connect' && first !== undefined && first.kind !== 'connect') {
    context.args.alert(`'http-check connect' : ${CONNECT_COMES_FIRST}`);
  } else if (missing !== undefined && configOf(context).check.kind === 'http') {
    const step = rules.length - rules.findIndex(isStep) + implied(rules);
    const fault = `unable to add http-check ${word} rule at step ${step} (missing ${missing} rule)..`;
    context.args.alert(`'http-check ${word}' : ${fault}`);
    // What follows is then judged by itself.
    rules.push(rule);
  } else rules.push(rule);
}

/** Steps that HAProxy counts although nobody wrote them: a connection, or the request of the option line. */
function implied(rules: readonly CheckRule[]): number {
  const connects = rules.some(({ kind }) => kind === 'connect');
  const sends = rules.some(({ kind }) => kind === 'http-send');
  return connects && sends ? 0 : 1;
}

function missingBefore(
  kind: 'connect' | 'http-send' | 'expect',
  last: CheckRule['kind'] | undefined,
): string | undefined {
  if (last === undefined) return undefined;
  switch (kind) {
    case 'connect':
      return last === 'expect' ? undefined : 'expect';
    case 'http-send':
      return last === 'connect' ? undefined : 'connect';
    case 'expect':
      return last === 'connect' ? 'send' : undefined;
  }
}

function parseConnect(context: Context): void {
  const rule = readConnect(context, 'http');
  if (rule !== undefined) addRule(context, rule);
}

function parseExpect(context: Context): void {
  const rule = readExpect(context, 'http');
  if (rule !== undefined) addRule(context, rule);
}

function parseComment(context: Context): void {
  const text = readComment(context, 'http');
  if (text !== undefined) rulesOf(context, 'http').rules.push({ kind: 'comment', text });
}

const SEND_WORDS = "'comment', 'meth', 'uri', 'uri-lf', 'ver', 'hdr', 'body' or 'body-lf'";
const DIRECTIVE = 'http-check send';

function parseSend(context: Context): void {
  const { args } = context;
  const request = emptyRequest();
  let comment: string | undefined;
  while (!args.done) {
    const word = args.next() as string;
    if (word === 'hdr') {
      if (!readRequestHeader(context, request)) return;
      continue;
    }
    if (!['comment', 'meth', 'uri', 'uri-lf', 'ver', 'body', 'body-lf'].includes(word)) {
      args.alert(`'${DIRECTIVE}' : expects ${SEND_WORDS} but got '${word}' as argument..`);
      return;
    }
    const written = textBehind(args, DIRECTIVE, word, '..');
    if (written === undefined) return;
    if (word === 'comment') comment = written;
    else if (word === 'meth') request.method = written;
    else if (word === 'ver') request.version = written;
    else {
      const value = word.endsWith('-lf') ? readFormat(context, DIRECTIVE, written) : written;
      if (value === undefined) return;
      if (word.startsWith('uri')) request.uri = value;
      else request.body = value;
    }
  }
  const config = configOf(context);
  const { rules } = rulesOf(context, 'http');
  const isFirst = !rules.some(({ kind }) => kind === 'http-send');
  const merged = isFirst && config.request !== undefined ? overlay(config.request, request) : request;
  addRule(context, { kind: 'http-send', request: merged, comment });
}

function readRequestHeader(context: Context, request: HttpRequestText): boolean {
  const { args } = context;
  const name = args.next();
  const format = args.next();
  if (name === undefined || format === undefined) {
    args.alert(`'${DIRECTIVE}' : 'hdr' expects <name> and <value> as arguments.`);
    return false;
  }
  const isHost = name.toLowerCase() === 'host';
  const former = isHost ? request.headers.find(([other]) => other.toLowerCase() === 'host') : undefined;
  if (former !== undefined) {
    args.alert(
      `'${DIRECTIVE}' : 'host' header already defined (previous value is '${writtenAs(former[1])}').`,
    );
    return false;
  }
  const value = readFormat(context, DIRECTIVE, format, PLAINLY);
  if (value !== undefined) request.headers.push([name, value]);
  return value !== undefined;
}

function writtenAs(value: CheckText): string {
  return typeof value === 'string' ? value : value.text;
}

function parseFlag(context: Context, field: 'disableOn404' | 'sendState'): void {
  if (onlySoMany(context.args, 'http-check', 0) !== undefined) configOf(context)[field] = true;
}

registerKeywords(
  checkKeyword(
    'option httpchk',
    '[<method>] [<uri>] [<version>]',
    'Health checks are HTTP requests. Default: OPTIONS / HTTP/1.0.',
    parseOption,
  ),
  checkKeyword(
    'http-check disable-on-404',
    '',
    'A server that answers checks with 404 keeps its sessions and gets no new ones.',
    (context) => parseFlag(context, 'disableOn404'),
  ),
  checkKeyword(
    'http-check send-state',
    '',
    'HTTP checks tell the server in a header how it is seen.',
    (context) => parseFlag(context, 'sendState'),
  ),
  checkKeyword(
    'http-check connect',
    '[default] [port <port>] [addr <ip>] [send-proxy] [via-socks4] [linger] [proto h1] [comment <msg>]',
    'Opens a connection for the next request.',
    parseConnect,
  ),
  checkKeyword('http-check comment', '<msg>', 'Is told when the next rule fails.', parseComment),
  checkKeyword(
    'http-check send',
    '[meth <method>] [uri <uri>|uri-lf <fmt>] [ver <version>] [hdr <name> <fmt>]* [body <text>|body-lf <fmt>] [comment <msg>]',
    'What HTTP checks send.',
    parseSend,
  ),
  checkKeyword(
    'http-check expect',
    '[min-recv <int>] [comment <msg>] [ok-status <st>] [error-status <st>] [tout-status <st>] [on-success <fmt>] [on-error <fmt>] [!] <match> <pattern>',
    'What HTTP checks expect. Default: a status from 200 to 399.',
    parseExpect,
  ),
);

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    const config = backendCheck.read(proxy);
    if (config === undefined || proxy.disabled) continue;
    const { kind } = config.check;
    if (kind === 'http' || kind === 'plain' || kind === 'external') continue;
    const words = [config.disableOn404 ? 'disable-on-404' : '', config.sendState ? 'send-state' : ''];
    for (const word of words.filter((text) => text !== '')) {
      report.warning(
        `'${word}' will be ignored for ${proxyWord(proxy.kind)} '${proxy.name}' (requires 'option httpchk').`,
      );
    }
  }
});
