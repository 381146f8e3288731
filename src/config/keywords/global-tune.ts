/**
 * `tune.*`: sizes and bounds of the engine. Those that only tune HAProxy's own inner workings are read, checked as it
 * checks them, and change nothing.
 * Specification: configuration manual 3.2; wording of errors as HAProxy 2.6 gives them.
 */
import { type GlobalKeyword, registerKeywords } from '../keyword.ts';
import type { GlobalConfig, TuneConfig } from '../model.ts';
import { leadingInteger, parseTime } from '../time-and-size.ts';
import { processFacet } from './global-process.ts';
import { globalNumber, globalSwitch, type NumberRules } from './global-values.ts';

type NumericField = {
  [K in keyof TuneConfig]: TuneConfig[K] extends number | undefined ? K : never;
}[keyof TuneConfig];

function tune(name: string, field: NumericField, doc: string, rules: NumberRules = {}): GlobalKeyword {
  return globalNumber(
    { name: `tune.${name}`, doc },
    (g, v) => {
      g.tune[field] = v;
    },
    rules,
  );
}

/** Checked and without effect here. */
function inner(name: string, what: string): GlobalKeyword {
  return globalNumber({ name: `tune.${name}`, doc: `Accepted; tunes ${what} of HAProxy.` }, () => {});
}

/** Below these the built-in error replies do not fit, which HAProxy finds out when it starts. */
const leastBufsizeBytes = 350;
const leastHeaders = 5;
const mostBufsizeBytes = 256 * 1024 * 1024;

const bufsize: NumberRules = {
  refuse: (v) => {
    if (v <= 0) return 'expects a positive integer argument.';
    if (v < leastBufsizeBytes) return `must be at least ${leastBufsizeBytes} (bytes, without a unit).`;
    if (v >= mostBufsizeBytes) return `must be below 256 MB when HTTP is in use (current value = ${v}).`;
    return undefined;
  },
};
const notNegative: NumberRules = {
  refuse: (v) => (v < 0 ? 'expects a positive integer argument.' : undefined),
};
const onceOf = (field: NumericField): NumberRules => ({ once: (g: GlobalConfig) => g.tune[field] });

