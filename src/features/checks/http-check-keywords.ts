/**
 * `option httpchk`, `option tcp-check` and the `http-check` rules.
 * Specification: configuration manual 4.2; wording of errors as HAProxy 2.6 gives them.
 */
import type { ArgumentReader } from '../../config/argument-reader.ts';
import {
  type KeywordContext,
  type ProxyKeyword,
  registerCheck,
  registerFamily,
  registerKeywords,
} from '../../config/keyword.ts';
import { misplaced } from '../../config/misplaced.ts';
import type { ProxyConfig } from '../../config/model.ts';
import { nearestWord } from '../../config/suggest.ts';
import { backendCheck, type Expectation, emptyRequest } from './http-check-config.ts';

type Context = KeywordContext<ProxyConfig>;

function record(name: string, syntax: string, doc: string, parse: (context: Context) => void): ProxyKeyword {
  return {
    scope: 'proxy',
    name,
    syntax,
    doc,
    manual: '4.2',
    sections: ['defaults', 'listen', 'backend'],
    parse,
    misplaced: (context, readAside) => misplaced(context, name.replace(/^(http-check) .*/, '$1'), readAside),
  };
}

function onlySoMany(args: ArgumentReader, name: string, most: number): string[] | undefined {
  const words = args.rest();
  const extra = words[most];
  if (extra === undefined) return words;
  args.alert(`'${name}' cannot handle unexpected argument '${extra}'.`);
  return undefined;
}

function parseHttpchk({ args, target }: Context): void {
  const words = onlySoMany(args, 'option httpchk', 3);
  if (words === undefined) return;
  const check = backendCheck.of(target);
  check.kind = 'http';
  check.request = emptyRequest();
  const [first, second, third] = words;
  if (second === undefined) check.request.uri = first;
  else [check.request.method, check.request.uri] = [first, second];
  if (third === undefined) return;
  const [version, ...headers] = third.split(/\r\n/);
  check.request.version = version;
  if (headers.length === 0) return;
  args.warning(
    "'option httpchk' : hiding headers or body at the end of the version string is deprecated. Please, consider to use 'http-check send' directive instead.",
    "write 'http-check send hdr <name> <value>' on a line of its own",
  );
  const blank = headers.indexOf('');
  for (const line of blank < 0 ? headers : headers.slice(0, blank)) {
    const colon = line.indexOf(':');
    if (colon > 0) check.request.headers.push([line.slice(0, colon), line.slice(colon + 1).trim()]);
  }
  if (blank >= 0 && blank + 1 < headers.length) check.request.body = headers.slice(blank + 1).join('\r\n');
}

function parseTcpCheck({ args, target }: Context): void {
  if (onlySoMany(args, 'option tcp-check', 0) !== undefined) backendCheck.of(target).kind = 'tcp';
}

function parseDisableOn404({ args, target }: Context): void {
  if (onlySoMany(args, 'http-check', 0) !== undefined) backendCheck.of(target).disableOn404 = true;
}

const SEND_WORDS = "'comment', 'meth', 'uri', 'uri-lf', 'ver', 'hdr', 'body' or 'body-lf'";

function parseSend({ args, target }: Context): void {
  const check = backendCheck.of(target);
  if (check.send !== undefined) {
    args.rest();
    args.alert(
      "a second 'http-check send' makes a sequence, which this version of Sluice does not carry out yet",
    );
    return;
  }
  const send = emptyRequest();
  while (!args.done) {
    const word = args.next() as string;
    if (word === 'hdr') {
      const name = args.next();
      const value = args.next();
      if (name === undefined || value === undefined) {
        args.alert("'http-check send' : 'hdr' expects <name> and <value> as arguments.");
        return;
      }
      if (refusesFormat(args, value)) return;
      send.headers.push([name, value]);
      continue;
    }
    if (word === 'uri-lf' || word === 'body-lf') {
      args.alert(`'http-check send' : '${word}' is not carried out yet by this version of Sluice`);
      return;
    }
    if (!['comment', 'meth', 'uri', 'ver', 'body'].includes(word)) {
      args.alert(`'http-check send' : expects ${SEND_WORDS} but got '${word}' as argument..`);
      return;
    }
    const value = args.next();
    if (value === undefined) {
      args.alert(`'http-check send' : '${word}' expects a string as argument..`);
      return;
    }
    if (word === 'meth') send.method = value;
    else if (word === 'uri') send.uri = value;
    else if (word === 'ver') send.version = value;
    else if (word === 'body') send.body = value;
  }
  check.send = send;
}

/** Header values are log-formats: those that are more than text must not be sent as they stand. */
function refusesFormat(args: ArgumentReader, value: string): boolean {
  if (!/%(?!%)/.test(value)) return false;
  args.alert(
    "'http-check send' : variables in the value of 'hdr' are not carried out yet by this version of Sluice",
  );
  return true;
}

