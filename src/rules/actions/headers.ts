/** Header lines set, added and deleted. Specification: configuration manual 4.2 `http-request add-header|set-header`. */
import { type FormatConfig, linkFormat } from '../../expr/log-format/format-text.ts';
import { u8 } from '../../os/arena.ts';
import { type Action, type ActionContext, type ActionRecord, registerAction } from '../action-record.ts';
import type { RuleSetName } from '../rule-set.ts';
import type { HttpTarget } from '../target.ts';
import { CONTINUE } from '../verdict.ts';

const everyHttp: readonly RuleSetName[] = ['http-request', 'http-response', 'http-after-response'];

export interface HeaderData {
  readonly name: string;
  readonly value: FormatConfig;
}

export function readHeader(context: ActionContext): HeaderData | undefined {
  const name = context.done ? undefined : context.args.next();
  const text = name === undefined || context.done ? undefined : context.args.next();
  if (name === undefined || text === undefined) return context.fail('expects exactly 2 arguments');
  const value = context.format(text);
  return value === undefined ? undefined : { name: name.toLowerCase(), value };
}

/** The head that the rules of this set edit. */
export function headOf(target: HttpTarget, ruleSet: RuleSetName) {
  return ruleSet === 'http-request' ? target.requestHead : target.responseHead;
}

function writer(replaces: boolean): ActionRecord<HeaderData>['link'] {
  return (data, linker, ruleSet): Action => {
    const name = Buffer.from(data.name, 'latin1');
    const value = linkFormat(data.value, linker);
    return (target) => {
      const http = target.httpTarget as HttpTarget;
      const head = headOf(http, ruleSet);
      if (head === null) return CONTINUE;
      const { block } = head;
      // The value may be made of the very header that it replaces: it is written first.
      const start = block.beginLine(u8, name);
      if (start < 0 || start >= block.valueLimit) return http.rewriteFailed();
      const end = value.write(target, u8, start, block.valueLimit);
      if (replaces) block.deleteName(u8, name);
      return block.endLine(u8, start, end) ? CONTINUE : http.rewriteFailed();
    };
  };
}

registerAction<HeaderData>({
  name: 'set-header',
  ruleSets: everyHttp,
  syntax: '<name> <fmt>',
  doc: 'The header has this one value, whatever it had before.',
  manual: '4.2',
  parse: readHeader,
  link: writer(true),
});

registerAction<HeaderData>({
  name: 'add-header',
  ruleSets: everyHttp,
  syntax: '<name> <fmt>',
  doc: 'Adds a line.',
  manual: '4.2',
  parse: readHeader,
  link: writer(false),
});
