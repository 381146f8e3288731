/**
 * The request line rewritten: method, path, query, the whole target.
 * Specification: configuration manual 4.2 `http-request set-path` and its siblings; wording of messages as HAProxy 2.6.
 */
import { pathOf } from '../../expr/fetches/http/request-line.ts';
import { type FormatConfig, linkFormat } from '../../expr/log-format/format-text.ts';
import { formatScratch } from '../../expr/scratch.ts';
import { u8 } from '../../os/arena.ts';
import type { RequestParser } from '../../protocol/http1/request-parser.ts';
import { type ActionContext, registerAction } from '../action-record.ts';
import type { HttpTarget } from '../target.ts';
import { CONTINUE } from '../verdict.ts';
import { NO_MATCH, NO_ROOM, RegexRewrite, type RewriteConfig, readRewrite } from './regex-rewrite.ts';

const MARK = 63;

/** A part of the target: its offsets in the request line, and whether a question mark belongs in front of it. */
export interface Part {
  readonly start: (head: RequestParser) => number;
  readonly end: (head: RequestParser) => number;
  readonly isQuery?: boolean;
}

export const path: Part = { start: pathOf, end: (head) => head.queryMark(u8, pathOf(head)) };
export const pathAndQuery: Part = { start: pathOf, end: (head) => head.targetEnd };
export const query: Part = {
  start: (head) => head.queryMark(u8, head.targetStart),
  end: (head) => head.targetEnd,
  isQuery: true,
};
const whole: Part = { start: (head) => head.targetStart, end: (head) => head.targetEnd };

/** Puts the bytes in the place of that part. False without room. */
export function replacePart(head: RequestParser, part: Part, bytes: Uint8Array, length: number): boolean {
  const { block, targetStart, targetEnd } = head;
  let start = part.start(head);
  let end = part.end(head);
  // What has no path (`*`) is replaced as a whole.
  if (start === targetEnd && part !== query) {
    start = targetStart;
    end = targetEnd;
  }
  const mark = part.isQuery === true ? 1 : 0;
  const before = start - targetStart;
  const after = targetEnd - end;
  const total = before + mark + length + after;
  if (!block.room(total)) return false;
  const at = block.editAt;
  let out = at;
  for (let i = targetStart; i < start; i++) u8[out++] = u8[i] as number;
  if (mark === 1) u8[out++] = MARK;
  for (let i = 0; i < length; i++) u8[out++] = bytes[i] as number;
  for (let i = end; i < targetEnd; i++) u8[out++] = u8[i] as number;
  block.editAt = out;
  head.targetStart = at;
  head.targetEnd = out;
  block.startUntidy = true;
  return true;
}

function readFormat(context: ActionContext): FormatConfig | undefined {
  const text = context.done ? undefined : context.args.next();
  if (text === undefined) return context.fail('expects exactly 1 argument <format>');
  return context.format(text);
}

for (const [name, part, doc] of [
  ['set-path', path, 'Replaces the path and leaves the query.'],
  ['set-pathq', pathAndQuery, 'Replaces the path with the query.'],
  ['set-query', query, 'Replaces the query.'],
  ['set-uri', whole, 'Replaces the whole target.'],
] as const) {
  registerAction<FormatConfig>({
    name,
    ruleSets: ['http-request'],
    syntax: '<fmt>',
    doc,
    manual: '4.2',
    parse: readFormat,
    link: (config, linker) => {
      const format = linkFormat(config, linker);
      return (target) => {
        const http = target.httpTarget as HttpTarget;
        const head = http.requestHead;
        if (head === null) return CONTINUE;
        const area = formatScratch();
        const length = format.write(target, area, 0, area.length);
        return replacePart(head, part, area, length) ? CONTINUE : http.rewriteFailed();
      };
    },
  });
}

for (const [name, part, doc] of [
  ['replace-path', path, 'Replaces the path where the expression matches it.'],
  ['replace-pathq', pathAndQuery, 'Replaces the path with the query where the expression matches them.'],
  ['replace-uri', whole, 'Replaces the whole target where the expression matches it.'],
] as const) {
  registerAction<RewriteConfig>({
    name,
    ruleSets: ['http-request'],
    syntax: '<match-regex> <replace-fmt>',
    doc,
    manual: '4.2',
    parse: (context) =>
      readRewrite(context, 'expects exactly 2 arguments <match-regex> and <replace-format>'),
    link: (config, linker) => {
      const rewrite = new RegexRewrite(config, linker);
      return (target) => {
        const http = target.httpTarget as HttpTarget;
        const head = http.requestHead;
        if (head === null) return CONTINUE;
        const length = rewrite.run(target, u8, part.start(head), part.end(head));
        if (length === NO_MATCH) return CONTINUE;
        if (length === NO_ROOM) return http.rewriteFailed();
        return replacePart(head, part, rewrite.bytes, length) ? CONTINUE : http.rewriteFailed();
      };
    },
  });
}

registerAction<FormatConfig>({
  name: 'set-method',
  ruleSets: ['http-request'],
  syntax: '<fmt>',
  doc: 'Replaces the method.',
  manual: '4.2',
  parse: readFormat,
  link: (config, linker) => {
    const format = linkFormat(config, linker);
    return (target) => {
      const http = target.httpTarget as HttpTarget;
      const head = http.requestHead;
      if (head === null) return CONTINUE;
      const { block } = head;
      if (!block.room(1)) return http.rewriteFailed();
      const at = block.editAt;
      const end = format.write(target, u8, at, block.editLimit);
      block.editAt = end;
      head.methodStart = at;
      head.methodEnd = end;
      block.startUntidy = true;
      return CONTINUE;
    };
  },
});