const EXPECT_WORDS =
  "'only supports min-recv, [!]string', '[!]rstring', '[!]string-lf', '[!]status', '[!]rstatus', [!]hdr, [!]fhdr or comment";
const EXPECT_NOT_YET = [
  'min-recv',
  'ok-status',
  'error-status',
  'tout-status',
  'on-success',
  'on-error',
  'status-code',
  'hdr',
  'fhdr',
  'string-lf',
];

function parseExpect({ args, target }: Context): void {
  let expectation: Expectation | undefined;
  while (!args.done) {
    let word = args.next() as string;
    let negated = false;
    if (word.startsWith('!')) {
      negated = true;
      word = word === '!' ? (args.next() ?? '') : word.slice(1);
    }
    if (word === 'comment') {
      if (args.next() === undefined)
        args.alert("'http-check expect' : 'comment' expects a string as argument.");
      continue;
    }
    if (EXPECT_NOT_YET.includes(word)) {
      args.alert(`'http-check expect' : '${word}' is not carried out yet by this version of Sluice`);
      return;
    }
    if (expectation !== undefined || !['status', 'rstatus', 'string', 'rstring'].includes(word)) {
      args.alert(`'http-check expect' : ${EXPECT_WORDS} but got '${word}' as argument..`);
      return;
    }
    const pattern = args.next();
    if (pattern === undefined) {
      args.alert(`'http-check expect' : '${word}' expects a <pattern> as argument.`);
      return;
    }
    expectation = readExpectation(args, word, pattern, negated);
    if (expectation === undefined) return;
  }
  if (expectation === undefined) {
    if (!args.failed) args.alert("'http-check expect' : expects at least a matching pattern as arguments.");
    return;
  }
  backendCheck.of(target).expectations.push(expectation);
}

function readExpectation(
  args: ArgumentReader,
  match: string,
  pattern: string,
  negated: boolean,
): Expectation | undefined {
  if (match === 'string') return { negated, match, text: pattern };
  if (match === 'status') {
    const ranges = readStatusRanges(args, pattern);
    return ranges && { negated, match, ranges };
  }
  try {
    new RegExp(pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message.replace(/^.*: /, '') : '';
    args.alert(`'http-check expect' : regex '${pattern}' is invalid (error=${reason}).`);
    return undefined;
  }
  return match === 'rstatus' ? { negated, match, pattern } : { negated, match: 'rstring', pattern };
}

function readStatusRanges(args: ArgumentReader, text: string): { from: number; to: number }[] | undefined {
  const bad = /[^0-9,-]/.exec(text);
  if (bad !== null) {
    args.alert(`'http-check expect' : invalid character '${bad[0]}' in the list of status codes.`);
    return undefined;
  }
  const ranges: { from: number; to: number }[] = [];
  for (const part of text.split(',')) {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (from === undefined || Number(to ?? from) < Number(from)) {
      args.alert(`'http-check expect' : invalid range of status codes '${part}'.`);
      return undefined;
    }
    ranges.push({ from: Number(from), to: Number(to ?? from) });
  }
  return ranges;
}

const NOT_YET = ['comment', 'connect', 'send-state', 'set-var', 'set-var-fmt', 'unset-var'];

registerKeywords(
  record(
    'option httpchk',
    '[<method>] [<uri>] [<version>]',
    'Health checks are HTTP requests. Default: OPTIONS / HTTP/1.0.',
    parseHttpchk,
  ),
  record('option tcp-check', '', 'Health checks are connections.', parseTcpCheck),
  record(
    'http-check disable-on-404',
    '',
    'A server that answers checks with 404 keeps its sessions and gets no new ones.',
    parseDisableOn404,
  ),
  record('http-check send', '[meth <method>] [uri <uri>] …', 'What HTTP checks send.', parseSend),
  record('http-check expect', '[!] <match> <pattern>', 'What HTTP checks expect.', parseExpect),
  ...NOT_YET.map((name) =>
    record(`http-check ${name}`, '', 'Not carried out yet.', ({ args }) => {
      args.rest();
      args.alert(
        `'http-check ${name}' is a keyword of HAProxy 2.6 that this version of Sluice does not carry out yet`,
      );
    }),
  ),
);

registerFamily({
  scope: 'proxy',
  first: 'http-check',
  unknown: (args, found, known) => {
    const near = found === '' ? undefined : nearestWord(found, known);
    args.alert(
      `'http-check' only supports 'disable-on-404', 'send-state', 'comment', 'connect', 'send', 'expect', 'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'. but got '${found}'`,
      near === undefined ? undefined : `did you mean 'http-check ${near}'?`,
    );
  },
});

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    const check = backendCheck.read(proxy);
    if (check === undefined || check.kind === 'http' || proxy.disabled) continue;
    if (check.send === undefined && check.expectations.length === 0 && !check.disableOn404) continue;
    report.warning(
      `backend '${proxy.name}' uses http-check rules without 'option httpchk', so the rules are ignored.`,
    );
  }
});
