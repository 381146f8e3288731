/** Shapes that many global keywords share: a flag, a number that HAProxy reads with `atol`, a time. */
import type { ArgumentReader } from '../argument-reader.ts';
import type { GlobalKeyword, KeywordContext } from '../keyword.ts';
import type { GlobalConfig } from '../model.ts';
import { leadingInteger, parseTime } from '../time-and-size.ts';

type Context = KeywordContext<GlobalConfig>;

export interface GlobalText {
  readonly name: string;
  readonly doc: string;
  readonly manual?: string;
}

/** A keyword without arguments. */
export function globalFlag(
  text: GlobalText,
  set: (context: Context) => void,
  negatable = false,
): GlobalKeyword {
  return {
    scope: 'global',
    name: text.name,
    syntax: '',
    doc: text.doc,
    manual: text.manual ?? '3.1',
    ...(negatable ? { negatable } : {}),
    parse: (context) => {
      if (context.args.expectEnd()) set(context);
    },
  };
}

export interface NumberRules {
  /** What is set so far, where a second mention is refused. */
  readonly once?: (global: GlobalConfig) => unknown;
  /** The number is read as it is written, and does not wrap around. */
  readonly whole?: boolean;
  /** A text refuses the value: what stands behind the keyword's name. */
  readonly refuse?: (value: number) => string | undefined;
}

/** A keyword with one number. */
export function globalNumber(
  text: GlobalText,
  set: (global: GlobalConfig, value: number) => void,
  rules: NumberRules = {},
): GlobalKeyword {
  return {
    scope: 'global',
    name: text.name,
    syntax: '<number>',
    doc: text.doc,
    manual: text.manual ?? '3.2',
    parse: ({ args, target }) => {
      if (!args.expectAtMost(1)) return;
      const word = args.next();
      // A value of 0 counts as not set, as it does for HAProxy.
      if (rules.once?.(target)) {
        args.objection(`'${text.name}' already specified. Continuing.`);
        return;
      }
      if (word === undefined) {
        args.alert(`'${text.name}' expects an integer argument.`);
        return;
      }
      const value = rules.whole === true ? Number.parseInt(word, 10) || 0 : leadingInteger(word);
      const wrong = rules.refuse?.(value);
      if (wrong !== undefined) args.alert(`'${text.name}' ${wrong}`);
      else set(target, value);
    },
  };
}

/** Reads the time behind a global keyword, in the wording that these have. */
export function globalTimeMs(args: ArgumentReader): number | undefined {
  const text = args.next();
  if (text === undefined) {
    args.alert(`'${args.keyword}' expects <time> as argument.`);
    return undefined;
  }
  const time = parseTime(text, 'ms');
  if (time.ok) return time.value;
  if (time.fault === 'character') {
    args.alert(`unexpected character '${time.character}' in argument to <${args.keyword}>.`);
  } else {
    args.alert(
      `timer overflow in argument '${text}' to '${args.keyword}' (maximum value is 2147483647 ms or ~24.8 days)`,
    );
  }
  return undefined;
}

/** `on` or `off` (or more choices); reports in the wording that these keywords share. */
export function globalSwitch<T extends string>(
  text: GlobalText,
  choices: readonly T[],
  set: (global: GlobalConfig, choice: T) => void,
): GlobalKeyword {
  return {
    scope: 'global',
    name: text.name,
    syntax: `{ ${choices.join(' | ')} }`,
    doc: text.doc,
    manual: text.manual ?? '3.2',
    parse: ({ args, target }) => {
      if (!args.expectAtMost(1)) return;
      const word = args.next() ?? '';
      const choice = choices.find((c) => c === word);
      if (choice !== undefined) {
        set(target, choice);
        return;
      }
      const quoted = choices.map((c) => `'${c}'`);
      const list =
        quoted.length === 2 ? quoted.join(' or ') : `${quoted.slice(0, -1).join(', ')}, or ${quoted.at(-1)}`;
      args.alert(`'${text.name}' expects either ${list} but got '${word}'.`);
    },
  };
}
