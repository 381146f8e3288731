/**
 * Limits and system interfaces: connections, descriptors, threads, what of the system is not to be used.
 * Specification: configuration manual 3.1, 3.2; wording of errors as HAProxy 2.6 gives them.
 */
import { Facet } from '../facet.ts';
import { registerKeywords } from '../keyword.ts';
import { leadingInteger, maxTimeMs } from '../time-and-size.ts';
import { maxThreads } from './bind.ts';
import { globalFlag, globalNumber } from './global-values.ts';

/** Health checks spread over time; read by the checks. */
export const checkSpread = new Facet('global.check-spread', () => ({
  percent: 0,
  maxMs: undefined as number | undefined,
}));

registerKeywords(
  globalNumber(
    {
      name: 'maxconn',
      doc: 'Connections at the same time over all frontends. Default: what the descriptors allow.',
    },
    (g, v) => {
      g.maxconn = v;
    },
    { once: (g) => g.maxconn },
  ),
  globalNumber(
    { name: 'ulimit-n', doc: 'File descriptors of the process. Default: computed from maxconn.' },
    (g, v) => {
      g.ulimitN = v;
    },
    { once: (g) => g.ulimitN },
  ),
  globalNumber(
    { name: 'fd-hard-limit', doc: 'Descriptors used at most, even where the system allows more.' },
    (g, v) => {
      g.fdHardLimit = v;
    },
    { once: (g) => g.fdHardLimit },
  ),
  {
    scope: 'global',
    name: 'nbthread',
    syntax: '<number>',
    doc: 'Threads that carry traffic. Default: one for each processor.',
    manual: '3.1',
    parse: ({ args, target }) => {
      const text = args.next() ?? '';
      if (!args.expectEnd()) return;
      if (!/^[+-]?[0-9]+$/.test(text)) {
        args.alert(`'nbthread' passed a missing or unparsable integer value in '${text}'`);
        return;
      }
      const value = Number(text);
      if (value < 1 || value > maxThreads) {
        args.alert(`'nbthread' value must be between 1 and ${maxThreads} (was ${value})`);
        return;
      }
      target.nbthread = value;
    },
  },
  globalFlag(
    { name: 'strict-limits', doc: 'Refuses to start where a limit cannot be set. On by default.' },
    ({ target, negated }) => {
      target.strictLimits = !negated;
    },
    true,
  ),
  globalFlag({ name: 'nosplice', manual: '3.2', doc: 'Never uses splice(2).' }, ({ target }) => {
    target.splice = false;
  }),
  globalFlag({ name: 'noreuseport', manual: '3.2', doc: 'Never sets SO_REUSEPORT.' }, ({ target }) => {
    target.reusePort = false;
  }),
  globalFlag({ name: 'nogetaddrinfo', manual: '3.2', doc: 'Resolves names to IPv4 only.' }, ({ target }) => {
    target.getaddrinfo = false;
  }),
  // There is one poller; what HAProxy may do without is accepted and changes nothing.
  globalFlag({ name: 'noepoll', manual: '3.2', doc: 'Accepted; epoll is the only poller here.' }, () => {}),
  globalFlag({ name: 'nopoll', manual: '3.2', doc: 'Accepted; epoll is the only poller here.' }, () => {}),
  globalFlag({ name: 'nokqueue', manual: '3.2', doc: 'Accepted; epoll is the only poller here.' }, () => {}),
  globalFlag({ name: 'noevports', manual: '3.2', doc: 'Accepted; epoll is the only poller here.' }, () => {}),
  globalFlag(
    { name: 'busy-polling', manual: '3.2', doc: 'Accepted; threads sleep while nothing happens.' },
    () => {},
    true,
  ),
  {
    scope: 'global',
    name: 'numa-cpu-mapping',
    syntax: '',
    doc: 'Accepted; the system places the threads.',
    manual: '3.1',
    negatable: true,
    parse: ({ args }) => void args.rest(),
  },
  globalFlag(
    { name: 'no-memory-trimming', manual: '3.1', doc: 'Accepted; memory is not given back on reload here.' },
    () => {},
  ),
  {
    scope: 'global',
    name: 'thread-groups',
    syntax: '<number>',
    doc: 'Groups of threads; there is one.',
    manual: '3.1',
    parse: ({ args }) => {
      const text = args.next() ?? '';
      if (!args.expectEnd()) return;
      if (!/^[+-]?[0-9]+$/.test(text)) {
        args.alert(`'thread-groups' passed a missing or unparsable integer value in '${text}'`);
      } else if (Number(text) !== 1) {
        args.alert(`'thread-groups' value must be between 1 and 1 (was ${Number(text)})`);
      }
    },
  },
  {
    scope: 'global',
    name: 'spread-checks',
    syntax: '<0..50, in percent>',
    doc: 'By how much the interval of health checks varies, so that they do not come at once.',
    manual: '3.2',
    parse: ({ args, target }) => {
      if (!args.expectAtMost(1)) return;
      const text = args.next();
      if (checkSpread.read(target)?.percent) {
        args.say('objection', `parsing ${args.place}: spread-checks already specified. Continuing.`);
        return;
      }
      if (text === undefined) {
        args.say('alert', `parsing ${args.place}: 'spread-checks' expects an integer argument (0..50).`);
        return;
      }
      const percent = leadingInteger(text);
      if (percent < 0 || percent > 50) {
        args.say('alert', `parsing ${args.place}: 'spread-checks' needs a positive value in range 0..50.`);
      } else checkSpread.of(target).percent = percent;
    },
  },
  {
    scope: 'global',
    name: 'max-spread-checks',
    syntax: '<delay in milliseconds>',
    doc: 'Over what time the first health checks spread at most.',
    manual: '3.2',
    parse: ({ args, target }) => {
      if (!args.expectAtMost(1)) return;
      const text = args.next();
      if (text === undefined) {
        args.say('alert', `parsing ${args.place}: 'max-spread-checks' expects an integer argument (0..50).`);
        return;
      }
      const match = /^([0-9]+)(us|ms|s|m|h|d)?$/.exec(text);
      if (match === null) {
        const bad = /[^0-9]/.exec(text)?.[0] ?? '';
        args.say(
          'alert',
          `parsing ${args.place}: unsupported character '${bad}' in 'max-spread-checks' (wants an integer delay).`,
        );
        return;
      }
      const factor = { us: 0.001, ms: 1, s: 1000, m: 60e3, h: 3600e3, d: 86400e3 }[match[2] ?? 'ms'] ?? 1;
      const delayMs = Math.ceil(Number(match[1]) * factor);
      if (delayMs <= maxTimeMs) checkSpread.of(target).maxMs = delayMs;
      else {
        args.say(
          'alert',
          `parsing ${args.place}: timer overflow in argument <${text}> to <max-spread-checks>, maximum value is 2147483647 ms (~24.8 days).`,
        );
      }
    },
  },
);
