/** Matches of regular expressions, one after the other. Specification: configuration manual 7.1.4. */
import { compileRegex, type Regex } from '../regex/regex.ts';
import { T_STR } from '../sample.ts';
import { registerMatchMethods } from './match-method.ts';

registerMatchMethods({
  name: 'reg',
  doc: 'The regular expression matches.',
  manual: '7.1.4',
  input: T_STR,
  check: (text, flags) => {
    const regex = compileRegex(text, flags.ignoreCase);
    return 'error' in regex ? regex.error : undefined;
  },
  build: (patterns, flags) => {
    const all = patterns.map((pattern): Regex => {
      const regex = compileRegex(pattern, flags.ignoreCase);
      if ('error' in regex) throw new Error(regex.error);
      return regex;
    });
    return {
      find({ u8, start, end }) {
        for (let i = 0; i < all.length; i++) if ((all[i] as Regex).test(u8, start, end)) return i;
        return -1;
      },
    };
  },
});
