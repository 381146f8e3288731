/**
 * `option tcp-check` and the `tcp-check` rules.
 * Specification: configuration manual 4.2; wording of errors as HAProxy 2.6 gives them.
 */
import { keywordsOf, registerCheck, registerKeywords } from '../../config/keyword.ts';
import { proxyWord } from '../../config/proxy-kind.ts';
import { nearestWord } from '../../config/suggest.ts';
import { backendCheck, chooseKind, ownerName } from './check-config.ts';
import { readFormat } from './check-format.ts';
import { type Context, checkKeyword, configOf, onlySoMany, rulesOf, textBehind } from './check-keyword.ts';
import { isStep } from './check-sequence.ts';
import { readComment, readConnect } from './connect-arguments.ts';
import { faultInDigits, readExpect } from './expect-arguments.ts';
import { bytesOfDigits } from './stream-match.ts';
import { isVariableWord, readVariableRule } from './variable-rules.ts';

export const CONNECT_COMES_FIRST =
  "first step MUST also be a 'connect', optionally preceded by a 'set-var', an 'unset-var' or a 'comment', when there is a 'connect' step in the tcp-check ruleset.";

function parseOption(context: Context): void {
  if (onlySoMany(context.args, 'option tcp-check', 0) !== undefined) {
    chooseKind(configOf(context), { kind: 'tcp' });
  }
}

function parseConnect(context: Context): void {
  const rule = readConnect(context, 'tcp');
  if (rule === undefined) return;
  const { rules } = rulesOf(context, 'tcp');
  const first = rules.find(isStep);
  if (first !== undefined && first.kind !== 'connect') {
    context.args.alert(`'tcp-check connect' : ${CONNECT_COMES_FIRST}`);
  } else rules.push(rule);
}

function parseExpect(context: Context): void {
  const rule = readExpect(context, 'tcp');
  if (rule !== undefined) rulesOf(context, 'tcp').rules.push(rule);
}

function parseComment(context: Context): void {
  const text = readComment(context, 'tcp');
  if (text !== undefined) rulesOf(context, 'tcp').rules.push({ kind: 'comment', text });
}

/** `send`, `send-lf`, `send-binary`, `send-binary-lf`. */
function parseSend(context: Context, word: string): void {
  const { args } = context;
  const directive = `tcp-check ${word}`;
  const written = args.next();
  if (written === undefined) {
    const what = word === 'send-binary' ? 'binary string' : 'string';
    args.alert(`'${directive}' : '${what}' expects a ${word} as argument.`);
    return;
  }
  let comment: string | undefined;
  while (!args.done) {
    const option = args.next() as string;
    if (option !== 'comment') {
      args.alert(`'${directive}' : expects 'comment' but got '${option}' as argument..`);
      return;
    }
    comment = textBehind(args, directive, 'comment', '..');
    if (comment === undefined) return;
  }
  const { rules } = rulesOf(context, 'tcp');
  if (word.endsWith('-lf')) {
    const bytes = readFormat(context, directive, written);
    const asDigits = word === 'send-binary-lf';
    if (bytes !== undefined) rules.push({ kind: 'send', bytes, asDigits, comment });
    return;
  }
  const bytes = word === 'send' ? written : bytesOfDigits(written);
  if (bytes !== undefined) rules.push({ kind: 'send', bytes, comment });
  else args.alert(`'${directive}' : '${written}' invalid binary string (${faultInDigits(written)}).`);
}

registerKeywords(
  checkKeyword(
    'option tcp-check',
    '',
    'Health checks connect, and go through the `tcp-check` rules.',
    parseOption,
  ),
  checkKeyword(
    'tcp-check connect',
    '[default] [port <port>] [addr <ip>] [send-proxy] [via-socks4] [linger] [proto none] [comment <msg>]',
    'Opens a connection; the former one is closed.',
    parseConnect,
  ),
  checkKeyword('tcp-check comment', '<msg>', 'Is told when the next rule fails.', parseComment),
  checkKeyword(
    'tcp-check expect',
    '[min-recv <int>] [comment <msg>] [ok-status <st>] [error-status <st>] [tout-status <st>] [on-success <fmt>] [on-error <fmt>] [!] <match> <pattern>',
    'Waits for an answer and judges it.',
    parseExpect,
  ),
  ...(
    [
      ['send', '<data> [comment <msg>]', 'Sends a text.'],
      ['send-lf', '<fmt> [comment <msg>]', 'Sends what a log format makes.'],
      ['send-binary', '<hexstring> [comment <msg>]', 'Sends bytes.'],
      ['send-binary-lf', '<hexfmt> [comment <msg>]', 'Sends the bytes whose digits a log format makes.'],
    ] as const
  ).map(([word, syntax, doc]) =>
    checkKeyword(`tcp-check ${word}`, syntax, doc, (context) => parseSend(context, word)),
  ),
);

const SUPPORTED = {
  tcp: "'comment', 'connect', 'send', 'send-binary', 'expect', 'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'.",
  http: "'disable-on-404', 'send-state', 'comment', 'connect', 'send', 'expect', 'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'.",
} as const;

/** Lines whose second word is no keyword by itself: it has a variable in it, or is wrong. */
function otherRule(dialect: 'tcp' | 'http'): ReturnType<typeof checkKeyword> {
  const parse = (context: Context): void => {
    const { args } = context;
    const found = args.next() ?? '';
    if (isVariableWord(found)) {
      readVariableRule(context, dialect, found);
      return;
    }
    const known = [...keywordsOf('proxy').keys()].flatMap((name) => {
      const [first, second] = name.split(' ');
      return first === `${dialect}-check` && second !== undefined ? [second] : [];
    });
    const near = found === '' ? undefined : nearestWord(found, known);
    args.alert(
      `'${dialect}-check' only supports ${SUPPORTED[dialect]} but got '${found}'`,
      near === undefined ? undefined : `did you mean '${dialect}-check ${near}'?`,
    );
    args.rest();
  };
  return checkKeyword(
    `${dialect}-check`,
    'set-var(<name>[,<condition>]*) <expr> | set-var-fmt(<name>[,<condition>]*) <fmt> | unset-var(<name>)',
    'Sets or unsets a variable while a check runs.',
    parse,
  );
}

registerKeywords(otherRule('tcp'), otherRule('http'));

registerCheck((configuration, report) => {
  for (const proxy of configuration.proxies) {
    const check = backendCheck.read(proxy);
    if (check === undefined || proxy.disabled) continue;
    const owner = ownerName(proxy.kind, proxy.name);
    for (const dialect of ['tcp', 'http'] as const) {
      if (!check[dialect].stray || check[dialect].owner !== owner) continue;
      const option = dialect === 'tcp' ? 'option tcp-check' : 'option httpchk';
      report.warning(
        `${proxyWord(proxy.kind)} '${proxy.name}' uses ${dialect}-check rules without '${option}', so the rules are ignored.`,
      );
    }
  }
});
