/**
 * Headers deleted and their values replaced. Specification: configuration manual 4.2 `http-request del-header`,
 * `replace-header`, `replace-value`; wording of messages as HAProxy 2.6.
 */
import { HeaderValues } from '../../expr/fetches/http/header-values.ts';
import { type MatchName, matchMethod } from '../../expr/patterns/match-method.ts';
import type { PatternLookup } from '../../expr/patterns/pattern-lookup.ts';
import { privateList } from '../../expr/patterns/pattern-store.ts';
import { Sample } from '../../expr/sample.ts';
import { u8 } from '../../os/arena.ts';
import type { HeaderBlock } from '../../protocol/http1/header-block.ts';
import { type ActionContext, registerAction } from '../action-record.ts';
import type { RuleSetName } from '../rule-set.ts';
import type { HttpTarget, RuleTarget } from '../target.ts';
import { CONTINUE } from '../verdict.ts';
import { headOf } from './headers.ts';
import { NO_MATCH, NO_ROOM, RegexRewrite, type RewriteConfig, readRewrite } from './regex-rewrite.ts';

const everyHttp: readonly RuleSetName[] = ['http-request', 'http-response', 'http-after-response'];
const nameMethods: readonly MatchName[] = ['str', 'beg', 'end', 'sub', 'reg'];

interface DeletionData {
  readonly name: string;
  readonly method: MatchName;
}

function readDeletion(context: ActionContext): DeletionData | undefined {
  const name = context.done ? undefined : context.args.next();
  if (name === undefined) return context.fail('missing header name');
  let method: MatchName = 'str';
  if (context.args.take('-m') !== undefined) {
    const word = context.args.next();
    const found = nameMethods.find((each) => each === word);
    if (word === undefined || found === undefined)
      return context.fail(`-m <str> expects exactly 1 argument, 'str', 'beg', 'end', 'sub' or 'reg'`);
    method = found;
    const wrong = matchMethod(found).check(name, { ignoreCase: false, noNames: true });
    if (wrong !== undefined) return context.fail(wrong);
  }
  return { name: method === 'reg' ? name : name.toLowerCase(), method };
}

registerAction<DeletionData>({
  name: 'del-header',
  ruleSets: everyHttp,
  syntax: '<name> [-m { str | beg | end | sub | reg }]',
  doc: 'Deletes all lines of that name.',
  manual: '4.2',
  parse: readDeletion,
  link: ({ name, method }, _linker, ruleSet) => {
    const bytes = Buffer.from(name, 'latin1');
    const names = method === 'str' ? null : matchMethod(method).lookup(privateList([name]), true);
    const sample = new Sample();
    return (target) => {
      const block = headOf(target.httpTarget as HttpTarget, ruleSet)?.block;
      if (block === undefined) return CONTINUE;
      if (names === null) block.deleteName(u8, bytes);
      else deleteMatching(block, names, sample);
      return CONTINUE;
    };
  },
});

function deleteMatching(block: HeaderBlock, names: PatternLookup, sample: Sample): void {
  for (let line = 0; line < block.count; line++) {
    if (block.isDeleted(line)) continue;
    sample.setString(u8, block.nameStart(line), block.nameEnd(line));
    if (names.matches(sample)) block.delete(line);
  }
}

interface ReplacementData {
  readonly name: string;
  readonly rewrite: RewriteConfig;
}

function readReplacement(context: ActionContext): ReplacementData | undefined {
  const complaint = 'expects exactly 3 arguments';
  const name = context.done ? undefined : context.args.next();
  if (name === undefined) return context.fail(complaint);
  const rewrite = readRewrite(context, complaint);
  return rewrite === undefined ? undefined : { name: name.toLowerCase(), rewrite };
}

const values = new HeaderValues();

/** Rewrites every value of one header: whole lines, or what stands between commas. False without room. */
function rewriteValues(
  target: RuleTarget,
  block: HeaderBlock,
  name: Uint8Array,
  whole: boolean,
  rewrite: RegexRewrite,
): boolean {
  const last = block.count;
  for (
    let line = block.findName(u8, name);
    line >= 0 && line < last;
    line = block.findName(u8, name, line + 1)
  ) {
    values.openLine(u8, block, line, whole);
    while (values.next()) {
      const { start, end, rawStart, rawEnd } = values;
      const length = rewrite.run(target, u8, start, end);
      if (length === NO_MATCH) continue;
      const behind = block.valueEnd(line) - rawEnd;
      if (length === NO_ROOM || !block.replace(u8, line, rawStart, rawEnd, rewrite.bytes.subarray(0, length)))
        return false;
      // The value lies elsewhere now: what follows in it is found from its end.
      values.resumeLine(block, line, block.valueEnd(line) - behind);
    }
  }
  return true;
}

for (const [name, whole, doc] of [
  ['replace-header', true, 'Replaces the value of each line that the expression matches.'],
  ['replace-value', false, 'Replaces each value, of those between commas, that the expression matches.'],
] as const) {
  registerAction<ReplacementData>({
    name,
    ruleSets: everyHttp,
    syntax: '<name> <match-regex> <replace-fmt>',
    doc,
    manual: '4.2',
    parse: readReplacement,
    link: (data, linker, ruleSet) => {
      const header = Buffer.from(data.name, 'latin1');
      const rewrite = new RegexRewrite(data.rewrite, linker);
      return (target) => {
        const http = target.httpTarget as HttpTarget;
        const block = headOf(http, ruleSet)?.block;
        if (block === undefined) return CONTINUE;
        return rewriteValues(target, block, header, whole, rewrite) ? CONTINUE : http.rewriteFailed();
      };
    },
  });
}
