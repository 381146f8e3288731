/**
 * Matches of regular expressions, one after the other in the order of the list. Every thread has its own compiled ones.
 * Specification: configuration manual 7.1.4, 7.3.1 `map_regm`.
 */
import { compileRegex, type Regex } from '../regex/regex.ts';
import { Replacement } from '../regex/replacement.ts';
import { latin1Text, type Sample, T_STR } from '../sample.ts';
import { IndexView } from './index-view.ts';
import {
  KIND_REG,
  KIND_REG_NO_CASE,
  registerKeyKinds,
  SHAPE_BYTES,
  SHAPE_NONE,
  SHAPE_SPECIAL,
} from './key-kind.ts';
import { registerMatchMethods } from './match-method.ts';
import { ENTRY_VALUE, ENTRY_VALUE_LENGTH } from './pattern-layout.ts';
import { type PatternFinder, PatternLookup } from './pattern-lookup.ts';
import type { PatternReference } from './pattern-reference.ts';

function refusal(text: string, ignoreCase: boolean): string | undefined {
  const regex = compileRegex(text, ignoreCase);
  return 'error' in regex ? regex.error : undefined;
}

for (const kind of [KIND_REG, KIND_REG_NO_CASE]) {
  const ignoreCase = kind === KIND_REG_NO_CASE;
  registerKeyKinds({
    kind,
    shape: SHAPE_BYTES,
    derive: (u8, start, end) =>
      refusal(latin1Text(u8, start, end), ignoreCase) === undefined ? SHAPE_SPECIAL : SHAPE_NONE,
    refusal: (text) => refusal(text, ignoreCase),
  });
}

interface Compiled {
  readonly regex: Regex;
  readonly entry: number;
  /** What its value makes of a match; null where there is no value, or nobody asks for it. */
  readonly replacement: Replacement | null;
}

export class Regexes implements PatternFinder {
  readonly lookup: PatternLookup;
  private readonly view: IndexView;
  private readonly ignoreCase: boolean;
  private readonly withReplacements: boolean;
  private compiled: readonly Compiled[] = [];
  private byText = new Map<string, Regex>();
  private matched: Compiled | null = null;

  constructor(reference: PatternReference, ignoreCase: boolean, withReplacements = false) {
    const view = new IndexView(reference, ignoreCase ? KIND_REG_NO_CASE : KIND_REG);
    this.view = view;
    view.takeSpecials = (entries) => this.compileAll(entries);
    this.lookup = new PatternLookup(view, this);
    this.ignoreCase = ignoreCase;
    this.withReplacements = withReplacements;
  }

  private compileAll(entries: readonly number[]): void {
    const known = new Map<string, Regex>();
    const compiled: Compiled[] = [];
    for (const entry of entries) {
      const text = this.view.keyText(entry);
      const regex = known.get(text) ?? this.byText.get(text) ?? compileRegex(text, this.ignoreCase);
      if ('error' in regex) continue;
      known.set(text, regex);
      const length = this.view.words[entry + ENTRY_VALUE_LENGTH] as number;
      const replacement =
        this.withReplacements && length >= 0
          ? new Replacement(this.view.textAt(this.view.words[entry + ENTRY_VALUE] as number, length))
          : null;
      compiled.push({ regex, entry, replacement });
    }
    this.byText = known;
    this.compiled = compiled;
  }

  find({ u8, start, end }: Sample): number {
    const { compiled } = this;
    for (let i = 0; i < compiled.length; i++) {
      const each = compiled[i] as Compiled;
      if (!each.regex.test(u8, start, end)) continue;
      this.matched = each;
      return each.entry;
    }
    return 0;
  }

  /** Behind a `value()` that has found something: writes what it makes of the sample; its length, or below 0. */
  writeReplacement({ u8, start, end }: Sample, area: Uint8Array): number {
    const { matched } = this;
    if (matched === null || matched.replacement === null || !matched.regex.exec(u8, start, end)) return -1;
    return matched.replacement.write(matched.regex, area, 0);
  }
}

registerMatchMethods({
  name: 'reg',
  doc: 'The regular expression matches.',
  manual: '7.1.4',
  input: T_STR,
  check: (text, flags) => refusal(text, flags.ignoreCase),
  lookup: (reference, ignoreCase) => new Regexes(reference, ignoreCase).lookup,
});
