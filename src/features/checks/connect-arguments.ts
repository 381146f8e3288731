/**
 * `tcp-check connect` and `http-check connect`, and `comment`: what both dialects write alike.
 * Specification: configuration manual 4.2 `tcp-check connect`; wording of errors as HAProxy 2.6 gives them.
 */
import { parseAddress } from '../../config/address-parser.ts';
import type { ArgumentReader } from '../../config/argument-reader.ts';
import { wholeInteger } from '../../config/time-and-size.ts';
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import { readCheckExpression } from './check-format.ts';
import { type Context, textBehind } from './check-keyword.ts';
import type { ConnectRule } from './check-rules.ts';

const MAX_PORT = 65535;
/** The multiplexers that HAProxy knows, and the one that each dialect speaks here. */
const MUXES = new Set(['none', 'h1', 'h2', 'fcgi']);
const SPOKEN = { tcp: 'none', http: 'h1' } as const;
const CARRIED = { tcp: ['none'], http: ['h1', 'h2', 'fcgi'] } as const;

type Dialect = 'tcp' | 'http';
type Draft = { -readonly [Key in keyof ConnectRule]: ConnectRule[Key] };

/** The rule, or undefined when an error was reported. */
export function readConnect(context: Context, dialect: Dialect): ConnectRule | undefined {
  const rule: Draft = {
    kind: 'connect',
    useDefaults: false,
    port: undefined,
    address: undefined,
    sendProxy: false,
    viaSocks4: false,
    linger: false,
    comment: undefined,
  };
  while (!context.args.done) if (!readOption(context, dialect, rule)) return undefined;
  return rule;
}

function readOption(context: Context, dialect: Dialect, rule: Draft): boolean {
  const { args } = context;
  const directive = `${dialect}-check connect`;
  const word = args.next() as string;
  switch (word) {
    case 'default':
      rule.useDefaults = true;
      return true;
    case 'send-proxy':
      rule.sendProxy = true;
      return true;
    case 'via-socks4':
      rule.viaSocks4 = true;
      return true;
    case 'linger':
      rule.linger = true;
      return true;
    case 'comment':
      rule.comment = textBehind(args, directive, 'comment', '..');
      return rule.comment !== undefined;
    case 'port':
      rule.port = readPort(context, directive);
      return rule.port !== undefined;
    case 'addr':
      return readAddress(args, directive, rule);
    case 'proto':
      return readProtocol(args, dialect);
    case 'ssl':
    case 'sni':
    case 'alpn':
      args.alert(`'${directive}' : '${word}' is not carried out yet by this version of Sluice`);
      return false;
    default:
      args.alert(
        `'${directive}' : expects 'comment', 'port', 'addr', 'send-proxy', 'ssl', 'sni', 'alpn' or 'via-socks4', 'linger', 'default' but got '${word}' as argument..`,
      );
      return false;
  }
}

function readPort(context: Context, directive: string): number | ExpressionConfig | undefined {
  const { args } = context;
  const text = args.next();
  if (text === undefined) {
    args.alert(`'${directive}' : 'port' expects a port number or a sample expression as argument..`);
    return undefined;
  }
  const port = wholeInteger(text);
  if (port !== undefined && port > 0 && port <= MAX_PORT) return port;
  if (port !== undefined) {
    args.alert(
      `'${directive}' : expects a valid TCP port (from range 1 to 65535) or a sample expression, got ${text}..`,
    );
    return undefined;
  }
  const read = readCheckExpression(context, text);
  if (!('error' in read)) return read;
  args.alert(`'${directive}' : error detected while parsing port expression : ${read.error}.`, read.hint);
  return undefined;
}

function readAddress(args: ArgumentReader, directive: string, rule: Draft): boolean {
  const text = args.next();
  if (text === undefined) {
    args.alert(`'${directive}' : 'addr' expects <ipv4|ipv6> as argument..`);
    return false;
  }
  const parsed = parseAddress(text, { port: 'optional', names: false });
  if (!parsed.ok) {
    args.alert(`'${directive}' : 'addr' : ${parsed.message}.`);
    return false;
  }
  rule.address = parsed.value.address;
  return true;
}

function readProtocol(args: ArgumentReader, dialect: Dialect): boolean {
  const directive = `${dialect}-check connect`;
  const name = args.next();
  if (name === undefined) args.alert(`'${directive}' : 'proto' expects a MUX protocol as argument..`);
  else if (!MUXES.has(name)) args.alert(`'${directive}' : 'proto' : unknown MUX protocol '${name}'..`);
  else if (!(CARRIED[dialect] as readonly string[]).includes(name)) {
    args.alert(`'${directive}' : 'proto' : invalid MUX protocol '${name}' for ${dialect}-check.`);
  } else if (name !== SPOKEN[dialect]) {
    args.alert(`'${directive}' : 'proto ${name}' is not carried out yet by this version of Sluice`);
  } else return true;
  return false;
}

/** The text of a `comment` rule; undefined when there is none, which was reported. */
export function readComment({ args }: Context, dialect: Dialect): string | undefined {
  const [text] = args.rest();
  if (text === undefined) args.alert(`'${dialect}-check comment' : expects a string as argument.`);
  return text;
}
