/**
 * `balance`, and the registry of its algorithms: each is one record, kept by the code that carries it out. The six
 * that need no request content are described here, as their arguments are all there is to them in the language.
 * Specification: configuration manual 4.2 `balance`.
 */
import type { KeywordContext } from '../keyword.ts';
import { registerKeywords } from '../keyword.ts';
import type { ProxyConfig } from '../model.ts';
import { nearestWord } from '../suggest.ts';

export interface BalanceAlgorithm {
  readonly name: string;
  readonly syntax: string;
  readonly doc: string;
  /** Reports what is wrong with the arguments; false when something was. `inParentheses`: the text between them. */
  readonly checkArgs: (
    inParentheses: string | undefined,
    words: readonly string[],
    context: KeywordContext<ProxyConfig>,
  ) => boolean;
}

const algorithms = new Map<string, BalanceAlgorithm>();

export function registerBalanceAlgorithm(algorithm: BalanceAlgorithm): void {
  if (algorithms.has(algorithm.name)) throw new Error(`algorithm registered twice: ${algorithm.name}`);
  algorithms.set(algorithm.name, algorithm);
}
export function balanceAlgorithms(): ReadonlyMap<string, BalanceAlgorithm> {
  return algorithms;
}

/** Algorithms of HAProxy 2.6 that nothing carries out yet. */
const notYet = ['uri', 'url_param', 'hdr', 'rdp-cookie', 'hash'];

function parse(context: KeywordContext<ProxyConfig>): void {
  const { args, target } = context;
  const origin = { file: args.line.file, line: args.line.line };
  const text = args.next() ?? 'roundrobin';
  const match = /^([a-z_-]+)(\((.*))?$/.exec(text);
  const name = match?.[1] ?? text;
  const algorithm = algorithms.get(name);
  if (algorithm === undefined) {
    if (notYet.includes(name) && (name !== 'hdr' || match?.[2] !== undefined)) {
      args.alert(
        `'balance ${name}' is an algorithm of HAProxy 2.6 that this version of Sluice does not carry out yet`,
      );
    } else {
      const near = nearestWord(name, algorithms.keys());
      args.alert(
        "balance only supports 'roundrobin', 'static-rr', 'leastconn', 'source', 'uri', 'url_param', 'hdr(name)' and 'rdp-cookie(name)' options.",
        near === undefined ? undefined : `did you mean 'balance ${near}'?`,
      );
    }
    return;
  }
  const words = args.rest();
  if (!algorithm.checkArgs(match?.[3], words, context)) return;
  const inside = match?.[3]?.replace(/\)$/, '');
  target.balance = { algorithm: name, args: inside === undefined ? words : [inside, ...words], origin };
}

const noArguments = () => true;

registerBalanceAlgorithm({
  name: 'roundrobin',
  syntax: '',
  doc: 'Each server in turn, in proportion to its weight; weights may change while running. The default.',
  checkArgs: noArguments,
});
registerBalanceAlgorithm({
  name: 'static-rr',
  syntax: '',
  doc: 'Each server in turn by fixed weights.',
  checkArgs: noArguments,
});
registerBalanceAlgorithm({
  name: 'leastconn',
  syntax: '',
  doc: 'The server with the fewest connections for its weight.',
  checkArgs: noArguments,
});
registerBalanceAlgorithm({
  name: 'first',
  syntax: '',
  doc: 'The first server, by id, that has a free slot.',
  checkArgs: noArguments,
});
registerBalanceAlgorithm({
  name: 'source',
  syntax: '',
  doc: 'The client address, hashed over the weights of the servers that are up.',
  checkArgs: noArguments,
});
registerBalanceAlgorithm({
  name: 'random',
  syntax: '[(<draws>)]',
  doc: 'The less loaded of a number of servers drawn at random, two by default.',
  checkArgs: (inParentheses, _words, { args }) => {
    if (inParentheses === undefined) return true;
    const match = /^([+-]?[0-9]*)(.*)$/.exec(inParentheses)!;
    const after = match[2]!;
    if (after === '') {
      args.alert('balance random : missing closing parenthesis.');
      return false;
    }
    if (after.charAt(0) !== ')') {
      args.alert(`balance random : unexpected character '${after.charAt(0)}' after argument.`);
      return false;
    }
    if (match[1] !== '' && Number(match[1]) < 1) {
      args.alert('balance random : number of draws must be at least 1.');
      return false;
    }
    return true;
  },
});

registerKeywords({
  scope: 'proxy',
  name: 'balance',
  syntax: '<algorithm> [ <arguments> ]',
  doc: 'How a server is chosen for a request or connection. Default: roundrobin.',
  manual: '4.2',
  sections: ['defaults', 'listen', 'backend'],
  parse,
});
