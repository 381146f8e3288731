/**
 * The target of a request brought into a plainer form. Specification: configuration manual 4.2 `http-request
 * normalize-uri`; wording of messages as HAProxy 2.6. What the normalizers do is in protocol/uri-normalizers.ts.
 */
import { nextScratch } from '../../expr/scratch.ts';
import { u8 } from '../../os/arena.ts';
import {
  decodeUnreserved,
  encodeFragment,
  mergeSlashes,
  type Normalizer,
  REFUSED,
  sortQuery,
  stripDot,
  stripDotDot,
  stripFragment,
  upperCasePercents,
} from '../../protocol/uri-normalizers.ts';
import { registerAction } from '../action-record.ts';
import type { HttpTarget } from '../target.ts';
import { CONTINUE, DONE } from '../verdict.ts';
import { type Part, path, pathAndQuery, query, replacePart } from './request-line.ts';

interface NormalizerRecord {
  readonly part: Part;
  readonly run: Normalizer;
  /** The word that it may take. */
  readonly option?: string;
  /** How much longer the result may be. */
  readonly growth?: number;
}

const normalizers: ReadonlyMap<string, NormalizerRecord> = new Map([
  ['fragment-encode', { part: pathAndQuery, run: encodeFragment, growth: 3 }],
  ['fragment-strip', { part: pathAndQuery, run: stripFragment }],
  ['path-merge-slashes', { part: path, run: mergeSlashes }],
  ['path-strip-dot', { part: path, run: stripDot }],
  ['path-strip-dotdot', { part: path, run: stripDotDot, option: 'full' }],
  ['percent-decode-unreserved', { part: pathAndQuery, run: decodeUnreserved, option: 'strict' }],
  ['percent-to-uppercase', { part: pathAndQuery, run: upperCasePercents, option: 'strict' }],
  ['query-sort-by-name', { part: query, run: sortQuery }],
]);

interface NormalizeData {
  readonly normalizer: string;
  readonly strict: boolean;
}

registerAction<NormalizeData>({
  name: 'normalize-uri',
  ruleSets: ['http-request'],
  experimental: true,
  syntax: '<normalizer> [full | strict]',
  doc: 'Rewrites the target into a form that means the same and has fewer disguises.',
  manual: '4.2',
  parse: (context) => {
    const normalizer = context.done ? undefined : context.args.next();
    if (normalizer === undefined) return context.fail('missing argument <normalizer>');
    const record = normalizers.get(normalizer);
    if (record === undefined) return context.fail(`unknown normalizer '${normalizer}'`);
    if (record.option === undefined || context.done) return { normalizer, strict: false };
    const option = context.args.next();
    if (option === record.option) return { normalizer, strict: true };
    return context.fail(`unknown argument '${option}' for '${normalizer}' normalizer`);
  },
  link: ({ normalizer, strict }) => {
    const { part, run, growth = 1 } = normalizers.get(normalizer) as NormalizerRecord;
    return (target) => {
      const http = target.httpTarget as HttpTarget;
      const head = http.requestHead;
      if (head === null) return CONTINUE;
      const start = part.start(head) + (part.isQuery === true ? 1 : 0);
      const end = part.end(head);
      if (start >= end) return CONTINUE;
      const area = nextScratch();
      if ((end - start) * growth >= area.length) return http.rewriteFailed();
      const length = run(u8, start, end, area, strict);
      if (length === REFUSED) {
        http.refuseRequest();
        return DONE;
      }
      return replacePart(head, part, area, length) ? CONTINUE : http.rewriteFailed();
    };
  },
});
