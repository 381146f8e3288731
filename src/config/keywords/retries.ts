/**
 * What happens when a server does not take a connection or answer: `retries`, `retry-on`, `option redispatch` and the
 * old `redispatch`.
 * Specification: configuration manual 4.2; the 1.4 manual for `redispatch`.
 */
import { registerKeywords } from '../keyword.ts';
import { leadingInteger } from '../time-and-size.ts';
import { backSide } from './proxy-option.ts';

/** HAProxy redispatches on the last retry where no interval was written. */
const onLastRetry = -1;

/** Statuses that `retry-on` takes. */
const retryStatuses = ['401', '403', '404', '408', '425', '500', '501', '502', '503', '504'];
const retryEvents = [
  'conn-failure',
  'empty-response',
  'junk-response',
  'response-timeout',
  '0rtt-rejected',
  'all-retryable-errors',
];

registerKeywords(
  {
    scope: 'proxy',
    name: 'retries',
    syntax: '<value>',
    doc: 'How often a connection to a server is tried again after it failed. Default: 3.',
    manual: '4.2',
    sections: backSide,
    parse: ({ args, target }) => {
      const text = args.next();
      if (!args.expectEnd()) return;
      if (text === undefined) args.alert("'retries' expects an integer argument (dispatch counts for one).");
      else target.retries = leadingInteger(text);
    },
  },
  {
    scope: 'proxy',
    name: 'retry-on',
    syntax: '[space-delimited list of keywords]',
    doc: 'After which failures a request is tried again. Default: conn-failure.',
    manual: '4.2',
    sections: backSide,
    parse: ({ args, target }) => {
      const words = args.rest();
      if (words.length === 0) {
        args.alert("'retry-on' needs at least one keyword to specify when to retry");
        return;
      }
      if (words[0] === 'none') {
        if (words.length > 1) args.alert("'retry-on' 'none' keyworld only usable alone");
        else target.retryOn = [];
        return;
      }
      const unknown = words.find((w) => !retryEvents.includes(w) && !retryStatuses.includes(w));
      if (unknown !== undefined) args.alert(`'retry-on': unknown keyword '${unknown}'`);
      else target.retryOn = words;
    },
    misplaced: ({ args }) => {
      if (args.rest().length === 0)
        args.alert("'retry-on' needs at least one keyword to specify when to retry");
      else args.alert("'retry-on' only available in backend or listen section");
    },
  },
  {
    scope: 'proxy',
    name: 'option redispatch',
    syntax: '[<interval>]',
    doc: 'Lets a retry go to another server: on the last one, or on every <interval>th.',
    manual: '4.2',
    sections: backSide,
    negatable: true,
    parse: ({ args, target, negated, defaulted }) => {
      if (negated || defaulted) {
        args.rest();
        target.redispatch = undefined;
        return;
      }
      const text = args.next();
      target.redispatch = text === undefined ? onLastRetry : leadingInteger(text);
    },
  },
  {
    scope: 'proxy',
    name: 'redispatch',
    syntax: '',
    doc: "The name that HAProxy 1.4 had for 'option redispatch'. HAProxy 2.6 refuses it.",
    manual: '1.4',
    sections: backSide,
    replacedBy: 'option redispatch',
    parse: ({ args, target }) => {
      args.warning(
        "keyword 'redispatch' directive is not supported anymore since HAProxy 2.1. Use 'option redispatch'.",
        "write 'option redispatch'",
      );
      target.redispatch = onLastRetry;
      args.rest();
    },
  },
);
