/**
 * What the replace actions share: a regular expression, and a format whose text may refer to what it matched.
 * Specification: configuration manual 4.2 `http-request replace-header`.
 */
import type { Linker } from '../../expr/linker.ts';
import { type FormatConfig, type FormatText, linkFormat } from '../../expr/log-format/format-text.ts';
import { compileRegex, type Regex } from '../../expr/regex/regex.ts';
import { Replacement } from '../../expr/regex/replacement.ts';
import { latin1Text } from '../../expr/sample.ts';
import { formatScratch, nextScratch } from '../../expr/scratch.ts';
import type { ActionContext } from '../action-record.ts';
import type { RuleTarget } from '../target.ts';

export interface RewriteConfig {
  readonly pattern: string;
  readonly format: FormatConfig;
}

/** Reads `<match-regex> <replace-fmt>`. `complaint`: what HAProxy says where one is missing. */
export function readRewrite(context: ActionContext, complaint: string): RewriteConfig | undefined {
  const pattern = context.args.next();
  const text = pattern === undefined ? undefined : context.args.next();
  if (pattern === undefined || text === undefined) return context.fail(complaint);
  const regex = compileRegex(pattern, false);
  if ('error' in regex) return context.fail(regex.error);
  const format = context.format(text);
  return format === undefined ? undefined : { pattern, format };
}

export const NO_MATCH = -1;
/** The result has no room. */
export const NO_ROOM = -2;

export class RegexRewrite {
  private readonly regex: Regex;
  private readonly format: FormatText;
  /** The last text that the format made, and what it means: mostly it is always the same. */
  private text = '';
  private replacement = new Replacement('');
  /** Where the result lies: `bytes`, from 0. */
  bytes: Uint8Array = new Uint8Array(0);

  constructor(config: RewriteConfig, linker: Linker) {
    const regex = compileRegex(config.pattern, false);
    if ('error' in regex) throw new Error(regex.error);
    this.regex = regex;
    this.format = linkFormat(config.format, linker);
  }

  /** Result: the length of what takes the place of `start`…`end`, NO_MATCH or NO_ROOM. */
  run(target: RuleTarget, u8: Uint8Array, start: number, end: number): number {
    // The format may use expressions of its own: it comes first.
    const area = formatScratch();
    const text = latin1Text(area, 0, this.format.write(target, area, 0, area.length));
    if (!this.regex.exec(u8, start, end)) return NO_MATCH;
    if (text !== this.text) {
      this.text = text;
      this.replacement = new Replacement(text);
    }
    this.bytes = nextScratch();
    const length = this.replacement.write(this.regex, this.bytes, 0);
    return length < 0 ? NO_ROOM : length;
  }
}
