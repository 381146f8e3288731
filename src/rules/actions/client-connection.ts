/**
 * Actions on the client connection: accept, reject, silent-drop, the headers that it may begin with, its addresses, the
 * marks of its packets. Specification: configuration manual 4.2 `tcp-request connection|session|content`, `http-request`.
 */
import { linkExpression } from '../../expr/expression.ts';
import type { ExpressionConfig } from '../../expr/expression-config.ts';
import { type Sample, type SampleType, T_ADDR, T_INT, T_IPV4 } from '../../expr/sample.ts';
import { FAMILY_INET, FAMILY_INET6, type SocketAddress } from '../../protocol/socket-address.ts';
import { type ActionContext, registerAction } from '../action-record.ts';
import { placeOf } from '../place.ts';
import type { RuleSetName } from '../rule-set.ts';
import {
  type ClientTarget,
  GREETING_CIP,
  GREETING_PROXY,
  type GreetingKind,
  type RuleTarget,
} from '../target.ts';
import { CONTINUE, DONE, STOP } from '../verdict.ts';

const requests: readonly RuleSetName[] = [
  'tcp-request connection',
  'tcp-request session',
  'tcp-request content',
];

/** Where the client's packets may be marked, and the connection dropped. */
const everywhere: readonly RuleSetName[] = [
  ...requests,
  'tcp-response content',
  'http-request',
  'http-response',
];
/** Where the addresses may be changed. */
const addresses: readonly RuleSetName[] = [...requests, 'http-request'];

registerAction({
  name: 'accept',
  ruleSets: [...requests, 'tcp-response content'],
  syntax: '',
  doc: 'No further rule of this set is looked at.',
  manual: '4.2',
  parse: () => ({}),
  link: () => () => STOP,
});

/** Before there is a stream, whoever evaluates the rules closes the connection and counts it. */
function refuse(target: RuleTarget, silently = false): number {
  const stream = target.streamTarget;
  if (stream !== null) {
    stream.countDenied(silently);
    stream.setEnd('P', 'R');
    stream.reject();
  }
  return DONE;
}

registerAction({
  name: 'reject',
  ruleSets: requests,
  syntax: '',
  doc: 'Closes the connection.',
  manual: '4.2',
  parse: () => ({}),
  link: () => (target) => refuse(target),
});

registerAction({
  name: 'reject',
  ruleSets: ['tcp-response content'],
  syntax: '',
  doc: 'Closes the connections of client and server; nothing more of the response is passed on.',
  manual: '4.2',
  parse: () => ({}),
  link: () => (target) => {
    target.streamTarget?.rejectResponse();
    return DONE;
  },
});

registerAction({
  name: 'close',
  ruleSets: ['tcp-response content'],
  syntax: '',
  doc: 'Closes the connection of the server; what has come from there is still passed on.',
  manual: '4.2',
  parse: () => ({}),
  link: () => (target) => target.streamTarget?.closeServer() ?? STOP,
});

registerAction({
  name: 'silent-drop',
  ruleSets: everywhere,
  syntax: '',
  doc: 'Forgets the connection without telling the client, who goes on waiting.',
  manual: '4.2',
  parse: () => ({}),
  link: (_data, _linker, ruleSet) => (target) => {
    const http = ruleSet.startsWith('http-') ? target.httpTarget : null;
    target.clientTarget.endUnseen();
    if (http === null) return refuse(target, true);
    http.drop();
    return DONE;
  },
});

function expectAction(name: string, kind: GreetingKind, doc: string): void {
  registerAction({
    name,
    ruleSets: ['tcp-request connection'],
    syntax: 'layer4',
    doc,
    manual: '4.2',
    parse: (context) => {
      const word = context.args.next() ?? '';
      if (word === 'layer4') return {};
      return context.fail(
        `'${context.ruleSet} ${name}' only supports 'layer4' in ${placeOf(context.proxy)} (got '${word}')`,
      );
    },
    link: () => (target) => {
      target.clientTarget.expectGreeting(kind);
      return CONTINUE;
    },
  });
}