registerKeywords(
  tune('bufsize', 'bufsize', 'Size of a buffer in bytes. Default: 16384.', bufsize),
  tune(
    'maxrewrite',
    'maxrewrite',
    'Bytes of a buffer kept free for rewriting headers. Default: 1024.',
    notNegative,
  ),
  {
    ...globalNumber(
      { name: 'tune.http.maxhdr', doc: 'Headers in a message at most. Default: 101.' },
      (g, v) => {
        g.tune.httpMaxHeaders = v;
      },
      {
        refuse: (v) => {
          if (v < 1 || v > 32767) return 'expects a numeric value between 1 and 32767';
          return v < leastHeaders ? `must be at least ${leastHeaders} for the built-in replies.` : undefined;
        },
      },
    ),
  },
  tune('http.logurilen', 'httpLogUriLength', 'Bytes of a URI that are logged. Default: 1024.'),
  tune('http.cookielen', 'httpCookieLength', 'Bytes of a captured cookie. Default: 63.'),
  tune('maxaccept', 'maxAccept', 'Connections accepted in a row before other work is done.', {
    ...onceOf('maxAccept'),
    whole: true,
    refuse: (v) => (v < -1 || v > 2147483647 ? 'expects -1 or an integer from 0 to INT_MAX.' : undefined),
  }),
  tune(
    'maxpollevents',
    'maxPollEvents',
    'Events taken from the kernel at once. Default: 200.',
    onceOf('maxPollEvents'),
  ),
  tune(
    'rcvbuf.client',
    'rcvbufClient',
    'Kernel receive buffer of client connections.',
    onceOf('rcvbufClient'),
  ),
  tune(
    'rcvbuf.server',
    'rcvbufServer',
    'Kernel receive buffer of server connections.',
    onceOf('rcvbufServer'),
  ),
  tune('sndbuf.client', 'sndbufClient', 'Kernel send buffer of client connections.', onceOf('sndbufClient')),
  tune('sndbuf.server', 'sndbufServer', 'Kernel send buffer of server connections.', onceOf('sndbufServer')),
  tune('pipesize', 'pipeSize', 'Size of the pipes for splicing.'),
  globalNumber(
    { name: 'maxpipes', doc: 'Pipes for splicing at most. Default: a quarter of maxconn.' },
    (g, v) => {
      g.tune.maxPipes = v;
    },
    { once: (g) => g.tune.maxPipes },
  ),
  tune('runqueue-depth', 'runQueueDepth', 'Tasks run in a row at most.', onceOf('runQueueDepth')),
  {
    scope: 'global',
    name: 'tune.idletimer',
    syntax: '<timeout>',
    doc: 'After what silence a stream counts as idle and large reads end. Default: 1s.',
    manual: '3.2',
    parse: ({ args, target }) => {
      if (!args.expectAtMost(1)) return;
      const text = args.next();
      const time = text === undefined ? undefined : parseTime(text, 'ms');
      if (time !== undefined && !time.ok && time.fault === 'character') {
        args.say(
          'alert',
          `parsing ${args.place}: unexpected character '${time.character}' in argument to <tune.idletimer>.`,
        );
      } else if (time !== undefined && (!time.ok || time.value > 65535)) {
        args.say(
          'alert',
          `parsing ${args.place}: timer overflow in argument <${text}> to <tune.idletimer>, maximum value is 65535 ms.`,
        );
      } else if (time === undefined) {
        args.alert("'tune.idletimer' expects a timer value between 0 and 65535 ms.");
      } else target.tune.idleTimerMs = time.value;
    },
  },
  ratio(
    'tune.pool-low-fd-ratio',
    'poolLowFdRatio',
    'Share of the descriptors in use above which `pool-low-conn` no longer holds. Default: 20.',
  ),
  ratio(
    'tune.pool-high-fd-ratio',
    'poolHighFdRatio',
    'Share of the descriptors in use above which no server connection is kept idle, and idle ones make room. Default: 25.',
  ),
  globalSwitch(
    {
      name: 'tune.idle-pool.shared',
      doc: 'Whether threads may take idle connections of each other. Default: on.',
    },
    ['on', 'off'],
    (g, choice) => {
      g.tune.idlePoolShared = choice === 'on';
    },
  ),
  globalSwitch(
    { name: 'tune.listener.multi-queue', doc: 'Accepted; each thread accepts for itself.' },
    ['on', 'off'],
    () => {},
  ),
  globalSwitch(
    { name: 'tune.sched.low-latency', doc: 'Accepted; tunes the scheduler of HAProxy.' },
    ['on', 'off'],
    () => {},
  ),
  globalSwitch(
    { name: 'profiling.tasks', manual: '3.3', doc: 'Accepted; profiles tasks of HAProxy.' },
    ['on', 'auto', 'off'],
    () => {},
  ),
  inner('recv_enough', 'when reading stops'),
  inner('buffers.limit', 'the number of buffers'),
  inner('buffers.reserve', 'the reserve of buffers'),
  {
    scope: 'global',
    name: 'tune.fd.edge-triggered',
    syntax: '{ on | off }',
    doc: 'Accepted; events are always edge-triggered here.',
    manual: '3.2',
    parse: ({ args, target }) => {
      const choice = args.next() ?? '';
      if (processFacet.read(target)?.experimentalDirectives !== true) {
        args.alert(
          "'tune.fd.edge-triggered' directive is experimental, must be allowed via a global 'expose-experimental-directives'",
        );
      } else if (choice !== 'on' && choice !== 'off') {
        args.alert(`'tune.fd.edge-triggered' expects either 'on' or 'off' but got '${choice}'.`);
      }
    },
  },
  {
    scope: 'global',
    name: 'tune.fail-alloc',
    syntax: '<number>',
    doc: 'Accepted; makes allocations of HAProxy fail at random in its test builds.',
    manual: '3.2',
    parse: ({ args }) => {
      if (!args.expectAtMost(1)) return;
      const percent = leadingInteger(args.next() ?? '');
      if (percent < 0 || percent > 100) {
        args.alert("'tune.fail-alloc' expects a numeric value between 0 and 100.");
      }
    },
  },
  {
    scope: 'global',
    name: 'tune.chksize',
    syntax: '',
    doc: 'Refused as HAProxy 2.6 refuses it.',
    manual: '3.2',
    parse: ({ args }) => {
      args.rest();
      args.say(
        'alert',
        `parsing ${args.place}: option 'tune.chksize' is not supported any more (tune.bufsize is used instead).`,
      );
    },
  },
);

function ratio(name: string, field: 'poolLowFdRatio' | 'poolHighFdRatio', doc: string): GlobalKeyword {
  return {
    scope: 'global',
    name,
    syntax: '<number>',
    doc,
    manual: '3.2',
    parse: ({ args, target }) => {
      if (!args.expectAtMost(1)) return;
      const text = args.next();
      const value = leadingInteger(text ?? '');
      if (text === undefined || value < 0 || value > 100) {
        args.alert(`'${name}' expects an integer argument between 0 and 100.`);
      } else target.tune[field] = value;
    },
  };
}
