/**
 * `capture` and `declare capture`: which headers and which cookie of a frontend's requests are kept for its log and for
 * expressions, and slots that rules fill. Rules with `len` (rules/actions/capture.ts) add slots to the same lists.
 * Specification: configuration manual 4.2 `capture cookie`, `capture request header`, `capture response header`,
 * `declare capture`; wording of messages as HAProxy 2.6.
 */
import type { ArgumentReader } from '../argument-reader.ts';
import { Facet } from '../facet.ts';
import { type KeywordContext, type ProxyKeyword, registerCheck, registerKeywords } from '../keyword.ts';
import { misplaced } from '../misplaced.ts';
import type { ProxyConfig } from '../model.ts';
import { proxyWord } from '../proxy-kind.ts';
import { leadingInteger, wholeInteger } from '../time-and-size.ts';
import type { Origin } from '../words.ts';
import { frontSide } from './proxy-option.ts';

export interface CaptureSlot {
  /** Lower case; undefined: only rules put something there. */
  readonly header: string | undefined;
  /** What is longer is cut; negative: nothing is. */
  readonly lengthBytes: number;
  /** The `defaults` section that it comes from. */
  readonly inherited: Origin | undefined;
}

export interface CaptureCookie {
  /** Its beginning; with an equals sign at the end all of it. */
  readonly name: string;
  lengthBytes: number;
}

export type CaptureDirection = 'request' | 'response';

/** Of a frontend. Slots are numbered in the order of their lines, those of a `defaults` section first. */
export const capturesFacet = new Facet('captures', () => ({
  request: [] as CaptureSlot[],
  response: [] as CaptureSlot[],
  cookie: undefined as CaptureCookie | undefined,
}));

/** Result: the number of the new slot. */
export function addCaptureSlot(
  proxy: ProxyConfig,
  direction: CaptureDirection,
  lengthBytes: number,
  header?: string,
): number {
  const slots = capturesFacet.of(proxy)[direction];
  const inherited = proxy.kind === 'defaults' ? proxy.origin : undefined;
  return slots.push({ header: header?.toLowerCase(), lengthBytes, inherited }) - 1;
}

/** `len` and a number, read as old keywords do. Undefined where one of them is missing. */
function readLength(args: ArgumentReader): number | undefined {
  if (args.take('len') === undefined) return undefined;
  const text = args.next();
  return text === undefined ? undefined : leadingInteger(text);
}

function headerKeyword(direction: CaptureDirection): ProxyKeyword {
  const shown = `'capture ${direction}'`;
  return captureKeyword({
    name: `capture ${direction} header`,
    shown,
    syntax: '<name> len <length>',
    doc: `Keeps the last header line of that name of each ${direction} for the log, and for expressions.`,
    parse: ({ args, target }) => {
      const name = args.next();
      const length = name === undefined ? undefined : readLength(args);
      if (name === undefined || length === undefined) {
        args.alert(`${shown} expects 'header' <header_name> 'len' <len>.`);
      } else if (args.done) addCaptureSlot(target, direction, length, name);
      else args.alert(`${shown} cannot handle unexpected argument '${args.next()}'.`);
    },
  });
}

interface CaptureParts {
  readonly name: string;
  /** How the alert in a `defaults` section calls it; undefined: there it is read as elsewhere. */
  readonly shown: string | undefined;
  readonly syntax: string;
  readonly doc: string;
  readonly parse: ProxyKeyword['parse'];
}

function captureKeyword({ shown, ...parts }: CaptureParts): ProxyKeyword {
  return {
    scope: 'proxy',
    ...parts,
    manual: '4.2',
    sections: frontSide.filter((section) => section !== 'defaults'),
    misplaced: (context) => {
      const { args, target } = context;
      if (target.kind !== 'defaults') misplaced(context, 'capture', () => true);
      if (target.kind !== 'defaults' || shown === undefined) {
        parts.parse(context);
        return;
      }
      args.rest();
      args.alert(`${shown} not allowed in 'defaults' section.`);
    },
  };
}

function refuseCapture({ args }: KeywordContext<ProxyConfig>): void {
  args.rest();
  args.alert("'capture' expects 'cookie' or 'request header' or 'response header'.");
}

