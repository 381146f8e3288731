/**
 * `balance`: finds the algorithm's record, which reads the rest of the line.
 * Specification: configuration manual 4.2 `balance`.
 */
import { balanceSyntaxes, DEFAULT_ALGORITHM } from '../balance-syntax.ts';
import type { KeywordContext } from '../keyword.ts';
import { registerKeywords } from '../keyword.ts';
import type { ProxyConfig } from '../model.ts';
import { nearestWord } from '../suggest.ts';

function parse(context: KeywordContext<ProxyConfig>): void {
  const { args, target } = context;
  const origin = { file: args.line.file, line: args.line.line };
  const text = args.next() ?? DEFAULT_ALGORITHM;
  const opening = text.indexOf('(');
  const name = opening < 0 ? text : text.slice(0, opening);
  const inParentheses = opening < 0 ? undefined : text.slice(opening + 1);
  const algorithms = balanceSyntaxes();
  const algorithm = algorithms.get(name);
  // `hdr` alone is no algorithm, it is only one with a name.
  if (algorithm === undefined || (inParentheses === undefined && algorithm.syntax.startsWith('('))) {
    const near =
      algorithm === undefined ? nearestWord(name, algorithms.keys()) : `${name}${algorithm.syntax}`;
    args.alert(
      "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', 'url_param', 'hdr(name)' and 'rdp-cookie(name)' options.",
      near === undefined ? undefined : `did you mean 'balance ${near}'?`,
    );
    return;
  }
  const settings = algorithm.parse({ args, inParentheses });
  if (settings !== undefined) target.balance = { algorithm: name, settings, origin };
}

registerKeywords({
  scope: 'proxy',
  name: 'balance',
  syntax: '<algorithm> [ <arguments> ]',
  doc: 'How a server is chosen for a request or connection. Default: roundrobin.',
  manual: '4.2',
  sections: ['defaults', 'listen', 'backend'],
  parse,
});
