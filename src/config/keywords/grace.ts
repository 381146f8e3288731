/**
 * `grace` of a proxy: how much longer than the others its listeners stay open in a soft stop. HAProxy had it up to 2.4;
 * what 2.6 has under this name belongs to the whole process (global-process.ts).
 * Specification: the 1.4 manual, `grace`; the HAProxy architecture guide, 5.4.4.
 */
import { registerKeywords } from '../keyword.ts';
import { parseTime } from '../time-and-size.ts';
import { everywhere } from './proxy-option.ts';

registerKeywords({
  scope: 'proxy',
  name: 'grace',
  syntax: '<time>',
  doc: 'How long the listeners of this proxy stay open once a soft stop was asked for. HAProxy 2.6 refuses it.',
  manual: '1.4',
  sections: everywhere,
  replacedBy: 'grace',
  parse: ({ args, target }) => {
    const keyword = args.line.words[args.position - 1];
    const text = args.next();
    if (text === undefined) {
      args.alert("'grace' expects a time in milliseconds.");
      return;
    }
    const time = parseTime(text, 'ms');
    if (!time.ok) {
      args.alert(`'grace' expects a time in milliseconds, not '${text}'.`);
      return;
    }
    if (!args.expectEnd()) return;
    target.graceMs = time.value;
    args.say(
      'warning',
      `parsing ${args.place}: the 'grace' keyword is not supported any more since HAProxy version 2.5.`,
      `write 'grace ${text}' in the global section; there it holds for the listeners of all proxies`,
      keyword,
    );
  },
});