function readDeclaration({ args, target }: KeywordContext<ProxyConfig>): void {
  const refuse = (message: string): void => {
    args.rest();
    args.alert(message);
  };
  const kind = args.next();
  if (kind === undefined) {
    refuse("'declare' needs a second keyword that specify the type of declaration ('capture')");
    return;
  }
  if (kind !== 'capture') {
    refuse(`unknown declaration type '${kind}' (supports 'capture')`);
    return;
  }
  const direction = args.take('request', 'response') as CaptureDirection | undefined;
  if (direction === undefined) {
    refuse("'declare capture' requires a direction ('request' or 'response')");
    return;
  }
  if (args.take('len') === undefined) {
    refuse("'declare capture' requires a capture length ('len')");
    return;
  }
  const text = args.next();
  if (text === undefined) {
    refuse("'declare capture': 'len' requires a numeric value that represents the capture length");
    return;
  }
  if (wholeInteger(text) === undefined) {
    refuse("'declare capture': cannot parse the length 'len'.");
    return;
  }
  const length = leadingInteger(text);
  if (length <= 0) {
    refuse('length must be > 0');
    return;
  }
  // What follows is ignored.
  args.rest();
  addCaptureSlot(target, direction, length);
}

registerKeywords(
  headerKeyword('request'),
  headerKeyword('response'),
  captureKeyword({
    name: 'capture cookie',
    shown: "'capture cookie'",
    syntax: '<name> len <length>',
    doc: 'Keeps the first cookie whose name begins so, as a client sends and a server sets it, for the log.',
    parse: ({ args, target }) => {
      const name = args.next();
      // HAProxy takes any word for `len`.
      const text = args.next() === undefined ? undefined : args.next();
      args.rest();
      if (name === undefined || text === undefined) {
        args.alert("'capture' expects 'cookie' <cookie_name> 'len' <len>.");
      } else capturesFacet.of(target).cookie = { name, lengthBytes: leadingInteger(text) };
    },
  }),
  captureKeyword({
    name: 'capture',
    shown: undefined,
    syntax: '{ cookie | request header | response header } <name> len <length>',
    doc: 'Keeps a header or a cookie for the log.',
    parse: refuseCapture,
  }),
  {
    scope: 'proxy',
    name: 'declare',
    syntax: 'capture { request | response } len <length>',
    doc: 'A slot that rules may put something into: it is shown in the log beside captured headers.',
    manual: '4.2',
    sections: frontSide.filter((section) => section !== 'defaults'),
    parse: readDeclaration,
    misplaced: ({ args, target }) => {
      args.rest();
      args.alert(
        target.kind === 'defaults'
          ? "'declare' not available in default section"
          : "'declare' only available in frontend or listen section",
      );
    },
  },
);

registerCheck(({ global, proxies }, report) => {
  for (const proxy of proxies) {
    const captures = capturesFacet.read(proxy);
    if (captures === undefined || proxy.disabled) continue;
    const { cookie } = captures;
    const named = `${proxyWord(proxy.kind)} '${proxy.name}'`;
    const most = global.tune.httpCookieLength;
    if (cookie !== undefined && cookie.lengthBytes > most) {
      report.warning(`truncating capture length to ${most} bytes for ${named}.`);
      cookie.lengthBytes = most;
    }
    if (cookie !== undefined && proxy.mode !== 'http')
      report.warning(`'capture' statement ignored for ${named} as it requires HTTP mode.`);
  }
});

/** Slots of a section that has no clients: its rules would mean the slots of others. */
registerCheck(({ proxies, defaults }, report) => {
  for (const proxy of [...defaults, ...proxies]) {
    if (proxy.kind === 'frontend') continue;
    const captures = capturesFacet.read(proxy);
    const slots = [...(captures?.request ?? []), ...(captures?.response ?? [])];
    const from = slots.find(
      ({ inherited }) => inherited !== undefined && inherited.line !== proxy.origin.line,
    );
    if (from?.inherited === undefined) continue;
    const { file, line } = proxy.origin;
    report.alertAt(
      `parsing [${file}:${line}]: backend or defaults sections cannot inherit from a defaults section defining capptures (defaults section at ${from.inherited.file}:${from.inherited.line}).`,
      proxy.origin,
    );
  }
});
