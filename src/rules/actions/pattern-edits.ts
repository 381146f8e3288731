/**
 * Rules that change maps and ACL files: for all threads, for everything that uses the file, and at once. A file that
 * nothing uses has no list, and a rule about it does nothing.
 * Specification: configuration manual 4.2 `http-request set-map|del-map|add-acl|del-acl`.
 */
import type { Linker } from '../../expr/linker.ts';
import { type FormatConfig, linkFormat } from '../../expr/log-format/format-text.ts';
import { NO_ROOM, type PatternReference } from '../../expr/patterns/pattern-reference.ts';
import { formatScratch } from '../../expr/scratch.ts';
import { type ActionContext, registerAction } from '../action-record.ts';
import type { RuleSetName } from '../rule-set.ts';
import type { RuleTarget } from '../target.ts';
import { CONTINUE } from '../verdict.ts';

const ruleSets: readonly RuleSetName[] = ['http-request', 'http-response'];

/** Messages about one list that is full. */
const WARNING_INTERVAL_MS = 60_000;

interface EditData {
  readonly file: string;
  readonly key: FormatConfig;
  /** Of `set-map` alone. */
  readonly value: FormatConfig | undefined;
}

/** `texts`: the formats that the rule takes. */
function readEdit(context: ActionContext, texts: 1 | 2): EditData | undefined {
  const formats: FormatConfig[] = [];
  while (formats.length < texts) {
    // An `if` in the place of a text is one (observed on HAProxy 2.6).
    const text = context.args.next();
    if (text === undefined) return context.fail(`expects exactly ${texts} arguments`);
    const format = context.format(text);
    if (format === undefined) return undefined;
    formats.push(format);
  }
  const [key, value] = formats;
  return key === undefined ? undefined : { file: context.inner ?? '', key, value };
}

/** Carries the edit out; the result is the list's. */
type Edit = (reference: PatternReference, key: Uint8Array, length: number, target: RuleTarget) => number;

function linkEdit(data: EditData, linker: Linker, edit: Edit): (target: RuleTarget) => number {
  const reference = linker.patterns.file(data.file);
  const key = linkFormat(data.key, linker);
  let warnedAtMs = Number.NEGATIVE_INFINITY;
  return (target) => {
    if (reference === undefined) return CONTINUE;
    const area = formatScratch();
    const length = key.write(target, area, 0, area.length);
    if (edit(reference, area, length, target) === NO_ROOM && Date.now() - warnedAtMs > WARNING_INTERVAL_MS) {
      warnedAtMs = Date.now();
      linker.warn(
        `'${data.file}' is not changed: there is no room left for patterns (${reference.count} entries, ${reference.refusedEdits} changes refused so far).`,
      );
    }
    return CONTINUE;
  };
}

registerAction<EditData>({
  name: 'set-map',
  hasInner: true,
  ruleSets,
  syntax: '<key fmt> <value fmt>',
  doc: 'Entries of the map with that key get the value; without any, one is added.',
  manual: '4.2',
  parse: (context) => readEdit(context, 2),
  link: (data, linker) => {
    const value = linkFormat(data.value as FormatConfig, linker);
    return linkEdit(data, linker, (reference, key, length, target) => {
      const area = formatScratch();
      return reference.put(key, 0, length, area, 0, value.write(target, area, 0, area.length));
    });
  },
});

/** An edit that a key alone describes. */
function keyAction(name: string, doc: string, edit: Edit): void {
  registerAction<EditData>({
    name,
    hasInner: true,
    ruleSets,
    syntax: '<key fmt>',
    doc,
    manual: '4.2',
    parse: (context) => readEdit(context, 1),
    link: (data, linker) => linkEdit(data, linker, edit),
  });
}

const remove: Edit = (reference, key, length) => reference.delete(key, 0, length);
keyAction('del-map', 'Entries of the map with that key are taken out.', remove);
keyAction(
  'add-acl',
  'The pattern is added to the list of the file, unless it is there.',
  (reference, key, length) => reference.addMissing(key, 0, length),
);
keyAction('del-acl', 'The pattern is taken out of the list of the file.', remove);