expectAction('expect-proxy', GREETING_PROXY, 'The connection begins with a PROXY header.');
expectAction('expect-netscaler-cip', GREETING_CIP, 'The connection begins with a NetScaler header.');

type Side = (client: ClientTarget) => SocketAddress;
const source: Side = (client) => client.clientAddress;
const destination: Side = (client) => client.destinationAddress();

/** The address of the sample; a unix socket gets none, as it could not keep it. */
function replaceAddress(of: SocketAddress, sample: Sample): void {
  const { port } = of;
  of.clear();
  of.family = sample.type === T_IPV4 ? FAMILY_INET : FAMILY_INET6;
  const length = sample.type === T_IPV4 ? 4 : 16;
  for (let i = 0; i < length; i++) of.bytes[i] = sample.address[i] as number;
  of.port = port;
}

/** Something without a port becomes an unspecified IPv4 address with one. */
function replacePort(of: SocketAddress, sample: Sample): void {
  if (of.family !== FAMILY_INET && of.family !== FAMILY_INET6) {
    of.clear();
    of.family = FAMILY_INET;
  }
  of.port = Number(sample.integer) & 0xffff;
}

function rewriteAction(
  name: string,
  side: Side,
  type: SampleType,
  replace: (of: SocketAddress, sample: Sample) => void,
  doc: string,
): void {
  registerAction<ExpressionConfig>({
    name,
    ruleSets: addresses,
    syntax: '<expr>',
    doc,
    manual: '4.2',
    parse: (context) => context.expression({ namesItself: true }),
    link: (expression, linker, ruleSet) => {
      const value = linkExpression(expression, linker);
      const keeps = ruleSet !== 'tcp-request connection';
      const forStream = keeps && ruleSet !== 'tcp-request session';
      return (target) => {
        const client = target.clientTarget;
        if (!value.evaluateAs(target, type)) return CONTINUE;
        if (keeps) client.keepAddresses(forStream);
        replace(side(client), value.sample);
        return CONTINUE;
      };
    },
  });
}

rewriteAction('set-src', source, T_ADDR, replaceAddress, 'The client has this address from now on.');
rewriteAction('set-dst', destination, T_ADDR, replaceAddress, 'The client has connected to this address.');
rewriteAction('set-src-port', source, T_INT, replacePort, 'The client has this port from now on.');
rewriteAction('set-dst-port', destination, T_INT, replacePort, 'The client has connected to this port.');

/** Decimal, hexadecimal behind 0x, octal behind 0; what is too long for 32 bits wraps around, and so does a sign. */
function readNumber(context: ActionContext): number | undefined {
  const word = context.done ? undefined : context.args.next();
  if (word === undefined) return context.fail('expects exactly 1 argument (integer/hex value)');
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)?(.*)$/.exec(word);
  const sign = match?.[1] ?? '';
  const digits = match?.[2];
  const rest = digits === undefined ? word : (match?.[3] ?? '');
  if (digits === undefined || rest !== '')
    return context.fail(`invalid character starting at '${rest}' (integer/hex value expected)`);
  const value = BigInt(digits.length > 1 && /^0[0-7]/.test(digits) ? `0o${digits.slice(1)}` : digits);
  return Number(BigInt.asIntN(32, sign === '-' ? -value : value));
}

registerAction<number>({
  name: 'set-mark',
  ruleSets: everywhere,
  syntax: '<mark>',
  doc: 'Marks the packets to the client, for the routing of the system.',
  manual: '4.2',
  parse: readNumber,
  link: (mark) => (target) => {
    target.clientTarget.markPackets(mark | 0);
    return CONTINUE;
  },
});

registerAction<number>({
  name: 'set-tos',
  ruleSets: everywhere,
  syntax: '<tos>',
  doc: 'The type of service of the packets to the client.',
  manual: '4.2',
  parse: readNumber,
  link: (tos) => (target) => {
    target.clientTarget.setServiceType(tos & 0xff);
    return CONTINUE;
  },
});
