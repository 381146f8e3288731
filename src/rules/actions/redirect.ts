/**
 * `http-request redirect`, `http-response redirect`, and the keyword `redirect`.
 * Specification: configuration manual 4.2 `redirect`; wording of messages as HAProxy 2.6.
 */
import { pathOf } from '../../expr/fetches/http/request-line.ts';
import type { Linker } from '../../expr/linker.ts';
import { type FormatConfig, type FormatText, linkFormat } from '../../expr/log-format/format-text.ts';
import { latin1Text } from '../../expr/sample.ts';
import { formatScratch } from '../../expr/scratch.ts';
import { u8 } from '../../os/arena.ts';
import { H_HOST } from '../../protocol/http1/known-headers.ts';
import type { RequestParser } from '../../protocol/http1/request-parser.ts';
import { statusReason } from '../../protocol/http1/status-reasons.ts';
import { type ActionContext, registerAction } from '../action-record.ts';
import type { HttpTarget, RuleTarget } from '../target.ts';
import { CONTINUE, DONE } from '../verdict.ts';

const kinds = ['location', 'prefix', 'scheme'] as const;
type RedirectKind = (typeof kinds)[number];
const codes: readonly number[] = [301, 302, 303, 307, 308];
/** These may be kept by caches unless they are told otherwise. */
const uncached: readonly number[] = [302, 303, 307];

export interface RedirectConfig {
  readonly kind: RedirectKind;
  readonly to: string;
  /** The text is a log format; otherwise it is taken as it is. */
  readonly format: FormatConfig | undefined;
  readonly code: number;
  readonly dropsQuery: boolean;
  readonly appendsSlash: boolean;
  readonly ignoresEmpty: boolean;
  /** The value of a Set-Cookie header. */
  readonly cookie: string | undefined;
}

/** Reads the arguments up to the condition. `formats`: the target may be a log format. */
export function readRedirect(context: ActionContext, formats: boolean): RedirectConfig | undefined {
  const { args } = context;
  let kind: RedirectKind | undefined;
  let to = '';
  let code = 302;
  let dropsQuery = false;
  let appendsSlash = false;
  let ignoresEmpty = false;
  let cookie: string | undefined;
  while (!context.done) {
    const word = args.next() as string;
    const found = kinds.find((each) => each === word);
    if (found !== undefined) {
      const text = args.next();
      if (text === undefined) return context.fail(`missing argument for '${word}'`);
      kind = found;
      to = text;
    } else if (word === 'set-cookie' || word === 'clear-cookie') {
      const text = args.next();
      if (text === undefined) return context.fail(`missing argument for '${word}'`);
      cookie = word === 'set-cookie' ? `${text}; path=/;` : `${text}; path=/; Max-Age=0;`;
    } else if (word === 'code') {
      const text = args.next();
      if (text === undefined) return context.fail(`missing argument for '${word}'`);
      code = Number(text);
      if (!codes.includes(code)) {
        return context.fail(
          `'${word}': unsupported HTTP code '${text}' (must be one of 301, 302, 303, 307 or 308)`,
        );
      }
    } else if (word === 'drop-query') dropsQuery = true;
    else if (word === 'append-slash') appendsSlash = true;
    else if (word === 'ignore-empty') ignoresEmpty = true;
    else {
      return context.fail(
        `expects 'code', 'prefix', 'location', 'scheme', 'set-cookie', 'clear-cookie', 'drop-query', 'ignore-empty' or 'append-slash' (was '${word}')`,
      );
    }
  }
  if (kind === undefined)
    return context.fail("redirection type expected ('prefix', 'location', or 'scheme')");
  if (context.ruleSet === 'http-response' && kind !== 'location') {
    return context.fail(`unsupported redirection type '${kind}' for HTTP responses`);
  }
  const format = formats ? context.format(to) : undefined;
  if (formats && format === undefined) return undefined;
  return { kind, to, format, code, dropsQuery, appendsSlash, ignoresEmpty, cookie };
}

const NOTHING = new Uint8Array(0);

export class Redirect {
  private readonly config: RedirectConfig;
  private readonly format: FormatText | null;
  private readonly phase: string;

  constructor(config: RedirectConfig, linker: Linker, phase: string) {
    this.config = config;
    this.format = config.format === undefined ? null : linkFormat(config.format, linker);
    this.phase = phase;
  }

  /** Result: the verdict of the rule. */
  send(target: RuleTarget): number {
    const http = target.httpTarget as HttpTarget;
    const { code, cookie, kind, ignoresEmpty } = this.config;
    const to = this.text(target);
    if (kind === 'location' && to === '' && ignoresEmpty) return CONTINUE;
    const location = this.location(to, http.requestHead);
    let head = `HTTP/1.1 ${code} ${statusReason(code)}\r\ncontent-length: 0\r\nlocation: ${location}\r\n`;
    if (uncached.includes(code)) head += 'cache-control: no-cache\r\n';
    if (cookie !== undefined) head += `set-cookie: ${cookie}\r\n`;
    // The rest of a request that nobody reads would be taken for the next one.
    const closes = this.phase === 'R' && http.requestHasBody;
    if (closes) head += 'connection: close\r\n';
    http.countIntercepted();
    http.setEnd('L', this.phase);
    http.replyWith(code, Buffer.from(head, 'latin1'), NOTHING, closes, closes);
    return DONE;
  }

  private text(target: RuleTarget): string {
    if (this.format === null) return this.config.to;
    const area = formatScratch();
    return latin1Text(area, 0, this.format.write(target, area, 0, area.length));
  }

  private location(to: string, head: RequestParser | null): string {
    const { kind } = this.config;
    if (kind === 'location' || head === null) return to;
    const path = this.path(head);
    // A slash alone means no prefix.
    if (kind === 'prefix') return to === '/' ? path : to + path;
    const host = head.block.find(H_HOST);
    const name = host < 0 ? '' : latin1Text(u8, head.block.valueStart(host), head.block.valueEnd(host));
    return `${to}://${name}${path}`;
  }

  private path(head: RequestParser): string {
    const { dropsQuery, appendsSlash } = this.config;
    const start = pathOf(head);
    const mark = head.queryMark(u8, start);
    let path = latin1Text(u8, start, mark);
    if (appendsSlash && !path.endsWith('/')) path += '/';
    return dropsQuery ? path : path + latin1Text(u8, mark, head.targetEnd);
  }
}

registerAction<RedirectConfig>({
  name: 'redirect',
  answers: true,
  ruleSets: ['http-request', 'http-response'],
  syntax: '{ location | prefix | scheme } <fmt> [code <code>] [<option>]*',
  doc: 'Sends the client elsewhere.',
  manual: '4.2',
  parse: (context) => readRedirect(context, true),
  link: (config, linker, ruleSet) => {
    const redirect = new Redirect(config, linker, ruleSet === 'http-request' ? 'R' : 'H');
    return (target) => redirect.send(target);
  },
});
