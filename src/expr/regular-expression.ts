/**
 * Regular expressions as configurations write them (Perl's, through PCRE) as those of JavaScript, over latin1 text.
 * What JavaScript cannot express (possessive quantifiers, recursion …) is refused, never taken for something else.
 * Specification: configuration manual 7.1.5; pcrepattern(3).
 */

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
};

/** Before the end, or before a line feed that ends the text: what `$` means to PCRE. */
const END = '(?=\\n?(?![^]))';

export interface PatternFlags {
  readonly ignoreCase?: boolean;
}

export type CompiledPattern =
  | { readonly ok: true; readonly expression: RegExp }
  | { readonly ok: false; readonly message: string };

export function compilePattern(pattern: string, flags: PatternFlags = {}): CompiledPattern {
  const options = /^\(\?([imsx]+)\)/.exec(pattern);
  const letters = options?.[1] ?? '';
  if (letters.includes('x')) return { ok: false, message: 'the option x is not supported' };
  const dotAll = letters.includes('s');
  const multiline = letters.includes('m');
  const source = translate(pattern.slice(options?.[0].length ?? 0), dotAll, multiline);
  if (source === undefined) return { ok: false, message: 'a construct that is not supported' };
  const ignoreCase = flags.ignoreCase === true || letters.includes('i');
  try {
    return { ok: true, expression: new RegExp(source, `${ignoreCase ? 'i' : ''}${multiline ? 'm' : ''}`) };
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^.*\/: /, '') : '';
    return { ok: false, message: message.toLowerCase() };
  }
}

function translate(pattern: string, dotAll: boolean, multiline: boolean): string | undefined {
  let out = '';
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] as string;
    if (character === '\\') {
      const escaped = translateEscape(pattern, at);
      if (escaped === undefined) return undefined;
      out += escaped.text;
      at = escaped.end;
    } else if (character === '[') {
      const set = translateSet(pattern, at);
      // JavaScript says best what is wrong with a set that does not end.
      if (set === undefined) return out + pattern.slice(at);
      out += set.text;
      at = set.end;
    } else {
      if (character === '.') out += dotAll ? '[^]' : '[^\\n]';
      else if (character === '$' && !multiline) out += END;
      else if (character === '(' && /^\(\?(?!:|=|!|<=|<!|<[A-Za-z_])/.test(pattern.slice(at, at + 4))) {
        return undefined;
      } else if (character === '+' && /[*+?}]/.test(pattern[at - 1] ?? '') && pattern[at - 2] !== '\\') {
        return undefined;
      } else out += character;
      at++;
    }
  }
  return out;
}

function translateEscape(pattern: string, at: number): { text: string; end: number } | undefined {
  const letter = pattern[at + 1];
  switch (letter) {
    case 'A':
      return { text: '(?<![^])', end: at + 2 };
    case 'Z':
      return { text: END, end: at + 2 };
    case 'z':
      return { text: '(?![^])', end: at + 2 };
    case 'h':
      return { text: '[ \\t\\xa0]', end: at + 2 };
    case 'R':
      return { text: '(?:\\r\\n|[\\n-\\r\\x85])', end: at + 2 };
    case 'e':
      return { text: '\\x1b', end: at + 2 };
    case 'a':
      return { text: '\\x07', end: at + 2 };
    case 'Q': {
      const end = pattern.indexOf('\\E', at + 2);
      const literal = pattern.slice(at + 2, end < 0 ? undefined : end);
      return {
        text: literal.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
        end: end < 0 ? pattern.length : end + 2,
      };
    }
    case 'G':
    case 'K':
    case 'X':
    case 'p':
    case 'P':
    case 'g':
      return undefined;
    case undefined:
      return { text: '\\', end: at + 1 };
    default:
      return { text: `\\${letter}`, end: at + 2 };
  }
}

function translateSet(pattern: string, start: number): { text: string; end: number } | undefined {
  let at = start + 1;
  let out = '[';
  if (pattern[at] === '^') {
    out += '^';
    at++;
  }
  // A bracket that stands first is a member.
  if (pattern[at] === ']') {
    out += '\\]';
    at++;
  }
  for (;;) {
    const character = pattern[at];
    if (character === undefined) return undefined;
    if (character === ']') return { text: `${out}]`, end: at + 1 };
    const named = character === '[' ? /^\[:(\w+):\]/.exec(pattern.slice(at)) : null;
    const members = named === null ? undefined : CLASSES[named[1] as string];
    if (named !== null && members !== undefined) {
      out += members;
      at += named[0].length;
    } else if (character === '\\') {
      out += pattern[at + 1] === 'h' ? ' \\t\\xa0' : pattern.slice(at, at + 2);
      at += 2;
    } else {
      out += character === '[' ? '\\[' : character;
      at++;
    }
  }
}
