/**
 * `option tcp-check` and the `tcp-check` rules.
 * Specification: configuration manual 4.2; wording of errors as HAProxy 2.6 gives them.
 */
import { registerCheck, registerFamily, registerKeywords } from '../../config/keyword.ts';
import { proxyWord } from '../../config/proxy-kind.ts';
import { nearestWord } from '../../config/suggest.ts';
import { backendCheck, chooseKind, ownerName } from './check-config.ts';
import { readFormat } from './check-format.ts';
import { type Context, checkKeyword, configOf, onlySoMany, rulesOf, textBehind } from './check-keyword.ts';
import { isStep } from './check-sequence.ts';
import { readComment, readConnect } from './connect-arguments.ts';
import { faultInDigits, readExpect } from './expect-arguments.ts';
import { bytesOfDigits } from './stream-match.ts';

export const CONNECT_COMES_FIRST =
  "first step MUST also be a 'connect', optionally preceded by a 'set-var', an 'unset-var' or a 'comment', when there is a 'connect' step in the tcp-check ruleset.";

function parseOption(context: Context): void {
  if (onlySoMany(context.args, 'option tcp-check', 0) !== undefined) {
    chooseKind(configOf(context), { kind: 'tcp' });
  }
}

function parseConnect(context: Context): void {
  const rule = readConnect(context.args, 'tcp');
  if (rule === undefined) return;
  const { rules } = rulesOf(context, 'tcp');
  const first = rules.find(isStep);
  if (first !== undefined && first.kind !== 'connect') {
    context.args.alert(`'tcp-check connect' : ${CONNECT_COMES_FIRST}`);
  } else rules.push(rule);
}

function parseExpect(context: Context): void {
  const rule = readExpect(context.args, 'tcp');
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
  const text = word.endsWith('-lf') ? readFormat(args, directive, word, written) : written;
  if (text === undefined) return;
  let bytes: string | undefined = text;
  if (word.startsWith('send-binary')) {
    bytes = bytesOfDigits(text);
    if (bytes === undefined) {
      args.alert(`'${directive}' : '${text}' invalid binary string (${faultInDigits(text)}).`);
      return;
    }
  }
  rulesOf(context, 'tcp').rules.push({ kind: 'send', bytes, comment });
}

function notYet(name: string): ReturnType<typeof checkKeyword> {
  return checkKeyword(name, '', 'Not carried out yet.', ({ args }) => {
    args.rest();
    args.alert(`'${name}' is a keyword of HAProxy 2.6 that this version of Sluice does not carry out yet`);
  });
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
      ['send-lf', '<fmt> [comment <msg>]', 'Sends a log format; only texts so far.'],
      ['send-binary', '<hexstring> [comment <msg>]', 'Sends bytes.'],
      ['send-binary-lf', '<hexfmt> [comment <msg>]', 'Sends a log format as bytes; only texts so far.'],
    ] as const
  ).map(([word, syntax, doc]) =>
    checkKeyword(`tcp-check ${word}`, syntax, doc, (context) => parseSend(context, word)),
  ),
  ...['set-var', 'set-var-fmt', 'unset-var'].map((word) => notYet(`tcp-check ${word}`)),
);

/** `set-var(check.x)` is a keyword with an argument in it. */
const VARIABLES = /^(set-var|set-var-fmt|unset-var)\(/;

for (const dialect of ['tcp', 'http'] as const) {
  const supported =
    dialect === 'tcp'
      ? "'comment', 'connect', 'send', 'send-binary', 'expect', 'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'."
      : "'disable-on-404', 'send-state', 'comment', 'connect', 'send', 'expect', 'set-var-fmt(*)', 'set-var(*)', 'unset-var(*)'.";
  registerFamily({
    scope: 'proxy',
    first: `${dialect}-check`,
    unknown: (args, found, known) => {
      const [, variable] = VARIABLES.exec(found) ?? [];
      if (variable !== undefined) {
        args.alert(
          `'${dialect}-check ${variable}' is a keyword of HAProxy 2.6 that this version of Sluice does not carry out yet`,
        );
        return;
      }
      const near = found === '' ? undefined : nearestWord(found, known);
      args.alert(
        `'${dialect}-check' only supports ${supported} but got '${found}'`,
        near === undefined ? undefined : `did you mean '${dialect}-check ${near}'?`,
      );
    },
  });
}

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
