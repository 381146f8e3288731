/**
 * Actions that only change how the exchange is treated: log level, strictness of rewrites, retries.
 * Specification: configuration manual 4.2 `http-request set-log-level`, `strict-mode`, `disable-l7-retry`, `set-nice`.
 */
import { registerAction } from '../action-record.ts';
import { CONTINUE } from '../verdict.ts';

const levels = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const SILENT = -1;

registerAction<number>({
  name: 'set-log-level',
  ruleSets: ['tcp-request content', 'tcp-response content', 'http-request', 'http-response'],
  syntax: '<level>',
  doc: 'The level of the log line; silent: there is none.',
  manual: '4.2',
  parse: (context) => {
    const word = context.done ? undefined : context.args.next();
    const level = word === 'silent' ? SILENT : levels.indexOf(word ?? '');
    if (word !== undefined && (level >= 0 || word === 'silent')) return level;
    return context.fail("expects exactly 1 argument (log level name or 'silent')");
  },
  link: (level) => (target) => {
    if (target.streamTarget !== null) target.streamTarget.logLevel = level;
    return CONTINUE;
  },
});

registerAction<boolean>({
  name: 'strict-mode',
  ruleSets: ['http-request', 'http-response', 'http-after-response'],
  syntax: '{ on | off }',
  doc: 'Whether a rewrite that fails ends the exchange.',
  manual: '4.2',
  parse: (context) => {
    const word = context.done ? undefined : context.args.next();
    if (word === undefined) return context.fail('expects exactly 1 arguments');
    if (word === 'on') return true;
    if (word === 'off') return false;
    return context.fail(`Unexpected value '${word}'. Only 'on' and 'off' are supported`);
  },
  link: (on) => (target) => {
    if (target.httpTarget !== null) target.httpTarget.strict = on;
    return CONTINUE;
  },
});

registerAction({
  name: 'disable-l7-retry',
  ruleSets: ['http-request'],
  syntax: '',
  doc: 'When the exchange fails it is not tried again; a failed connection is.',
  manual: '4.2',
  parse: () => ({}),
  link: () => (target) => {
    if (target.streamTarget !== null) target.streamTarget.onlyOnce = true;
    return CONTINUE;
  },
});

registerAction({
  name: 'set-nice',
  ruleSets: ['tcp-request content', 'tcp-response content', 'http-request', 'http-response'],
  syntax: '<nice>',
  doc: 'Accepted for the sake of old configurations: nothing waits here for its turn in a queue of tasks.',
  manual: '4.2',
  parse: (context) => {
    // Any word is a number to HAProxy.
    const word = context.done ? undefined : context.args.next();
    return word === undefined ? context.fail('expects exactly 1 argument (integer value)') : {};
  },
  link: () => () => CONTINUE,
});
